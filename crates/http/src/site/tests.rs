use std::borrow::Cow;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request};
use axum::http::Uri;
use axum::routing::get;

use super::{Site, rewrite_path};
use crate::RawPath;

async fn text(site: &Site, uri: &str) -> String {
    let request = Request::builder().uri(uri).body(Body::empty()).unwrap();
    let answer = site.serve(request).await.unwrap();
    String::from_utf8(to_bytes(answer.into_body(), 1_000).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_new_path_keeps_the_query_and_the_raw_path() {
    let router = Router::new().route(
        "/new/{id}",
        get(async |Path(id): Path<String>, raw: RawPath, uri: Uri| format!("{id} {} {uri}", raw.as_str())),
    );
    let site = Site::from(rewrite_path(router, |path| {
        path.strip_prefix("/old")
            .map(|rest| Cow::Owned(format!("/new{rest}")))
    }));
    assert_eq!(
        text(&site, "/old/a%2Fb?x=1").await,
        "a/b /old/a%2Fb /new/a%2Fb?x=1"
    );
    assert_eq!(text(&site, "/new/7").await, "7 /new/7 /new/7");
}

#[tokio::test]
async fn a_path_that_no_uri_can_have_is_ignored() {
    let router = Router::new().route("/a", get(async || "a"));
    let site = Site::from(rewrite_path(router, |_| Some(Cow::Borrowed("not a path"))));
    assert_eq!(text(&site, "/a").await, "a");
}

#[tokio::test]
async fn the_prefix_of_the_path_as_it_came_chooses_the_router() {
    let named =
        |name: &'static str| Router::new().fallback(move |uri: Uri| async move { format!("{name} {uri}") });
    let site = Site::new(named("rest"))
        .on(
            "/v1",
            rewrite_path(named("one"), |_| Some(Cow::Borrowed("/v2/x"))),
        )
        .on("/v2", named("two"));
    // A path that is rewritten stays with the router that rewrites.
    assert_eq!(text(&site, "//v1/y").await, "one /v2/x");
    assert_eq!(text(&site, "/v2/x").await, "two /v2/x");
    assert_eq!(text(&site, "/v10").await, "rest /v10");
}
