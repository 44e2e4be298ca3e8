//! The limits of a server, each with a default that suits a public listener.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;

use crate::{BODY_READ_TIMEOUT, Failed, FailureHandler, FailureKind, Metrics};

/// The number of headers that hyper parses without allocating; another limit costs an allocation per request.
pub(crate) const HEADERS_MAX_WITHOUT_ALLOCATION: usize = 100;

/// The smallest read buffer that hyper accepts.
pub(crate) const HEAD_BYTES_MIN: usize = 8 * 1024;

/// What a server allows its clients. All times are real time.
#[derive(Clone)]
pub struct ServerOptions {
    /// From the first byte of a request to the end of its headers. Beyond: the connection is cut.
    pub header_read_timeout: Duration,
    /// How long a connection may stay open without a request. Beyond: it is closed.
    pub keep_alive_timeout: Duration,
    /// From the end of the headers to the head of the answer, unless the route is [`untimed`](crate::untimed).
    /// Beyond: the handler is dropped and [`FailureKind::Deadline`] is answered.
    pub request_deadline: Duration,
    /// How long [`read_body`](crate::read_body) waits for the whole body.
    pub body_read_timeout: Duration,
    /// How long a client may take nothing of what is sent to it. Beyond: the connection is cut.
    pub write_stall_timeout: Duration,
    /// The most bytes of a request line and its headers, at least 8 KiB. Beyond: 431.
    pub head_bytes_max: usize,
    /// The most headers of a request. Beyond: 431.
    pub headers_max: usize,
    /// The most open connections. Beyond: 503 with `Retry-After`, and the connection is closed.
    pub connections_max: u32,
    /// How long requests in flight may take once the server stops. Beyond: they are cut.
    pub drain_timeout: Duration,
    /// Makes the answer to a request whose handler failed.
    pub failure: FailureHandler,
    /// Where requests and connections are counted.
    pub metrics: Metrics,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            header_read_timeout: Duration::from_secs(10),
            keep_alive_timeout: Duration::from_secs(75),
            request_deadline: Duration::from_secs(30),
            body_read_timeout: BODY_READ_TIMEOUT,
            write_stall_timeout: Duration::from_secs(30),
            head_bytes_max: 16 * 1024,
            headers_max: HEADERS_MAX_WITHOUT_ALLOCATION,
            connections_max: 8_192,
            drain_timeout: Duration::from_secs(15),
            failure: Arc::new(bare_failure),
            metrics: Metrics::new(),
        }
    }
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("header_read_timeout", &self.header_read_timeout)
            .field("keep_alive_timeout", &self.keep_alive_timeout)
            .field("request_deadline", &self.request_deadline)
            .field("body_read_timeout", &self.body_read_timeout)
            .field("write_stall_timeout", &self.write_stall_timeout)
            .field("head_bytes_max", &self.head_bytes_max)
            .field("headers_max", &self.headers_max)
            .field("connections_max", &self.connections_max)
            .field("drain_timeout", &self.drain_timeout)
            .finish_non_exhaustive()
    }
}

/// The status of a failure with an empty body, for a server whose dialects say nothing better.
pub(crate) fn bare_failure(failed: &Failed<'_>) -> axum::response::Response {
    match failed.kind {
        FailureKind::Panic => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        FailureKind::Deadline => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
