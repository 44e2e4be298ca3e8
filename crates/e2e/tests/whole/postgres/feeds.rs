//! The feed of events read on two nodes of one database while both of them write it.
//!
//! What a reader has to see stands in the database itself: every entry of the merchant's journal, once, by position.

mod reader;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use reqwest::StatusCode;
use serde_json::json;
use tender_e2e::{Receiver, Server, json_answer};
use tender_testkit::postgres::Cluster;
use tokio_postgres::{Client, NoTls};

use self::reader::{Habit, Nodes, Reader, Stream, home};
use super::{Scene, id_of, until};
use crate::clients::{Api, Clients, ENDPOINT, check_ledger, settle};

/// Orders that are paid at the same time.
const ORDERS: usize = 4;
/// Payments before a test has seen enough.
const PAYMENTS: usize = 1_000;
/// How often a node is killed, and the payments between two times.
const KILLS: usize = 4;
const PAYMENTS_PER_KILL: usize = 80;
/// Leases of killed tills end soon, so that nobody waits for them.
const SHORT_LEASES: [&str; 2] = ["--lease-ms", "1000"];
/// How long an event may be under way to a stream. A busy machine needs far more than the few milliseconds that are usual;
/// a stream that only looks again when it says that it is alive needs up to fifteen seconds.
const NEWS_MAX: Duration = Duration::from_secs(5);
/// Takes the lowest place in the feed and does not fill it, as a transaction of another program that writes an entry does
/// until it ends; the store's own tests keep the number of the lock.
const FLOOR: &str =
    "BEGIN; SELECT pg_advisory_xact_lock_shared((29798::bigint << 48) | last_value) FROM journal_position";

/// An event's place, order and number within the order, as the database has them.
type Place = (String, String, i64);

