//! What is known about one connection while it is open, and when it has taken too long.
//!
//! HTTP/1 handles one request of a connection at a time, so one record per connection is enough for all limits, and
//! nothing has to be registered with a timer for each request: the connection's task looks at the record when the
//! earliest limit that could apply runs out ([`Connection::look`]).

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::MatchedPath;
use axum::http::Extensions;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::ServerOptions;
use crate::arrival::Arrival;

/// What a server is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Accepting connections.
    Serving,
    /// Finishing the requests in flight.
    Draining,
    /// Ending what is left.
    Cutting,
}

/// What a connection is doing. Stored as its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing has been received yet.
    Fresh = 0,
    /// A request's headers are being received.
    Head = 1,
    /// A handler is at work.
    Handling = 2,
    /// The answer's body is being sent.
    Answering = 3,
    /// Between two requests.
    Idle = 4,
}

impl Phase {
    fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Fresh,
            1 => Self::Head,
            2 => Self::Handling,
            3 => Self::Answering,
            _ => Self::Idle,
        }
    }
}

/// The time limits of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeLimits {
    header_read: Duration,
    keep_alive: Duration,
    request: Duration,
    write_stall: Duration,
    body_read: Duration,
}

impl TimeLimits {
    pub(crate) fn of(options: &ServerOptions) -> Self {
        Self {
            header_read: options.header_read_timeout,
            keep_alive: options.keep_alive_timeout,
            request: options.request_deadline,
            write_stall: options.write_stall_timeout,
            body_read: options.body_read_timeout,
        }
    }

    /// The shortest limit that the connection's task watches. A phase that begins after a look cannot be overdue
    /// sooner than this, so looking that often misses nothing and is late for nothing.
    fn shortest(&self) -> Duration {
        self.header_read
            .min(self.keep_alive)
            .min(self.request)
            .min(self.write_stall)
    }
}

/// What a look at a connection says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All is well until then.
    LookAgain(Instant),
    /// Close it; no request is in flight.
    Close,
    /// Drop it as it is.
    Cut(CutReason),
}

/// Why a connection was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CutReason {
    SlowHeaders,
    WriteStall,
}

impl CutReason {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::SlowHeaders => "slow-headers",
            Self::WriteStall => "write-stall",
        }
    }
}

/// The record of one connection. Written by the connection's task, and by handlers through [`ConnectionHandle`];
/// the fields do not depend on each other's order, so all accesses are relaxed.
#[derive(Debug)]
pub(crate) struct Connection {
    peer: SocketAddr,
    opened_at: Instant,
    limits: TimeLimits,
    stage: watch::Receiver<Stage>,
    phase: AtomicU8,
    /// When the phase began, in milliseconds after `opened_at`.
    phase_since_ms: AtomicU64,
    /// When the socket last refused to take bytes, in milliseconds after `opened_at` plus one; 0 while it takes them.
    write_blocked_since_ms: AtomicU64,
    /// The request in flight may take as long as it likes.
    is_untimed: AtomicBool,
    /// The request in flight has taken too long and must be answered for its handler.
    is_overdue: AtomicBool,
    /// The client may still be sending a body that nobody will read.
    has_unread_body: AtomicBool,
    /// The route of the request in flight, for the log and the metrics.
    route: Mutex<Option<MatchedPath>>,
}

impl Connection {
    pub(crate) fn new(peer: SocketAddr, limits: TimeLimits, stage: watch::Receiver<Stage>) -> Self {
        Self {
            peer,
            opened_at: Instant::now(),
            limits,
            stage,
            phase: AtomicU8::new(Phase::Fresh as u8),
            phase_since_ms: AtomicU64::new(0),
            write_blocked_since_ms: AtomicU64::new(0),
            is_untimed: AtomicBool::new(false),
            is_overdue: AtomicBool::new(false),
            has_unread_body: AtomicBool::new(false),
            route: Mutex::new(None),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        Phase::from_number(self.phase.load(Ordering::Relaxed))
    }

    fn enter(&self, phase: Phase, now: Instant) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.phase_since_ms.store(self.millis(now), Ordering::Relaxed);
    }

