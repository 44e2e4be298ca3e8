//! The thread that owns the only writing connection.

use std::fs::File;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tender_store::job::{Answer, BatchJob, receive, worker_gone};
use tender_store::{Batch, Row, StoreError, Table, Wake, Write};
use tokio::sync::{broadcast, oneshot};

use crate::checkpoint::Checkpointer;
use crate::queue::{Empty, Receiver, Sender, queue};
use crate::transaction::{Kind, apply, run, within};

/// After this long without a job the log is copied into the database.
const IDLE: Duration = Duration::from_millis(250);

/// What the thread is asked for.
enum Job {
    Commit(BatchJob),
    Check(oneshot::Sender<Result<(), StoreError>>),
}

/// The handle to the thread. Dropping it finishes the queued jobs, then closes the connection and the lock file.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. It keeps `lock` open until the connection is closed.
    pub(crate) fn start(
        mut connection: Connection,
        lock: File,
        checkpoint_pages: u32,
        capacity: usize,
        wakes: broadcast::Sender<Wake>,
    ) -> Result<Self, StoreError> {
        let checkpointer = Checkpointer::install(&mut connection, checkpoint_pages)?;
        let (sender, receiver) = queue(capacity);
        let state = State {
            connection,
            checkpointer,
            wakes,
            _lock: lock,
        };
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || state.serve(&receiver))
            .map_err(|error| StoreError::Unavailable(format!("no thread for the writer: {error}")))?;
        Ok(Self {
            jobs: Some(sender),
            thread: Some(thread),
        })
    }

    /// Runs a batch in a transaction of its own.
    pub(crate) async fn commit(&self, batch: Box<dyn Batch>) -> Answer {
        let (job, answer) = BatchJob::new(batch);
        // A job nobody takes answers for itself when it is dropped.
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Job::Commit(job)).await;
        } else {
            drop(job);
        }
        receive(answer).await
    }

    /// Writes a row and rolls it back.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(worker_gone)?;
        if jobs.send(Job::Check(reply)).await.is_err() {
            return Err(worker_gone());
        }
        answer.await.unwrap_or_else(|_| Err(worker_gone()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer thread panicked");
        }
    }
}

/// What the thread owns. The lock comes last, so that it is released after the connection is closed.
struct State {
    connection: Connection,
    checkpointer: Checkpointer,
    wakes: broadcast::Sender<Wake>,
    _lock: File,
}

impl State {
    fn serve(mut self, jobs: &Receiver<Job>) {
        loop {
            let job = if self.checkpointer.is_pending() {
                match jobs.take_within(IDLE) {
                    Ok(job) => job,
                    Err(Empty::Idle) => {
                        self.checkpointer.when_idle(&self.connection);
                        continue;
                    }
                    Err(Empty::Closed) => break,
                }
            } else {
                match jobs.take() {
                    Some(job) => job,
                    None => break,
                }
            };
            match job {
                Job::Commit(mut job) => {
                    if let Some(batch) = job.batch() {
                        let outcome = self.commit(batch);
                        job.answer(outcome);
                    }
                    self.checkpointer.after_commit(&self.connection);
                }
                Job::Check(reply) => {
                    let _ = reply.send(self.check());
                }
            }
        }
    }

    fn commit(&mut self, batch: &mut dyn Batch) -> Result<(), StoreError> {
        let wakes = within(&mut self.connection, Kind::Writing, |connection| {
            let writes = run(connection, batch)?;
            apply(connection, writes.rows)?;
            Ok(writes.wakes)
        })?;
        for wake in wakes {
            // Nobody listening is fine.
            let _ = self.wakes.send(wake);
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), StoreError> {
        let probe = Row {
            table: Table::Counters,
            columns: vec![i64::MIN; Table::Counters.spec().columns.len()],
            doc: String::new(),
        };
        within(&mut self.connection, Kind::Trial, |connection| {
            apply(connection, vec![Write::Put(probe)])
        })
    }
}
