//! Node numbers, and wakes between nodes.

use std::collections::BTreeSet;
use std::time::Duration;

use tender_store::conformance::{get, put, row, write_and_wake};
use tender_store::{Store, StoreError, Table, Wake, WakeKind, Write};

use tender_testkit::postgres::{Cluster, Stop};

use super::OneNode;
use crate::lease;
use crate::{PostgresOptions, PostgresStore};

const PATIENCE: Duration = Duration::from_secs(20);

async fn execute(database: &OneNode, text: &str) {
    let session = database.session().await;
    session.client().batch_execute(text).await.expect(text);
}

async fn try_put(store: &PostgresStore, id: i64) -> Result<(), StoreError> {
    put(store, vec![row(Table::Orders, &[1, id], 1, "{}")]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_has_its_own_number() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(database.start().await);
    }
    let numbers = futures_util::future::join_all(stores.iter().map(|store| store.node())).await;
    let numbers: BTreeSet<u8> = numbers
        .into_iter()
        .map(|lease| lease.expect("node").node)
        .collect();
    assert_eq!(numbers, BTreeSet::from([0, 1, 2, 3]));
    for (id, store) in (0..).zip(&stores) {
        try_put(store, id).await.expect("a node with a number commits");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_number_is_given_out_and_none_after_it() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let store = database.start().await;
    execute(
        &database,
        "INSERT INTO nodes SELECT n, 1, now() + interval '1 hour' FROM generate_series(0, 62) AS n",
    )
    .await;
    assert_eq!(store.node().await.expect("node").node, 63);
    let next = database.start().await;
    let outcome = next.node().await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    // A number whose lease has run out is free again.
    execute(&database, "UPDATE nodes SET expires_at = now() WHERE node = 17").await;
    assert_eq!(next.node().await.expect("node").node, 17);
}

/// More starts and ends in good order than there are numbers, and in no time.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_free_at_once_when_its_store_was_closed() {
    let database = OneNode::new(PostgresOptions::default()).await;
    for id in 0..70 {
        let store = database.start().await;
        assert_eq!(store.node().await.expect("node").node, 0, "start {id}");
        try_put(&store, id).await.expect("put");
        store.close().await;
        // Without its number it makes no more ids.
        let outcome = try_put(&store, 100 + id).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
        store.close().await;
    }
    let store = database.start().await;
    for id in 0..70 {
        let found = get(&store, Table::Orders, vec![vec![1, id], vec![1, 100 + id]]).await;
        assert_eq!(found.len(), 1, "order {id}");
    }
}

/// A store that never had a number has none to give back, and a server that is away is not waited for.
#[tokio::test(flavor = "multi_thread")]
async fn closing_is_bounded() {
    let cluster = Cluster::new();
    let database = OneNode::on(cluster.clone(), PostgresOptions::default()).await;
    let (numbered, other) = (database.start().await, database.start().await);
    numbered.node().await.expect("node");
    other.close().await;
    cluster.stop(Stop::Immediate);
    tokio::time::timeout(PATIENCE, numbered.close())
        .await
        .expect("it gives up");
}

/// Another program has the number now, as after a long pause of this one.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_number_was_taken_commits_nothing() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let store = database.start().await;
    assert_eq!(store.node().await.expect("node").node, 0);
    try_put(&store, 1).await.expect("put");
    execute(&database, "UPDATE nodes SET token = token + 1 WHERE node = 0").await;
    for id in 2..4 {
        let outcome = try_put(&store, id).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
        assert_eq!(
            get(&store, Table::Orders, vec![vec![1, id]]).await,
            [],
            "reading goes on"
        );
    }
    let outcome = store.check_writable().await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
}

/// A lease that is about to run out protects nothing; renewed, it does again.
#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_ran_out_goes_on_when_it_is_renewed() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let store = database.start().await;
    store.node().await.expect("node");
    for left in ["interval '59 seconds'", "interval '-1 hour'"] {
        execute(
            &database,
            &format!("UPDATE nodes SET expires_at = now() + {left}"),
        )
        .await;
        let outcome = try_put(&store, 1).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    }
    let fence = *store.fence.get().expect("a number");
    let session = database.session().await;
    assert!(lease::renew(&session, fence).await.expect("renewed"));
    try_put(&store, 1).await.expect("put");
    execute(&database, "UPDATE nodes SET token = token + 1").await;
    assert!(
        !lease::renew(&session, fence).await.expect("answered"),
        "it is somebody else's"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wake_is_heard_once_by_each_node() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let stores = [database.start().await, database.start().await];
    let mut listeners = stores.each_ref().map(Store::wakes);
    // Of both kinds: those that travel with their commit, and those that follow it.
    let wake = |id| Wake {
        kind: match id % 3 {
            1 => WakeKind::Directory,
            _ => WakeKind::Journal,
        },
        id,
    };
    // The listening sessions come up in the background; from the first wake that crosses, every further one does.
    for (from, to) in [(0, 1), (1, 0)] {
        let crossed = async {
            loop {
                write_and_wake(&stores[from], Vec::new(), vec![wake(0)])
                    .await
                    .expect("sent");
                if tokio::time::timeout(Duration::from_millis(50), listeners[to].recv())
                    .await
                    .is_ok()
                {
                    break;
                }
            }
        };
        tokio::time::timeout(PATIENCE, crossed)
            .await
            .expect("the nodes hear each other");
    }
    for id in 1..=20 {
        let rows = vec![Write::Put(row(Table::Orders, &[1, id], 1, "{}"))];
        let store = &stores[usize::from(id % 2 == 0)];
        write_and_wake(store, rows, vec![wake(id), wake(id)])
            .await
            .expect("sent");
    }
    for store in &stores {
        write_and_wake(store, Vec::new(), vec![wake(99)])
            .await
            .expect("sent");
    }
    for (at, listener) in listeners.iter_mut().enumerate() {
        let mut heard = Vec::new();
        // The end is sent by both nodes.
        while heard.iter().filter(|id| **id == 99).count() < 2 {
            let wake = tokio::time::timeout(PATIENCE, listener.recv())
                .await
                .expect("the end is heard")
                .expect("the store is there");
            heard.push(wake.id);
        }
        for id in 1..=20 {
            let is_own = usize::from(id % 2 == 0) == at;
            // What a batch names twice is told twice at home; the server tells the others once.
            let expected = if is_own { 2 } else { 1 };
            let count = heard.iter().filter(|other| **other == id).count();
            assert_eq!(count, expected, "wake {id} at node {at}: {heard:?}");
        }
    }
}
