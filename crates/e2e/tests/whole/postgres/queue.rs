//! What waits for a node's committer is shown while it waits.

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use tender_e2e::Server;
use tender_testkit::postgres::Cluster;
use tokio::task::JoinSet;

use super::{Scene, until};
use crate::clients::Api;

/// The gauge.
const WAITING: &str = "tender_commands_waiting ";

async fn waiting(server: &Server) -> anyhow::Result<u32> {
    let text = server
        .request(Method::GET, "/metrics")
        .send()
        .await?
        .text()
        .await?;
    let number = text.lines().find_map(|line| line.strip_prefix(WAITING));
    Ok(number.context("the gauge is there")?.parse()?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_wait_are_counted_until_they_are_taken() -> anyhow::Result<()> {
    let scene = Scene::start(Cluster::shared(), 1, &[]).await?;
    let server = scene.first();
    let form = Api::Native.form(server, &server.open_check("100.00").await?, 1)?;
    let (client, connection) = tokio_postgres::connect(&scene.url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    // Nobody can add to the journal, so the first commit holds up what comes after it.
    client
        .batch_execute("BEGIN; LOCK TABLE journal IN EXCLUSIVE MODE")
        .await?;
    let mut payments = JoinSet::new();
    until("commands that wait", async || {
        let request = form.fill(&format!("queue-{}", payments.len()));
        payments.spawn(request.context("a request")?.send());
        Ok(waiting(server).await? > 0)
    })
    .await?;
    client.batch_execute("COMMIT").await?;
    while let Some(answer) = payments.join_next().await {
        let status = answer??.status();
        ensure!(status == StatusCode::CREATED, "{status}");
    }
    until("an empty queue", async || Ok(waiting(server).await? == 0)).await
}
