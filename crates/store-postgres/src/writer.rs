//! What owns the writing sessions: threads, and one task.
//!
//! Each takes batches from a source by itself, as soon as it has time: a batch that somebody else had to hand over would wait until
//! that one gets its turn.
//!
//! A batch goes back and forth with the server, and while the server works on it nothing is left to do for it here. A thread of
//! its own sleeps then, and the system lets the server run in its place. A thread that serves requests would go on with those:
//! the server would wait for that core while another is idle, and its answers would wait until somebody looks.
//!
//! The next batch may be made and sent meanwhile, if both are a single statement: the server goes on with it when it has committed the
//! one before, and waits for no change of thread in between. Whoever has to read has the session alone.
//!
//! With nobody else about, all that this brings is two changes of thread. So batches of a few have a session of their own,
//! whose writer is a task.

use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::join_all;
use tender_store::job::{BatchJob, Sources, end, worker_gone};
use tender_store::{Batch, Lane, Row, Sourced, StoreError, Table, Wake};
use tokio::runtime::Builder;
use tokio::sync::{Mutex, RwLock, broadcast, oneshot, watch};

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

/// What a writer has to do next.
enum Next {
    Job(Job),
    Batch(Box<dyn Sourced>),
    /// There is one more source.
    Sources,
    Closed,
}

/// Where a writer gets its work from.
#[derive(Clone)]
pub(crate) struct Work {
    /// Batches and checks of callers; closed when the store is gone.
    pub jobs: SharedReceiver<Job>,
    /// The sources that batches are taken from.
    pub served: watch::Receiver<Sources>,
    pub lane: Lane,
}

/// One session, and what becomes of batches on it. A clone works on the same session.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    link: Arc<Mutex<Link>>,
    /// Shared by those who send transactions of one statement; whoever sends more has it alone.
    turns: Arc<RwLock<()>>,
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
            link: Arc::new(Mutex::new(Link::new(servers, comebacks))),
            turns: Arc::default(),
            fence,
            origin,
            wakes,
            outbox,
            versions,
        }
    }

    /// Starts the thread, which has so many batches under way at a time. It ends as [`Self::serve`] does.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the system has no thread or no descriptors for it.
    pub(crate) async fn start(self, work: Work, depth: usize) -> Result<(), StoreError> {
        let missing = |error| StoreError::Unavailable(format!("no thread for a writer: {error}"));
        let (report, built) = oneshot::channel();
        let serve = move || match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                let _ = report.send(Ok(()));
                if let Err(error) = tender_sched::prefer_short_turns() {
                    tracing::debug!(%error, "a writer has turns of the usual length");
                }
                let each = (0..depth).map(|_| self.clone().serve(work.clone()));
                runtime.block_on(join_all(each));
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

    /// Works until the store is gone and what was queued is done.
    pub(crate) async fn serve(self, work: Work) {
        let Work {
            jobs,
            mut served,
            lane,
        } = work;
        // Begun once for each job, and not for each batch: giving up the place in that line wakes the others who wait in it.
        let mut taking = pin!(jobs.take());
        let mut sources = served.borrow_and_update().clone();
        loop {
            let next = tokio::select! {
                biased;
                job = &mut taking => {
                    taking.set(jobs.take());
                    job.map_or(Next::Closed, Next::Job)
                }
                Ok(()) = served.changed() => Next::Sources,
                batch = sources.next(lane) => Next::Batch(batch),
            };
            match next {
                Next::Job(Job::Commit(mut job)) => {
                    if let Some(batch) = job.batch() {
                        let outcome = self.commit(batch).await;
                        job.answer(outcome);
                    }
                }
                Next::Job(Job::Check(reply)) => {
                    let _ = reply.send(self.check().await);
                }
                Next::Batch(mut batch) => {
                    let outcome = self.commit(batch.as_mut()).await;
                    if !end(batch, outcome) {
                        tracing::error!("whoever made a batch panicked at its end");
                    }
                }
                Next::Sources => sources = served.borrow_and_update().clone(),
                Next::Closed => break,
            }
        }
    }

    async fn commit(&self, batch: &mut dyn Batch) -> Result<(), StoreError> {
        let mut runs = 0;
        let mut may_assume = self.versions.may_be_assumed();
        loop {
            // First, because whoever had the session for himself may have lost it.
            let turn = self.turns.read().await;
            let mut link = self.link.lock().await;
            // A session that was open before may have died unnoticed; then a fresh one deserves a try.
            let was_open = link.is_open();
            let (session, epoch) = link.session_in_epoch().await?;
            drop(link);
            let kind = Kind::Writing(self.fence.get().copied());
            let mut wakes = Vec::new();
            let versions = epoch.map(|epoch| (&*self.versions, epoch));
            let open = Open::new(&session, kind)
                .with_versions(versions, may_assume)
                .sharing(&self.turns, turn);
            let outcome = open.commit(batch, self.origin, &mut wakes).await;
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
                        self.link.lock().await.close(&session);
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

    async fn check(&self) -> Result<(), StoreError> {
        let probe = Row {
            table: Table::Counters,
            columns: vec![i64::MIN; Table::Counters.spec().columns.len()],
            doc: String::new(),
        };
        let turn = self.turns.read().await;
        let session = self.link.lock().await.session().await?;
        let kind = Kind::Writing(self.fence.get().copied());
        let open = Open::new(&session, kind).sharing(&self.turns, turn);
        let outcome = open.trial(probe).await;
        if matches!(outcome, Err(Failure::Lost(_) | Failure::Unknown(_))) {
            self.link.lock().await.close(&session);
        }
        outcome.map_err(Failure::into_error)
    }
}
