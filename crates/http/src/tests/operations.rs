//! What operators ask: alive, ready, counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::routing::get as on_get;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::oneshot;

use super::{Handover, Running, get, soon};
use crate::{Metrics, ReadyCheck, ServerOptions, operations_router};

fn always_ready() -> ReadyCheck {
    Arc::new(|| Box::pin(std::future::ready(Ok(()))))
}

async fn start(router: Router, is_ready: ReadyCheck) -> Running {
    let metrics = Metrics::new();
    let options = ServerOptions {
        metrics: metrics.clone(),
        ..ServerOptions::default()
    };
    Running::start(router.merge(operations_router(metrics, is_ready)), options).await
}

#[tokio::test]
async fn readiness_follows_the_check_and_liveness_does_not() {
    let is_writable = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&is_writable);
    let check: ReadyCheck = Arc::new(move || {
        let is_writable = seen.load(Ordering::Relaxed);
        let outcome = is_writable
            .then_some(())
            .ok_or_else(|| "the disk is full".to_owned());
        Box::pin(std::future::ready(outcome))
    });
    let server = start(Router::new(), check).await;
    let ready = server.get("/readyz").await;
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (200, r#"{"status":"ready"}"#)
    );
    is_writable.store(false, Ordering::Relaxed);
    let unready = server.get("/readyz").await;
    assert_eq!(unready.status, 503);
    assert_eq!(
        unready.body,
        r#"{"status":"unavailable","reason":"the disk is full"}"#
    );
    let alive = server.get("/healthz").await;
    assert_eq!((alive.status, alive.body.as_str()), (200, "ok"));
}

#[tokio::test]
async fn a_stopping_server_says_that_it_is_not_ready() {
    let (started, has_started) = oneshot::channel::<()>();
    let (release, released) = oneshot::channel::<()>();
    let gate = Handover::new((started, released));
    let router = Router::new().route(
        "/gated",
        on_get(move || async move {
            let (started, released) = gate.take();
            started.send(()).unwrap();
            released.await.unwrap();
            "done"
        }),
    );
    let mut server = start(router, always_ready()).await;
    let mut client = server.connect().await;
    client.send(&get("/gated")).await;
    soon(has_started).await.unwrap();
    let mut probe = server.connect().await;
    server.counted("tender_http_connections 2").await;
    server.begin_stop();
    probe.send(&get("/readyz")).await;
    let answer = probe.answer().await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.body, r#"{"status":"unavailable","reason":"stopping"}"#);
    release.send(()).unwrap();
    assert_eq!(client.answer().await.body, "done");
}

#[tokio::test]
async fn metrics_of_all_crates_are_one_text() {
    let metrics = Metrics::new();
    let payments = Counter::<u64>::default();
    metrics.register(|registry| {
        registry.register("payments_accepted", "Payments accepted", payments.clone());
    });
    payments.inc_by(7);
    let options = ServerOptions {
        metrics: metrics.clone(),
        ..ServerOptions::default()
    };
    let server = Running::start(operations_router(metrics, always_ready()), options).await;
    server.get("/healthz").await;
    server.get("/unknown/secret-path").await;
    let answer = server.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    for line in [
        "tender_payments_accepted_total 7",
        r#"tender_http_requests_total{route="/healthz",method="GET",status="200"} 1"#,
        r#"tender_http_requests_total{route="unmatched",method="GET",status="404"} 1"#,
        r#"tender_http_request_duration_seconds_count{route="/healthz"} 1"#,
    ] {
        assert!(
            answer.body.lines().any(|given| given == line),
            "{line} in\n{}",
            answer.body
        );
    }
    assert!(answer.body.ends_with("# EOF\n"));
    assert!(!answer.body.contains("secret-path"));
}
