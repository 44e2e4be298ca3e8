//! One HTTP try: the request, the time it may take, and what the answer means.
//!
//! Owns: the HTTP client and the headers of every message. Must not know: storage, schedules, other deliveries.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tender_engine::{Delivery, Timestamp};
use tokio::time::Instant;

use super::connect::Connector;
use super::{address, signature};
use crate::Endpoint;

#[cfg(test)]
mod tests;

/// The most of an answer's body that is read, and thrown away. More than that, and the connection is not used again.
const ANSWER_BYTES_MAX: usize = 4_096;
/// The most of an answer's head.
const ANSWER_HEAD_BYTES_MAX: usize = 32_768;
/// Idle connections kept per host, and how long.
const IDLE_PER_HOST_MAX: usize = 8;
const IDLE_MS: u64 = 30_000;
/// The longest description of an error that is kept.
const ERROR_CHARS_MAX: usize = 200;
/// A receiver's own wish for when to try again counts up to this much.
const RETRY_AFTER_S_MAX: i64 = 86_400;

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// The status, when there was an answer.
    pub(super) status: Option<u16>,
    /// What went wrong, when there was none.
    pub(super) error: Option<String>,
    /// How long it took.
    pub(super) duration_ms: u64,
    /// How long the receiver wants to be left alone, within a day.
    pub(super) retry_after_ms: Option<i64>,
}

impl Answer {
    /// Whether the receiver took the message.
    pub(super) fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// A message ready to go.
#[derive(Debug)]
pub(super) struct Message<'a> {
    pub(super) delivery: &'a Delivery,
    pub(super) endpoint: &'a Endpoint,
    /// The dialect's own headers.
    pub(super) headers: Vec<(String, String)>,
    /// By the service's clock: which secrets count.
    pub(super) now: Timestamp,
    /// Real time. Receivers compare the timestamp with their own clock, which no sandbox moves.
    pub(super) real_now: Timestamp,
}

/// Sends messages.
#[derive(Debug)]
pub(super) struct Exchange {
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
    private_allowed: bool,
    timeout: Duration,
}

impl Exchange {
    /// A client that follows no redirects, uses no proxy, and reuses connections. Reads the system's root certificates,
    /// which takes some milliseconds.
    pub(super) fn new(private_allowed: bool, timeout_ms: u64) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = HttpsConnectorBuilder::new();
        let connector = match builder.with_provider_and_native_roots(Arc::clone(&provider)) {
            Ok(builder) => builder.https_or_http(),
            Err(error) => {
                tracing::warn!(error = %error, "no root certificates found: webhooks to https URLs will fail");
                let config = rustls::ClientConfig::builder_with_provider(provider)
                    .with_safe_default_protocol_versions()
                    .expect("the provider supports the default protocol versions")
                    .with_root_certificates(rustls::RootCertStore::empty())
                    .with_no_client_auth();
                HttpsConnectorBuilder::new()
                    .with_tls_config(config)
                    .https_or_http()
            }
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_millis(IDLE_MS))
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
            .http1_max_buf_size(ANSWER_HEAD_BYTES_MAX)
            .build(
                connector
                    .enable_http1()
                    .wrap_connector(Connector::new(private_allowed)),
            );
        Self {
            client,
            private_allowed,
            timeout: Duration::from_millis(timeout_ms),
        }
    }

    /// Makes one try. Never fails: what goes wrong is the answer.
    pub(super) async fn send(&self, message: &Message<'_>) -> Answer {
        let began = Instant::now();
        let outcome = match self.request(message) {
            Ok(request) => {
                match tokio::time::timeout_at(began + self.timeout, self.client.request(request)).await {
                    Ok(Ok(response)) => Ok(response),
                    Ok(Err(error)) => Err(describe(&error)),
                    Err(_) => Err("timeout".to_owned()),
                }
            }
            Err(reason) => Err(reason),
        };
        let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match outcome {
            Ok(response) => {
                let answer = Answer {
                    status: Some(response.status().as_u16()),
                    error: None,
                    duration_ms,
                    retry_after_ms: retry_after_ms(response.headers(), message.real_now),
                };
                // The head has decided. Reading on only lets the connection be used again.
                let _ = tokio::time::timeout_at(began + self.timeout, read_away(response)).await;
                answer
            }
            Err(error) => Answer {
                status: None,
                error: Some(error),
                duration_ms,
                retry_after_ms: None,
            },
        }
    }

    fn request(&self, message: &Message<'_>) -> Result<Request<Full<Bytes>>, String> {
        let uri = address::parse(&message.endpoint.url, self.private_allowed)
            .map_err(|refusal| refusal.to_string())?;
        let body = Bytes::copy_from_slice(message.delivery.body.as_bytes());
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers(message)?;
        Ok(request)
    }
}

fn headers(message: &Message<'_>) -> Result<HeaderMap, String> {
    let delivery = message.delivery;
    let timestamp = message.real_now.0.div_euclid(1_000).to_string();
    let signature = signature::signatures(
        &message.endpoint.secrets,
        message.now,
        &delivery.message_id,
        &timestamp,
        delivery.body.as_bytes(),
    );
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        USER_AGENT,
        HeaderValue::from_static(concat!("tender/", env!("CARGO_PKG_VERSION"))),
    );
    headers.insert("tender-sequence", HeaderValue::from(delivery.sequence));
    let mut insert = |name: &str, value: &str| {
        let name = HeaderName::try_from(name).map_err(|_| format!("not a header name: {name}"))?;
        // The value may be a secret, so only the name is told.
        let value = HeaderValue::try_from(value).map_err(|_| format!("not a header value for {name}"))?;
        headers.insert(name, value);
        Ok::<(), String>(())
    };
    insert("webhook-id", &delivery.message_id)?;
    insert("webhook-timestamp", &timestamp)?;
    if !signature.is_empty() {
        insert("webhook-signature", &signature)?;
    }
    for (name, value) in &message.headers {
        insert(name, value)?;
    }
    Ok(headers)
}

async fn read_away(response: Response<Incoming>) {
    let mut body = response.into_body();
    let mut read = 0_usize;
    while let Some(Ok(frame)) = body.frame().await {
        read = read.saturating_add(frame.data_ref().map_or(0, Bytes::len));
        if read > ANSWER_BYTES_MAX {
            return;
        }
    }
}

/// The receiver's wish as seconds or as a date.
fn retry_after_ms(headers: &HeaderMap, real_now: Timestamp) -> Option<i64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait_s = match text.parse::<u64>() {
        Ok(seconds) => i64::try_from(seconds).unwrap_or(RETRY_AFTER_S_MAX),
        Err(_) => {
            let at = jiff::fmt::rfc2822::DateTimeParser::new()
                .parse_timestamp(text)
                .ok()?;
            at.as_second().saturating_sub(real_now.0.div_euclid(1_000))
        }
    };
    Some(wait_s.clamp(0, RETRY_AFTER_S_MAX).saturating_mul(1_000))
}

/// The last cause says most: "connection refused", "the address is not public", "invalid peer certificate".
fn describe(error: &ClientError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = cause.to_string();
    let text = if error.is_connect() || text.is_empty() {
        text
    } else {
        format!("broken exchange: {text}")
    };
    text.chars()
        .filter(|c| !c.is_control())
        .take(ERROR_CHARS_MAX)
        .collect()
}
