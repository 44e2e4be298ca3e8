//! A batch that fails in any way leaves nothing behind, and the store goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::{Fixture, get, key, put, row, select, work, write};
use crate::{Row, Scan, Store, StoreError, Table, Write, Writes};

/// Asserts that no table has a row of this merchant (or, for credentials, with this first key column).
async fn assert_no_trace(store: &dyn Store, first: i64) {
    for table in Table::ALL {
        let column = table.spec().columns[0];
        assert_eq!(
            select(store, Scan::new(table, 10).equals(column, first)).await,
            []
        );
    }
}

/// A row of every table for this merchant.
fn one_of_each(first: i64) -> Vec<Row> {
    Table::ALL
        .map(|table| row(table, &key(table, first, 1), 1, "{}"))
        .to_vec()
}

/// An existing key on an insert-only table refuses the whole batch, wherever in it the duplicate stands.
pub async fn duplicates_write_nothing(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    for table in Table::ALL.into_iter().filter(|table| table.spec().insert_only) {
        let existing = row(table, &key(table, 50, 1), 1, "{}");
        put(&*store, vec![existing.clone()]).await.expect("put");
        for at in [0, 6, 13] {
            let mut rows = one_of_each(60);
            rows.insert(at, row(table, existing.key(), 2, r#"{"other":true}"#));
            let outcome = put(&*store, rows).await;
            assert!(
                matches!(outcome, Err(StoreError::Duplicate { table: name }) if name == table.spec().name),
                "{outcome:?}"
            );
            assert_no_trace(&*store, 60).await;
        }
        assert_eq!(
            get(&*store, table, vec![existing.key().to_vec()]).await,
            [existing]
        );
    }
    // Exactly the same row is a duplicate, too: replays are decided above the store.
    let entry = row(Table::Journal, &[1, 1, 1], 1, "{}");
    put(&*store, vec![entry.clone()]).await.expect("put");
    let outcome = put(&*store, vec![entry]).await;
    assert!(
        matches!(outcome, Err(StoreError::Duplicate { .. })),
        "{outcome:?}"
    );
}

/// Two writes of one key in one batch have no defined order.
pub async fn one_key_twice_is_refused(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    for table in Table::ALL {
        let same = key(table, 60, 9);
        let first = Write::Put(row(table, &same, 1, "{}"));
        for second in [
            Write::Put(row(table, &same, 2, "{}")),
            Write::Delete(table, same.clone()),
        ] {
            let mut writes: Vec<Write> = one_of_each(60).into_iter().map(Write::Put).collect();
            writes.insert(0, first.clone());
            writes.push(second);
            let outcome = write(&*store, writes).await;
            let is_refused = match &outcome {
                Err(StoreError::Duplicate { table: name }) => {
                    table.spec().insert_only && *name == table.spec().name
                }
                Err(StoreError::Internal(_)) => !table.spec().insert_only,
                _ => false,
            };
            assert!(is_refused, "{}: {outcome:?}", table.spec().name);
            assert_no_trace(&*store, 60).await;
        }
    }
}

/// What no backend could store is refused by all, before anything is written.
pub async fn malformed_rows_are_refused(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let good = row(Table::Orders, &[60, 1], 1, "{}");
    let mut short = good.clone();
    short.columns.pop();
    let mut long = good.clone();
    long.columns.push(1);
    let mut nul = good.clone();
    nul.doc = "a\0b".to_owned();
    let mut documented = row(Table::Counters, &[60, 1, 1], 1, "");
    documented.doc = "{}".to_owned();
    let bad = [
        Write::Put(short),
        Write::Put(long),
        Write::Put(nul),
        Write::Put(documented),
        Write::Delete(Table::Orders, vec![60]),
        Write::Delete(Table::Orders, vec![60, 1, 1]),
    ];
    for change in bad {
        let mut writes = vec![Write::Put(row(Table::Directory, &[60, 1, 1], 1, "{}")), change];
        writes.push(Write::Put(row(Table::Cases, &[60, 1], 1, "{}")));
        let outcome = write(&*store, writes).await;
        assert!(matches!(outcome, Err(StoreError::Internal(_))), "{outcome:?}");
        assert_no_trace(&*store, 60).await;
    }
    for keys in [vec![vec![60]], vec![vec![60, 1, 1]], vec![vec![60, 1], vec![]]] {
        let batch = work(move |transaction| {
            let keys = keys.clone();
            Box::pin(async move {
                transaction.get(Table::Orders, &keys).await?;
                Ok(Writes::default())
            })
        });
        let outcome = store.read(batch).await.1;
        assert!(matches!(outcome, Err(StoreError::Internal(_))), "{outcome:?}");
    }
    for scan in [
        Scan::new(Table::Orders, 1).equals("no_such", 1),
        Scan::new(Table::Orders, 1).order_by("no_such", crate::Direction::Ascending),
    ] {
        let batch = work(move |transaction| {
            let scan = scan.clone();
            Box::pin(async move {
                transaction.scan(&scan).await?;
                Ok(Writes::default())
            })
        });
        let outcome = store.read(batch).await.1;
        assert!(matches!(outcome, Err(StoreError::Internal(_))), "{outcome:?}");
    }
    put(&*store, vec![good]).await.expect("the store goes on");
}

/// An error of the batch reaches its caller unchanged, and is not retried unless it says so.
pub async fn an_erring_batch_writes_nothing(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let batch = work(move |transaction| {
        let counted = Arc::clone(&counted);
        Box::pin(async move {
            counted.fetch_add(1, Ordering::SeqCst);
            transaction.get(Table::Orders, &[vec![60, 1]]).await?;
            Err(StoreError::Internal("the batch's own words".to_owned()))
        })
    });
    let (mut batch, outcome) = store.commit(batch).await;
    assert!(
        matches!(&outcome, Err(StoreError::Internal(text)) if text == "the batch's own words"),
        "{outcome:?}"
    );
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_no_trace(&*store, 60).await;
    // The batch that came back is the one that went in: it runs again.
    for _ in 0..2 {
        batch = store.commit(batch).await.0;
    }
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    put(&*store, one_of_each(61)).await.expect("the store goes on");
}

/// A panic inside a batch, before or after its reads, is an error of that batch alone.
pub async fn a_panicking_batch_writes_nothing(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    for reads_first in [false, true] {
        let make = || {
            work(move |transaction| {
                Box::pin(async move {
                    if reads_first {
                        transaction.get(Table::Orders, &[vec![60, 1]]).await?;
                    }
                    panic!("a panic made by the conformance suite")
                })
            })
        };
        let outcome = store.commit(make()).await.1;
        assert!(matches!(outcome, Err(StoreError::Internal(_))), "{outcome:?}");
        let outcome = store.read(make()).await.1;
        assert!(matches!(outcome, Err(StoreError::Internal(_))), "{outcome:?}");
        assert_no_trace(&*store, 60).await;
    }
    // Every worker of the backend has to be alive: more commits and reads than it has.
    for id in 0..16 {
        put(&*store, vec![row(Table::Orders, &[1, id], 1, "{}")])
            .await
            .expect("commit");
        assert_eq!(get(&*store, Table::Orders, vec![vec![1, id]]).await.len(), 1);
    }
}

/// Reading is for reading.
pub async fn a_reading_batch_cannot_write(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let batch = work(|_| {
        Box::pin(async move {
            Ok(Writes {
                rows: one_of_each(60).into_iter().map(Write::Put).collect(),
                wakes: Vec::new(),
            })
        })
    });
    let outcome = store.read(batch).await.1;
    assert!(matches!(outcome, Err(StoreError::Internal(_))), "{outcome:?}");
    assert_no_trace(&*store, 60).await;
}

/// A caller that goes away at any moment leaves its batch written whole or not at all.
pub async fn a_dropped_commit_is_all_or_nothing(fixture: &dyn Fixture) {
    const CALLS: i64 = 60;
    let store = fixture.open().await;
    for id in 0..CALLS {
        let rows = vec![
            row(Table::Orders, &[1, id], 1, "{}"),
            row(Table::Journal, &[1, id, 1], 1, "{}"),
            row(Table::Counters, &[1, id, 1], 1, ""),
        ];
        let commit = put(&*store, rows);
        // From "dropped at the first wait" to "surely finished".
        let patience = Duration::from_micros(u64::try_from(id).expect("small") * 100);
        let _ = tokio::time::timeout(patience, commit).await;
    }
    // Commits still under way when their callers left are behind these in no queue, so every snapshot must be
    // whole, whenever it is taken.
    for _ in 0..10 {
        let counts = snapshot_counts(&*store).await;
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
        put(&*store, vec![row(Table::Cases, &[1, 1], 1, "{}")])
            .await
            .expect("the store goes on");
    }
}

async fn snapshot_counts(store: &dyn Store) -> [u64; 3] {
    let found = Arc::new(std::sync::Mutex::new([0; 3]));
    let result = Arc::clone(&found);
    let batch = work(move |transaction| {
        let result = Arc::clone(&result);
        Box::pin(async move {
            let mut counts = [0; 3];
            for (count, table) in counts
                .iter_mut()
                .zip([Table::Orders, Table::Journal, Table::Counters])
            {
                *count = transaction.count(&Scan::new(table, 1000)).await?;
            }
            super::set(&result, counts);
            Ok(Writes::default())
        })
    });
    store.read(batch).await.1.expect("the read succeeds");
    super::take(&found)
}
