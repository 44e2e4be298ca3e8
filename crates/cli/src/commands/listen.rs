//! `tender listen`: receives webhooks, verifies their signatures and prints them.

use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tender_service::{Clock, WebhookHeaders, verify_webhook};
use tokio::sync::mpsc;

use crate::args::ListenOptions;
use crate::{app, out};

/// Messages that may wait to be printed.
const MESSAGES_MAX: usize = 1_024;

struct Listener {
    options: ListenOptions,
    messages: mpsc::Sender<Value>,
}

/// Listens until stopped, or until as many messages came as were asked for.
///
/// # Errors
/// When the address is taken.
pub async fn run(options: ListenOptions) -> anyhow::Result<ExitCode> {
    let listener = app::bind(options.listen).await?;
    eprintln!(
        "tender: receiving webhooks at http://{}/; press Ctrl-C to stop",
        listener.local_addr()?
    );
    let (messages, mut received) = mpsc::channel(MESSAGES_MAX);
    let (json, mut left) = (options.json, options.count);
    let state = Arc::new(Listener { options, messages });
    let router = Router::new().fallback(receive).with_state(state);
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    while left != Some(0) {
        let Some(message) = received.recv().await else {
            break;
        };
        if json {
            out::line(message)?;
        } else {
            show(&message)?;
        }
        left = left.map(|left| left.saturating_sub(1));
    }
    server.abort();
    Ok(ExitCode::SUCCESS)
}

async fn receive(State(listener): State<Arc<Listener>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let verified = listener.options.secret.as_ref().map(|secret| {
        let (id, timestamp, signature) = (
            header("webhook-id"),
            header("webhook-timestamp"),
            header("webhook-signature"),
        );
        let (Some(id), Some(timestamp), Some(signature)) = (id, timestamp, signature) else {
            return false;
        };
        let headers = WebhookHeaders {
            id: &id,
            timestamp: &timestamp,
            signature: &signature,
        };
        verify_webhook(secret, &headers, &body, Clock::new().now().0.div_euclid(1_000)).is_ok()
    });
    let text = String::from_utf8_lossy(&body);
    let message = json!({
        "id": header("webhook-id"),
        "sequence": header("tender-sequence"),
        "verified": verified,
        "body": serde_json::from_str::<Value>(&text).unwrap_or_else(|_| json!(text)),
    });
    if listener.messages.send(message).await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    if verified == Some(false) {
        return StatusCode::UNAUTHORIZED;
    }
    StatusCode::from_u16(listener.options.status).unwrap_or(StatusCode::NO_CONTENT)
}

fn show(message: &Value) -> anyhow::Result<()> {
    let signature = match message["verified"].as_bool() {
        Some(true) => "signature ok",
        Some(false) => "SIGNATURE WRONG",
        None => "signature not checked",
    };
    out::line(format_args!(
        "{} #{} ({signature})\n{}\n",
        message["id"].as_str().unwrap_or("no id"),
        message["sequence"].as_str().unwrap_or("-"),
        serde_json::to_string_pretty(&message["body"]).unwrap_or_default(),
    ))
}
