//! `GET /api/v1/orders` and `GET /api/v1/orders/{id}`.
//!
//! The hard thing here is that a page is bounded by what is on its orders, not only by their number: an order can have
//! twenty thousand payments. So heads are read first, and a page ends early when its orders have too much on them. Table
//! numbers are not indexed: heads are looked through, a bounded number per request, and a page may have fewer items than
//! asked for while there is a next one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tender_engine::{LocationId, MerchantId, Order, OrderId, OrderState, alias_hash};
use tender_http::Problem;
use tender_service::{Field, Op, OrderFilter, OrderView, Page, Principal};

use super::render::{answer_order, state_word, write_order};
use crate::access::{Reader, only_location};
use crate::ids::{self, OnTheWire};
use crate::query::{Query, QueryText};
use crate::segment::Segment;
use crate::{Native, answer, lookup, refusal};

const PARAMETERS: [&str; 6] = [
    "location_id",
    "state",
    "table_number",
    "external_reference",
    "limit",
    "after",
];
pub(super) const LIMIT_USUAL: u32 = 50;
pub(super) const LIMIT_MAX: u32 = 100;
/// Heads that one request looks through for a table number.
const HEADS_MAX: u32 = 1_000;
/// Payments shown on one page, unless the page is a single order.
const PAYMENTS_PER_PAGE_MAX: u32 = 2_000;

pub(crate) async fn get(
    State(native): State<Native>,
    Reader(principal): Reader,
    Segment(id): Segment,
    query: QueryText,
) -> Result<Response, Problem> {
    query.read(&[])?;
    let id = ids::read_order(&id).ok_or_else(refusal::order_not_found)?;
    let view = lookup::order(&native, &principal, id).await?;
    Ok(answer_order(StatusCode::OK, &view))
}

pub(crate) async fn list(
    State(native): State<Native>,
    Reader(principal): Reader,
    query: QueryText,
) -> Result<Response, Problem> {
    let query = query.read(&PARAMETERS)?;
    let wanted = Wanted::read(&query, &principal)?;
    let (views, next) = match &wanted.external_reference {
        Some(text) => (
            by_external_reference(&native, &principal, &wanted, text).await?,
            None,
        ),
        None => by_filter(&native, principal.merchant, &wanted).await?,
    };
    let next = next.map(|order| order.wire().to_string());
    Ok(answer::page(&views, next, |array, view| {
        array.object(|object| write_order(object, view));
    }))
}

/// What a request asks for.
struct Wanted {
    location: Option<LocationId>,
    state: Option<OrderState>,
    table_number: Option<u32>,
    external_reference: Option<String>,
    limit: u32,
    /// Older orders than this one.
    before: Option<OrderId>,
}

impl Wanted {
    fn read(query: &Query<'_>, principal: &Principal) -> Result<Self, Problem> {
        let words = "proposed, open, closed, cancelled, rejected or deleted";
        let state = query.parsed("state", words, |text| {
            OrderState::ALL
                .into_iter()
                .find(|state| state_word(*state) == text)
        })?;
        Ok(Self {
            location: read_location(query, principal)?,
            state,
            table_number: query.number("table_number", 1..=u32::MAX)?,
            external_reference: query.text("external_reference").map(str::to_owned),
            limit: query.limit(LIMIT_USUAL, LIMIT_MAX)?,
            before: query.after(ids::read_order)?,
        })
    }

    fn takes(&self, order: &Order) -> bool {
        self.location.is_none_or(|location| order.location == location)
            && self.state.is_none_or(|state| order.state == state)
            && self
                .table_number
                .is_none_or(|number| order.table_number == Some(number))
            && self.before.is_none_or(|before| order.id < before)
    }

    fn filter(&self) -> OrderFilter {
        let mut filter = OrderFilter::default();
        if let Some(location) = self.location {
            filter = filter.with(Field::Location, Op::Eq, location.to_i64());
        }
        if let Some(state) = self.state {
            filter = filter.with(Field::State, Op::Eq, state.number());
        }
        match self.before {
            Some(before) => filter.with(Field::Id, Op::Lt, before.to_i64()),
            None => filter,
        }
    }
}

/// The location asked for, within the caller's reach. A caller who reaches some locations but not all has to name one.
fn read_location(query: &Query<'_>, principal: &Principal) -> Result<Option<LocationId>, Problem> {
    let what = "the decimal id of a location";
    let named = query
        .parsed("location_id", what, ids::read_plain)?
        .map(LocationId);
    match named {
        Some(location) if principal.covers(location) => Ok(Some(location)),
        Some(_) => Err(refusal::location_not_found()),
        None if principal.locations.is_none() => Ok(None),
        None => match only_location(principal) {
            Some(location) => Ok(Some(location)),
            None => Err(refusal::invalid_parameter(
                "location_id",
                "This token reaches several locations; name one of them.",
            )),
        },
    }
}

/// An external reference leads to one order, the newest that has it.
async fn by_external_reference(
    native: &Native,
    principal: &Principal,
    wanted: &Wanted,
    text: &str,
) -> Result<Vec<OrderView>, Problem> {
    let alias = alias_hash("external", LocationId(0), text);
    let found = lookup::read(native.tender().find_order(principal.merchant, alias).await)?;
    let Some(id) = found else { return Ok(Vec::new()) };
    let view = lookup::read(native.tender().order(principal.merchant, id).await)?;
    let view = view.filter(|view| view.order.state != OrderState::Proposed && wanted.takes(&view.order));
    Ok(view.into_iter().collect())
}

/// Newest first. Answers the orders and, if there may be more, the one to go on after.
async fn by_filter(
    native: &Native,
    merchant: MerchantId,
    wanted: &Wanted,
) -> Result<(Vec<OrderView>, Option<OrderId>), Problem> {
    let tender = native.tender();
    let heads_max = if wanted.table_number.is_some() {
        HEADS_MAX
    } else {
        wanted.limit
    };
    let filter = wanted.filter();
    let heads = lookup::read(tender.order_heads(merchant, &filter, 0, heads_max).await)?;
    let (ids, next) = first_page(&heads, wanted);
    let views = lookup::read(tender.order_views(merchant, ids).await)?;
    Ok((views, next))
}

/// The first heads that are wanted, as many as fit on a page, and where the next page begins.
fn first_page(heads: &Page<Order>, wanted: &Wanted) -> (Vec<OrderId>, Option<OrderId>) {
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let mut ids: Vec<OrderId> = Vec::new();
    let mut payments = 0_u32;
    let mut looked_at = None;
    for order in &heads.items {
        if wanted.takes(order) {
            let more = payments.saturating_add(order.last_payment_number);
            if ids.len() >= limit || (!ids.is_empty() && more > PAYMENTS_PER_PAGE_MAX) {
                return (ids, looked_at);
            }
            payments = more;
            ids.push(order.id);
        }
        looked_at = Some(order.id);
    }
    (ids, looked_at.filter(|_| heads.more))
}
