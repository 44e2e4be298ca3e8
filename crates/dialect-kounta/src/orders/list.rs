//! `GET /companies/{co}/orders` and all its narrower forms: newest first, in pages.

use axum::response::Response;
use tender_engine::{Order, OrderId};
use tender_service::{Field, Op, OrderView};
use tender_wire::{Form, JsonWriter};

use super::encode;
use super::filter::ListQuery;
use crate::answer;
use crate::catalogue::is_reduced;
use crate::errors::{ApiError, Fault};
use crate::exchange::Exchange;
use crate::paging::{self, COUNTED_ROWS_MAX, PAGE_ROWS, Wanted};
use crate::route::OrderPart;

/// Names and values in one query.
const QUERY_PAIRS_MAX: usize = 64;
/// The newest matching orders among which reduced ones are looked for, because that takes reading their lines.
const REDUCED_AMONG_MAX: u32 = 1_000;
/// Orders that are read at once for that.
const REDUCED_CHUNK: usize = 100;

/// A page of orders.
pub(crate) async fn list(exchange: &Exchange, parts: &[OrderPart]) -> Result<Response, ApiError> {
    let query = Form::parse(exchange.query.as_bytes(), QUERY_PAIRS_MAX)
        .map_err(|_| ApiError::of(Fault::QueryTooLong))?;
    let wanted = Wanted::of(&exchange.headers, &query)?;
    let mut list = ListQuery::of(exchange, parts, &query)?;
    if let Some(after) = wanted.after {
        // Newer orders have greater ids, so what comes after one in the list has a smaller id.
        list.scans = list
            .scans
            .into_iter()
            .map(|scan| scan.with(Field::Id, Op::Lt, after.to_i64()))
            .collect();
    }
    let page = if list.only_reduced {
        reduced_page(exchange, &list, wanted).await?
    } else {
        page(exchange, &list, wanted).await?
    };
    let body = JsonWriter::array(|array| {
        for view in &page.rows {
            array.object(|object| encode::order(object, view, &exchange.directory));
        }
    });
    let mut response = answer::ok(body);
    let headers = response.headers_mut();
    paging::tell_pages(headers, page.counted);
    if let (true, Some(last)) = (page.more, page.rows.last()) {
        paging::tell_next(
            headers,
            &exchange.origin,
            &exchange.path,
            &exchange.query,
            last.order.id,
        );
    }
    Ok(response)
}

struct OrderPage {
    rows: Vec<OrderView>,
    more: bool,
    counted: u64,
}

async fn page(exchange: &Exchange, list: &ListQuery, wanted: Wanted) -> Result<OrderPage, ApiError> {
    let mut counted: u64 = 0;
    for scan in &list.scans {
        let left = u64::from(COUNTED_ROWS_MAX).saturating_sub(counted);
        let cap = u32::try_from(left).unwrap_or(COUNTED_ROWS_MAX);
        if cap == 0 {
            break;
        }
        counted = counted.saturating_add(
            exchange
                .tender
                .count_orders(exchange.company(), scan, cap)
                .await?,
        );
    }
    let Some(skip) = wanted.skip else {
        return Ok(OrderPage {
            rows: Vec::new(),
            more: false,
            counted,
        });
    };
    let (heads, more) = heads(exchange, list, skip, PAGE_ROWS).await?;
    let ids: Vec<OrderId> = heads.iter().map(|order| order.id).collect();
    let rows = views(exchange, ids).await?;
    Ok(OrderPage { rows, more, counted })
}

/// A part of the merged list, and whether more rows follow.
async fn heads(
    exchange: &Exchange,
    list: &ListQuery,
    skip: u32,
    limit: u32,
) -> Result<(Vec<Order>, bool), ApiError> {
    if let [only] = list.scans.as_slice() {
        let page = exchange
            .tender
            .order_heads(exchange.company(), only, skip, limit)
            .await?;
        return Ok((page.items, page.more));
    }
    let reach = skip.saturating_add(limit);
    let mut merged: Vec<Order> = Vec::new();
    let mut more = false;
    for scan in &list.scans {
        let page = exchange
            .tender
            .order_heads(exchange.company(), scan, 0, reach)
            .await?;
        merged.extend(page.items);
        more |= page.more;
    }
    merged.sort_by_key(|order| std::cmp::Reverse(order.id));
    let skipped = usize::try_from(skip).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut rows: Vec<Order> = merged.into_iter().skip(skipped).collect();
    more |= rows.len() > limit;
    rows.truncate(limit);
    Ok((rows, more))
}

async fn views(exchange: &Exchange, ids: Vec<OrderId>) -> Result<Vec<OrderView>, ApiError> {
    let mut views = exchange.tender.order_views(exchange.company(), ids).await?;
    // An order may have left what this caller sees since its head was read.
    views.retain(|view| exchange.sees(&view.order));
    Ok(views)
}

/// A page of reduced orders. They are found by reading lines, so only among the newest matching orders.
async fn reduced_page(exchange: &Exchange, list: &ListQuery, wanted: Wanted) -> Result<OrderPage, ApiError> {
    let (heads, _) = heads(exchange, list, 0, REDUCED_AMONG_MAX).await?;
    let ids: Vec<OrderId> = heads.iter().map(|order| order.id).collect();
    let mut reduced: Vec<OrderView> = Vec::new();
    for chunk in ids.chunks(REDUCED_CHUNK) {
        let views = views(exchange, chunk.to_vec()).await?;
        reduced.extend(views.into_iter().filter(|view| view.lines.iter().any(is_reduced)));
    }
    let counted = u64::try_from(reduced.len()).unwrap_or(u64::MAX);
    let skip = wanted
        .skip
        .and_then(|skip| usize::try_from(skip).ok())
        .unwrap_or(usize::MAX);
    let limit = usize::try_from(PAGE_ROWS).unwrap_or(usize::MAX);
    let mut rows: Vec<OrderView> = reduced.into_iter().skip(skip).collect();
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(OrderPage { rows, more, counted })
}
