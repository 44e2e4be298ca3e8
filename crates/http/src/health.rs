//! What operators and their machines ask a server: is it alive, is it ready, what has it counted.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::{ConnectionHandle, Metrics};

/// How long a check may take before the answer is "not ready".
pub const READY_CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// Says whether the server can do its work, or in a few words for operators why not. The words are shown to whoever
/// asks `/readyz`.
pub type ReadyCheck = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

#[derive(Serialize)]
struct Readiness<'r> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'r str>,
}

/// `GET /healthz` (200 while the process can answer at all), `GET /readyz` (200, or 503 with the reason) and
/// `GET /metrics`.
pub fn operations_router(metrics: Metrics, is_ready: ReadyCheck) -> Router {
    Router::new()
        .route(
            "/healthz",
            get(|| async { ([(CONTENT_TYPE, "text/plain")], "ok") }),
        )
        .route(
            "/readyz",
            get(async move |request: Request| {
                let is_stopping =
                    ConnectionHandle::of(request.extensions()).is_some_and(ConnectionHandle::is_stopping);
                if is_stopping {
                    return readiness(Err("stopping"));
                }
                match tokio::time::timeout(READY_CHECK_TIMEOUT, is_ready()).await {
                    Ok(Ok(())) => readiness(Ok(())),
                    Ok(Err(reason)) => readiness(Err(&reason)),
                    Err(_) => readiness(Err("the check took too long")),
                }
            }),
        )
        .route("/metrics", get(async move || (&metrics).into_response()))
}

fn readiness(outcome: Result<(), &str>) -> Response {
    let (code, status) = match outcome {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    let reason = outcome.err();
    (code, Json(Readiness { status, reason })).into_response()
}
