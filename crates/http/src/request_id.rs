//! The id of a request: unique, rising with time, ours whatever the client sent.

use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderName, HeaderValue};
use uuid::Uuid;

use crate::arrival::Arrival;

/// The header that every answer carries its request's id in.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, a UUID of version 7. It goes with the request's extensions, into the log, and into the answer's
/// [`REQUEST_ID_HEADER`]. One that the client sends is ignored, so that nobody chooses what stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(Uuid);

impl RequestId {
    /// The id of a request; a new one each time when it did not come over a socket.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        Arrival::of(extensions).map_or_else(|| RequestIds::new().next(), |arrival| arrival.id)
    }

    pub(crate) fn header_value(self) -> HeaderValue {
        let mut text = Uuid::encode_buffer();
        let text = self.0.hyphenated().encode_lower(&mut text);
        HeaderValue::from_str(text).expect("hexadecimal digits and hyphens are visible ASCII")
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// Makes the ids of one server: its own random half, then a counter, so that no request has to ask for randomness.
#[derive(Debug)]
pub(crate) struct RequestIds {
    server: [u8; 5],
    count: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        let [a, b, c, d, e, ..] = Uuid::new_v4().into_bytes();
        Self {
            server: [a, b, c, d, e],
            count: AtomicU64::new(0),
        }
    }

    pub(crate) fn next(&self) -> RequestId {
        let millis = unix_millis();
        // The version and the variant overwrite six bits of the first three bytes, so the counter comes last, whole.
        // Its forty bits need only outlast one millisecond.
        let [_, _, _, f, g, h, i, j] = self.count.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let [a, b, c, d, e] = self.server;
        let tail = [a, b, c, d, e, f, g, h, i, j];
        RequestId(uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an id says when its request came in, like the log around it, and that is real time"
)]
fn unix_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
