use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use tender_openapi::{faults, routes};
use tender_service::{Clock, Settings, Tender};
use tender_store_sqlite::SqliteStore;
use tower::ServiceExt;

use super::openapi;

/// Methods that a path may have.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

#[test]
fn the_document_is_well_formed() {
    assert_eq!(faults(&openapi()), Vec::<String>::new());
}

/// The router tells what it does not know before it asks who is there, so nobody's requests see all routes.
#[tokio::test]
async fn the_document_has_exactly_the_routes_of_its_paths() {
    let store = Arc::new(SqliteStore::open_in_memory().unwrap());
    let tender = Tender::start(store, Clock::new(), Vec::new(), Settings::default())
        .await
        .unwrap();
    let router = crate::router(tender);
    let described = routes(&openapi());
    for (_, path) in &described {
        for method in METHODS {
            let request = Request::builder()
                .method(method)
                .uri(path.replace(['{', '}'], ""));
            let answer = router
                .clone()
                .oneshot(request.body(Body::empty()).unwrap())
                .await
                .unwrap();
            let expected = if described.contains(&(method.to_owned(), path.clone())) {
                StatusCode::UNAUTHORIZED
            } else {
                StatusCode::METHOD_NOT_ALLOWED
            };
            assert_eq!(answer.status(), expected, "{method} {path}");
        }
    }
}
