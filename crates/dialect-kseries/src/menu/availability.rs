//! How many of an item are left. Items that are not counted are always available and not listed.

use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use tender_engine::{LocationId, Timestamp};
use tender_service::Item;
use tender_wire::{Json, JsonWriter, ObjectWriter};

use crate::errors::{Fault, Refusal, json};
use crate::request::{Members, Query, SMALL_BODY_BYTES_MAX, json_body, parse};
use crate::time::{TimeForm, Written};
use crate::validation::{JavaType, Violations};
use crate::visit::Visit;

/// Spring's name of the body's object.
const OBJECT: &str = "itemAvailability";
/// Items that one call may ask for.
const SKUS_MAX: usize = 50;
/// Items of a page when the caller does not say.
const PAGE_SIZE_DEFAULT: i32 = 25;
/// Items of a page at most.
const PAGE_SIZE_MAX: i32 = 50;
/// Items of a page at most when they are named in a body.
const PAGE_SIZE_MAX_BY_BODY: i32 = 100;

/// Which page of the answer.
#[derive(Debug, Clone, Copy)]
struct PageSpec {
    page: usize,
    size: usize,
}

/// Tells how many are left of items named in the query.
pub(crate) async fn availability(visit: Visit, uri: Uri) -> Response {
    let visit = visit.with_bad_request_form(TimeForm::Zulu);
    visit.answer(by_query(&visit, &uri))
}

fn by_query(visit: &Visit, uri: &Uri) -> Result<Response, Refusal> {
    let query = Query::of(uri)?;
    let location = query.location()?;
    let skus: Vec<&str> = query
        .required_text("skus", "List")?
        .split(',')
        .map(str::trim)
        .collect();
    let skus: Vec<&str> = skus.into_iter().filter(|sku| !sku.is_empty()).collect();
    let page = page_spec(&query, PAGE_SIZE_MAX)?;
    if !(1..=SKUS_MAX).contains(&skus.len()) {
        return Err(Fault::ParameterSize {
            name: "skus",
            min: 1,
            max: SKUS_MAX,
        }
        .into());
    }
    answer(visit, location, &skus, page)
}

/// Tells how many are left of items named in the body.
pub(crate) async fn availability_by_body(visit: Visit, uri: Uri, request: Request) -> Response {
    let visit = visit.with_bad_request_form(TimeForm::Zulu);
    let result = by_body(&visit, &uri, request).await;
    visit.answer(result)
}

async fn by_body(visit: &Visit, uri: &Uri, request: Request) -> Result<Response, Refusal> {
    let query = Query::of(uri)?;
    let location = query.location()?;
    let page = page_spec(&query, PAGE_SIZE_MAX_BY_BODY)?;
    let body = json_body(request, SMALL_BODY_BYTES_MAX).await?;
    let tree = parse(&body)?;
    let skus = decode(&tree)?;
    answer(visit, location, &skus, page)
}

fn decode<'j>(json: &'j Json<'j>) -> Result<Vec<&'j str>, Refusal> {
    let members = Members::root(json, OBJECT)?;
    let skus = members
        .texts("skus")
        .map_err(|mismatch| mismatch.refusal(OBJECT))?;
    let mut violations = Violations::default();
    match &skus {
        None => violations.not_null("skus", JavaType::List),
        Some(skus) => violations.list_size("skus", skus, 1, SKUS_MAX),
    }
    let violations = violations.into_vec();
    match skus {
        Some(skus) if violations.is_empty() => Ok(skus),
        _ => Err(Refusal::Invalid {
            object: OBJECT,
            violations,
        }),
    }
}

fn page_spec(query: &Query<'_>, size_max: i32) -> Result<PageSpec, Refusal> {
    let page = query.int("page", 0)?;
    let size = query.int("size", PAGE_SIZE_DEFAULT)?;
    let page = usize::try_from(page).map_err(|_| Fault::ParameterTooSmall { name: "page", min: 0 })?;
    if size < 1 {
        return Err(Fault::ParameterTooSmall { name: "size", min: 1 }.into());
    }
    if size > size_max {
        let (name, max) = ("size", size_max);
        return Err(Fault::ParameterTooLarge { name, max }.into());
    }
    Ok(PageSpec {
        page,
        size: usize::try_from(size).unwrap_or(1),
    })
}

fn answer(visit: &Visit, location: i64, skus: &[&str], page: PageSpec) -> Result<Response, Refusal> {
    let location = visit.location(location)?;
    let at = LocationId(location.id);
    let items = skus.iter().filter_map(|sku| visit.directory.item_by_sku(at, sku));
    let counted: Vec<(&Item, u32)> = items.filter_map(|item| Some((item, item.stock?))).collect();
    // The directory does not keep when a count changed, so what is told is as of now.
    let now = visit.now();
    Ok(json(StatusCode::OK, encode(&counted, page, now)))
}

fn encode(counted: &[(&Item, u32)], page: PageSpec, now: Timestamp) -> JsonWriter {
    let total = counted.len();
    let shown = counted
        .iter()
        .skip(page.page.saturating_mul(page.size))
        .take(page.size);
    JsonWriter::object(|o| {
        o.array("data", |list| {
            for (item, count) in shown {
                list.object(|o| {
                    o.string("sku", &item.sku);
                    o.number("count", *count);
                    o.display("updatedAt", Written(now, TimeForm::Zulu));
                });
            }
        });
        o.object("metadata", |o| {
            o.array("warnings", |_| {});
            o.object("current", |o: &mut ObjectWriter<'_>| {
                o.number("page", page.page);
                o.number("pageSize", page.size);
            });
            o.number("total", total);
            o.number("totalPages", total.div_ceil(page.size));
        });
    })
}
