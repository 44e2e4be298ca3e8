//! The threads that read, each on a connection that cannot write.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tender_store::job::{Answer, BatchJob, receive, worker_gone};
use tender_store::{Batch, FeedPosition, Row, StoreError, Table};
use tokio::sync::oneshot;

use crate::connection;
use crate::error::on_table;
use crate::queue::{Receiver, Sender, queue};
use crate::sql::selected;
use crate::transaction::{Kind, read_row, run, within};

/// One page of the feed.
type FeedPage = Vec<(FeedPosition, Row)>;

/// What a thread is asked for.
enum Job {
    Read(BatchJob),
    Feed {
        merchant_id: i64,
        after: FeedPosition,
        limit: u32,
        reply: oneshot::Sender<Result<FeedPage, StoreError>>,
    },
}

/// The handle to the threads. Dropping it finishes the queued jobs and closes the connections.
#[derive(Debug)]
pub(crate) struct Readers {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts `count` threads (at least one) over one queue.
    pub(crate) fn start(path: &Path, count: usize, capacity: usize) -> Result<Self, StoreError> {
        let (sender, receiver) = queue(capacity);
        let receiver = Arc::new(receiver);
        let mut readers = Self {
            jobs: Some(sender),
            threads: Vec::new(),
        };
        for number in 0..count.max(1) {
            let connection = connection::reading(path)?;
            let jobs = Arc::clone(&receiver);
            let thread = std::thread::Builder::new()
                .name(format!("sqlite-reader-{number}"))
                .spawn(move || serve(connection, &jobs))
                .map_err(|error| StoreError::Unavailable(format!("no thread for a reader: {error}")))?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Runs a batch on a snapshot.
    pub(crate) async fn read(&self, batch: Box<dyn Batch>) -> Answer {
        let (job, answer) = BatchJob::new(batch);
        // A job nobody takes answers for itself when it is dropped.
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Job::Read(job)).await;
        } else {
            drop(job);
        }
        receive(answer).await
    }

    /// Reads a page of one merchant's journal.
    pub(crate) async fn feed(
        &self,
        merchant_id: i64,
        after: FeedPosition,
        limit: u32,
    ) -> Result<FeedPage, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Feed {
            merchant_id,
            after,
            limit,
            reply,
        };
        let jobs = self.jobs.as_ref().ok_or_else(worker_gone)?;
        if jobs.send(job).await.is_err() {
            return Err(worker_gone());
        }
        answer.await.unwrap_or_else(|_| Err(worker_gone()))
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a reader thread panicked");
            }
        }
    }
}

fn serve(mut connection: Connection, jobs: &Receiver<Job>) {
    let feed_text = feed_text();
    while let Some(job) = jobs.take() {
        match job {
            Job::Read(mut job) => {
                if let Some(batch) = job.batch() {
                    let outcome = read(&mut connection, batch);
                    job.answer(outcome);
                }
            }
            Job::Feed {
                merchant_id,
                after,
                limit,
                reply,
            } => {
                let _ = reply.send(feed(&connection, &feed_text, merchant_id, after, limit));
            }
        }
    }
}

fn read(connection: &mut Connection, batch: &mut dyn Batch) -> Result<(), StoreError> {
    within(connection, Kind::Reading, |connection| {
        let writes = run(connection, batch)?;
        if writes.rows.is_empty() && writes.wakes.is_empty() {
            Ok(())
        } else {
            Err(StoreError::Internal("a reading batch returned writes".to_owned()))
        }
    })
}

/// One writer numbers the entries as it commits them, so the order of positions is the order of commits and a
/// position that is visible has all smaller ones visible with it.
fn feed_text() -> String {
    let spec = Table::Journal.spec();
    format!(
        "SELECT position, {} FROM {} WHERE merchant_id = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
        selected(spec),
        spec.name
    )
}

fn feed(
    connection: &Connection,
    text: &str,
    merchant_id: i64,
    after: FeedPosition,
    limit: u32,
) -> Result<FeedPage, StoreError> {
    let fail = |error| on_table(Table::Journal, error);
    let mut statement = connection.prepare_cached(text).map_err(fail)?;
    let mut rows = statement
        .query((merchant_id, after.position, limit))
        .map_err(fail)?;
    let mut page = Vec::new();
    while let Some(row) = rows.next().map_err(fail)? {
        let position = FeedPosition {
            epoch: 0,
            position: row.get(0).map_err(fail)?,
        };
        page.push((position, read_row(Table::Journal, row, 1).map_err(fail)?));
    }
    Ok(page)
}
