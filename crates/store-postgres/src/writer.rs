//! What owns the writing sessions: threads, and one task.
//!
//! A batch goes back and forth with the server, and while the server works on it nothing is left to do for it here. A thread of
//! its own sleeps then, and the system lets the server run in its place. A thread that serves requests would go on with those:
//! the server would wait for that core while another is idle, and its answers would wait until somebody looks.
//!
//! With nobody else about, all that this brings is two changes of thread. So batches of a few have a session of their own,
//! whose writer is a task.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tender_store::job::{BatchJob, worker_gone};
use tender_store::{Batch, Row, StoreError, Table, Wake};
use tokio::runtime::Builder;
use tokio::sync::{broadcast, oneshot};

use crate::error::Failure;
use crate::lease::Fence;
use crate::link::{Comebacks, Link, pause};
use crate::outbox::Outbox;
use crate::queue::SharedReceiver;
use crate::servers::Servers;
use crate::transaction::{Kind, Open};
use crate::versions::Versions;
use crate::wake::must_arrive;

/// How often a batch is run before its caller is told of the conflict.
const RUNS_MAX: u32 = 12;

/// The first and the longest pause before a batch is run again.
const PAUSE_FIRST: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(250);

/// What a writer is asked for.
pub(crate) enum Job {
    Commit(BatchJob),
    Check(oneshot::Sender<Result<(), StoreError>>),
}

/// One session, and what becomes of batches on it.
#[derive(Debug)]
pub(crate) struct Writer {
    link: Link,
    fence: Arc<OnceLock<Fence>>,
    origin: u64,
    wakes: broadcast::Sender<Wake>,
    outbox: Arc<Outbox>,
    versions: Arc<Versions>,
}

impl Writer {
    pub(crate) fn new(
        servers: Arc<Servers>,
        comebacks: Comebacks,
        fence: Arc<OnceLock<Fence>>,
        origin: u64,
        wakes: broadcast::Sender<Wake>,
        outbox: Arc<Outbox>,
        versions: Arc<Versions>,
    ) -> Self {
        Self {
            link: Link::new(servers, comebacks),
            fence,
            origin,
            wakes,
            outbox,
            versions,
        }
    }

    /// Starts the thread. It ends when the queue is closed and empty.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the system has no thread or no descriptors for it.
    pub(crate) async fn start(self, jobs: SharedReceiver<Job>) -> Result<(), StoreError> {
        let missing = |error| StoreError::Unavailable(format!("no thread for a writer: {error}"));
        let (report, built) = oneshot::channel();
        let serve = move || match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                let _ = report.send(Ok(()));
                runtime.block_on(self.serve(jobs));
            }
            Err(error) => {
                let _ = report.send(Err(error));
            }
        };
        std::thread::Builder::new()
            .name("postgres-writer".to_owned())
            .spawn(serve)
            .map_err(missing)?;
        built.await.map_err(|_| worker_gone())?.map_err(missing)
    }

    /// Serves the queue until it is closed and empty.
    pub(crate) async fn serve(mut self, jobs: SharedReceiver<Job>) {
        while let Some(job) = jobs.take().await {
            match job {
                Job::Commit(mut job) => {
                    if let Some(batch) = job.batch() {
                        let outcome = self.commit(batch).await;
                        job.answer(outcome);
                    }
                }
                Job::Check(reply) => {
                    let _ = reply.send(self.check().await);
                }
            }
        }
    }

    async fn commit(&mut self, batch: &mut dyn Batch) -> Result<(), StoreError> {
        let mut runs = 0;
        let mut may_assume = self.versions.may_be_assumed();
        loop {
            // A session that was open before may have died unnoticed; then a fresh one deserves a try.
            let was_open = self.link.is_open();
            let (session, epoch) = self.link.session_in_epoch().await?;
            let kind = Kind::Writing(self.fence.get().copied());
            let mut wakes = Vec::new();
            let versions = epoch.map(|epoch| (&*self.versions, epoch));
            let outcome = Open::new(session, kind)
                .with_versions(versions, may_assume)
                .commit(batch, self.origin, &mut wakes)
                .await;
            if matches!(outcome, Err(Failure::Assumed)) {
                self.versions.were_wrong();
                may_assume = false;
                continue;
            }
            runs += 1;
            // What may have been committed is told as well: whoever hears of it looks.
            if matches!(outcome, Ok(()) | Err(Failure::Unknown(_))) {
                self.announce(wakes);
            }
            match outcome {
                Ok(()) => return Ok(()),
                Err(Failure::Retry) if runs < RUNS_MAX => {
                    tokio::time::sleep(pause(PAUSE_FIRST, PAUSE_MAX, runs - 1)).await;
                }
                Err(failure) => {
                    let is_lost = matches!(failure, Failure::Lost(_) | Failure::Unknown(_));
                    if is_lost {
                        self.link.close();
                    }
                    if !(was_open && runs == 1 && matches!(failure, Failure::Lost(_))) {
                        return Err(failure.into_error());
                    }
                }
            }
        }
    }

    fn announce(&self, wakes: Vec<Wake>) {
        for wake in &wakes {
            // Nobody listening is fine.
            let _ = self.wakes.send(*wake);
        }
        self.outbox
            .add(wakes.into_iter().filter(|wake| !must_arrive(*wake)));
    }

    async fn check(&mut self) -> Result<(), StoreError> {
        let probe = Row {
            table: Table::Counters,
            columns: vec![i64::MIN; Table::Counters.spec().columns.len()],
            doc: String::new(),
        };
        let session = self.link.session().await?;
        let kind = Kind::Writing(self.fence.get().copied());
        let outcome = Open::new(session, kind).trial(probe).await;
        if matches!(outcome, Err(Failure::Lost(_) | Failure::Unknown(_))) {
            self.link.close();
        }
        outcome.map_err(Failure::into_error)
    }
}
