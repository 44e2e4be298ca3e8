use std::time::Duration;

use axum::http::{Method, StatusCode};

use super::{Metrics, RouteLabel};

#[test]
fn a_client_cannot_invent_a_series() {
    let metrics = Metrics::new();
    let http = metrics.http();
    for method in ["GET", "BREW", "WHEN", "get"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        http.answered(RouteLabel(None), &method, StatusCode::NOT_FOUND, Duration::ZERO);
    }
    let text = metrics.text();
    let series: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("tender_http_requests_total"))
        .collect();
    assert_eq!(series.len(), 2, "{series:?}");
    for line in [
        r#"tender_http_requests_total{route="unmatched",method="GET",status="404"} 1"#,
        r#"tender_http_requests_total{route="unmatched",method="other",status="404"} 3"#,
    ] {
        assert!(series.contains(&line), "{series:?}");
    }
}

#[test]
fn durations_fall_into_their_class() {
    let metrics = Metrics::new();
    let http = metrics.http();
    for micros in [400, 600, 31_000_000] {
        http.answered(
            RouteLabel(None),
            &Method::GET,
            StatusCode::OK,
            Duration::from_micros(micros),
        );
    }
    let text = metrics.text();
    for line in [
        r#"tender_http_request_duration_seconds_bucket{le="0.0005",route="unmatched"} 1"#,
        r#"tender_http_request_duration_seconds_bucket{le="0.001",route="unmatched"} 2"#,
        r#"tender_http_request_duration_seconds_bucket{le="30.0",route="unmatched"} 2"#,
        r#"tender_http_request_duration_seconds_bucket{le="+Inf",route="unmatched"} 3"#,
    ] {
        assert!(text.lines().any(|given| given == line), "{line} in\n{text}");
    }
}

#[test]
fn clones_are_one_registry() {
    let metrics = Metrics::new();
    metrics.clone().http().refused.inc();
    assert!(metrics.text().contains("tender_http_connections_refused_total 1"));
}
