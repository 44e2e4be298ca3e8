//! Nodes that are killed, and a database that goes away: what was acknowledged stays, and everything comes back by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use tender_e2e::{Receiver, Server};
use tender_testkit::postgres::{Cluster, Stop};

use super::{Scene, id_of, until};
use crate::clients::{Api, Clients, ENDPOINT, check_ledger, check_messages, settle};

/// How often nodes are killed.
const ROUNDS: u32 = 10;
/// Clients of each node.
const CLIENTS: usize = 8;
/// Leases of killed tills end soon, so that nobody waits for them.
const SHORT_LEASES: [&str; 2] = ["--lease-ms", "1000"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_is_there_twice_when_nodes_are_killed() -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let scene = Scene::start(Cluster::shared(), 2, &SHORT_LEASES).await?;
    scene.endpoint(ENDPOINT, &receiver.url).await?;
    let Scene {
        mut nodes,
        cluster: _cluster,
        ..
    } = scene;
    let mut clients = Clients::default();
    let mut orders = Vec::new();
    for round in 0..ROUNDS {
        for node in &nodes {
            let order = node.open_check("100000.00").await?;
            orders.push(id_of(&order)?.to_owned());
            // Half of the clients go to the node that did not open the check.
            for node in &nodes {
                clients.send(CLIENTS / 2, Api::KSeries, node, &order)?;
            }
        }
        // A different moment in every round, from right after the first requests on; one node, the other, both.
        tokio::time::sleep(Duration::from_millis(20 + u64::from(round * 67 % 230))).await;
        let victims: &[usize] = [[0].as_slice(), &[1], &[0, 1]][(round % 3) as usize];
        for victim in victims {
            nodes[*victim].kill().await?;
        }
        clients.call_back().await;
        for victim in victims {
            let killed = nodes.remove(*victim);
            nodes.insert(*victim, killed.restart().await?);
        }
    }
    let told = clients.told();
    eprintln!(
        "{} accepted, {} connections cut, refused: {:?}",
        told.accepted.len(),
        told.cut.len(),
        told.refused
    );
    ensure!(
        told.accepted.len() > 200,
        "too little was accepted to say anything: {}",
        told.accepted.len()
    );
    settle(&nodes[1], &orders).await?;
    for node in &nodes {
        check_ledger(node, &orders, &told).await?;
        // What the killed nodes had in flight is leased to them for a minute, and every node has a clock of its own.
        node.advance(61_000).await?;
    }
    check_messages(&[&receiver], &told).await?;
    nodes[0].audit().await
}

/// The database stops in good order, then as if it had lost power; the nodes go on running.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_outlive_a_database_that_stops() -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let scene = Scene::start(Cluster::new(), 2, &SHORT_LEASES).await?;
    scene.endpoint(ENDPOINT, &receiver.url).await?;
    let Scene { nodes, cluster, .. } = scene;
    let mut clients = Clients::default();
    let mut orders = Vec::new();
    for node in &nodes {
        let order = node.open_check("100000.00").await?;
        orders.push(id_of(&order)?.to_owned());
        for node in &nodes {
            clients.send(CLIENTS / 2, Api::KSeries, node, &order)?;
        }
    }
    for how in [Stop::Fast, Stop::Immediate] {
        more(&clients, 100).await?;
        within(&cluster, move |cluster| cluster.stop(how)).await?;
        let refused = clients.refused();
        until("busy answers", async || Ok(clients.refused() > refused + 20)).await?;
        for node in &nodes {
            let ready = node.request(Method::GET, "/readyz").send().await?;
            ensure!(
                ready.status() == StatusCode::SERVICE_UNAVAILABLE,
                "/readyz without a database: {}",
                ready.status()
            );
        }
        within(&cluster, Cluster::start).await?;
        let (began, accepted) = (Instant::now(), clients.accepted());
        more(&clients, 1).await?;
        eprintln!(
            "{how:?}: payments go on {:?} after the database was back (from {accepted})",
            began.elapsed()
        );
        more(&clients, 100).await?;
        for node in &nodes {
            until("readiness", async || {
                Ok(node.request(Method::GET, "/readyz").send().await?.status() == StatusCode::OK)
            })
            .await?;
        }
    }
    clients.call_back().await;
    let told = clients.told();
    eprintln!(
        "{} accepted, slowest answer {:?}, {} cut, refused: {:#?}",
        told.accepted.len(),
        told.slowest,
        told.cut.len(),
        told.refused
    );
    ensure!(told.cut.is_empty(), "clients were hung up on: {:?}", told.cut);
    told.check_refusals()?;
    told.require_denials()?;
    settle(&nodes[0], &orders).await?;
    for node in &nodes {
        check_ledger(node, &orders, &told).await?;
        node.advance(61_000).await?;
    }
    check_messages(&[&receiver], &told).await?;
    audit_all(&nodes).await
}

async fn audit_all(nodes: &[Server]) -> anyhow::Result<()> {
    for node in nodes {
        node.audit().await?;
    }
    Ok(())
}

/// Waits until this many payments more are accepted.
async fn more(clients: &Clients, count: usize) -> anyhow::Result<()> {
    let target = clients.accepted() + count;
    until("payments that go on", async || Ok(clients.accepted() >= target)).await
}

/// Does something with the database server that blocks.
async fn within(cluster: &Arc<Cluster>, what: impl FnOnce(&Cluster) + Send + 'static) -> anyhow::Result<()> {
    let cluster = Arc::clone(cluster);
    tokio::task::spawn_blocking(move || what(&cluster))
        .await
        .context("the database server's command")
}
