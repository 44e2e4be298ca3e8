//! The thread that owns the only writing connection.
//!
//! It takes batches from a source by itself, as soon as it has committed the one before: nobody has to hand them over.

use std::fs::File;
use std::future::pending;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tender_store::job::{Answer, BatchJob, Sources, end, receive, worker_gone};
use tender_store::{Batch, Lane, Row, Source, Sourced, StoreError, Table, Wake, Write};
use tokio::runtime::Builder;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::sleep;

use crate::checkpoint::Checkpointer;
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
    jobs: Option<mpsc::Sender<Job>>,
    sources: watch::Sender<Sources>,
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
        let (jobs, queue) = mpsc::channel(capacity.max(1));
        let (sources, served) = watch::channel(Sources::default());
        // For the time: batches themselves are ready at once.
        let missing = |error| StoreError::Unavailable(format!("no thread for the writer: {error}"));
        let runtime = Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(missing)?;
        let state = State {
            connection,
            checkpointer,
            wakes,
            _lock: lock,
        };
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                if let Err(error) = tender_sched::prefer_short_turns() {
                    tracing::debug!(%error, "the writer has turns of the usual length");
                }
                runtime.block_on(state.serve(queue, served));
            })
            .map_err(missing)?;
        Ok(Self {
            jobs: Some(jobs),
            sources,
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

    /// Takes batches from this source from now on.
    pub(crate) fn serve(&self, source: Arc<dyn Source>) {
        self.sources.send_modify(|sources| sources.add(source));
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
        let Some(thread) = self.thread.take() else {
            return;
        };
        // Whoever hears how a batch ended may have been the last to hold the store; the thread ends by itself then.
        if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
            tracing::error!("the writer thread panicked");
        }
    }
}

/// What the thread has to do next.
enum Next {
    Job(Job),
    Batch(Box<dyn Sourced>),
    /// There is one more source.
    Sources,
    /// Nothing came for a while.
    Idle,
    Closed,
}

/// What the thread owns. The lock comes last, so that it is released after the connection is closed.
struct State {
    connection: Connection,
    checkpointer: Checkpointer,
    wakes: broadcast::Sender<Wake>,
    _lock: File,
}

impl State {
    async fn serve(mut self, mut jobs: mpsc::Receiver<Job>, mut served: watch::Receiver<Sources>) {
        let mut sources = served.borrow_and_update().clone();
        loop {
            let idle = self.checkpointer.is_pending().then_some(IDLE);
            match next(&mut jobs, &mut served, &mut sources, idle).await {
                Next::Job(Job::Commit(mut job)) => {
                    if let Some(batch) = job.batch() {
                        let outcome = self.commit(batch);
                        job.answer(outcome);
                    }
                    self.checkpointer.after_commit(&self.connection);
                }
                Next::Job(Job::Check(reply)) => {
                    let _ = reply.send(self.check());
                }
                Next::Batch(mut batch) => {
                    let outcome = self.commit(batch.as_mut());
                    if !end(batch, outcome) {
                        tracing::error!("whoever made a batch panicked at its end");
                    }
                    self.checkpointer.after_commit(&self.connection);
                }
                Next::Sources => sources = served.borrow_and_update().clone(),
                Next::Idle => self.checkpointer.when_idle(&self.connection),
                Next::Closed => break,
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

async fn next(
    jobs: &mut mpsc::Receiver<Job>,
    served: &mut watch::Receiver<Sources>,
    sources: &mut Sources,
    idle: Option<Duration>,
) -> Next {
    let quiet = async {
        match idle {
            Some(idle) => sleep(idle).await,
            None => pending().await,
        }
    };
    tokio::select! {
        biased;
        job = jobs.recv() => job.map_or(Next::Closed, Next::Job),
        Ok(()) = served.changed() => Next::Sources,
        batch = sources.next(Lane::Many) => Next::Batch(batch),
        () = quiet => Next::Idle,
    }
}
