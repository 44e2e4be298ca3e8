//! The metrics registry, and what is counted about HTTP.
//!
//! Owns: the registry that all crates put their metrics into, and its text. Label values come from closed sets or
//! from the routes of this program, never from a client, so the number of series has a limit.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::MatchedPath;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

#[cfg(test)]
mod tests;

const CONTENT_TYPE_OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The upper ends of the classes of request durations, in seconds: from below a commit to the request deadline.
const DURATION_BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0,
];

/// The registry of a process. Clones are handles to one registry. Every name in it begins with `tender_`.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    http: HttpMetrics,
}

impl Metrics {
    /// A registry that counts HTTP and nothing else yet.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("tender");
        let http = HttpMetrics::registered_in(&mut registry);
        Self {
            registry: Arc::new(Mutex::new(registry)),
            http,
        }
    }

    /// Lets a crate register metrics of its own; it keeps clones of them to count with.
    pub fn register(&self, register: impl FnOnce(&mut Registry)) {
        register(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// All metrics in the OpenMetrics text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        prometheus_client::encoding::text::encode(&mut text, &registry).expect("a string takes any text");
        text
    }

    pub(crate) fn http(&self) -> HttpMetrics {
        self.http.clone()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl IntoResponse for &Metrics {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, CONTENT_TYPE_OPENMETRICS)], self.text()).into_response()
    }
}

/// What a server counts.
#[derive(Clone)]
pub(crate) struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram>,
    abandoned: Family<RouteLabels, Counter>,
    failures: Family<FailureLabels, Counter>,
    pub(crate) connections: Gauge,
    pub(crate) refused: Counter,
    cuts: Family<CutLabels, Counter>,
}

impl HttpMetrics {
    fn registered_in(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS)),
            abandoned: Family::default(),
            failures: Family::default(),
            connections: Gauge::default(),
            refused: Counter::default(),
            cuts: Family::default(),
        };
        registry.register("http_requests", "Requests answered", metrics.requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from the end of a request's headers to the head of its answer",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register(
            "http_requests_abandoned",
            "Requests whose client went away before the answer",
            metrics.abandoned.clone(),
        );
        registry.register(
            "http_handler_failures",
            "Requests whose handler panicked or passed the deadline",
            metrics.failures.clone(),
        );
        registry.register(
            "http_connections",
            "Open connections",
            metrics.connections.clone(),
        );
        registry.register(
            "http_connections_refused",
            "Connections refused because too many were open",
            metrics.refused.clone(),
        );
        registry.register(
            "http_connections_cut",
            "Connections cut because the client was too slow or the server stopped",
            metrics.cuts.clone(),
        );
        metrics
    }

    pub(crate) fn answered(
        &self,
        route: RouteLabel,
        method: &Method,
        status: StatusCode,
        duration: Duration,
    ) {
        let labels = RequestLabels {
            route,
            method: method_label(method),
            status: status.as_u16(),
        };
        self.requests.get_or_create(&labels).inc();
        let labels = RouteLabels { route: labels.route };
        self.durations
            .get_or_create(&labels)
            .observe(duration.as_secs_f64());
    }

    pub(crate) fn abandoned(&self, route: RouteLabel) {
        self.abandoned.get_or_create(&RouteLabels { route }).inc();
    }

    pub(crate) fn failed(&self, route: RouteLabel, kind: &'static str) {
        self.failures.get_or_create(&FailureLabels { route, kind }).inc();
    }

    pub(crate) fn cut(&self, reason: &'static str) {
        self.cuts.get_or_create(&CutLabels { reason }).inc();
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: RouteLabel,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: RouteLabel,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FailureLabels {
    route: RouteLabel,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CutLabels {
    reason: &'static str,
}

/// A route as it was registered, such as `/orders/{id}`; requests that no route took share one name.
#[derive(Debug, Clone)]
pub(crate) struct RouteLabel(pub(crate) Option<MatchedPath>);

impl RouteLabel {
    fn as_str(&self) -> &str {
        self.0.as_ref().map_or("unmatched", MatchedPath::as_str)
    }
}

impl PartialEq for RouteLabel {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for RouteLabel {}

impl Hash for RouteLabel {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for RouteLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl EncodeLabelValue for RouteLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        self.as_str().encode(encoder)
    }
}

/// A client can invent methods; only those of the standard have a name here.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
