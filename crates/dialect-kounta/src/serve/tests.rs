use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::routing::any;
use tower::ServiceExt;

use super::canonical;
use crate::route::Route;

/// Log and metrics name a path by the route that takes its canonical form, so each template must take its own.
#[tokio::test]
async fn every_template_takes_its_own_paths() {
    let router = Route::TEMPLATES.iter().fold(Router::new(), |router, template| {
        router.route(template, any(async || *template))
    });
    for template in Route::TEMPLATES {
        let path = [
            "company", "staff", "site", "register", "webhook", "order", "number",
        ]
        .iter()
        .fold(template.to_owned(), |path, name| {
            path.replace(&format!("{{{name}}}"), "7")
        });
        let path = canonical(&path)
            .unwrap_or_else(|| panic!("{template} is no path"))
            .into_owned();
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let body = to_bytes(response.into_body(), 1_000).await.unwrap();
        assert_eq!(std::str::from_utf8(&body).unwrap(), template);
    }
    assert_eq!(canonical("/v1/products"), None);
}
