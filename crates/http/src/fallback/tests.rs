use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::ALLOW;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower::ServiceExt;

use super::{Fallbacks, Missing, PrefixTable};

#[test]
fn the_longest_prefix_of_whole_segments_wins() {
    let table = PrefixTable::new("otherwise")
        .on("/v1", "v1")
        .on("/v1/om", "om")
        .on("/o/op", "kseries")
        .on("/twice", "first")
        .on("/twice", "second");
    for (path, expected) in [
        ("/", "otherwise"),
        ("", "otherwise"),
        ("/v1", "v1"),
        ("/v1/", "v1"),
        ("/v1/companies", "v1"),
        ("/v10", "otherwise"),
        ("/v1/om", "om"),
        ("/v1/om/payments", "om"),
        ("/v1/omelette", "v1"),
        ("//v1//om//x", "om"),
        ("/V1", "otherwise"),
        ("/o", "otherwise"),
        ("/o/op/1/pay", "kseries"),
        ("/x/v1/om", "otherwise"),
        ("/twice", "second"),
    ] {
        assert_eq!(*table.get(path), expected, "{path}");
    }
}

#[test]
fn an_empty_prefix_covers_everything_that_no_other_does() {
    let table = PrefixTable::new("otherwise").on("/", "all").on("/a", "a");
    assert_eq!(*table.get("/b"), "all");
    assert_eq!(*table.get("/a/b"), "a");
}

async fn named(parts: Parts, missing: Missing) -> Response {
    let text = format!("{missing:?} {} {}", parts.method, parts.uri.path());
    (missing.status(), text).into_response()
}

#[tokio::test]
async fn each_prefix_answers_for_itself() {
    let router = Router::new()
        .route("/v1/om/payments", get(async || "payments").put(async || "put"))
        .route("/bare", get(async || "bare"));
    let router = Fallbacks::new().on("/v1/om", named).apply(router);
    for (method, path, status, body, allow) in [
        ("GET", "/v1/om/payments", 200, "payments", None),
        ("GET", "/v1/om/none", 404, "Route GET /v1/om/none", None),
        (
            "DELETE",
            "/v1/om/payments",
            405,
            "Method DELETE /v1/om/payments",
            Some("GET,HEAD,PUT"),
        ),
        ("GET", "/none", 404, "", None),
        ("POST", "/bare", 405, "", Some("GET,HEAD")),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{method} {path}");
        let given = answer
            .headers()
            .get(ALLOW)
            .map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(given.as_deref(), allow, "{method} {path}");
        let given = to_bytes(answer.into_body(), 1_000).await.unwrap();
        assert_eq!(given, body, "{method} {path}");
    }
}

#[test]
fn debug_names_the_prefixes() {
    let fallbacks = Fallbacks::default().on("/a", named).on("/b", named);
    assert_eq!(format!("{fallbacks:?}"), r#"{"/b", "/a"}"#);
}
