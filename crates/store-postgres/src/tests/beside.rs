//! Batches under way on one session at the same time.

use std::sync::Arc;
use std::time::Duration;

use tender_store::StoreError;
use tokio::task::JoinHandle;

use super::versions::Node;
use crate::session::Session;

type Paid = JoinHandle<(Vec<String>, Result<(), StoreError>)>;

const PATIENCE: Duration = Duration::from_secs(20);

fn pay(node: &Arc<Node>, order: i64, key: i64) -> Paid {
    let node = Arc::clone(node);
    tokio::spawn(async move {
        node.try_pay(&[order], key, |found| {
            Ok(found.iter().map(|order| order.columns[1]).collect())
        })
        .await
    })
}

/// Holds the first order, as a batch of another node would.
async fn holder(node: &Node) -> Session {
    let holder = node.database.session().await;
    let text = "BEGIN; SELECT 1 FROM orders WHERE order_id = 1 FOR UPDATE";
    holder.client().batch_execute(text).await.expect("held");
    holder
}

/// Waits until the server has so many sessions of this database that wait for a lock.
async fn waiting(node: &Node, sessions: i64) {
    let look = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let watcher = node.database.session().await;
    let look = async {
        while watcher
            .client()
            .query_one(look, &[])
            .await
            .expect("a count")
            .get::<_, i64>(0)
            != sessions
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.expect("they wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_batch_is_sent_before_the_last_is_answered() {
    let node = Arc::new(Node::start().await);
    let holder = holder(&node).await;
    let first = pay(&node, 1, 11);
    waiting(&node, 1).await;
    let second = pay(&node, 2, 12);
    // The second order is not held, but its statement comes after the first one's: that it was worked out shows that it was sent.
    let mut known = 3;
    while known > 1 {
        known = node.store.versions.known();
        tokio::task::yield_now().await;
    }
    assert!(!second.is_finished());
    holder.client().batch_execute("ROLLBACK").await.expect("let go");
    for paid in [first, second] {
        let (runs, outcome) = paid.await.expect("no panic");
        outcome.expect("paid");
        assert_eq!(runs, ["1"]);
    }
    assert_eq!((node.doc(1).await, node.doc(2).await), ("2".into(), "2".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_needs_what_the_other_writes_waits_for_it_and_reads() {
    let node = Arc::new(Node::start().await);
    let holder = holder(&node).await;
    let first = pay(&node, 1, 11);
    waiting(&node, 1).await;
    let second = pay(&node, 1, 12);
    let third = pay(&node, 1, 13);
    holder.client().batch_execute("ROLLBACK").await.expect("let go");
    for paid in [first, second, third] {
        paid.await.expect("no panic").1.expect("paid");
    }
    assert_eq!(node.doc(1).await, "4");
}

/// What the first one finds does not concern the second.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_takes_no_other_with_it() {
    let node = Arc::new(Node::start().await);
    let holder = holder(&node).await;
    let first = pay(&node, 1, 11);
    waiting(&node, 1).await;
    let second = pay(&node, 2, 12);
    let change = "UPDATE orders SET doc = '70' WHERE order_id = 1; COMMIT";
    holder.client().batch_execute(change).await.expect("let go");
    let (first, second) = (first.await.expect("no panic"), second.await.expect("no panic"));
    first.1.expect("paid");
    second.1.expect("paid");
    assert_eq!(first.0, ["1", "70"]);
    assert_eq!((node.doc(1).await, node.doc(2).await), ("71".into(), "2".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_session_breaks_nobody_knows_of_either() {
    let node = Arc::new(Node::start().await);
    let holder = holder(&node).await;
    let first = pay(&node, 1, 11);
    waiting(&node, 1).await;
    let second = pay(&node, 2, 12);
    while node.store.versions.known() > 1 {
        tokio::task::yield_now().await;
    }
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
