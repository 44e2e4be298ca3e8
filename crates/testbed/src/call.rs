//! One request to a router, without a socket.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, response};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// An answer: what stands above the body, and the body, read whole.
#[derive(Debug)]
pub struct Answer {
    /// Status, headers and extensions.
    pub head: response::Parts,
    /// The body as text.
    pub body: String,
}

/// Sends a request and reads the answer whole.
///
/// # Panics
/// When the body breaks off or is not text.
pub async fn call(router: &Router, request: Request<Body>) -> Answer {
    let Ok(response) = router.clone().oneshot(request).await;
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.expect("the body is whole").to_bytes();
    let body = String::from_utf8(bytes.to_vec()).expect("the body is text");
    Answer { head, body }
}
