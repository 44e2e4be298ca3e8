//! The server goes away, comes back, hangs, or is cut off.

use std::time::{Duration, Instant};

use tender_store::conformance::{add, counter, get, put, row, work, write_and_wake};
use tender_store::{FeedPosition, Row, Store, StoreError, Table, Wake, WakeKind, Write, Writes};
use tender_testkit::postgres::{Cluster, Stop};

use super::proxy::{Cut, Proxy};
use super::{OneNode, one_writer};
use crate::{PostgresOptions, PostgresStore};

const PATIENCE: Duration = Duration::from_secs(30);

fn order(id: i64) -> Row {
    row(Table::Orders, &[1, id], 1, "{}")
}

async fn is_stored(store: &PostgresStore, id: i64) -> bool {
    !get(store, Table::Orders, vec![vec![1, id]]).await.is_empty()
}

/// Tries until it works; a server that is away answers in the meantime.
async fn put_eventually(store: &PostgresStore, id: i64) {
    let attempts = async {
        loop {
            match put(store, vec![order(id)]).await {
                Ok(()) => break,
                Err(StoreError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(other) => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, attempts)
        .await
        .expect("the store comes back");
}

/// What was acknowledged is there after a crash of the server; meanwhile callers are told, and nobody hangs.
#[tokio::test(flavor = "multi_thread")]
async fn the_store_comes_back_with_the_server() {
    let cluster = Cluster::new();
    let database = OneNode::on(cluster.clone(), PostgresOptions::default()).await;
    let store = database.start().await;
    assert_eq!(store.node().await.expect("node").node, 0);
    put(&store, vec![order(1), row(Table::Journal, &[1, 1, 1], 1, "{}")])
        .await
        .expect("put");
    for (round, how) in [(2, Stop::Immediate), (3, Stop::Fast)] {
        cluster.stop(how);
        for _ in 0..3 {
            let outcome = tokio::time::timeout(PATIENCE, put(&store, vec![order(99)])).await;
            assert!(
                matches!(outcome, Ok(Err(StoreError::Unavailable(_)))),
                "{outcome:?}"
            );
        }
        let outcome = store.feed(1, FeedPosition::default(), 10).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
        let outcome = store.check_writable().await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
        cluster.start();
        put_eventually(&store, round).await;
        let readable = async {
            while store.feed(1, FeedPosition::default(), 10).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, readable)
            .await
            .expect("the feed comes back");
    }
    let fresh = database.start().await;
    for id in 1..=3 {
        assert!(is_stored(&fresh, id).await, "order {id}");
    }
    assert!(!is_stored(&fresh, 99).await);
}

/// Sessions that the server has ended are replaced without the callers' noticing, the listening one included.
#[tokio::test(flavor = "multi_thread")]
async fn ended_sessions_are_replaced() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let store = database.start().await;
    let other = database.start().await;
    for id in 0..5 {
        put(&store, vec![order(id)]).await.expect("put");
        assert!(is_stored(&store, id).await);
        let session = database.session().await;
        session
            .client()
            .batch_execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .await
            .expect("ended");
    }
    let mut wakes = store.wakes();
    let heard = async {
        loop {
            let wake = Wake {
                kind: WakeKind::Task,
                id: 7,
            };
            let sent = tender_store::conformance::write_and_wake(&other, Vec::new(), vec![wake]).await;
            sent.expect("sent");
            if tokio::time::timeout(Duration::from_millis(50), wakes.recv())
                .await
                .is_ok()
            {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard)
        .await
        .expect("it listens again");
}

/// A store whose every byte goes over a wire that can be cut, and one that goes directly.
async fn wired() -> (OneNode, Proxy, PostgresStore, PostgresStore) {
    wired_with(one_writer()).await
}

async fn wired_with(options: PostgresOptions) -> (OneNode, Proxy, PostgresStore, PostgresStore) {
    let database = OneNode::new(PostgresOptions::default()).await;
    let proxy = Proxy::to(database.cluster.socket()).await;
    let store = PostgresStore::connect(&proxy.url(database.url()), options)
        .await
        .expect("the store connects");
    put(&store, vec![counter(&[1, 1, 1], 0)]).await.expect("put");
    let direct = database.start().await;
    (database, proxy, store, direct)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_while_committing_leaves_the_outcome_unknown() {
    let (_database, proxy, store, direct) = wired().await;
    for (cut, expected) in [(Cut::BeforeCommit, 0), (Cut::AfterCommit, 1)] {
        proxy.cut(cut);
        let outcome = add(&store, vec![vec![1, 1, 1]], 1).await;
        assert!(
            matches!(outcome, Err(StoreError::OutcomeUnknown(_))),
            "{cut:?}: {outcome:?}"
        );
        assert!(!proxy.is_armed());
        let found = get(&direct, Table::Counters, vec![vec![1, 1, 1]]).await;
        assert_eq!(found, [counter(&[1, 1, 1], expected)], "{cut:?}");
    }
    add(&store, vec![vec![1, 1, 1]], 1)
        .await
        .expect("the next one works");
}

/// Whoever asks again is answered from what stands, and wakes nobody any more.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_committed_is_told_to_other_nodes() {
    let (_database, proxy, store, direct) = wired().await;
    let mut heard = direct.wakes();
    let wake = Wake {
        kind: WakeKind::Task,
        id: 7,
    };
    proxy.cut(Cut::AfterCommit);
    let outcome = write_and_wake(&store, vec![Write::Put(order(1))], vec![wake]).await;
    assert!(
        matches!(outcome, Err(StoreError::OutcomeUnknown(_))),
        "{outcome:?}"
    );
    assert_eq!(heard.recv().await, Ok(wake));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_broke_before_is_replaced_and_the_batch_runs_once() {
    let (_database, proxy, store, direct) = wired().await;
    for expected in 1..=3 {
        proxy.cut(Cut::BeforeBegin);
        add(&store, vec![vec![1, 1, 1]], 1)
            .await
            .expect("the batch ran on a fresh session");
        assert!(!proxy.is_armed());
        let found = get(&direct, Table::Counters, vec![vec![1, 1, 1]]).await;
        assert_eq!(found, [counter(&[1, 1, 1], expected)]);
    }
}

/// A server that hangs is given up after a while; what was not a commit is run again elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_is_never_answered_costs_a_bounded_wait() {
    let answer_timeout = Duration::from_secs(1);
    let (_database, proxy, store, direct) = wired_with(PostgresOptions {
        answer_timeout,
        ..one_writer()
    })
    .await;
    for (cut, is_known, expected) in [(Cut::SilentBegin, true, 1), (Cut::SilentCommit, false, 1)] {
        proxy.cut(cut);
        let asked = Instant::now();
        let outcome = tokio::time::timeout(PATIENCE, add(&store, vec![vec![1, 1, 1]], 1)).await;
        let took = asked.elapsed();
        assert!(
            took >= answer_timeout && took < answer_timeout * 10,
            "{cut:?}: {took:?}"
        );
        match outcome.expect("an answer") {
            Ok(()) if is_known => {}
            Err(StoreError::OutcomeUnknown(_)) if !is_known => {}
            other => panic!("{cut:?}: {other:?}"),
        }
        assert!(!proxy.is_armed());
        let found = get(&direct, Table::Counters, vec![vec![1, 1, 1]]).await;
        assert_eq!(found, [counter(&[1, 1, 1], expected)], "{cut:?}");
    }
}

/// A row that somebody holds for ever costs the caller a bounded wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_never_released_is_an_answer() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let store = database.start().await;
    put(&store, vec![order(1)]).await.expect("put");
    let hanging = database.session().await;
    hanging
        .client()
        .batch_execute("BEGIN; SELECT 1 FROM orders FOR UPDATE")
        .await
        .expect("locked");
    let outcome = tokio::time::timeout(PATIENCE, put(&store, vec![order(1)])).await;
    assert!(
        matches!(outcome, Ok(Err(StoreError::Unavailable(_)))),
        "{outcome:?}"
    );
    hanging
        .client()
        .batch_execute("ROLLBACK")
        .await
        .expect("released");
    put(&store, vec![order(1)]).await.expect("put");
}

/// A batch that hides a failed read from its caller must not look committed.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_swallows_a_failure_is_refused() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let store = database.start().await;
    put(&store, vec![order(1)]).await.expect("put");
    let hanging = database.session().await;
    hanging
        .client()
        .batch_execute("BEGIN; SELECT 1 FROM orders FOR UPDATE")
        .await
        .expect("locked");
    let batch = work(|transaction| {
        Box::pin(async move {
            let outcome = transaction.get(Table::Orders, &[vec![1, 1]]).await;
            assert!(outcome.is_err(), "the row is locked");
            Ok(Writes::default())
        })
    });
    let outcome = store.commit(batch).await.1;
    assert!(matches!(outcome, Err(StoreError::Internal(_))), "{outcome:?}");
}
