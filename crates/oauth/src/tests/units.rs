//! Small parts on their own.

use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::IntoResponse;
use tender_service::{Failure, OAuthFailure};

use crate::page;
use crate::params::Params;
use crate::redirect::with_query;
use crate::token::Refusal;

/// Address, pairs, result.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn answers_are_added_to_the_query_that_is_there() {
    let cases: [Case<'_>; 8] = [
        (
            "https://a.example/cb",
            &[("code", "x")],
            "https://a.example/cb?code=x",
        ),
        (
            "https://a.example/cb?",
            &[("code", "x")],
            "https://a.example/cb?code=x",
        ),
        (
            "https://a.example/cb?t=7",
            &[("code", "x")],
            "https://a.example/cb?t=7&code=x",
        ),
        (
            "https://a.example/cb?t=7&",
            &[("code", "x")],
            "https://a.example/cb?t=7&code=x",
        ),
        (
            "https://a.example",
            &[("code", "x"), ("state", "y")],
            "https://a.example?code=x&state=y",
        ),
        (
            "https://a.example/",
            &[("state", "a b&c=d+e%#\r\n\"<")],
            "https://a.example/?state=a%20b%26c%3Dd%2Be%25%23%0D%0A%22%3C",
        ),
        (
            "https://a.example/",
            &[("state", "ü~-._9")],
            "https://a.example/?state=%C3%BC~-._9",
        ),
        ("https://a.example/", &[], "https://a.example/"),
    ];
    for (address, pairs, expected) in cases {
        assert_eq!(with_query(address, pairs), expected);
    }
}

#[test]
fn parameters_show_their_names_only() {
    let uri = "/oauth/token?code=very-secret&state=s".parse().expect("a URI");
    let params = Params::of_query(&uri, &["code", "state"]).expect("parameters");
    assert_eq!(format!("{params:?}"), r#"{"code", "state"}"#);
    assert_eq!(params.get("code"), Some("very-secret"));
}

#[test]
fn failures_of_the_service_are_never_blamed_on_the_client() {
    let cases = [
        (
            Failure::Busy { retry_after_s: 7 },
            503,
            "temporarily_unavailable",
            Some("7"),
        ),
        (Failure::OutcomeUnknown, 500, "server_error", None),
        (Failure::Internal, 500, "server_error", None),
    ];
    for (failure, status, error, retry_after) in cases {
        assert_eq!(page::status_of(&failure).as_u16(), status);
        assert!(page::words_of(&failure).contains("try again"));
        let refusal = Refusal::from(OAuthFailure::Failure(failure));
        assert_eq!(refusal.error, error);
        let response = refusal.into_response();
        assert_eq!(response.status().as_u16(), status);
        assert_ne!(response.status(), StatusCode::UNAUTHORIZED);
        let found = response
            .headers()
            .get(RETRY_AFTER)
            .map(|value| value.to_str().expect("text"));
        assert_eq!(found, retry_after);
        assert!(response.headers().get(WWW_AUTHENTICATE).is_none());
    }
}
