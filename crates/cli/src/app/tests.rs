use std::collections::BTreeSet;
use std::sync::Arc;

use tender_http::Metrics;
use tender_service::{Clock, Settings, Tender};
use tender_store_sqlite::SqliteStore;

const OPERATIONS: &str = include_str!("../../../../docs/operations.md");

/// What is counted by route has no line before there is something to count; the tests of `tender-http` look at these.
const AFTER_FIRST_EVENT: [&str; 5] = [
    "tender_http_requests_total",
    "tender_http_request_duration_seconds",
    "tender_http_requests_abandoned_total",
    "tender_http_handler_failures_total",
    "tender_http_connections_cut_total",
];

/// Names as they are in the text that Prometheus reads, without those that a histogram is spelled out in.
fn exposed(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let names = types.filter_map(|line| line.split_once(' '));
    names
        .map(|(name, kind)| match kind {
            "counter" => format!("{name}_total"),
            _ => name.to_owned(),
        })
        .collect()
}

/// Names in the first column of the table.
fn documented() -> BTreeSet<String> {
    let rows = OPERATIONS
        .lines()
        .filter_map(|line| line.strip_prefix("| `tender_"));
    let names = rows.filter_map(|row| row.split_once('`'));
    names.map(|(name, _)| format!("tender_{name}")).collect()
}

#[tokio::test]
async fn every_metric_is_documented_and_every_documented_one_is_there() {
    let store = Arc::new(SqliteStore::open_in_memory().expect("a scratch database"));
    let tender = Tender::start(store, Clock::new(), Vec::new(), Settings::default());
    let tender = tender.await.expect("the service starts");
    let metrics = Metrics::new();
    metrics.register(|registry| tender.register_metrics(registry));
    let mut exposed = exposed(&metrics.text());
    assert!(exposed.len() > 10, "{exposed:?}");
    exposed.extend(AFTER_FIRST_EVENT.map(str::to_owned));
    assert_eq!(documented(), exposed);
}
