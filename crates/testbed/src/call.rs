//! One request to a router, without a socket.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{Request, Response, response};
use http_body_util::BodyExt;
use tower::{Service, ServiceExt};

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
pub async fn call<S>(service: &S, request: Request<Body>) -> Answer
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
{
    let Ok(response) = service.clone().oneshot(request).await;
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.expect("the body is whole").to_bytes();
    let body = String::from_utf8(bytes.to_vec()).expect("the body is text");
    Answer { head, body }
}
