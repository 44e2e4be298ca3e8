//! Pages of lists: which rows a request wants, and how it is told about the others.
//!
//! Clients use four mechanisms, and all are served: a zero-based `X-Page`, the count in `X-Pages`, the URL in
//! `X-Next-Page`, and `start=<id>`, which is what that URL carries.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tender_engine::OrderId;
use tender_wire::Form;

use crate::errors::{ApiError, Fault};

#[cfg(test)]
mod tests;

/// Rows of a page of orders.
pub(crate) const PAGE_ROWS: u32 = 25;
/// Rows that are counted and that `X-Page` reaches. A count beyond would cost more the longer a ledger is; `start`
/// reaches everything.
pub(crate) const COUNTED_ROWS_MAX: u32 = 10_000;

const PAGE: HeaderName = HeaderName::from_static("x-page");
const PAGES: HeaderName = HeaderName::from_static("x-pages");
const NEXT_PAGE: HeaderName = HeaderName::from_static("x-next-page");

/// The part of a list that a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Rows to pass over; `None` when the page lies beyond what is counted.
    pub(crate) skip: Option<u32>,
    /// Only rows after this one.
    pub(crate) after: Option<OrderId>,
}

impl Wanted {
    /// Reads header and query.
    ///
    /// # Errors
    /// 400 for numbers that are none.
    pub(crate) fn of(headers: &HeaderMap, query: &Form<'_>) -> Result<Self, ApiError> {
        let page = match headers.get(PAGE) {
            None => 0,
            Some(value) => value
                .to_str()
                .ok()
                .and_then(|text| digits(text.trim()))
                .ok_or_else(|| not_a_number("X-Page"))?,
        };
        let skip = u32::try_from(page)
            .ok()
            .and_then(|page| page.checked_mul(PAGE_ROWS))
            .filter(|skip| *skip < COUNTED_ROWS_MAX);
        let after = match query.get("start") {
            None | Some("") => None,
            Some(text) => Some(OrderId(digits(text).ok_or_else(|| not_a_number("start"))?)),
        };
        Ok(Self { skip, after })
    }
}

fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        text.parse::<i64>().ok().map(i64::cast_unsigned)
    } else {
        None
    }
}

fn not_a_number(name: &'static str) -> ApiError {
    ApiError::of(Fault::PageNumber).at(name)
}

/// Tells how many pages a list of so many counted rows has. An empty list has one page, which is empty.
pub(crate) fn tell_pages(headers: &mut HeaderMap, rows: u64) {
    let pages = rows.div_ceil(u64::from(PAGE_ROWS)).max(1);
    headers.insert(PAGES, HeaderValue::from(pages));
}

/// Tells where the list goes on: the same path and query with `start` at the last row of this page.
pub(crate) fn tell_next(headers: &mut HeaderMap, origin: &str, path: &str, query: &str, last: OrderId) {
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".json").unwrap_or(path);
    let mut url = format!("{origin}{path}.json?");
    for pair in query
        .split('&')
        .filter(|pair| !pair.is_empty() && !is_start(pair))
    {
        url.push_str(pair);
        url.push('&');
    }
    url.push_str(&format!("start={}", last.0));
    if let Ok(url) = HeaderValue::from_str(&url) {
        headers.insert(NEXT_PAGE, url);
    }
}

fn is_start(pair: &str) -> bool {
    Form::parse(pair.as_bytes(), 1).is_ok_and(|form| form.get("start").is_some())
}
