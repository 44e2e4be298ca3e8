//! Answers: JSON bodies, pages and streams of events.
//!
//! Owns: the media type, the envelope of lists, and what keeps a stream flowing. Must not know: what is in a list or stream.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
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

/// A stream of server-sent events.
pub(crate) fn events(stream: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let mut response = Sse::new(stream).into_response();
    // Proxies that gather answers before passing them on would keep events back.
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
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
