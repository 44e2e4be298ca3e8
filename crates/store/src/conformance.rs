//! What every backend must do, as tests that know none of them.
//!
//! A backend runs the whole suite with one line, [`crate::conformance_tests!`], so that a case added here covers
//! all of them. A case gets a [`Fixture`] over an empty database of its own, and panics when the backend is wrong.
//!
//! Beyond the words of [`Store`] the suite settles what the backends agree on:
//! * `get` answers each row once, in key order, whatever was asked.
//! * A batch that found a key missing and then writes it is run again when another transaction has written that
//!   key in between. So read-modify-write is exact for rows that do not exist yet, too.
//! * Scans and counts are not protected in that way: a batch must not rely on a scan to prove that there is no row.
//! * A batch that names one key of a table twice is refused, as [`StoreError::Duplicate`] where rows are never
//!   replaced and as [`StoreError::Internal`] elsewhere. A malformed row or key is `Internal`.
//! * Documents hold any text but the NUL character, which JSON writes as an escape anyway.
//! * `read` ignores the lock of a scan.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{Batch, BoxFuture, Key, Row, Scan, Store, StoreError, Table, Transaction, Wake, Write, Writes};

pub mod concurrency;
pub mod failures;
pub mod feed;
pub mod life;
pub mod plans;
pub mod rows;
pub mod scans;
pub mod served;

/// One database, made empty for one case and deleted with the fixture.
pub trait Fixture: Send + Sync {
    /// Opens a store on it. A case that opens it again has dropped the first store.
    fn open(&self) -> BoxFuture<'_, Arc<dyn Store>>;
}

/// Makes tests of all cases. `$fixture` is an async function without arguments that returns a
/// [`Fixture`](crate::conformance::Fixture).
///
/// With the fixture alone there is one `#[tokio::test]` per case. With `in one test NAME` there is one for all,
/// which prints the case it is at: for backends whose environment is slow to start.
#[macro_export]
macro_rules! conformance_tests {
    ($fixture:path) => {
        $crate::conformance_tests! { @list (each $fixture) }
    };
    ($fixture:path, in one test $name:ident) => {
        $crate::conformance_tests! { @list (one $fixture, $name) }
    };
    (@list $how:tt) => {
        $crate::conformance_tests! { @make $how
            rows::every_table_stores_replaces_and_deletes,
            rows::get_answers_each_row_once_in_key_order,
            rows::several_gets_and_peeks_answer_as_single_ones,
            rows::a_new_row_that_is_there_already_is_a_duplicate_on_every_table,
            rows::one_batch_writes_every_table,
            rows::large_batches_are_written_whole,
            rows::documents_keep_every_character,
            rows::documents_of_a_megabyte,
            rows::columns_hold_the_extremes,
            scans::conditions_order_and_limit,
            scans::random_scans_match_a_model,
            scans::counts_stop_at_the_limit,
            scans::locking_scans_in_commits,
            failures::duplicates_write_nothing,
            failures::one_key_twice_is_refused,
            failures::malformed_rows_are_refused,
            failures::an_erring_batch_writes_nothing,
            failures::a_panicking_batch_writes_nothing,
            failures::a_reading_batch_cannot_write,
            failures::a_dropped_commit_is_all_or_nothing,
            concurrency::counters_end_at_the_exact_sum,
            concurrency::rows_created_by_many_at_once_are_exact,
            concurrency::one_of_many_equal_inserts_wins,
            concurrency::keyed_changes_of_shared_orders_are_exact,
            concurrency::crossing_batches_all_commit,
            concurrency::reads_see_one_snapshot,
            concurrency::a_commit_is_visible_when_it_returns,
            feed::entries_come_in_commit_order,
            feed::pages_follow_each_other,
            feed::nothing_is_skipped_under_concurrent_commits,
            life::reopening_keeps_the_data,
            life::the_first_node_is_zero,
            life::the_check_leaves_nothing,
            life::wakes_are_heard,
            life::empty_batches_commit,
            life::sources_come_and_go,
            life::a_panic_at_the_end_of_a_batch_is_its_own,
        }
    };
    (@make (each $fixture:path) $($module:ident :: $case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let fixture = $fixture().await;
                $crate::conformance::$module::$case(&fixture).await;
            }
        )*
    };
    (@make (one $fixture:path, $name:ident) $($module:ident :: $case:ident),* $(,)?) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            $(
                println!("{}", stringify!($case));
                let fixture = $fixture().await;
                $crate::conformance::$module::$case(&fixture).await;
            )*
        }
    };
}

/// A batch made of a closure, which is called once per run.
struct Work<F>(F);

impl<F> Batch for Work<F>
where
    F: for<'a> FnMut(&'a mut dyn Transaction) -> BoxFuture<'a, Result<Writes, StoreError>> + Send,
{
    fn run<'a>(
        &'a mut self,
        transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        (self.0)(transaction)
    }
}

