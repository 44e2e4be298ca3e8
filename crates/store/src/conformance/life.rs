//! Opening, closing, checking and waking.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::{Fixture, counter, get, key, put, row, select, write_and_wake};
use crate::{
    Batch, BoxFuture, FeedPosition, Lane, Row, Scan, Source, Sourced, StoreError, Table, Transaction, Wake,
    WakeKind, Write, Writes,
};

/// How long to wait for what has to happen some time. Generous, because a loaded machine is slow.
const PATIENCE: Duration = Duration::from_secs(20);

/// Everything written is there after the store was dropped and opened again, and the feed goes on where it was.
pub async fn reopening_keeps_the_data(fixture: &dyn Fixture) {
    let rows: Vec<Row> = Table::ALL
        .map(|table| row(table, &key(table, 1, 1), 5, r#"{"kept":true}"#))
        .to_vec();
    let store = fixture.open().await;
    put(&*store, rows.clone()).await.expect("put");
    let before = store.feed(1, FeedPosition::default(), 10).await.expect("feed");
    drop(store);
    for round in 2..4 {
        let store = fixture.open().await;
        for expected in &rows {
            let found = get(&*store, expected.table, vec![expected.key().to_vec()]).await;
            assert_eq!(found, std::slice::from_ref(expected));
        }
        put(&*store, vec![row(Table::Journal, &[1, 1, round], 1, "{}")])
            .await
            .expect("put");
        let after = store.feed(1, FeedPosition::default(), 10).await.expect("feed");
        assert!(after.starts_with(&before));
        assert_eq!(after.len() as i64, round);
        drop(store);
    }
}

/// The first to ask gets node 0 and keeps it; it is free again some time after the store was dropped.
pub async fn the_first_node_is_zero(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    for _ in 0..2 {
        assert_eq!(store.node().await.expect("node").node, 0);
    }
    drop(store);
    let again = async {
        while fixture.open().await.node().await.expect("node").node != 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, again)
        .await
        .expect("node 0 is given back");
}

/// The writability check answers, and leaves nothing behind.
pub async fn the_check_leaves_nothing(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    for _ in 0..3 {
        store.check_writable().await.expect("writable");
    }
    for table in Table::ALL {
        assert_eq!(select(&*store, Scan::new(table, 10)).await, []);
    }
}

/// Wakes of commits reach every listener; those of a batch that wrote nothing reach none.
pub async fn wakes_are_heard(fixture: &dyn Fixture) {
    const KINDS: [WakeKind; 4] = [
        WakeKind::Task,
        WakeKind::Delivery,
        WakeKind::Journal,
        WakeKind::Directory,
    ];
    let store = fixture.open().await;
    let mut listeners = [store.wakes(), store.wakes()];
    let refused = Wake {
        kind: WakeKind::Task,
        id: 666,
    };
    let duplicate = row(Table::Keys, &[1, 1, 1], 1, "{}");
    put(&*store, vec![duplicate.clone()]).await.expect("put");
    let outcome = write_and_wake(&*store, vec![Write::Put(duplicate)], vec![refused]).await;
    assert!(
        matches!(outcome, Err(StoreError::Duplicate { .. })),
        "{outcome:?}"
    );

    let sent: Vec<Wake> = KINDS
        .into_iter()
        .zip([0, i64::MAX, i64::MIN, -1])
        .map(|(kind, id)| Wake { kind, id })
        .collect();
    let rows = vec![Write::Put(row(Table::Cases, &[1, 1], 1, "{}"))];
    write_and_wake(&*store, rows, sent.clone()).await.expect("commit");
    for listener in &mut listeners {
        let mut missing = sent.clone();
        while !missing.is_empty() {
            let heard = tokio::time::timeout(PATIENCE, listener.recv())
                .await
                .unwrap_or_else(|_| panic!("never heard of {missing:?}"))
                .expect("the store is there");
            assert_ne!(heard, refused, "nothing was committed");
            missing.retain(|wake| *wake != heard);
        }
    }
}

/// A batch that has nothing to write is committed like any other.
pub async fn empty_batches_commit(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    put(&*store, Vec::new()).await.expect("commit");
    put(&*store, vec![row(Table::Cases, &[1, 1], 1, "{}")])
        .await
        .expect("commit");
    put(&*store, Vec::new()).await.expect("commit");
    assert_eq!(select(&*store, Scan::new(Table::Cases, 10)).await.len(), 1);
}

/// A batch that writes a counter, and whoever waits for its end.
struct Single(i64, oneshot::Sender<Result<(), StoreError>>);

impl Batch for Single {
    fn run<'a>(
        &'a mut self,
        _transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        let writes = Writes {
            rows: vec![Write::Put(counter(&[1, 1, self.0], 1))],
            wakes: Vec::new(),
        };
        Box::pin(async { Ok(writes) })
    }
}

impl Sourced for Single {
    fn ended(self: Box<Self>, outcome: Result<(), StoreError>) {
        let _ = self.1.send(outcome);
    }
}

/// A source of one batch and no more.
#[derive(Debug, Default)]
struct Last(Mutex<Option<Single>>);

impl std::fmt::Debug for Single {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Single").field(&self.0).finish()
    }
}