    fn millis(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.opened_at);
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }

    /// Bytes have come in.
    pub(crate) fn received(&self) {
        if matches!(self.phase(), Phase::Fresh | Phase::Idle) {
            self.enter(Phase::Head, Instant::now());
        }
    }

    /// A request is complete up to its headers.
    pub(crate) fn begin_request(&self, now: Instant) {
        self.enter(Phase::Handling, now);
        self.is_untimed.store(false, Ordering::Relaxed);
        self.is_overdue.store(false, Ordering::Relaxed);
        self.has_unread_body.store(false, Ordering::Relaxed);
        *self.route.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The head of the answer is ready.
    pub(crate) fn begin_answer(&self, now: Instant) {
        self.enter(Phase::Answering, now);
    }

    /// The answer's body has been handed over.
    pub(crate) fn end_request(&self) {
        self.enter(Phase::Idle, Instant::now());
    }

    pub(crate) fn leave_body_unread(&self) {
        self.has_unread_body.store(true, Ordering::Relaxed);
    }

    /// Whether closing now, with bytes of the client unread, could destroy the answer on its way to the client.
    pub(crate) fn must_linger(&self) -> bool {
        self.phase() == Phase::Head || self.has_unread_body.load(Ordering::Relaxed)
    }

    pub(crate) fn write_blocked(&self) {
        if self.write_blocked_since_ms.load(Ordering::Relaxed) == 0 {
            let since = self.millis(Instant::now()).saturating_add(1);
            self.write_blocked_since_ms.store(since, Ordering::Relaxed);
        }
    }

    pub(crate) fn write_progressed(&self) {
        // Loading first keeps the usual case, a socket that takes everything, free of stores.
        if self.write_blocked_since_ms.load(Ordering::Relaxed) != 0 {
            self.write_blocked_since_ms.store(0, Ordering::Relaxed);
        }
    }

    pub(crate) fn is_overdue(&self) -> bool {
        self.is_overdue.load(Ordering::Relaxed)
    }

    pub(crate) fn set_route(&self, route: &MatchedPath) {
        *self.route.lock().unwrap_or_else(PoisonError::into_inner) = Some(route.clone());
    }

    pub(crate) fn route(&self) -> Option<MatchedPath> {
        self.route.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When to look for the first time.
    pub(crate) fn first_look(&self) -> Instant {
        deadline(self.opened_at, self.limits.shortest())
    }

    /// Looks whether a limit has been passed. Marks an overdue request, which the connection's task then answers.
    pub(crate) fn look(&self, now: Instant) -> Verdict {
        let mut next = deadline(now, self.limits.shortest());
        let blocked_since_ms = self.write_blocked_since_ms.load(Ordering::Relaxed);
        if blocked_since_ms > 0 {
            let end = self.end_of(blocked_since_ms, self.limits.write_stall);
            if end <= now {
                return Verdict::Cut(CutReason::WriteStall);
            }
            next = next.min(end);
        }
        let limit = match self.phase() {
            Phase::Fresh | Phase::Idle => self.limits.keep_alive,
            Phase::Head => self.limits.header_read,
            Phase::Handling if !self.is_untimed.load(Ordering::Relaxed) && !self.is_overdue() => {
                self.limits.request
            }
            Phase::Handling | Phase::Answering => return Verdict::LookAgain(next),
        };
        // One millisecond is added because the beginning was rounded down.
        let since_ms = self.phase_since_ms.load(Ordering::Relaxed).saturating_add(1);
        let end = self.end_of(since_ms, limit);
        if end > now {
            return Verdict::LookAgain(next.min(end));
        }
        match self.phase() {
            Phase::Head => Verdict::Cut(CutReason::SlowHeaders),
            Phase::Handling => {
                self.is_overdue.store(true, Ordering::Relaxed);
                Verdict::LookAgain(next)
            }
            Phase::Fresh | Phase::Idle | Phase::Answering => Verdict::Close,
        }
    }

    fn end_of(&self, since_ms: u64, limit: Duration) -> Instant {
        deadline(deadline(self.opened_at, Duration::from_millis(since_ms)), limit)
    }
}

/// A limit so large that the clock cannot hold its end counts as a year.
fn deadline(start: Instant, limit: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    start.checked_add(limit).unwrap_or_else(|| start + YEAR)
}

/// The connection of a request, found through the request's extensions.
#[derive(Debug, Clone)]
pub struct ConnectionHandle(Arc<Connection>);

impl ConnectionHandle {
    pub(crate) fn new(connection: Arc<Connection>) -> Self {
        Self(connection)
    }

    /// The handle of a request, when it came over a socket.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        Arrival::of(extensions).map(|arrival| &arrival.connection)
    }

    /// Who is at the other end, which may be a proxy.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.0.peer
    }

    /// Lets the request in flight take as long as it likes.
    pub fn lift_deadline(&self) {
        self.0.is_untimed.store(true, Ordering::Relaxed);
    }

    /// Whether the server is stopping.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.0.stage.borrow() != Stage::Serving
    }

    /// Completes when the server begins to stop, so that a long poll or a stream can end by itself in time.
    pub async fn stopping(&self) {
        let mut stage = self.0.stage.clone();
        // An error means that the server has gone altogether, which is as good a reason.
        let _ = stage.wait_for(|stage| *stage != Stage::Serving).await;
    }

    pub(crate) fn record(&self) -> &Arc<Connection> {
        &self.0
    }

    pub(crate) fn body_read_timeout(&self) -> Duration {
        self.0.limits.body_read
    }

    pub(crate) fn set_route(&self, route: &MatchedPath) {
        self.0.set_route(route);
    }
}