async fn database(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// The whole journal of the merchant of an order.
async fn journal(url: &str, order: &str) -> anyhow::Result<Vec<Place>> {
    let order: i64 = order.trim_start_matches("ord_").parse()?;
    let text = "SELECT position, order_id, seq FROM journal \
                WHERE merchant_id = (SELECT merchant_id FROM journal WHERE order_id = $1 LIMIT 1) ORDER BY position";
    let rows = database(url).await?.query(text, &[&order]).await?;
    let place = |row: &tokio_postgres::Row| {
        let (position, order, seq): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        (format!("0-{position}"), format!("ord_{order}"), seq)
    };
    Ok(rows.iter().map(place).collect())
}

/// One reader of each habit at each node.
fn readers(nodes: &Arc<Nodes>) -> Vec<Reader> {
    let everywhere = |habit| (0..2).map(move |home| (habit, home));
    (Habit::ALL.into_iter().flat_map(everywhere))
        .map(|(habit, home)| Reader::start(Arc::clone(nodes), habit, home))
        .collect()
}

/// Opens orders, and sends clients of every API and both nodes to each of them.
async fn send(nodes: &[Server], clients: &mut Clients, orders: &mut Vec<String>) -> anyhow::Result<()> {
    for number in 0..ORDERS {
        let order = nodes[number % nodes.len()].open_check("100000.00").await?;
        orders.push(id_of(&order)?.to_owned());
        for node in nodes {
            clients.send(1, Api::ALL[number % Api::ALL.len()], node, &order)?;
            clients.send(1, Api::ALL[(number + 1) % Api::ALL.len()], node, &order)?;
        }
    }
    Ok(())
}

/// Every reader gets to the journal's end, and has seen all of it, once, in its order.
async fn check(readers: &[Reader], journal: &[Place]) -> anyhow::Result<()> {
    let mut chains: BTreeMap<&str, i64> = BTreeMap::new();
    for (_, order, seq) in journal {
        let last = chains.insert(order, *seq).unwrap_or_default();
        ensure!(*seq == last + 1, "{order}: {seq} stands after {last}");
    }
    let (end, _, _) = journal.last().context("a journal")?;
    for reader in readers {
        let what = format!("the end of the journal, {end}, for {reader:?}");
        until(&what, async || {
            Ok(reader.seen().iter().any(|event| event.id == *end))
        })
        .await?;
        let seen = reader.seen();
        for (number, (id, order, seq)) in journal.iter().enumerate() {
            let event = seen.get(number).context("an event")?;
            ensure!(
                (&event.id, event.seq) == (id, *seq),
                "{reader:?}: event {number} is {event:?} instead of {id}, {order}, {seq}"
            );
            ensure!(
                event.order.as_ref().is_none_or(|named| named == order),
                "{reader:?}: {event:?} is of {order}"
            );
        }
        let counts = reader.counts();
        eprintln!("{reader:?}: {} events, {counts:?}", seen.len());
        ensure!(reader.habit != Habit::Moves || counts.resumed > 5, "{counts:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_stream_on_two_nodes_shows_every_entry_once_and_in_one_order() -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let scene = Scene::pair().await?;
    scene.endpoint(ENDPOINT, &receiver.url).await?;
    let nodes = Nodes::new(&scene.nodes);
    let readers = readers(&nodes);
    let (mut clients, mut orders) = (Clients::default(), Vec::new());
    send(&scene.nodes, &mut clients, &mut orders).await?;
    until("payments enough", async || Ok(clients.accepted() >= PAYMENTS)).await?;
    clients.call_back().await;
    let told = clients.told();
    settle(scene.first(), &orders).await?;
    check_ledger(scene.second(), &orders, &told).await?;
    let journal = journal(&scene.url, &orders[0]).await?;
    ensure!(journal.len() > PAYMENTS, "{} entries", journal.len());
    for reader in &readers {
        let (seen, all) = (reader.seen().len(), journal.len());
        ensure!(
            reader.habit != Habit::Slow || seen < all,
            "{reader:?} was meant to be behind, and has seen {seen} of {all}"
        );
    }
    nodes.hurry();
    check(&readers, &journal).await?;
    scene.first().audit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_go_on_without_gap_or_repeat_when_a_node_is_killed() -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let scene = Scene::start(Cluster::shared(), 2, &SHORT_LEASES).await?;
    scene.endpoint(ENDPOINT, &receiver.url).await?;
    let Scene {
        nodes: mut servers,
        url,
        cluster: _cluster,
    } = scene;
    let nodes = Nodes::new(&servers);
    let readers = readers(&nodes);
    let (mut clients, mut orders) = (Clients::default(), Vec::new());
    for round in 0..KILLS {
        send(&servers, &mut clients, &mut orders).await?;
        let target = clients.accepted() + PAYMENTS_PER_KILL;
        until(
            "payments on both nodes",
            async || Ok(clients.accepted() >= target),
        )
        .await?;
        let victim = round % servers.len();
        servers[victim].kill().await?;
        // The clients of the other node go on meanwhile.
        let killed = servers.remove(victim);
        servers.insert(victim, killed.restart().await?);
        nodes.moved(victim, &servers[victim]);
        let target = clients.accepted() + PAYMENTS_PER_KILL;
        until("payments after it", async || Ok(clients.accepted() >= target)).await?;
    }
    clients.call_back().await;
    let told = clients.told();
    eprintln!(
        "{} accepted, {} connections cut",
        told.accepted.len(),
        told.cut.len()
    );
    ensure!(!told.cut.is_empty(), "nobody was in the middle of a payment");
    settle(&servers[1], &orders).await?;
    check_ledger(&servers[0], &orders, &told).await?;
    nodes.hurry();
    check(&readers, &journal(&url, &orders[0]).await?).await?;
    let ended: usize = readers.iter().map(|reader| reader.counts().ended).sum();
    ensure!(ended >= KILLS, "the streams of killed nodes ended {ended} times");
    servers[0].audit().await
}

/// An entry is shown after those before it, so one that was committed waits for every transaction that may still bring an
/// earlier one. Most of these tell when they end. One that takes back what it wrote tells nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_held_up_by_a_transaction_that_fails_comes_soon_after() -> anyhow::Result<()> {
    let scene = Scene::pair().await?;
    let order = scene.first().open_check("100.00").await?;
    let id = id_of(&order)?;
    let mut last = journal(&scene.url, id).await?.pop().context("an entry")?.0;
    let mut streams = Vec::new();
    for node in &scene.nodes {
        streams.push(Stream::open(&home(node), "/api/v1/events", Some(&last), None).await?);
    }
    let other = database(&scene.url).await?;
    for (number, ending) in ["ROLLBACK", "COMMIT"].into_iter().enumerate() {
        other.batch_execute(FLOOR).await?;
        let path = format!("/api/v1/orders/{id}/payments");
        let body = json!({"amount": "1.00", "mode": "immediate"});
        let (status, paid) = json_answer(
            scene
                .node(number)
                .native(reqwest::Method::POST, &path)
                .json(&body),
        )
        .await?;
        ensure!(status == StatusCode::CREATED, "{status}: {paid}");
        // Both nodes have heard of it by now, or hear of it while the place before it is still open.
        for node in &scene.nodes {
            let page = node.read(&format!("/api/v1/events?after={last}")).await?;
            assert_eq!(page["items"], json!([]), "the place before it is open");
        }
        other.batch_execute(ending).await?;
        let began = Instant::now();
        for (node, stream) in streams.iter_mut().enumerate() {
            let event = tokio::time::timeout(NEWS_MAX, stream.next())
                .await
                .with_context(|| format!("node {node}, {ending}: no event within {NEWS_MAX:?}"))?;
            let event = event.context("the stream goes on")?;
            assert_eq!(event.order.as_deref(), Some(id));
            last = event.id;
        }
        eprintln!("{ending}: both streams had the event after {:?}", began.elapsed());
    }
    Ok(())
}
