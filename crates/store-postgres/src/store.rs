//! The backend: connecting, and the port's methods.

use std::path::Path;
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

use tender_store::job::{BatchJob, Sources, receive, worker_gone};
use tender_store::{
    Batch, BoxFuture, FeedPosition, Lane, Migrate, NodeLease, Row, Source, Store, StoreError, Wake,
};
use tokio::sync::{Mutex, broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::error::Failure;
use crate::lease::{self, Fence};
use crate::link::{Comebacks, random};
use crate::listener::Listener;
use crate::outbox::Outbox;
use crate::queue::queue;
use crate::reader::{self, Reader};
use crate::schema;
use crate::servers::Servers;
use crate::session::Session;
use crate::versions::Versions;
use crate::writer::{self, Work, Writer};

/// Wakes kept for a listener that is slow; older ones are dropped.
const WAKE_BACKLOG: usize = 1024;

/// How long closing may take. What is not given back by then lapses by itself.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Batches of so few requests do not go to another thread and back.
const FEW_MAX: usize = 2;

/// Settings of a connection to PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// Writing sessions of this node for batches of many. At least 1. The second and those after it are for when much waits. One
    /// more is for batches of a few.
    pub writers: usize,
    /// Batches that each of them may have under way, so that the server goes on with the next one when it has committed one. At
    /// least 1. Batches that have to read have a session for themselves all the same.
    pub depth: usize,
    /// Reading sessions of this node. At least 1.
    pub readers: usize,
    /// Commits that may wait for a writer before callers wait to enqueue. At least 1.
    pub write_queue: usize,
    /// Reads that may wait for a reader before callers wait to enqueue. At least 1.
    pub read_queue: usize,
    /// How long any statement or commit may go unanswered before its session is given up; a commit's outcome is
    /// then unknown. Longer than the server's own limit for a statement, which is 20 seconds.
    pub answer_timeout: Duration,
    /// Whether opening may change the schema.
    pub migrate: Migrate,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            writers: 2,
            depth: 2,
            readers: 4,
            write_queue: 64,
            read_queue: 256,
            answer_timeout: Duration::from_secs(25),
            migrate: Migrate::default(),
        }
    }
}

/// The ledger in one PostgreSQL database, which other nodes may use at the same time.
///
/// Its tasks run on the runtime it was made on, beside the threads of its writers. When it is dropped they finish what is queued and give back the
/// node number in the background, as long as the runtime lives; [`Store::close`] waits for it.
#[derive(Debug)]
pub struct PostgresStore {
    servers: Arc<Servers>,
    writes: mpsc::Sender<writer::Job>,
    writers: usize,
    /// The writer for a few takes what it does from the source alone, and ends when this is dropped.
    _few: mpsc::Sender<writer::Job>,
    sources: watch::Sender<Sources>,
    reads: mpsc::Sender<reader::Job>,
    wakes: broadcast::Sender<Wake>,
    pub(crate) fence: Arc<OnceLock<Fence>>,
    /// Held while a number is taken, so that one store never takes two.
    taking: Mutex<()>,
    listener: std::sync::Mutex<Option<Listening>>,
    #[cfg(test)]
    pub(crate) versions: Arc<Versions>,
}

