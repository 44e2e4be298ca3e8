//! The HTTP listener and what every router shares: limits, request ids, the access log, metrics, health, bodies,
//! path rewriting, problems and fallbacks.
//!
//! Owns: sockets, time limits on sockets, and everything about a request that is the same in every dialect. Must not
//! know: the store, the engine, or any dialect.
//!
//! The hard thing here is that a client decides how slowly it sends, how much, and when it goes away, and none of
//! that may cost another client its answer. So every wait has a limit ([`ServerOptions`]), every buffer a size, and a
//! handler's panic ends its own request only. Socket limits are real time and do not follow a test clock.

mod arrival;
mod body;
mod connection;
mod exchange;
mod fallback;
mod health;
mod metrics;
mod options;
mod path;
mod problem;
mod request_id;
mod route;
mod server;
mod site;
mod stream;

#[cfg(test)]
mod tests;

pub use body::{BODY_READ_TIMEOUT, BodyError, read_body};
pub use connection::ConnectionHandle;
pub use exchange::{Failed, FailureHandler, FailureKind};
pub use fallback::{Fallbacks, Missing, PrefixTable};
pub use health::{READY_CHECK_TIMEOUT, ReadyCheck, operations_router};
pub use metrics::Metrics;
pub use options::ServerOptions;
pub use path::{RawPath, collapse_slashes, decode_unreserved, strip_last_suffix};
pub use problem::{MoneyMoved, PROBLEM_CONTENT_TYPE, Problem, Retry, advise};
pub use request_id::{REQUEST_ID_HEADER, RequestId};
pub use route::{Untimed, untimed};
pub use server::{Server, StopReport};
pub use site::{Rewrite, Site, Surface, rewrite_path};

/// The metric types that [`Metrics::register`] takes, so that all crates use one version of them.
pub use prometheus_client;
