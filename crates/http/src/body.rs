//! Reading a request's body whole, within a size and a time.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::ConnectionHandle;

#[cfg(test)]
mod tests;

/// How long a whole body may take, where the server's options do not say.
pub const BODY_READ_TIMEOUT: Duration = Duration::from_secs(15);

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// It is longer than allowed.
    TooLarge,
    /// It did not arrive in time.
    Timeout,
    /// The client went away, or broke the rules of chunked encoding.
    Disconnected,
}

impl std::fmt::Display for BodyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the body is too large",
            Self::Timeout => "the body did not arrive in time",
            Self::Disconnected => "the body ended too early",
        })
    }
}

impl std::error::Error for BodyError {}

/// Reads the whole body, of at most `bytes_max` bytes.
///
/// A length that is announced is believed before anything is read, so a client that waits for `100 Continue` need not
/// send a body that would be refused.
///
/// # Errors
/// [`BodyError`].
pub async fn read_body(request: Request, bytes_max: usize) -> Result<Bytes, BodyError> {
    if announced_length(request.headers()).is_some_and(|length| length > bytes_max) {
        return Err(BodyError::TooLarge);
    }
    let timeout = ConnectionHandle::of(request.extensions())
        .map_or(BODY_READ_TIMEOUT, ConnectionHandle::body_read_timeout);
    tokio::time::timeout(timeout, collect(request.into_body(), bytes_max))
        .await
        .unwrap_or(Err(BodyError::Timeout))
}

/// The length in the headers; one that is not a number was refused by the parser of requests.
fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn collect(mut body: Body, bytes_max: usize) -> Result<Bytes, BodyError> {
    // A body that comes in one piece, as nearly all do, is passed on without a copy.
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|_| BodyError::Disconnected)?.into_data() else {
            continue;
        };
        let length = first.len().max(joined.len());
        if piece.len() > bytes_max.saturating_sub(length) {
            return Err(BodyError::TooLarge);
        }
        if length == 0 {
            first = piece;
        } else {
            if joined.is_empty() {
                joined.extend_from_slice(&first);
            }
            joined.extend_from_slice(&piece);
        }
    }
    Ok(if joined.is_empty() { first } else { joined.freeze() })
}
