//! A webhook receiver: remembers what came and answers what the test says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::lock;

/// How long a test waits for a message.
const PATIENCE: Duration = Duration::from_secs(20);

/// A message as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// The path it was sent to.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its exact bytes.
    pub bytes: Vec<u8>,
    /// Its body.
    pub body: Value,
}

impl Received {
    /// A header's text, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// Which messages are answered with which status.
type Rule = Box<dyn Fn(&Value) -> Option<u16> + Send + Sync>;

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<StatusCode>>,
    rule: Mutex<Option<Rule>>,
}

/// A running receiver. Dropping it closes its port.
#[derive(Debug)]
pub struct Receiver {
    /// Where to send messages.
    pub url: String,
    shared: Arc<Shared>,
    count: watch::Receiver<usize>,
    server: JoinHandle<()>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Receiver {
    /// Listens on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let shared = Arc::new(Shared::default());
        let (counted, count) = watch::channel(0);
        let state = (Arc::clone(&shared), Arc::new(counted));
        let router = Router::new().fallback(receive).with_state(state);
        let server = tokio::spawn(async move {
            // Ends when the test drops the receiver.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            url,
            shared,
            count,
            server,
        })
    }

    /// Answers the next messages with these statuses, and 204 after them.
    pub fn answer_with(&self, statuses: &[u16]) {
        let statuses = statuses
            .iter()
            .filter_map(|status| StatusCode::from_u16(*status).ok());
        lock(&self.shared.answers).extend(statuses);
    }

    /// From now on answers the messages that the rule names with its status; the others as before.
    pub fn answer_by(&self, rule: impl Fn(&Value) -> Option<u16> + Send + Sync + 'static) {
        *lock(&self.shared.rule) = Some(Box::new(rule));
    }

    /// All messages so far, every attempt counting.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }

    /// Waits until a message came that has these members with these values, and answers the first one.
    ///
    /// # Errors
    /// When it does not come in time; the error shows what did.
    pub async fn wait_for_message(&self, members: &Value) -> anyhow::Result<Received> {
        Ok(self.wait_for_messages(members, 1).await?.remove(0))
    }

    /// Waits until at least `count` (one or more) messages came that have these members with these values.
    ///
    /// # Errors
    /// When they do not come in time; the error shows what did.
    pub async fn wait_for_messages(&self, members: &Value, count: usize) -> anyhow::Result<Vec<Received>> {
        let mut counted = self.count.clone();
        let found = || -> Vec<Received> {
            self.received()
                .into_iter()
                .filter(|message| has(&message.body, members))
                .collect()
        };
        let waited = tokio::time::timeout(PATIENCE, counted.wait_for(|_| found().len() >= count)).await;
        waited.with_context(|| {
            let bodies: Vec<Value> = self.received().into_iter().map(|message| message.body).collect();
            format!("waited for {count} messages with {members}, got {bodies:?}")
        })??;
        Ok(found())
    }

    /// Waits until at least `count` messages came.
    ///
    /// # Errors
    /// When they do not come in time; the error shows what did.
    pub async fn wait_for(&self, count: usize) -> anyhow::Result<Vec<Received>> {
        let mut counted = self.count.clone();
        let waited = tokio::time::timeout(PATIENCE, counted.wait_for(|seen| *seen >= count)).await;
        waited.with_context(|| {
            let bodies: Vec<Value> = self.received().into_iter().map(|message| message.body).collect();
            format!("waited for {count} messages, got {bodies:?}")
        })??;
        Ok(self.received())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Whether a body has these members with these values.
fn has(body: &Value, members: &Value) -> bool {
    members
        .as_object()
        .into_iter()
        .flatten()
        .all(|(name, value)| body.get(name) == Some(value))
}

async fn receive(
    State((shared, counted)): State<(Arc<Shared>, Arc<watch::Sender<usize>>)>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> (StatusCode, HeaderMap) {
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let ruled = lock(&shared.rule).as_ref().and_then(|rule| rule(&body));
    let status = match ruled.and_then(|status| StatusCode::from_u16(status).ok()) {
        Some(status) => Some(status),
        None => lock(&shared.answers).pop_front(),
    };
    let message = Received {
        path: uri.path().to_owned(),
        headers,
        bytes: bytes.to_vec(),
        body,
    };
    let count = {
        let mut received = lock(&shared.received);
        received.push(message);
        received.len()
    };
    counted.send_replace(count);
    let mut answer = HeaderMap::new();
    let status = status.unwrap_or(StatusCode::NO_CONTENT);
    if status.is_redirection() {
        // A redirect to ourselves: following it would show as one more message.
        answer.insert("location", axum::http::HeaderValue::from_static("/redirected"));
    }
    (status, answer)
}