/// Makes a batch of a closure.
pub fn work<F>(body: F) -> Box<dyn Batch>
where
    F: for<'a> FnMut(&'a mut dyn Transaction) -> BoxFuture<'a, Result<Writes, StoreError>> + Send + 'static,
{
    Box::new(Work(body))
}

/// Commits these changes.
///
/// # Errors
/// Those of [`Store::commit`].
pub async fn write(store: &dyn Store, rows: Vec<Write>) -> Result<(), StoreError> {
    write_and_wake(store, rows, Vec::new()).await
}

/// Commits these changes with these wakes.
///
/// # Errors
/// Those of [`Store::commit`].
pub async fn write_and_wake(store: &dyn Store, rows: Vec<Write>, wakes: Vec<Wake>) -> Result<(), StoreError> {
    let batch = work(move |_| {
        let writes = Writes {
            rows: rows.clone(),
            wakes: wakes.clone(),
        };
        Box::pin(async move { Ok(writes) })
    });
    store.commit(batch).await.1
}

/// Commits rows.
///
/// # Errors
/// Those of [`Store::commit`].
pub async fn put(store: &dyn Store, rows: Vec<Row>) -> Result<(), StoreError> {
    write(store, rows.into_iter().map(Write::Put).collect()).await
}

/// Reads rows by key.
///
/// # Panics
/// When the read fails.
pub async fn get(store: &dyn Store, table: Table, keys: Vec<Key>) -> Vec<Row> {
    let found = Arc::new(Mutex::new(Vec::new()));
    let result = Arc::clone(&found);
    let batch = work(move |transaction| {
        let (result, keys) = (Arc::clone(&result), keys.clone());
        Box::pin(async move {
            set(&result, transaction.get(table, &keys).await?);
            Ok(Writes::default())
        })
    });
    store.read(batch).await.1.expect("the read succeeds");
    take(&found)
}

/// Reads the rows of a scan.
///
/// # Panics
/// When the read fails.
pub async fn select(store: &dyn Store, scan: Scan) -> Vec<Row> {
    let found = Arc::new(Mutex::new(Vec::new()));
    let result = Arc::clone(&found);
    let batch = work(move |transaction| {
        let (result, scan) = (Arc::clone(&result), scan.clone());
        Box::pin(async move {
            set(&result, transaction.scan(&scan).await?);
            Ok(Writes::default())
        })
    });
    store.read(batch).await.1.expect("the read succeeds");
    take(&found)
}

/// Counts the rows of a scan.
///
/// # Panics
/// When the read fails.
pub async fn count(store: &dyn Store, scan: Scan) -> u64 {
    let found = Arc::new(Mutex::new(0));
    let result = Arc::clone(&found);
    let batch = work(move |transaction| {
        let (result, scan) = (Arc::clone(&result), scan.clone());
        Box::pin(async move {
            set(&result, transaction.count(&scan).await?);
            Ok(Writes::default())
        })
    });
    store.read(batch).await.1.expect("the read succeeds");
    take(&found)
}

/// Adds to a counter, reading it first: the smallest read-modify-write there is.
///
/// # Errors
/// Those of [`Store::commit`].
pub async fn add(store: &dyn Store, counters: Vec<Key>, amount: i64) -> Result<(), StoreError> {
    let batch = work(move |transaction| {
        let counters = counters.clone();
        Box::pin(async move {
            let found = transaction.get(Table::Counters, &counters).await?;
            let rows = counters.into_iter().map(|key| {
                let old = found.iter().find(|row| row.key() == key);
                let value = old.map_or(0, |row| row.column("value")) + amount;
                Write::Put(counter(&key, value))
            });
            Ok(Writes {
                rows: rows.collect(),
                wakes: Vec::new(),
            })
        })
    });
    store.commit(batch).await.1
}

/// A row of the counters table.
#[must_use]
pub fn counter(key: &[i64], value: i64) -> Row {
    let mut columns = key.to_vec();
    columns.push(value);
    Row {
        table: Table::Counters,
        columns,
        doc: String::new(),
    }
}

/// A row with `key` as its key columns, `rest` in every other column and `doc` where the table has one.
#[must_use]
pub fn row(table: Table, key: &[i64], rest: i64, doc: &str) -> Row {
    let spec = table.spec();
    assert_eq!(key.len(), spec.key_len, "the key of {}", spec.name);
    let mut columns = key.to_vec();
    columns.resize(spec.columns.len(), rest);
    Row {
        table,
        columns,
        doc: if spec.has_doc {
            doc.to_owned()
        } else {
            String::new()
        },
    }
}

/// A key whose first column is `first` and whose others are `rest`.
#[must_use]
pub fn key(table: Table, first: i64, rest: i64) -> Key {
    let mut key = vec![rest; table.spec().key_len];
    if let Some(column) = key.first_mut() {
        *column = first;
    }
    key
}

fn set<T>(cell: &Mutex<T>, value: T) {
    *cell.lock().unwrap_or_else(PoisonError::into_inner) = value;
}

fn take<T: Default>(cell: &Mutex<T>) -> T {
    std::mem::take(&mut *cell.lock().unwrap_or_else(PoisonError::into_inner))
}
