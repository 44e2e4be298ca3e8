use std::borrow::Cow;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request};
use axum::http::Uri;
use axum::routing::get;
use tower::ServiceExt;

use super::{RawPath, collapse_slashes, decode_unreserved, rewrite_path, strip_last_suffix};

#[test]
fn empty_segments_go() {
    for (path, expected) in [
        ("/", "/"),
        ("", ""),
        ("/a/b", "/a/b"),
        ("/a/b/", "/a/b"),
        ("//a///b", "/a/b"),
        ("//", "/"),
        ("/a//", "/a"),
        ("/a/%2F/b", "/a/%2F/b"),
    ] {
        let collapsed = collapse_slashes(path);
        assert_eq!(collapsed, expected, "{path}");
        assert_eq!(matches!(collapsed, Cow::Borrowed(_)), path == expected, "{path}");
        assert_eq!(collapse_slashes(expected), expected, "{expected} changes again");
    }
}

#[test]
fn only_what_means_the_same_is_decoded() {
    for (path, expected) in [
        ("/a-b", "/a-b"),
        ("/%61%2d%7E%5f%2E%39", "/a-~_.9"),
        ("/a%2Fb", "/a%2Fb"),
        ("/%252F", "/%252F"),
        ("/%2561", "/%2561"),
        ("/%", "/%"),
        ("/%6", "/%6"),
        ("/%zz", "/%zz"),
        ("/%+1", "/%+1"),
        ("/%é", "/%é"),
        ("/%%61", "/%a"),
        ("/%C3%A9", "/%C3%A9"),
        ("/%20x", "/%20x"),
    ] {
        assert_eq!(decode_unreserved(path), expected, "{path}");
    }
}

#[test]
fn suffixes_belong_to_a_name() {
    for (path, expected) in [
        ("/orders.json", Some("/orders")),
        ("/orders/7.json", Some("/orders/7")),
        ("/orders", None),
        ("/orders/.json", None),
        (".json", None),
        ("/orders.json/7", None),
        ("/orders.JSON", None),
        ("/a.json.json", Some("/a.json")),
    ] {
        assert_eq!(strip_last_suffix(path, ".json"), expected, "{path}");
    }
}

async fn text(router: &Router, uri: &str) -> String {
    let request = Request::builder().uri(uri).body(Body::empty()).unwrap();
    let answer = router.clone().oneshot(request).await.unwrap();
    String::from_utf8(to_bytes(answer.into_body(), 1_000).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_new_path_keeps_the_query_and_the_raw_path() {
    let router = Router::new().route(
        "/new/{id}",
        get(async |Path(id): Path<String>, raw: RawPath, uri: Uri| format!("{id} {} {uri}", raw.as_str())),
    );
    let router = rewrite_path(router, |path| {
        path.strip_prefix("/old")
            .map(|rest| Cow::Owned(format!("/new{rest}")))
    });
    assert_eq!(
        text(&router, "/old/a%2Fb?x=1").await,
        "a/b /old/a%2Fb /new/a%2Fb?x=1"
    );
    assert_eq!(text(&router, "/new/7").await, "7 /new/7 /new/7");
}

#[tokio::test]
async fn a_path_that_no_uri_can_have_is_ignored() {
    let router = Router::new().route("/a", get(async || "a"));
    let router = rewrite_path(router, |_| Some(Cow::Borrowed("not a path")));
    assert_eq!(text(&router, "/a").await, "a");
}
