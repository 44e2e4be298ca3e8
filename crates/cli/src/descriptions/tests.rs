use std::path::Path;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use clap::ValueEnum;
use tower::ServiceExt;

use super::{Api, router};

#[test]
fn the_copies_in_the_docs_are_what_the_code_says() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi");
    for api in Api::value_variants() {
        let file = docs.join(format!("{}.json", api.name()));
        let copy = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            copy == api.text(),
            "{} is not what the code says: run `cargo xtask openapi`",
            file.display()
        );
    }
}

#[tokio::test]
async fn every_document_is_served_to_everybody() {
    for api in Api::value_variants() {
        let request = Request::get(format!("/openapi/{}.json", api.name()));
        let answer = router()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "application/json");
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&body), api.text());
    }
}
