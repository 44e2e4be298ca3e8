//! Whole payments: from the request, over the till that takes it, to the webhook that tells the payment app.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use hyper::Method;
use hyper::header::HeaderValue;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::client::{Call, Client};
use crate::demo::Demo;
use crate::load::{Shape, Worker, closed_loop};
use crate::orders::{self, Account, PAY_PATH, payment, reference};
use crate::sample::Sample;

const ENDPOINT: &str = "BENCHMARK-OF-SETTLING";

/// A result that takes longer is lost, and the measurement with it.
const RESULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Opens orders, then pays them, each client waiting for the result of its payment before it makes the next.
pub async fn measure(demo: Demo, shape: Shape) -> Result<Sample> {
    let waiting = Waiting::default();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let router = Router::new()
        .route("/", post(receive))
        .with_state(waiting.clone());
    // It ends with the process.
    tokio::spawn(axum::serve(listener, router).into_future());

    demo.set_tills("auto").await?;
    demo.make_endpoint(ENDPOINT, &url).await?;
    let accounts = orders::open(&demo, ENDPOINT, shape).await?;
    let mut workers = Vec::new();
    for _ in 0..shape.clients {
        workers.push(Guest {
            client: Client::connect(demo.address).await?,
            authorization: demo.app.clone(),
            accounts: Arc::clone(&accounts),
            waiting: waiting.clone(),
        });
    }
    closed_loop(workers, shape).await
}

/// Who waits for the result of which reference.
#[derive(Debug, Clone, Default)]
struct Waiting(Arc<Mutex<HashMap<String, oneshot::Sender<Notice>>>>);

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Notice>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for(&self, reference: String) -> oneshot::Receiver<Notice> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(reference, sender);
        receiver
    }
}

/// What is read of a notification.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notice {
    #[serde(rename = "type")]
    kind: Option<String>,
    status: String,
    reason: Option<String>,
    third_party_reference: Option<String>,
}

async fn receive(State(waiting): State<Waiting>, body: Bytes) -> StatusCode {
    let Ok(notice) = serde_json::from_slice::<Notice>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    // Messages about the order are received and not waited for.
    if notice.kind.as_deref() == Some("PAYMENT")
        && let Some(reference) = &notice.third_party_reference
        && let Some(guest) = waiting.lock().remove(reference)
    {
        // A guest that has gone fails by itself.
        let _ = guest.send(notice);
    }
    StatusCode::NO_CONTENT
}

struct Guest {
    client: Client,
    authorization: HeaderValue,
    accounts: Arc<[Account]>,
    waiting: Waiting,
}

impl Worker for Guest {
    async fn work(&mut self, number: u64) -> Result<()> {
        // The notification may come before the answer.
        let notice = self.waiting.wait_for(reference(number));
        let call = Call {
            method: Method::POST,
            path: PAY_PATH,
            authorization: Some(&self.authorization),
            body: payment(orders::account(&self.accounts, number)?, number),
        };
        self.client.succeed(call).await?;
        let notice = tokio::time::timeout(RESULT_TIMEOUT, notice)
            .await
            .with_context(|| format!("no result of payment {number} came"))?
            .context("the receiver has gone")?;
        if notice.status != "SUCCESS" {
            bail!(
                "payment {number} ended with {}: {}",
                notice.status,
                notice.reason.unwrap_or_default()
            );
        }
        Ok(())
    }
}
