//! kill -9 under load, over and over: what was acknowledged is there once, and nothing is there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Receiver, Server, json_answer};

/// How often the server is killed.
const ROUNDS: u32 = 20;
/// Clients paying at the same time.
const CLIENTS: u32 = 16;

/// What a client knows about its payments: the order and the amount in cents by reference.
type Acknowledged = BTreeMap<String, String>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_is_there_twice_after_kill_9() -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let mut server = Server::start(Options::default()).await?;
    server
        .endpoint(&json!({"endpointId": "kill", "url": receiver.url}))
        .await?;
    let mut acknowledged = Acknowledged::new();
    let mut orders = Vec::new();
    let sequence = Arc::new(AtomicU32::new(0));
    for round in 0..ROUNDS {
        let order = server.open_check("100000.00").await?;
        orders.push(order["id"].as_str().context("an order has an id")?.to_owned());
        let running = Arc::new(AtomicBool::new(true));
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            clients.push(tokio::spawn(pay_until_stopped(
                server.kseries(Method::POST, "/o/op/1/pay"),
                server.pay_body(&order, "", "kill", &json!(0.01)),
                order["id"].as_str().unwrap_or_default().to_owned(),
                Arc::clone(&running),
                Arc::clone(&sequence),
            )));
        }
        // A different moment in every round, from right after the first requests on.
        tokio::time::sleep(Duration::from_millis(20 + u64::from(round * 37 % 180))).await;
        server.kill().await?;
        running.store(false, Ordering::Relaxed);
        for client in clients {
            acknowledged.extend(client.await?);
        }
        server = server.restart().await?;
    }
    ensure!(
        acknowledged.len() > 200,
        "too little was acknowledged to say anything: {}",
        acknowledged.len()
    );
    settle(&server, &orders).await?;
    check_ledger(&server, &orders, &acknowledged).await?;
    // What the killed servers had in flight is leased to them for a minute; nobody needs to wait for it here.
    server.advance(61_000).await?;
    check_messages(&receiver, &acknowledged).await?;
    server.audit().await
}

/// Pays until told to stop, or until the server is gone; answers what was acknowledged.
async fn pay_until_stopped(
    request: reqwest::RequestBuilder,
    body: Value,
    order: String,
    running: Arc<AtomicBool>,
    sequence: Arc<AtomicU32>,
) -> Acknowledged {
    let mut acknowledged = Acknowledged::new();
    while running.load(Ordering::Relaxed) {
        let reference = format!("kill-{}", sequence.fetch_add(1, Ordering::Relaxed));
        let mut body = body.clone();
        body["thirdPartyPaymentReference"] = json!(reference);
        let Some(request) = request.try_clone() else { break };
        match request.json(&body).send().await {
            Ok(answer) if answer.status() == StatusCode::OK => {
                acknowledged.insert(reference, order.clone());
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    acknowledged
}

/// Waits until every payment of the orders has reached a final state; virtual tills are at it.
async fn settle(server: &Server, orders: &[String]) -> anyhow::Result<()> {
    let waiting = async {
        for order in orders {
            loop {
                let order = server.order(order).await?;
                if order["reserved"] == json!("0.00") {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(60), waiting)
        .await
        .context("payments stay pending after the restart")?
}

async fn check_ledger(server: &Server, orders: &[String], acknowledged: &Acknowledged) -> anyhow::Result<()> {
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
    for (reference, order) in acknowledged {
        ensure!(
            seen.get(reference) == Some(order),
            "{reference} was acknowledged and is not on {order}"
        );
    }
    for reference in acknowledged.keys().take(50) {
        let (status, body) =
            json_answer(server.native(Method::GET, &format!("/api/v1/payments/by-reference/{reference}")))
                .await?;
        ensure!(
            status == StatusCode::OK && body["state"] == json!("applied"),
            "{reference}: {status} {body}"
        );
    }
    Ok(())
}

/// Every acknowledged payment's message came, and repeats carry the same key.
async fn check_messages(receiver: &Receiver, acknowledged: &Acknowledged) -> anyhow::Result<()> {
    let waiting = async {
        loop {
            let told: BTreeSet<String> = receiver
                .received()
                .iter()
                .filter(|message| {
                    message.body["type"] == json!("PAYMENT") && message.body["status"] == json!("SUCCESS")
                })
                .filter_map(|message| message.body["thirdPartyReference"].as_str().map(str::to_owned))
                .collect();
            if acknowledged.keys().all(|reference| told.contains(reference)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), waiting)
        .await
        .context("some payments were never told about")?;
    let mut keys: BTreeMap<String, String> = BTreeMap::new();
    for message in receiver
        .received()
        .iter()
        .filter(|message| message.body["type"] == json!("PAYMENT"))
    {
        let reference = message.body["thirdPartyReference"].to_string();
        let key = message.header("x-lightspeed-idempotency-key").to_owned();
        ensure!(key.starts_with("LS1_"), "no idempotency key: {key}");
        let first = keys.entry(reference.clone()).or_insert_with(|| key.clone());
        ensure!(*first == key, "{reference} was told under two keys");
    }
    Ok(())
}
