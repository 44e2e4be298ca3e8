use axum::http::{HeaderMap, HeaderValue};
use tender_engine::OrderId;
use tender_wire::Form;

use super::{Wanted, tell_next, tell_pages};

fn wanted(page: Option<&str>, query: &str) -> Option<Wanted> {
    let mut headers = HeaderMap::new();
    if let Some(page) = page {
        headers.insert("x-page", HeaderValue::from_str(page).unwrap());
    }
    Wanted::of(&headers, &Form::parse(query.as_bytes(), 8).unwrap()).ok()
}

#[test]
fn pages_count_from_zero() {
    for (page, skip) in [
        (None, Some(0)),
        (Some("0"), Some(0)),
        (Some("2"), Some(50)),
        (Some("399"), Some(9_975)),
    ] {
        assert_eq!(wanted(page, "").unwrap().skip, skip);
    }
    // Beyond what is counted there is nothing, however large the number.
    for page in ["400", "99999999999", "9223372036854775807"] {
        assert_eq!(wanted(Some(page), "").unwrap().skip, None);
    }
    for page in ["-1", "x", "", "1.0", "99999999999999999999"] {
        assert_eq!(wanted(Some(page), ""), None, "{page}");
    }
    assert_eq!(wanted(None, "start=17").unwrap().after, Some(OrderId(17)));
    assert_eq!(wanted(None, "start=").unwrap().after, None);
    assert_eq!(wanted(None, "start=x"), None);
}

#[test]
fn the_count_of_pages() {
    for (rows, pages) in [(0, "1"), (1, "1"), (25, "1"), (26, "2"), (10_000, "400")] {
        let mut headers = HeaderMap::new();
        tell_pages(&mut headers, rows);
        assert_eq!(headers["x-pages"], pages);
    }
}

#[test]
fn the_next_url_keeps_the_filters() {
    for (path, query, url) in [
        (
            "/v1/companies/me/orders",
            "",
            "https://o/v1/companies/me/orders.json?start=9",
        ),
        (
            "/v1/companies/me/orders.json",
            "start=3",
            "https://o/v1/companies/me/orders.json?start=9",
        ),
        (
            "/v1/companies/1/orders/",
            "a=%2B1&start=3&b",
            "https://o/v1/companies/1/orders.json?a=%2B1&b&start=9",
        ),
        (
            "/v1/companies/1/orders",
            "st%61rt=3&start_x=1",
            "https://o/v1/companies/1/orders.json?start_x=1&start=9",
        ),
    ] {
        let mut headers = HeaderMap::new();
        tell_next(&mut headers, "https://o", path, query, OrderId(9));
        assert_eq!(headers["x-next-page"], url);
    }
}
