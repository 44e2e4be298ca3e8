//! What the embedded storage can do by itself: rows like those of payments, written in groups as the product does.
//!
//! Nothing is decided, encoded or looked up here, so this is the ceiling for payments on this disk.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use tender_store::{Batch, BoxFuture, Row, Store, StoreError, Table, Transaction, Write, Writes};
use tender_store_sqlite::{SqliteOptions, SqliteStore};
use tokio::sync::{mpsc, oneshot};

use crate::documents;
use crate::load::{Shape, Worker, closed_loop};
use crate::orders::PAYMENTS_PER_ORDER;
use crate::sample::Sample;

#[cfg(test)]
mod tests;

/// The most payments of one transaction, as in the product.
const GROUP_MAX: usize = 512;

const MERCHANT: i64 = 1;
const LOCATION: i64 = 1;

/// Writes payments from as many callers as there are clients, each waiting for its own to be on disk.
pub async fn measure(folder: &Path, shape: Shape) -> Result<Sample> {
    let path = folder.join("ledger.db");
    ensure!(!path.exists(), "{} exists already", path.display());
    let store = SqliteStore::open(&path, SqliteOptions::default())?;
    let orders = i64::try_from(shape.requests.div_ceil(PAYMENTS_PER_ORDER)).context("too many payments")?;
    let (queue, jobs) = mpsc::channel(GROUP_MAX);
    let committer = tokio::spawn(commit_groups(Arc::new(store), jobs));
    let workers = (0..shape.clients)
        .map(|_| Caller {
            queue: queue.clone(),
            orders,
        })
        .collect();
    drop(queue);
    let sample = closed_loop(workers, shape).await;
    // Why a commit failed is said by the committer; its callers only see that it is gone.
    committer.await??;
    sample
}

struct Job {
    rows: Vec<Row>,
    done: oneshot::Sender<()>,
}

/// Takes what is queued, writes it in one transaction, and tells those who wait.
async fn commit_groups(store: Arc<dyn Store>, mut jobs: mpsc::Receiver<Job>) -> Result<(), StoreError> {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while jobs.recv_many(&mut group, GROUP_MAX).await > 0 {
        let mut rows = Vec::new();
        let mut waiting = Vec::with_capacity(group.len());
        for job in group.drain(..) {
            rows.extend(job.rows);
            waiting.push(job.done);
        }
        let (_, outcome) = store.commit(Box::new(Group { rows })).await;
        outcome?;
        for done in waiting {
            // A caller that has gone has failed already.
            let _ = done.send(());
        }
    }
    Ok(())
}

struct Group {
    rows: Vec<Row>,
}

impl Batch for Group {
    fn run<'a>(&'a mut self, _: &'a mut dyn Transaction) -> BoxFuture<'a, Result<Writes, StoreError>> {
        // Of two versions of one row in a group the later counts, as when the product decides them one after another.
        let mut rows = self.rows.clone();
        rows.reverse();
        rows.sort_by(|left, right| (left.table, left.key()).cmp(&(right.table, right.key())));
        rows.dedup_by(|later, kept| later.table == kept.table && later.key() == kept.key());
        let writes = Writes {
            rows: rows.into_iter().map(Write::Put).collect(),
            wakes: Vec::new(),
        };
        Box::pin(std::future::ready(Ok(writes)))
    }
}

struct Caller {
    queue: mpsc::Sender<Job>,
    orders: i64,
}

impl Worker for Caller {
    async fn work(&mut self, number: u64) -> Result<()> {
        let number = i64::try_from(number).context("too many payments")?;
        let (done, is_done) = oneshot::channel();
        let rows = rows(number, self.orders);
        let queued = self.queue.send(Job { rows, done }).await;
        queued.map_err(|_| anyhow!("the committer has gone"))?;
        is_done.await.context("the committer has gone")
    }
}

/// The rows of one pending payment: the order's sums, the payment, its reference, the till's task, the journal entry.
/// Ids rise with time and hashes are anywhere, as in the product.
fn rows(number: i64, orders: i64) -> Vec<Row> {
    let order = FIRST_ID + number.checked_rem(orders).unwrap_or_default();
    let of_order = number.checked_div(orders).unwrap_or_default() + 1;
    let task = FIRST_ID + number;
    let [high, low] = hash(number);
    vec![
        row(
            Table::Orders,
            &[MERCHANT, order, LOCATION, 0, 0, 42, 0, 0, 8_700, NOW_MS],
            documents::ORDER_BYTES,
        ),
        row(
            Table::Payments,
            &[MERCHANT, order, of_order, 0],
            documents::PAYMENT_BYTES,
        ),
        row(
            Table::Keys,
            &[MERCHANT, high, low, order, of_order],
            documents::KEY_BYTES,
        ),
        row(
            Table::Tasks,
            &[MERCHANT, task, LOCATION, 1, 1, NOW_MS, NOW_MS, order, of_order],
            documents::TASK_BYTES,
        ),
        row(
            Table::Journal,
            &[MERCHANT, order, of_order, LOCATION, 1, NOW_MS],
            documents::JOURNAL_BYTES,
        ),
    ]
}

/// As large as real ids, which take the same room.
const FIRST_ID: i64 = 1 << 48;

/// Any time of our days.
const NOW_MS: i64 = 1_750_000_000_000;

fn row(table: Table, columns: &[i64], doc_bytes: usize) -> Row {
    Row {
        table,
        columns: columns.to_vec(),
        doc: documents::of(doc_bytes),
    }
}

/// Two numbers that are everywhere, from one that rises: Fibonacci hashing with two odd multipliers.
fn hash(number: i64) -> [i64; 2] {
    let mix = |factor: i64| {
        let mixed = number.wrapping_add(1).wrapping_mul(factor);
        (mixed ^ (mixed >> 29)).wrapping_mul(factor)
    };
    [mix(0x1E37_79B9_7F4A_7C15), mix(0x42B2_AE3D_27D4_EB4F)]
}