impl Source for Last {
    fn next(&self, _lane: Lane) -> BoxFuture<'_, Option<Box<dyn Sourced>>> {
        Box::pin(async {
            let single = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
            single.map(|single| Box::new(single) as Box<dyn Sourced>)
        })
    }
}

/// A batch that hears of its end and panics.
struct Fragile(Single);

impl Batch for Fragile {
    fn run<'a>(
        &'a mut self,
        transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        self.0.run(transaction)
    }
}

impl Sourced for Fragile {
    fn ended(self: Box<Self>, outcome: Result<(), StoreError>) {
        Box::new(self.0).ended(outcome);
        panic!("a panic made by the conformance suite");
    }
}

/// A source of such batches, one after the other.
#[derive(Debug)]
struct Fragiles(Mutex<Vec<Single>>);

impl Source for Fragiles {
    fn next(&self, _lane: Lane) -> BoxFuture<'_, Option<Box<dyn Sourced>>> {
        Box::pin(async {
            let single = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
            single.map(|single| Box::new(Fragile(single)) as Box<dyn Sourced>)
        })
    }
}

/// Nobody's panic ends a writer: more batches than there are writers are run.
pub async fn a_panic_at_the_end_of_a_batch_is_its_own(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let (batches, answers): (Vec<_>, Vec<_>) = (0..16)
        .map(|round| {
            let (reply, answer) = oneshot::channel();
            (Single(round, reply), answer)
        })
        .unzip();
    store.serve(Arc::new(Fragiles(Mutex::new(batches))));
    for answer in answers {
        let ended = tokio::time::timeout(PATIENCE, answer).await.expect("in time");
        ended.expect("an answer").expect("committed");
    }
    put(&*store, vec![counter(&[1, 2, 1], 1)]).await.expect("put");
}

/// What a source gives is committed before its end is told. One that has no more leaves the store at work, for others too.
pub async fn sources_come_and_go(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    for round in 1..4 {
        let rounds = [10 * round, 10 * round + 1];
        let answers = rounds.map(|round| {
            let (reply, answer) = oneshot::channel();
            store.serve(Arc::new(Last(Mutex::new(Some(Single(round, reply))))));
            answer
        });
        for answer in answers {
            let ended = tokio::time::timeout(PATIENCE, answer).await.expect("in time");
            ended.expect("an answer").expect("committed");
        }
        let found = get(
            &*store,
            Table::Counters,
            rounds.map(|round| vec![1, 1, round]).into(),
        )
        .await;
        assert_eq!(found, rounds.map(|round| counter(&[1, 1, round], 1)));
        put(&*store, vec![counter(&[1, 2, round], 1)]).await.expect("put");
    }
}
