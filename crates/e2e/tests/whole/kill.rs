//! kill -9 under load, over and over: what was acknowledged is there once, and nothing is there twice.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::ensure;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tender_e2e::{Options, Receiver, Server, json_answer};

use crate::clients::{Api, Clients, ENDPOINT, Told, check_ledger, check_messages, id_of, settle};

/// How often the server is killed.
const ROUNDS: u32 = 20;
/// Clients paying at the same time.
const CLIENTS: usize = 16;
/// How many references are looked up.
const LOOKED_UP: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_is_there_twice_after_kill_9() -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let mut server = Server::start(Options::default()).await?;
    server
        .endpoint(&json!({"endpointId": ENDPOINT, "url": receiver.url}))
        .await?;
    let mut clients = Clients::default();
    let mut orders = Vec::new();
    for round in 0..ROUNDS {
        let order = server.open_check("100000.00").await?;
        orders.push(id_of(&order)?.to_owned());
        clients.send(CLIENTS, Api::KSeries, &server, &order)?;
        // A different moment in every round, from right after the first requests on.
        tokio::time::sleep(Duration::from_millis(20 + u64::from(round * 37 % 180))).await;
        server.kill().await?;
        clients.call_back().await;
        server = server.restart().await?;
    }
    let told = clients.told();
    ensure!(
        told.accepted.len() > 200,
        "too little was accepted to say anything: {}",
        told.accepted.len()
    );
    settle(&server, &orders).await?;
    check_ledger(&server, &orders, &told).await?;
    check_lookup(&server, &told).await?;
    // What the killed servers had in flight is leased to them for a minute; nobody needs to wait for it here.
    server.advance(61_000).await?;
    check_messages(&[&receiver], &told).await?;
    check_keys(&receiver)?;
    server.audit().await
}

/// Accepted payments are found by their references.
async fn check_lookup(server: &Server, told: &Told) -> anyhow::Result<()> {
    for reference in told.accepted.keys().take(LOOKED_UP) {
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

/// Repeats of a message carry the same key.
fn check_keys(receiver: &Receiver) -> anyhow::Result<()> {
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
