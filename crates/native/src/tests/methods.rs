//! Every path with every method, as a committed table: `problems/methods.txt`. `BLESS=1` writes it anew.

use axum::body::Body;
use axum::http::Request;
use axum::response::IntoResponse;
use tender_http::Missing;
use tower::ServiceExt;

use super::place::Place;
use super::problems::{compare, row};
use crate::routes::{absent, routes, sandbox_routes};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Asked by nobody: what is served asks for a token, all but the description, and what is not is told before that.
#[tokio::test]
async fn every_path_answers_every_method() {
    let place = Place::new().await;
    let served: Vec<_> = routes().into_iter().chain(sandbox_routes()).collect();
    let mut paths: Vec<&str> = served.iter().map(|route| route.path).collect();
    paths.sort_unstable();
    paths.dedup();
    let told = row("told", absent(Missing::Method).into_response()).await;
    let mut rows = Vec::new();
    for path in paths {
        for method in METHODS {
            let handled = if method == "HEAD" { "GET" } else { method };
            let is_served = served
                .iter()
                .any(|route| route.path == path && route.method == handled);
            let uri = path.replace(['{', '}'], "");
            let request = Request::builder().method(method).uri(uri).body(Body::empty());
            let answer = place.router.clone().oneshot(request.unwrap()).await.unwrap();
            let status = answer.status().as_u16();
            let allow = answer.headers().get("allow").cloned();
            assert_eq!(allow.is_none(), is_served, "{method} {path}: {status}");
            let Some(allow) = allow else {
                rows.push(format!("{method} {path}: {status}"));
                continue;
            };
            let allow = allow.to_str().unwrap();
            rows.push(format!("{method} {path}: {status} allow={allow}"));
            let problem = row("told", answer).await;
            // Who asks for the head alone is told no more.
            assert!(method == "HEAD" || problem == told, "{method} {path}: {problem}");
        }
    }
    rows.push(told);
    compare("methods.txt", &rows);
}
