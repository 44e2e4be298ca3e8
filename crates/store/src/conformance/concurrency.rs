//! Many callers at once.

use std::sync::{Arc, Mutex};

use super::{Fixture, add, counter, get, put, row, select, set, take, work};
use crate::{Key, Row, Scan, Store, StoreError, Table, Write, Writes};

/// Callers at once in each case: more than any pool has workers.
const CALLERS: i64 = 24;

/// The merchant whose orders the winners of [`one_of_many_equal_inserts_wins`] write.
const WINNERS: i64 = 90;

/// Starts `CALLERS` tasks and waits for all.
async fn all_at_once<F>(task: impl Fn(i64) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let handles: Vec<_> = (0..CALLERS).map(|caller| tokio::spawn(task(caller))).collect();
    for handle in handles {
        handle.await.expect("the task succeeds");
    }
}

/// Read-modify-write on one row by many.
pub async fn counters_end_at_the_exact_sum(fixture: &dyn Fixture) {
    const ROUNDS: i64 = 20;
    let store = fixture.open().await;
    put(&*store, vec![counter(&[1, 1, 1], 1000)]).await.expect("put");
    all_at_once(|caller| {
        let store = Arc::clone(&store);
        async move {
            for _ in 0..ROUNDS {
                add(&*store, vec![vec![1, 1, 1], vec![1, 2, caller]], 1)
                    .await
                    .expect("add");
            }
        }
    })
    .await;
    let shared = get(&*store, Table::Counters, vec![vec![1, 1, 1]]).await;
    assert_eq!(shared, [counter(&[1, 1, 1], 1000 + CALLERS * ROUNDS)]);
    for caller in 0..CALLERS {
        let own = get(&*store, Table::Counters, vec![vec![1, 2, caller]]).await;
        assert_eq!(own, [counter(&[1, 2, caller], ROUNDS)]);
    }
}

/// The same on rows that nobody has created yet: there is nothing to lock, and still nothing may be lost.
pub async fn rows_created_by_many_at_once_are_exact(fixture: &dyn Fixture) {
    const ROUNDS: i64 = 15;
    let store = fixture.open().await;
    for round in 0..ROUNDS {
        all_at_once(|_| {
            let store = Arc::clone(&store);
            async move {
                add(&*store, vec![vec![1, round, 1], vec![1, round, 2]], 1)
                    .await
                    .expect("add");
            }
        })
        .await;
        let keys = vec![vec![1, round, 1], vec![1, round, 2]];
        let expected = [1, 2].map(|owner| counter(&[1, round, owner], CALLERS));
        assert_eq!(get(&*store, Table::Counters, keys).await, expected);
    }
}

/// Many callers that look for an idempotency key and insert it when it is missing: one inserts, all others find it.
pub async fn one_of_many_equal_inserts_wins(fixture: &dyn Fixture) {
    const ROUNDS: i64 = 10;
    let store = fixture.open().await;
    for round in 0..ROUNDS {
        let winners = Arc::new(Mutex::new(Vec::new()));
        all_at_once(|caller| {
            let (store, winners) = (Arc::clone(&store), Arc::clone(&winners));
            async move {
                let seen = find_or_insert(&*store, round, caller)
                    .await
                    .expect("find or insert");
                winners.lock().expect("not poisoned").push(seen);
            }
        })
        .await;
        let winners = take(&winners);
        assert_eq!(winners.len() as i64, CALLERS);
        assert!(winners.iter().all(|winner| *winner == winners[0]), "{winners:?}");
        let stored = get(&*store, Table::Keys, vec![vec![1, round, 1]]).await;
        assert_eq!(stored, [row(Table::Keys, &[1, round, 1], winners[0], "{}")]);
        // Without looking first, the constraint is what remains.
        let outcome = put(&*store, vec![row(Table::Keys, &[1, round, 1], 99, "{}")]).await;
        assert!(
            matches!(outcome, Err(StoreError::Duplicate { .. })),
            "{outcome:?}"
        );
    }
    let orders = Scan::new(Table::Orders, 100).equals("merchant_id", WINNERS);
    assert_eq!(select(&*store, orders).await.len() as i64, ROUNDS);
}