/// The listening task and what ends it.
#[derive(Debug)]
struct Listening {
    /// The listener notices when this is dropped.
    _end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl PostgresStore {
    /// Connects to the database of a `postgres://` URL (or a key-value string), creating or migrating the tables as
    /// needed and allowed. With several hosts in the URL, the one that can be written is used, also after a failover.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the server cannot be reached, or somebody uses a table that a migration needs for
    /// itself; [`StoreError::Internal`] when the URL cannot be read, the server is too old, a newer program migrated the
    /// database, or it would have to be migrated first.
    pub async fn connect(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let servers = Arc::new(Servers::parse(url, options.answer_timeout)?);
        schema::prepare(&Session::open(&servers, None).await?, options.migrate).await?;

        let wakes = broadcast::Sender::new(WAKE_BACKLOG);
        let fence = Arc::new(OnceLock::new());
        let origin = random();
        let comebacks = Comebacks::default();
        let outbox = Arc::new(Outbox::default());
        let versions = Arc::new(Versions::default());
        let writer = || {
            Writer::new(
                Arc::clone(&servers),
                comebacks.clone(),
                Arc::clone(&fence),
                origin,
                wakes.clone(),
                Arc::clone(&outbox),
                Arc::clone(&versions),
            )
        };
        let (sources, served) = watch::channel(Sources::default());
        let work = |jobs, lane| Work {
            jobs,
            served: served.clone(),
            lane,
        };
        let (writes, jobs) = queue(options.write_queue);
        let (sessions, depth) = (options.writers.max(1), options.depth.max(1));
        for number in 0..sessions {
            let lane = if number == 0 { Lane::Many } else { Lane::More };
            writer().start(work(jobs.clone(), lane), depth).await?;
        }
        let (few, jobs) = queue(1);
        tokio::spawn(writer().serve(work(jobs, Lane::Few(FEW_MAX))));
        let (reads, jobs) = queue(options.read_queue);
        for _ in 0..options.readers.max(1) {
            tokio::spawn(Reader::new(Arc::clone(&servers), comebacks.clone()).serve(jobs.clone()));
        }
        let (end, ended) = oneshot::channel();
        let (start, started) = oneshot::channel();
        let listener = Listener {
            servers: Arc::clone(&servers),
            origin,
            wakes: wakes.clone(),
            outbox,
            fence: Arc::clone(&fence),
            end: ended,
            started: Some(start),
        };
        let task = tokio::spawn(listener.run());
        // From now on no wake of another node is missed, unless the session breaks.
        let _ = started.await;
        Ok(Self {
            servers,
            writes,
            writers: sessions * depth,
            _few: few,
            sources,
            reads,
            wakes,
            fence,
            taking: Mutex::new(()),
            listener: std::sync::Mutex::new(Some(Listening { _end: end, task })),
            #[cfg(test)]
            versions,
        })
    }

    async fn take_node(&self) -> Result<NodeLease, StoreError> {
        let _taking = self.taking.lock().await;
        if let Some(fence) = self.fence.get() {
            return Ok(NodeLease { node: fence.node });
        }
        let session = Session::open(&self.servers, None).await?;
        let taken = lease::take(&session).await.map_err(Failure::into_error)?;
        Ok(NodeLease {
            node: self.fence.get_or_init(|| taken).node,
        })
    }
}

impl Store for PostgresStore {
    fn commit(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        Box::pin(async move {
            let (job, answer) = BatchJob::new(batch);
            // A job nobody takes answers for itself when it is dropped.
            let _ = self.writes.send(writer::Job::Commit(job)).await;
            receive(answer).await
        })
    }

    fn serve(&self, source: Arc<dyn Source>) {
        self.sources.send_modify(|sources| sources.add(source));
    }

    fn writers(&self) -> usize {
        self.writers
    }

    fn read(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        Box::pin(async move {
            let (job, answer) = BatchJob::new(batch);
            // A job nobody takes answers for itself when it is dropped.
            let _ = self.reads.send(reader::Job::Read(job)).await;
            receive(answer).await
        })
    }

    fn feed(
        &self,
        merchant_id: i64,
        after: FeedPosition,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<(FeedPosition, Row)>, StoreError>> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            let job = reader::Job::Feed {
                merchant_id,
                after,
                limit,
                reply,
            };
            if self.reads.send(job).await.is_err() {
                return Err(worker_gone());
            }
            answer.await.unwrap_or_else(|_| Err(worker_gone()))
        })
    }

    fn node(&self) -> BoxFuture<'_, Result<NodeLease, StoreError>> {
        Box::pin(self.take_node())
    }

    fn check_writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            if self.writes.send(writer::Job::Check(reply)).await.is_err() {
                return Err(worker_gone());
            }
            answer.await.unwrap_or_else(|_| Err(worker_gone()))
        })
    }

    /// Always refused: the server's own tools do this.
    fn backup<'a>(&'a self, _to: &'a Path) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(std::future::ready(Err(StoreError::Internal(
            "PostgreSQL is backed up with its own tools: pg_basebackup with archived WAL, or pg_dump"
                .to_owned(),
        ))))
    }

    /// Gives the node number back, so that the next program can have it at once.
    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let listening = {
                let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
                listener.take()
            };
            let Some(Listening { _end: end, task }) = listening else {
                return;
            };
            drop(end);
            if timeout(CLOSE_TIMEOUT, task).await.is_err() {
                tracing::warn!("the node number was not given back in {CLOSE_TIMEOUT:?}");
            }
        })
    }

    fn wakes(&self) -> broadcast::Receiver<Wake> {
        self.wakes.subscribe()
    }
}
