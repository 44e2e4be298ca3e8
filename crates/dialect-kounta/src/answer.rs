//! Answers that went well: JSON bodies, created resources, nothing at all.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tender_wire::JsonWriter;

/// The type of every body, errors included.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// 200 with a body. A PUT answers an object and never nothing: a client in the field iterates over what it gets.
pub(crate) fn ok(body: JsonWriter) -> Response {
    with_status(StatusCode::OK, body)
}

/// 201 with the URL of what was made, and its body.
pub(crate) fn created(location: &str, body: JsonWriter) -> Response {
    let mut response = with_status(StatusCode::CREATED, body);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// 204.
pub(crate) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// A JSON body under a status.
pub(crate) fn with_status(status: StatusCode, body: JsonWriter) -> Response {
    let mut response = Response::new(Body::from(body.into_bytes()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