/// Returns the caller whose row is in the table afterwards.
async fn find_or_insert(store: &dyn Store, round: i64, caller: i64) -> Result<i64, StoreError> {
    let seen = Arc::new(Mutex::new(caller));
    let result = Arc::clone(&seen);
    let batch = work(move |transaction| {
        let result = Arc::clone(&result);
        Box::pin(async move {
            let found = transaction.get(Table::Keys, &[vec![1, round, 1]]).await?;
            let mut writes = Writes::default();
            match found.first() {
                Some(row) => set(&result, row.column("number")),
                None => {
                    set(&result, caller);
                    // Whoever wins writes to another table as well; whoever does not leaves nothing there.
                    let order = [WINNERS, round * CALLERS + caller];
                    writes.rows = vec![
                        Write::Put(row(Table::Keys, &[1, round, 1], caller, "{}")),
                        Write::Put(row(Table::Orders, &order, 1, "{}")),
                    ];
                }
            }
            Ok(writes)
        })
    });
    store.commit(batch).await.1?;
    Ok(take(&seen))
}

/// Changes of a few orders by many, each under a key that another one uses too, and every fourth of them given up after looking: what
/// stands in the orders, the keys and the journal afterwards is the same, and exact.
pub async fn keyed_changes_of_shared_orders_are_exact(fixture: &dyn Fixture) {
    const ROUNDS: i64 = 30;
    const ORDERS: i64 = 5;
    let store = fixture.open().await;
    // A program with a number may go by what it knows of its own rows.
    store.node().await.expect("node");
    let orders: Vec<Key> = (0..ORDERS).map(|id| vec![1, id]).collect();
    let opened = orders.iter().map(|key| row(Table::Orders, key, 1, "0"));
    put(&*store, opened.collect()).await.expect("put");
    all_at_once(|caller| {
        let store = Arc::clone(&store);
        async move {
            for round in 0..ROUNDS {
                let order = vec![1, (caller / 2 + round) % ORDERS];
                let key = vec![1, round, caller / 2];
                let gives_up = (caller + round) % 4 == 0;
                change_once(&*store, order, key, gives_up).await.expect("changed");
            }
        }
    })
    .await;
    let keys = (0..CALLERS / 2).flat_map(|pair| (0..ROUNDS).map(move |round| vec![1, round, pair]));
    let found = get(&*store, Table::Keys, keys.collect()).await;
    let expected = (0..CALLERS / 2).flat_map(|pair| (0..ROUNDS).map(move |round| (pair, round)));
    // Of each pair one at most has given up.
    assert_eq!(found.len(), expected.clone().count());
    for (order, key) in (0..).zip(&orders) {
        let of_order = expected
            .clone()
            .filter(|(pair, round)| (pair + round) % ORDERS == order);
        let changes = i64::try_from(of_order.count()).expect("few");
        let stands = get(&*store, Table::Orders, vec![key.clone()]).await;
        assert_eq!(stands[0].doc, changes.to_string(), "order {order}");
        let entries = (0..=changes + 1).map(|seq| vec![1, order, seq]).collect();
        assert_eq!(get(&*store, Table::Journal, entries).await.len() as i64, changes);
    }
}

/// Adds one to an order's document and an entry to its journal, unless the key was used before or it gives up.
async fn change_once(store: &dyn Store, order: Key, key: Key, gives_up: bool) -> Result<(), StoreError> {
    let batch = work(move |transaction| {
        let (order, key) = (order.clone(), key.clone());
        Box::pin(async move {
            let wanted = [
                (Table::Orders, vec![order.clone()]),
                (Table::Keys, vec![key.clone()]),
            ];
            let found = transaction.get_all(&wanted).await?;
            let mut writes = Writes::default();
            if !found[1].is_empty() || gives_up {
                return Ok(writes);
            }
            let number = found[0][0].doc.parse::<i64>().expect("a number") + 1;
            writes.rows = vec![
                Write::Put(row(Table::Orders, &order, 1, &number.to_string())),
                Write::Insert(row(Table::Keys, &key, 1, "{}")),
                Write::Insert(row(Table::Journal, &[1, order[1], number], 1, "{}")),
            ];
            Ok(writes)
        })
    });
    store.commit(batch).await.1
}

