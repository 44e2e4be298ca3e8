//! A primary that dies under load: Patroni promotes the synchronous standby, and the nodes go on by themselves.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tender_e2e::{Receiver, Server};
use tender_testkit::patroni::Patroni;

use super::{id_of, make_endpoint, make_native_endpoint, start_nodes, until};
use crate::clients::{Api, Clients, ENDPOINT, Told, check_ledger, check_messages, settle};

/// Nodes on the cluster.
const NODES: usize = 2;
/// Clients of each order on each node. Every API has orders of its own, one opened on each node.
const CLIENTS: usize = 1;
/// Payments that each node accepts before something else happens.
const ENOUGH: usize = 100;
/// Longest interruption. The time of Patroni's key has to pass, then Patroni decides, PostgreSQL replays and the nodes
/// connect again; Patroni from 3.2 on makes that time 20 seconds.
const INTERRUPTION_MAX: Duration = Duration::from_secs(40);
/// Leases of tills that were under way end soon, so that nobody waits for them.
const SHORT_LEASES: [&str; 2] = ["--lease-ms", "1000"];

/// Both members are the primary that dies, one after the other: the second time what was restored has to carry the load.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_dies_costs_a_pause_and_no_payment() -> anyhow::Result<()> {
    let mut database = Patroni::start().await;
    let (kseries, native) = (Receiver::start().await?, Receiver::start().await?);
    let nodes = start_nodes(&database.url(), NODES, &SHORT_LEASES).await?;
    make_endpoint(&nodes, ENDPOINT, &kseries.url).await?;
    make_native_endpoint(&nodes, &native.url, &["payment.completed"]).await?;

    let mut clients = Clients::default();
    let mut orders = Vec::new();
    for (api, opened_on) in Api::ALL
        .iter()
        .flat_map(|api| nodes.iter().map(move |node| (*api, node)))
    {
        let order = opened_on.open_check("100000.00").await?;
        orders.push(id_of(&order)?.to_owned());
        for node in &nodes {
            clients.send(CLIENTS, api, node, &order)?;
        }
    }
    let mut kills = Vec::new();
    for _ in 0..2 {
        everybody_pays(&nodes, &clients).await?;
        let primary = database.primary().await.context("there is a primary")?;
        kills.push(Instant::now());
        database.kill(primary);
        everybody_pays(&nodes, &clients).await?;
        let successor = database.primary().await;
        ensure!(
            successor.is_some_and(|member| member != primary),
            "{successor:?} leads after {primary}"
        );
        let began = Instant::now();
        database.rejoin(primary).await;
        eprintln!("the killed member followed {:?} after its start", began.elapsed());
    }
    everybody_pays(&nodes, &clients).await?;
    clients.call_back().await;

    let told = clients.told();
    eprintln!(
        "{} accepted, slowest answer {:?}, refused: {:#?}",
        told.accepted.len(),
        told.slowest,
        told.refused
    );
    ensure!(told.cut.is_empty(), "clients were hung up on: {:?}", told.cut);
    told.check_refusals()?;
    told.require_denials()?;
    for killed in kills {
        for node in &nodes {
            let pause = interruption(&told, node, killed)?;
            eprintln!("{} was interrupted for {pause:?}", node.address());
            ensure!(pause < INTERRUPTION_MAX, "interrupted for {pause:?}");
        }
    }
    settle(&nodes[0], &orders).await?;
    for node in &nodes {
        check_ledger(node, &orders, &told).await?;
        // Messages that were under way are leased for a minute, and every node has a clock of its own.
        node.advance(61_000).await?;
    }
    check_messages(&[&kseries, &native], &told).await?;
    for node in &nodes {
        node.audit().await?;
        node.healthy().await?;
    }
    Ok(())
}

/// Waits until every node has accepted a good number of payments more.
async fn everybody_pays(nodes: &[Server], clients: &Clients) -> anyhow::Result<()> {
    for node in nodes {
        let target = clients.accepted_by(node) + ENOUGH;
        until("payments on every node", async || {
            Ok(clients.accepted_by(node) >= target)
        })
        .await?;
    }
    Ok(())
}

/// The time from a node's last success before the database was killed, or while it was, to the first one after: the longest
/// time without a success that ends after the kill. The other kill is left out of it by looking only at what lies near.
fn interruption(told: &Told, node: &Server, killed: Instant) -> anyhow::Result<Duration> {
    let moments = told
        .moments
        .get(&node.address())
        .context("the node has accepted something")?;
    let last = moments
        .iter()
        .rposition(|moment| *moment <= killed)
        .context("a success before")?;
    // An answer that was on its way when the kill began counts as before it.
    let near = moments[last..]
        .windows(2)
        .take_while(|pair| pair[0] < killed + INTERRUPTION_MAX / 8);
    near.map(|pair| pair[1] - pair[0])
        .max()
        .context("a success after")
}
