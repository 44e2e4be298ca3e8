//! Stopping with SIGTERM: what was accepted is answered, and what was answered is kept.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tender_e2e::{Options, Server, Socket, eventually, json_answer};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Clients paying while the server stops.
const CLIENTS: usize = 16;
/// Payments acknowledged before it is told to.
const WARM: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_in_flight_are_answered_and_kept() -> anyhow::Result<()> {
    let mut server = Server::start(Options::default()).await?;
    let order = server.open_check("100000.00").await?;
    let id = order["id"].as_str().context("an id")?.to_owned();
    let address = server.address();

    // A request whose body is still on the way when the server is told to stop.
    let body = server
        .pay_body(&order, "half-sent", "demo", &json!(5))
        .to_string();
    let (start, rest) = body.split_at(body.len() / 2);
    let mut half = Socket::connect(&address)?;
    let head = format!(
        "POST /o/op/1/pay HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        server.secret("/kseries/access_token"),
        body.len(),
    );
    half.send(head.as_bytes())?;
    // The handler asks for the body: the request has been accepted.
    let asked = half.read_until("\r\n\r\n")?;
    ensure!(asked.starts_with("HTTP/1.1 100"), "{asked}");
    half.send(start.as_bytes())?;

    // A till that waits for work.
    server.behave("offline").await?;
    let claim = json!({"device_id": server.secret("/till/device_ids/2"), "max": 1, "wait_ms": 20000});
    let other = json!({"device_id": server.credentials["till"]["device_ids"][2], "max": 1, "wait_ms": 0});
    let (status, _) = json_answer(server.till("/api/v1/till/claim", &other)).await?;
    ensure!(status == StatusCode::OK, "{status}");
    let waiting = tokio::spawn(json_answer(server.till("/api/v1/till/claim", &claim)));

    let (told, mut acknowledged) = mpsc::channel(100_000);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (told, path) = (told.clone(), format!("/api/v1/orders/{id}/payments"));
        let request = server.native(Method::POST, &path);
        clients.spawn(async move {
            for number in 0.. {
                let reference = format!("stop-{client}-{number}");
                let payment = json!({"amount": "0.01", "mode": "immediate", "reference": reference});
                let Some(request) = request.try_clone() else { break };
                match request.json(&payment).send().await {
                    Ok(answer) if answer.status() == StatusCode::CREATED => drop(told.send(reference).await),
                    _ => break,
                }
            }
        });
    }
    drop(told);
    let mut kept = BTreeSet::new();
    while kept.len() < WARM {
        kept.insert(acknowledged.recv().await.context("the clients gave up")?);
    }
    server.terminate().await?;
    eventually("closed listener", async || {
        Ok(TcpStream::connect(&address).await.is_err().then_some(()))
    })
    .await?;
    half.send(rest.as_bytes())?;
    let answer = half.read_to_end()?;
    ensure!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with(r#"{"status":"ok"}"#),
        "{answer}"
    );
    let (status, body) = waiting.await??;
    ensure!(
        status == StatusCode::OK,
        "a waiting till was answered {status}: {body}"
    );
    ensure!(
        server.ended().await?,
        "the server did not stop well: {}",
        server.log()?
    );
    while let Some(ended) = clients.join_next().await {
        ended?;
    }
    while let Some(reference) = acknowledged.recv().await {
        kept.insert(reference);
    }
    ensure!(!server.log()?.contains("panicked"), "{}", server.log()?);

    let server = server.restart().await?;
    let order = server.order(&id).await?;
    let there: BTreeSet<_> = order["payments"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|payment| payment["reference"].as_str().map(str::to_owned))
        .collect();
    ensure!(
        kept.is_subset(&there),
        "acknowledged and lost: {:?}",
        kept.difference(&there)
    );
    ensure!(
        there.contains("half-sent"),
        "the half-sent payment was answered and lost"
    );
    server.audit().await
}