/// Batches over the same rows in different orders: none is lost, and none waits for another in a ring. A few even
/// read their rows one by one, where a ring is unavoidable; those are resolved, at the price of a pause.
pub async fn crossing_batches_all_commit(fixture: &dyn Fixture) {
    const ROUNDS: i64 = 10;
    const RING_ROUNDS: i64 = 2;
    let store = fixture.open().await;
    let keys: Vec<Vec<i64>> = (0..8).map(|name| vec![1, name, 0]).collect();
    put(&*store, keys.iter().map(|key| counter(key, 0)).collect())
        .await
        .expect("put");
    all_at_once(|caller| {
        let (store, mut keys) = (Arc::clone(&store), keys.clone());
        async move {
            for _ in 0..ROUNDS {
                if caller % 2 == 0 {
                    keys.reverse();
                } else {
                    keys.rotate_left(3);
                }
                add(&*store, keys.clone(), 1).await.expect("add");
            }
        }
    })
    .await;
    let ring = (0..2).map(|caller| {
        let (store, mut keys) = (Arc::clone(&store), keys.clone());
        if caller == 1 {
            keys.reverse();
        }
        tokio::spawn(async move {
            for _ in 0..RING_ROUNDS {
                add_one_by_one(&*store, keys.clone())
                    .await
                    .expect("add one by one");
            }
        })
    });
    for handle in ring.collect::<Vec<_>>() {
        handle.await.expect("the task succeeds");
    }
    let found = get(&*store, Table::Counters, keys.clone()).await;
    let sum = CALLERS * ROUNDS + 2 * RING_ROUNDS;
    let expected: Vec<Row> = keys.iter().map(|key| counter(key, sum)).collect();
    assert_eq!(found, expected);
}

async fn add_one_by_one(store: &dyn Store, keys: Vec<Vec<i64>>) -> Result<(), StoreError> {
    let batch = work(move |transaction| {
        let keys = keys.clone();
        Box::pin(async move {
            let mut writes = Writes::default();
            for key in keys {
                let found = transaction
                    .get(Table::Counters, std::slice::from_ref(&key))
                    .await?;
                let value = found.first().map_or(0, |row| row.column("value"));
                writes.rows.push(Write::Put(counter(&key, value + 1)));
            }
            Ok(writes)
        })
    });
    store.commit(batch).await.1
}

/// While a writer moves an amount between two rows, every read finds the same sum, though it looks at them one
/// after the other.
pub async fn reads_see_one_snapshot(fixture: &dyn Fixture) {
    const MOVES: i64 = 200;
    const TOTAL: i64 = 1_000_000;
    let store = fixture.open().await;
    put(&*store, vec![counter(&[1, 1, 1], TOTAL), counter(&[1, 1, 2], 0)])
        .await
        .expect("put");
    let writer = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            for done in 1..=MOVES {
                let rows = vec![counter(&[1, 1, 1], TOTAL - done), counter(&[1, 1, 2], done)];
                put(&*store, rows).await.expect("put");
            }
        }
    });
    let mut last_seen = 0;
    let mut reads: u32 = 0;
    while last_seen < MOVES {
        let (first, second, again) = read_pair(&*store).await;
        assert_eq!(first + second, TOTAL, "after {reads} reads");
        assert_eq!(second, again, "a second look at a row sees the same");
        assert!(second >= last_seen, "a later read sees no earlier state");
        last_seen = second;
        reads += 1;
    }
    writer.await.expect("the writer succeeds");
    assert!(reads > 1, "reads went on beside the writer");
}

async fn read_pair(store: &dyn Store) -> (i64, i64, i64) {
    let seen = Arc::new(Mutex::new((0, 0, 0)));
    let result = Arc::clone(&seen);
    let batch = work(move |transaction| {
        let result = Arc::clone(&result);
        Box::pin(async move {
            let first = transaction.get(Table::Counters, &[vec![1, 1, 1]]).await?;
            let second = transaction.get(Table::Counters, &[vec![1, 1, 2]]).await?;
            let scan = Scan::new(Table::Counters, 1).equals("owner_id", 2);
            let again = transaction.scan(&scan).await?;
            let value = |rows: &[Row]| rows.first().map_or(-1, |row| row.column("value"));
            set(&result, (value(&first), value(&second), value(&again)));
            Ok(Writes::default())
        })
    });
    store.read(batch).await.1.expect("the read succeeds");
    take(&seen)
}

/// What has been acknowledged is there for whoever asks next.
pub async fn a_commit_is_visible_when_it_returns(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    all_at_once(|caller| {
        let store = Arc::clone(&store);
        async move {
            for id in 0..10 {
                let stored = row(Table::Cases, &[caller, id], id, "{}");
                put(&*store, vec![stored.clone()]).await.expect("put");
                assert_eq!(get(&*store, Table::Cases, vec![vec![caller, id]]).await, [stored]);
            }
        }
    })
    .await;
}
