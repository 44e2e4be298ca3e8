use axum::http::{HeaderMap, HeaderValue, Uri};

use super::{check_accept, check_content_type, origin};
use crate::route::Suffix;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

#[test]
fn json_has_to_be_admitted() {
    for (accept, is_admitted) in [
        ("application/json", true),
        ("APPLICATION/JSON", true),
        ("*/*", true),
        ("application/*", true),
        ("text/html, application/json;q=0.1", true),
        ("text/html;level=1,*/*;q=0.8", true),
        ("application/json; charset=utf-8", true),
        ("application/json;q=0", false),
        ("application/json;q=0.000, text/html", false),
        ("*/*; q=0.0", false),
        ("application/xml", false),
        ("text/*", false),
        ("application/jsonp", false),
        ("", false),
    ] {
        let headers = headers(&[("accept", accept)]);
        assert_eq!(
            check_accept(Suffix::None, &headers).is_ok(),
            is_admitted,
            "{accept}"
        );
        assert!(check_accept(Suffix::Json, &headers).is_ok(), "{accept}");
        assert!(check_accept(Suffix::Xml, &headers).is_err(), "{accept}");
    }
    assert!(check_accept(Suffix::None, &HeaderMap::new()).is_err());
    let several = headers(&[("accept", "text/html"), ("accept", "application/json")]);
    assert!(check_accept(Suffix::None, &several).is_ok());
}

#[test]
fn a_body_has_to_be_announced_as_json() {
    for (content_type, is_json) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        (" application/json ;x=1", true),
        ("application/json5", false),
        ("text/json", false),
        ("application/x-www-form-urlencoded", false),
        ("", false),
    ] {
        let headers = headers(&[("content-type", content_type)]);
        assert_eq!(check_content_type(&headers).is_ok(), is_json, "{content_type}");
    }
    assert!(check_content_type(&HeaderMap::new()).is_err());
}

#[test]
fn the_origin_is_what_the_operator_says_or_what_the_client_calls() {
    let uri = Uri::from_static("/v1/companies/me");
    let absolute = Uri::from_static("http://proxy.example:81/v1/companies/me");
    let named = headers(&[("host", "pos.example:8080")]);
    assert_eq!(
        origin(Some("https://api.example/"), &named, &uri),
        "https://api.example"
    );
    assert_eq!(origin(None, &named, &uri), "http://pos.example:8080");
    assert_eq!(
        origin(None, &headers(&[("host", "[::1]:80")]), &uri),
        "http://[::1]:80"
    );
    assert_eq!(
        origin(None, &HeaderMap::new(), &absolute),
        "http://proxy.example:81"
    );
    for host in ["", "a b", "a/b", "a\"b", "user@host"] {
        assert_eq!(
            origin(None, &headers(&[("host", host)]), &uri),
            "http://localhost",
            "{host}"
        );
    }
}
