//! One request and its answer: the id, the deadline, the panic that must stay alone, the log line, the counts.
//!
//! This is the service that hyper calls, and it stands outside of every router, so that it sees each request that has
//! complete headers exactly once. Its future is a plain struct: nothing is boxed or spawned here.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{Method, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::future::RouteFuture;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Instant;

use crate::arrival::Arrival;
use crate::connection::Connection;
use crate::metrics::{HttpMetrics, RouteLabel};
use crate::problem::is_advised;
use crate::request_id::RequestIds;
use crate::{ConnectionHandle, MoneyMoved, REQUEST_ID_HEADER, RawPath, RequestId, Retry, Site, advise};

/// The header by which a client lets its repeats be recognised.
const IDEMPOTENCY_KEY_HEADER: &str = "idempotency-key";

/// Why a handler gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// It panicked. What it had done is unknown.
    Panic,
    /// It took longer than the request deadline. What it does later is unknown.
    Deadline,
}

impl FailureKind {
    fn label(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Deadline => "deadline",
        }
    }
}

/// A request whose handler gave no answer, as the one who words the answer sees it.
#[derive(Debug, Clone, Copy)]
pub struct Failed<'f> {
    /// What happened.
    pub kind: FailureKind,
    /// The request's method.
    pub method: &'f Method,
    /// The path as the client sent it, without the query.
    pub path: &'f str,
    /// The request's id, which the answer carries in its header anyway.
    pub request_id: RequestId,
    /// The request carried an `Idempotency-Key`, so that it can safely be sent again with it.
    pub has_key: bool,
}

