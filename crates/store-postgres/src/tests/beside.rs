//! Batches under way on one session at the same time.

use std::sync::Arc;
use std::time::Duration;

use tender_store::conformance::{counter, row, work};
use tender_store::{Batch, StoreError, Table, Write, Writes};
use tokio::sync::RwLock;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::versions::Node;
use crate::link::Epoch;
use crate::session::Session;
use crate::transaction::{Kind, Open};
use crate::versions::Versions;

type Paid = JoinHandle<(Vec<String>, Result<(), StoreError>)>;

const PATIENCE: Duration = Duration::from_secs(20);

/// What is to wait is given this long to be done all the same.
const WAIT: Duration = Duration::from_millis(200);

fn pay(node: &Arc<Node>, order: i64, key: i64) -> Paid {
    let node = Arc::clone(node);
    tokio::spawn(async move {
        node.try_pay(&[order], key, |found| {
            Ok(found.iter().map(|order| order.columns[1]).collect())
        })
        .await
    })
}

/// Looks until it is so.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let looking = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, looking).await.expect("in time");
}

/// A payment of the first order, for which the server waits, because somebody else holds the order.
async fn held_up() -> (Arc<Node>, Session, Paid) {
    let node = Arc::new(Node::start().await);
    let holder = node.database.session().await;
    let text = "BEGIN; SELECT 1 FROM orders WHERE order_id = 1 FOR UPDATE";
    holder.client().batch_execute(text).await.expect("held");
    let first = pay(&node, 1, 11);
    let look =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let watcher = node.database.session().await;
    until(async || {
        !watcher
            .client()
            .query(look, &[])
            .await
            .expect("a look")
            .is_empty()
    })
    .await;
    (node, holder, first)
}

/// The same and a payment of the second order, which nobody holds, behind it.
async fn two_under_way() -> (Arc<Node>, Session, Paid, Paid) {
    let (node, holder, first) = held_up().await;
    let second = pay(&node, 2, 12);
    // Of three known orders two are taken.
    until(async || node.store.versions.known() == 1).await;
    (node, holder, first, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_batch_is_made_before_the_last_is_answered() {
    let (node, holder, first, second) = two_under_way().await;
    assert!(!second.is_finished());
    holder.client().batch_execute("ROLLBACK").await.expect("let go");
    for paid in [first, second] {
        let (runs, outcome) = paid.await.expect("no panic");
        outcome.expect("paid");
        assert_eq!(runs, ["1"]);
    }
    assert_eq!((node.doc(1).await, node.doc(2).await), ("2".into(), "2".into()));
}

/// A batch that reads an order and replaces it, with an entry of this number.
fn replacing(number: i64) -> Box<dyn Batch> {
    work(move |transaction| {
        Box::pin(async move {
            transaction.get(Table::Orders, &[vec![1, 7]]).await?;
            let order = row(Table::Orders, &[1, 7], 1, &number.to_string());
            let entry = row(Table::Journal, &[1, 7, number], 1, "{}");
            Ok(Writes {
                rows: vec![Write::Put(order), Write::Insert(entry)],
                wakes: Vec::new(),
            })
        })
    })
}

/// A batch that reads nothing, and whose rows prove nothing.
fn plain() -> Box<dyn Batch> {
    work(|_| {
        let rows = vec![Write::Put(counter(&[1, 1, 1], 1))];
        let wakes = Vec::new();
        Box::pin(async { Ok(Writes { rows, wakes }) })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_one_statement_waits_for_nobody_and_every_other_one_does() {
    let node = Node::start().await;
    let fence = *node.store.fence.get().expect("a number");
    let (session, versions, turns) = (
        node.database.session().await,
        Versions::default(),
        RwLock::new(()),
    );
    let commit = async |mut batch: Box<dyn Batch>, may_assume| {
        Open::new(&session, Kind::Writing(Some(fence)))
            .with_versions(Some((&versions, Epoch(0))), may_assume)
            .sharing(&turns, turns.read().await)
            .commit(batch.as_mut(), 0, &mut Vec::new())
            .await
    };
    commit(replacing(1), false).await.expect("written and kept");
    // Somebody else has a statement under way.
    let other = turns.read().await;
    let alone = timeout(PATIENCE, commit(replacing(2), true)).await;
    alone.expect("it waits for nobody").expect("committed");
    let mut reading = std::pin::pin!(commit(replacing(3), false));
    let is_early = timeout(WAIT, &mut reading).await.is_ok();
    assert!(!is_early, "what reads has the session alone");
    drop(other);
    reading.await.expect("committed");
    let other = turns.read().await;
    let mut writing = std::pin::pin!(commit(plain(), true));
    let is_early = timeout(WAIT, &mut writing).await.is_ok();
    assert!(!is_early, "what proves nothing has the session alone");
    drop(other);
    writing.await.expect("committed");
    assert_eq!(node.doc(7).await, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_needs_what_the_other_writes_waits_for_it_and_reads() {
    let (node, holder, first) = held_up().await;
    let (second, third) = (pay(&node, 1, 12), pay(&node, 1, 13));
    holder.client().batch_execute("ROLLBACK").await.expect("let go");
    for paid in [first, second, third] {
        paid.await.expect("no panic").1.expect("paid");
    }
    assert_eq!(node.doc(1).await, "4");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_takes_no_other_with_it() {
    let (node, holder, first, second) = two_under_way().await;
    let change = "UPDATE orders SET doc = '70' WHERE order_id = 1; COMMIT";
    holder.client().batch_execute(change).await.expect("let go");
    for (paid, expected) in [(first, vec!["1", "70"]), (second, vec!["1"])] {
        let (runs, outcome) = paid.await.expect("no panic");
        outcome.expect("paid");
        assert_eq!(runs, expected);
    }
    assert_eq!((node.doc(1).await, node.doc(2).await), ("71".into(), "2".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_session_breaks_nobody_knows_of_either() {
    let (node, holder, first, second) = two_under_way().await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    holder.client().batch_execute(end).await.expect("ended");
    holder.client().batch_execute("ROLLBACK").await.expect("let go");
    for paid in [first, second] {
        let (_, outcome) = paid.await.expect("no panic");
        assert!(
            matches!(outcome, Err(StoreError::OutcomeUnknown(_))),
            "{outcome:?}"
        );
    }
    // The next ones read on a session of their own.
    assert_eq!(node.pay(&[1], 13, |_| Ok(vec![1])).await, ["1"]);
    assert_eq!(node.pay(&[2], 14, |_| Ok(vec![2])).await, ["1"]);
}
