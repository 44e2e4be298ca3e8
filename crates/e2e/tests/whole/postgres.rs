//! The whole system on PostgreSQL: one node, several nodes on one database, killed nodes, a database that goes away.

mod feeds;
mod limits;
mod many_nodes;
mod migrate;
mod nodes;
mod numbers;
mod operations;
mod patroni;
mod queue;
mod schemas;
mod survival;

use std::sync::Arc;

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Server, json_answer};
use tender_testkit::postgres::Cluster;

use crate::clients::{id_of, until};

/// A database with nodes on it.
struct Scene {
    nodes: Vec<Server>,
    url: String,
    cluster: Arc<Cluster>,
}

impl Scene {
    /// Starts this many nodes at the same moment on an empty database.
    async fn start(cluster: Arc<Cluster>, nodes: usize, arguments: &[&str]) -> anyhow::Result<Self> {
        let url = cluster.create_database().await;
        let nodes = start_nodes(&url, nodes, arguments).await?;
        Ok(Self { nodes, url, cluster })
    }

    /// Two nodes on a database of the shared cluster.
    async fn pair() -> anyhow::Result<Self> {
        Self::start(Cluster::shared(), 2, &[]).await
    }

    fn first(&self) -> &Server {
        &self.nodes[0]
    }

    fn second(&self) -> &Server {
        &self.nodes[1]
    }

    /// One of the nodes, in turn.
    fn node(&self, number: usize) -> &Server {
        &self.nodes[number % self.nodes.len()]
    }

    /// Makes a K-Series webhook endpoint on the first node and waits until every node knows it.
    async fn endpoint(&self, name: &str, url: &str) -> anyhow::Result<()> {
        make_endpoint(&self.nodes, name, url).await
    }

    /// Sets the behaviour of all virtual tills and waits until every node plays them so.
    async fn behave(&self, behaviour: &str) -> anyhow::Result<()> {
        self.first().behave(behaviour).await?;
        let tills = self.first().credentials["till"]["device_ids"].clone();
        for node in &self.nodes {
            until(&format!("tills that are {behaviour}"), async || {
                let (_, devices) = json_answer(node.native(Method::GET, "/api/v1/devices")).await?;
                let items = devices["items"].as_array().cloned().unwrap_or_default();
                let ours = |device: &&Value| tills.as_array().is_some_and(|ids| ids.contains(&device["id"]));
                let mut ours = items.iter().filter(ours).peekable();
                Ok(ours.peek().is_some() && ours.all(|device| device["behaviour"] == json!(behaviour)))
            })
            .await?;
        }
        Ok(())
    }
}

/// Starts this many nodes at the same moment on a database.
async fn start_nodes(url: &str, nodes: usize, arguments: &[&str]) -> anyhow::Result<Vec<Server>> {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let starting: Vec<_> = (0..nodes)
        .map(|_| {
            let options = Options {
                arguments: arguments.clone(),
                database_url: Some(url.to_owned()),
            };
            tokio::spawn(Server::start(options))
        })
        .collect();
    let mut nodes = Vec::new();
    for node in starting {
        nodes.push(node.await??);
    }
    Ok(nodes)
}

/// Makes a K-Series webhook endpoint on the first node and waits until every node knows it.
async fn make_endpoint(nodes: &[Server], name: &str, url: &str) -> anyhow::Result<()> {
    nodes[0]
        .endpoint(&json!({"endpointId": name, "url": url}))
        .await?;
    for node in nodes {
        until("the endpoint on every node", async || {
            let path = format!("/o/wh/1/webhook/{name}");
            Ok(node.kseries(Method::GET, &path).send().await?.status() == StatusCode::OK)
        })
        .await?;
    }
    Ok(())
}

/// Makes a native webhook endpoint for these events on the first node and waits until every node knows it.
async fn make_native_endpoint(nodes: &[Server], url: &str, events: &[&str]) -> anyhow::Result<()> {
    let hook = json!({"url": url, "events": events});
    let request = nodes[0].native(Method::POST, "/api/v1/webhook-endpoints");
    let (status, endpoint) = json_answer(request.json(&hook)).await?;
    ensure!(status == StatusCode::CREATED, "{status}: {endpoint}");
    let path = format!("/api/v1/webhook-endpoints/{}", id_of(&endpoint)?);
    for node in nodes {
        until("the native endpoint on every node", async || {
            Ok(node.native(Method::GET, &path).send().await?.status() == StatusCode::OK)
        })
        .await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_through_each_dialect_lands_on_postgres() -> anyhow::Result<()> {
    let scene = Scene::start(Cluster::shared(), 1, &[]).await?;
    let server = scene.first();
    let order = server.open_check("40.00").await?;
    let id = id_of(&order)?;

    let body = server.pay_body(&order, "kseries-1", "demo", &json!(5));
    let (status, answer) = json_answer(server.kseries(Method::POST, "/o/op/1/pay").json(&body)).await?;
    ensure!(status == StatusCode::OK, "K-Series: {status} {answer}");

    let company = server.secret("/kounta/company_id");
    let path = format!(
        "/v1/companies/{company}/orders/{}/payments.json",
        order["kounta"]["order_id"]
    );
    let body = json!({"method_id": server.credentials["kounta"]["payment_methods"][0]["id"], "amount": 6.5, "ref": "k"});
    let answer = server.kounta(Method::POST, &path).json(&body).send().await?;
    ensure!(
        answer.status() == StatusCode::CREATED,
        "Kounta: {}",
        answer.status()
    );

    let receipt = json!({"params": {"orderId": order["om"]["order_id"], "type": "receipt", "amount": 7.25}});
    let (status, answer) = json_answer(server.om(Method::POST, "/v1/om/payments").json(&receipt)).await?;
    ensure!(status.is_success(), "om: {status} {answer}");
    let payment = answer["data"]["id"].as_str().context("om names the payment")?;
    let path = format!("/v1/om/payments/{payment}/confirm");
    let (status, answer) = json_answer(server.om(Method::PATCH, &path)).await?;
    ensure!(status == StatusCode::OK, "om confirm: {status} {answer}");

    let path = format!("/api/v1/orders/{id}/payments");
    let body = json!({"amount": "8.00", "mode": "immediate", "reference": "native-1"});
    let (status, answer) = json_answer(server.native(Method::POST, &path).json(&body)).await?;
    ensure!(status == StatusCode::CREATED, "native: {status} {answer}");

    until("the till's confirmation", async || {
        Ok(server.order(id).await?["paid"] == json!("26.75"))
    })
    .await?;
    assert_eq!(server.order(id).await?["due"], json!("13.25"));
    server.audit().await?;
    let (code, exported, err) = server.cli(&["export", "--database-url", &scene.url]).await?;
    ensure!(code == 0, "the export ended with {code}: {err}");
    let number = id.trim_start_matches("ord_");
    let ours = |line: &&str| line.contains(&format!("\"order_id\":{number},"));
    // Opened; accepted and confirmed by the till; posted; pending and confirmed; posted.
    ensure!(
        exported.lines().filter(ours).count() >= 6,
        "the export is too short:\n{exported}"
    );
    Ok(())
}
