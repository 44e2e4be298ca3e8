//! `GET /api/v1/openapi.json`: the description of this API, for people and generators.
//!
//! Owns: the document, kept as the text that is served. That it names every route, every code and no other, and that every
//! answer is as it says, are tests.

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

#[cfg(test)]
mod tests;

/// The document as it is served.
pub(crate) const DOCUMENT: &str = include_str!("openapi.json");

/// The OpenAPI document.
///
/// # Panics
/// Never: a test reads the same text.
#[must_use]
pub fn openapi() -> Value {
    serde_json::from_str(DOCUMENT).expect("the document is JSON")
}

pub(crate) async fn document() -> Response {
    let mut response = DOCUMENT.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
