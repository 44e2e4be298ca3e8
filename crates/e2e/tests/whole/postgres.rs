//! The whole system on PostgreSQL: one node, several nodes on one database, killed nodes, a database that goes away.

mod clients;
mod limits;
mod migrate;
mod nodes;
mod numbers;
mod schemas;
mod survival;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Server, json_answer};
use tender_testkit::postgres::Cluster;

/// How long a condition of another node may take to become true.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often such a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

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
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let starting: Vec<_> = (0..nodes)
            .map(|_| {
                let options = Options {
                    arguments: arguments.clone(),
                    database_url: Some(url.clone()),
                };
                tokio::spawn(Server::start(options))
            })
            .collect();
        let mut nodes = Vec::new();
        for node in starting {
            nodes.push(node.await??);
        }
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
        self.first()
            .endpoint(&json!({"endpointId": name, "url": url}))
            .await?;
        for node in &self.nodes {
            until("the endpoint on every node", async || {
                let path = format!("/o/wh/1/webhook/{name}");
                Ok(node.kseries(Method::GET, &path).send().await?.status() == StatusCode::OK)
            })
            .await?;
        }
        Ok(())
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

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let waiting = async {
        while !is_so().await? {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .with_context(|| format!("waited in vain for {what}"))?
}

fn id_of(order: &Value) -> anyhow::Result<&str> {
    order["id"].as_str().context("an order has an id")
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