/// Words the answer to a request whose handler gave none; a [`PrefixTable`](crate::PrefixTable) inside can let each
/// dialect answer in its own form.
pub type FailureHandler = Arc<dyn Fn(&Failed<'_>) -> axum::response::Response + Send + Sync>;

/// What all connections of a server share.
pub(crate) struct Shared {
    pub(crate) site: Site,
    pub(crate) failure: FailureHandler,
    pub(crate) metrics: HttpMetrics,
    pub(crate) request_ids: RequestIds,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// Answers the requests of one connection.
#[derive(Debug)]
pub(crate) struct ConnectionService {
    pub(crate) shared: Arc<Shared>,
    pub(crate) connection: Arc<Connection>,
}

impl hyper::service::Service<Request<Incoming>> for ConnectionService {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = Exchange;

    fn call(&self, request: Request<Incoming>) -> Exchange {
        let started_at = Instant::now();
        self.connection.begin_request(started_at);
        let arrival = Arc::new(Arrival {
            id: self.shared.request_ids.next(),
            raw_path: RawPath::from_uri(request.uri()),
            connection: ConnectionHandle::new(Arc::clone(&self.connection)),
        });
        let record = Record {
            arrival: Arc::clone(&arrival),
            method: request.method().clone(),
            has_key: request.headers().contains_key(IDEMPOTENCY_KEY_HEADER),
            started_at,
            shared: Arc::clone(&self.shared),
        };
        let mut request = request.map(|incoming| {
            Body::new(RequestBody {
                incoming,
                is_complete: false,
                connection: Arc::clone(&self.connection),
            })
        });
        request.extensions_mut().insert(arrival);
        // The router's futures do nothing before they are polled, but its services are free to.
        match catch_unwind(AssertUnwindSafe(|| self.shared.site.serve(request))) {
            Ok(future) => Exchange {
                route: Some(future),
                panic: None,
                record: Some(record),
            },
            Err(panic) => Exchange {
                route: None,
                panic: Some(panic),
                record: Some(record),
            },
        }
    }
}

/// What is needed to answer for a handler and to tell about its request.
struct Record {
    arrival: Arc<Arrival>,
    method: Method,
    has_key: bool,
    started_at: Instant,
    shared: Arc<Shared>,
}

impl Record {
    fn connection(&self) -> &Arc<Connection> {
        self.arrival.connection.record()
    }

    /// The answer of the handler, made ready to be sent.
    fn finish(self, mut answer: axum::response::Response) -> Response<AnswerBody> {
        answer
            .headers_mut()
            .insert(REQUEST_ID_HEADER, self.arrival.id.header_value());
        let now = Instant::now();
        self.tell(answer.status(), now.saturating_duration_since(self.started_at));
        self.connection().begin_answer(now);
        let connection = Arc::clone(self.connection());
        answer.map(|body| AnswerBody {
            body,
            _end: EndOfAnswer { connection },
        })
    }

    fn tell(&self, status: StatusCode, duration: Duration) {
        let route = RouteLabel(self.connection().route());
        tracing::info!(
            target: "tender_http::access",
            {
                request.id = %self.arrival.id,
                http.method = %self.method,
                http.route = %route,
                http.status = status.as_u16(),
                duration_ms = milliseconds(duration),
            },
            "request answered"
        );
        self.shared
            .metrics
            .answered(route, &self.method, status, duration);
    }

    /// The answer to a request whose handler failed.
    fn fail(self, kind: FailureKind, panic: Option<Box<dyn Any + Send>>) -> Response<AnswerBody> {
        let route = RouteLabel(self.connection().route());
        tracing::error!(
            request.id = %self.arrival.id,
            http.method = %self.method,
            http.route = %route,
            failure = kind.label(),
            panic = panic.as_deref().map(panic_message),
            "handler gave no answer"
        );
        self.shared.metrics.failed(route, kind.label());
        let failed = Failed {
            kind,
            method: &self.method,
            path: self.arrival.raw_path.as_str(),
            request_id: self.arrival.id,
            has_key: self.has_key,
        };
        // Even a mistake in wording the answer stays within this request.
        let mut answer = catch_unwind(AssertUnwindSafe(|| (self.shared.failure)(&failed)))
            .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response());
        // Nobody knows what the handler had done. Whoever words the answer may know better, such as that the request
        // only reads.
        if !is_advised(answer.headers()) {
            let retry = if self.has_key {
                Retry::SameKey
            } else {
                Retry::Never
            };
            advise(answer.headers_mut(), MoneyMoved::Unknown, retry);
        }
        self.finish(answer)
    }

    /// The client went away before there was an answer.
    fn abandon(&self) {
        let route = RouteLabel(self.connection().route());
        tracing::info!(
            target: "tender_http::access",
            {
                request.id = %self.arrival.id,
                http.method = %self.method,
                http.route = %route,
                duration_ms = milliseconds(self.started_at.elapsed()),
            },
            "request abandoned before its answer"
        );
        self.shared.metrics.abandoned(route);
    }
}

/// Milliseconds with their fraction, for the log.
fn milliseconds(duration: Duration) -> f64 {
    // A thousand times as many seconds are as many milliseconds.
    duration.saturating_mul(1_000).as_secs_f64()
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("not a text")
}

pin_project! {
    /// The answer in the making.
    pub(crate) struct Exchange {
        // None when the router panicked before there was a future.
        #[pin]
        route: Option<RouteFuture<Infallible>>,
        panic: Option<Box<dyn Any + Send>>,
        // None once it is answered.
        record: Option<Record>,
    }

    impl PinnedDrop for Exchange {
        fn drop(this: Pin<&mut Self>) {
            if let Some(record) = this.project().record.take() {
                record.abandon();
            }
        }
    }
}

impl Future for Exchange {
    type Output = Result<Response<AnswerBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let outcome = match this.route.as_mut().as_pin_mut() {
            Some(route) => catch_unwind(AssertUnwindSafe(|| route.poll(cx))),
            None => Err(this
                .panic
                .take()
                .unwrap_or_else(|| Box::new("polled after the end"))),
        };
        let is_overdue = |record: &mut Record| record.connection().is_overdue();
        let answer = match outcome {
            Ok(Poll::Ready(Ok(answer))) => this.record.take().map(|record| record.finish(answer)),
            Ok(Poll::Pending) => this
                .record
                .take_if(is_overdue)
                .map(|record| record.fail(FailureKind::Deadline, None)),
            Err(panic) => this
                .record
                .take()
                .map(|record| record.fail(FailureKind::Panic, Some(panic))),
        };
        answer.map_or(Poll::Pending, |answer| Poll::Ready(Ok(answer)))
    }
}

pin_project! {
    /// A request's body, which notices when it is dropped before its end.
    struct RequestBody {
        #[pin]
        incoming: Incoming,
        is_complete: bool,
        connection: Arc<Connection>,
    }

    impl PinnedDrop for RequestBody {
        fn drop(this: Pin<&mut Self>) {
            if !this.is_complete && !this.incoming.is_end_stream() {
                this.connection.leave_body_unread();
            }
        }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.project();
        let outcome = this.incoming.poll_frame(cx);
        *this.is_complete = matches!(outcome, Poll::Ready(None));
        outcome
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

pin_project! {
    /// An answer's body, which tells the connection when it has been handed over.
    pub(crate) struct AnswerBody {
        #[pin]
        body: Body,
        _end: EndOfAnswer,
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

struct EndOfAnswer {
    connection: Arc<Connection>,
}

impl Drop for EndOfAnswer {
    fn drop(&mut self) {
        self.connection.end_request();
    }
}
