//! Answers: JSON bodies and pages.
//!
//! Owns: the media type and the envelope of lists. Must not know: what is in a list.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use tender_wire::{ArrayWriter, JsonWriter};

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: JsonWriter) -> Response {
    let mut response = Response::new(Body::from(body.into_bytes()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A page of a list: `{"items":[…],"next":…}`. `next` is the `after` of the next page, `null` on the last one.
pub(crate) fn page<T>(
    items: &[T],
    next: Option<String>,
    mut write: impl FnMut(&mut ArrayWriter<'_>, &T),
) -> Response {
    let body = JsonWriter::object(|object| {
        object.array("items", |array| {
            for item in items {
                write(array, item);
            }
        });
        object.nullable("next", next.as_deref(), |object, name, next| {
            object.string(name, next)
        });
    });
    json(StatusCode::OK, body)
}
