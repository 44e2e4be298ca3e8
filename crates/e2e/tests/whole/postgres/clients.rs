//! Clients that pay without pause and remember what they were told, and the comparison with the ledger afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Receiver, Server};
use tokio::task::JoinSet;

use super::{id_of, until};

/// How long a client leaves a server alone that said it was busy.
const PAUSE: Duration = Duration::from_millis(20);

/// What all clients were told.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The order by the reference of a payment.
    pub(super) accepted: BTreeMap<String, String>,
    /// How often which answer other than 200 came.
    pub(super) refused: BTreeMap<Refusal, u32>,
    /// Clients that the server hung up on.
    pub(super) cut: u32,
    /// The slowest answer.
    pub(super) slowest: Duration,
}

/// An answer other than 200.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Its header `Retry-After`.
    pub(super) retry_after: String,
    /// Its header `Tender-Money-Moved`.
    pub(super) money_moved: String,
    pub(super) message: String,
}

impl Refusal {
    async fn read(answer: Response) -> Self {
        let header = |name| {
            answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let (status, retry_after, money_moved) = (
            answer.status().as_u16(),
            header("retry-after"),
            header("tender-money-moved"),
        );
        let body: Value = answer.json().await.unwrap_or_default();
        Self {
            status,
            retry_after,
            money_moved,
            message: body["message"].to_string(),
        }
    }
}

/// Clients at work.
#[derive(Debug, Default)]
pub(super) struct Clients {
    running: JoinSet<()>,
    stop: Arc<AtomicBool>,
    sequence: Arc<AtomicU32>,
    told: Arc<Mutex<Told>>,
}

impl Clients {
    /// Sends this many clients to a node to pay cents of an order.
    pub(super) fn send(&mut self, count: usize, server: &Server, order: &Value) -> anyhow::Result<()> {
        for _ in 0..count {
            let client = Client {
                request: server.kseries(Method::POST, "/o/op/1/pay"),
                body: server.pay_body(order, "", "load", &json!(0.01)),
                order: id_of(order)?.to_owned(),
                stop: Arc::clone(&self.stop),
                sequence: Arc::clone(&self.sequence),
                told: Arc::clone(&self.told),
            };
            self.running.spawn(client.pay());
        }
        Ok(())
    }

    /// How many payments were accepted so far.
    pub(super) fn accepted(&self) -> usize {
        lock(&self.told).accepted.len()
    }

    /// How many requests were refused so far.
    pub(super) fn refused(&self) -> u32 {
        lock(&self.told).refused.values().sum()
    }

    /// Calls all clients back.
    pub(super) async fn call_back(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while self.running.join_next().await.is_some() {}
        self.stop.store(false, Ordering::Relaxed);
    }

    /// What they were told, once they are back.
    pub(super) fn told(&self) -> Told {
        std::mem::take(&mut *lock(&self.told))
    }
}

fn lock(told: &Mutex<Told>) -> std::sync::MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Client {
    request: RequestBuilder,
    body: Value,
    order: String,
    stop: Arc<AtomicBool>,
    sequence: Arc<AtomicU32>,
    told: Arc<Mutex<Told>>,
}

impl Client {
    /// Pays until called back, or until the server is gone.
    async fn pay(mut self) {
        while !self.stop.load(Ordering::Relaxed) {
            let reference = format!("load-{}", self.sequence.fetch_add(1, Ordering::Relaxed));
            self.body["thirdPartyPaymentReference"] = json!(reference);
            let Some(request) = self.request.try_clone() else {
                return;
            };
            let began = Instant::now();
            let Ok(answer) = request.json(&self.body).send().await else {
                lock(&self.told).cut += 1;
                return;
            };
            let took = began.elapsed();
            if answer.status() == StatusCode::OK {
                let mut told = lock(&self.told);
                told.slowest = told.slowest.max(took);
                told.accepted.insert(reference, self.order.clone());
                continue;
            }
            let refusal = Refusal::read(answer).await;
            {
                let mut told = lock(&self.told);
                told.slowest = told.slowest.max(took);
                *told.refused.entry(refusal).or_default() += 1;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Waits until every payment of the orders has reached a final state; virtual tills are at it.
pub(super) async fn settle(server: &Server, orders: &[String]) -> anyhow::Result<()> {
    for order in orders {
        until("a final state of every payment", async || {
            Ok(server.order(order).await?["reserved"] == json!("0.00"))
        })
        .await?;
    }
    Ok(())
}

/// Every accepted payment is there once, and nothing is there twice.
pub(super) async fn check_ledger(server: &Server, orders: &[String], told: &Told) -> anyhow::Result<()> {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for id in orders {
        let order = server.order(id).await?;
        let payments = order["payments"].as_array().context("an order has payments")?;
        for payment in payments {
            let reference = payment["reference"]
                .as_str()
                .context("a payment has its reference")?;
            ensure!(
                seen.insert(reference.to_owned(), id.clone()).is_none(),
                "{reference} is there twice"
            );
            ensure!(
                payment["state"] == json!("complete"),
                "{reference} ended as {}",
                payment["state"]
            );
        }
        let paid = format!("{}.{:02}", payments.len() / 100, payments.len() % 100);
        ensure!(
            order["paid"] == json!(paid),
            "{id} shows {} for {} payments",
            order["paid"],
            payments.len()
        );
    }
    for (reference, order) in &told.accepted {
        ensure!(
            seen.get(reference) == Some(order),
            "{reference} was accepted and is not on {order}"
        );
    }
    Ok(())
}

/// Every accepted payment's success was told.
pub(super) async fn check_messages(receiver: &Receiver, told: &Told) -> anyhow::Result<()> {
    until("a message of every accepted payment", async || {
        let references: BTreeSet<String> = (receiver.received().iter())
            .filter(|message| message.body["status"] == json!("SUCCESS"))
            .filter_map(|message| message.body["thirdPartyReference"].as_str().map(str::to_owned))
            .collect();
        Ok(told
            .accepted
            .keys()
            .all(|reference| references.contains(reference)))
    })
    .await
}
