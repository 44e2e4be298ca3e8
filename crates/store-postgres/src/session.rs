//! One connection to the server with its settings and prepared statements.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tender_store::StoreError;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::{AsyncMessage, Client, Config, Error, Notification, SimpleQueryMessage, Statement};

use crate::error::{describe, is_doubt};
use crate::servers::{Candidate, Servers, Timeline};
use crate::together::{self, Shape};

/// How long the other hosts may still take to be ready once one is.
const GRACE: Duration = Duration::from_millis(300);

/// Statements kept prepared. The program has far fewer texts; if it ever had more, all are prepared anew.
const STATEMENTS_MAX: usize = 512;

/// Statements of several parts kept prepared. Each takes about 200 KB of the server's memory. Beyond that many shapes, which hardly
/// any mix of work has, all are prepared anew.
const SHAPES_MAX: usize = 128;

/// Settings of every session.
///
/// A commit is acknowledged when it is on disk, whatever the server's default, but not less strictly than that
/// (`remote_apply`). Every statement here is a lookup by key or a bounded range of an index. Statistics are a bad
/// adviser for that (those of a table that was empty a minute ago suggest reading it whole), so the plans that read
/// or hash whole tables are discouraged, and plans are made once and not per set of parameters.
///
/// A statement that is a transaction of its own has the level and the mode of the session, so these are not the role's.
///
/// The timeouts bound what a node that hangs can do to others: its locks are released when the server ends its
/// transaction. They are far below the margin of a node's lease.
const SETTINGS: &str = "
SET client_min_messages = notice;
SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');
SET default_transaction_isolation = 'read committed';
SET default_transaction_read_only = off;
SET lock_timeout = '5s';
SET statement_timeout = '20s';
SET idle_in_transaction_session_timeout = '20s';
SET jit = off;
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
";

/// The timeline this server writes to. Only a primary answers.
const TIMELINE: &str = "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";

/// A connection. Dropping it closes it, which ends any transaction on it.
#[derive(Debug)]
pub(crate) struct Session {
    client: Client,
    statements: Mutex<HashMap<String, Statement>>,
    together: Mutex<HashMap<Shape, Statement>>,
    timeline: Timeline,
    /// How often the server has said that a commit may not be where it should be.
    doubts: Arc<AtomicU64>,
    answer_timeout: Duration,
    driver: JoinHandle<()>,
}

impl Session {
    /// Connects to the primary, whichever host that is now. Notifications go to `notifications` if given, which must
    /// never make the driver wait: those that find no room are dropped.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], with the answer of every host.
    pub(crate) async fn open(
        servers: &Servers,
        notifications: Option<mpsc::Sender<Notification>>,
    ) -> Result<Self, StoreError> {
        let (candidates, mut failures) = servers.candidates().await;
        let mut attempts: FuturesUnordered<_> = (candidates.into_iter())
            .map(|candidate| Self::open_at(servers, candidate, notifications.clone()))
            .collect();
        drop(notifications);
        let mut best: Option<Self> = None;
        loop {
            let outcome = match &best {
                None => attempts.next().await,
                Some(_) => timeout(GRACE, attempts.next()).await.unwrap_or(None),
            };
            match outcome {
                None => break,
                Some(Err(failure)) => failures.push(failure),
                Some(Ok(session)) => {
                    if best.as_ref().is_none_or(|best| best.timeline < session.timeline) {
                        best = Some(session);
                    }
                }
            }
        }
        best.ok_or_else(|| StoreError::Unavailable(failures.join("; ")))
    }

    /// Connects to one host.
    pub(crate) async fn open_at(
        servers: &Servers,
        candidate: Candidate,
        notifications: Option<mpsc::Sender<Notification>>,
    ) -> Result<Self, String> {
        let Candidate { name, config } = candidate;
        match timeout(
            servers.connect_timeout,
            Self::begin(servers, &config, notifications),
        )
        .await
        {
            Ok(Ok(session)) if servers.admit(session.timeline) => Ok(session),
            Ok(Ok(_)) => Err(format!("{name}: it was replaced by another primary")),
            Ok(Err(error)) => Err(format!("{name}: {}", describe(&error))),
            Err(_) => Err(format!("{name}: no answer in {:?}", servers.connect_timeout)),
        }
    }

    async fn begin(
        servers: &Servers,
        config: &Config,
        notifications: Option<mpsc::Sender<Notification>>,
    ) -> Result<Self, Error> {
        let (client, mut connection) = config.connect(servers.connector.0.clone()).await?;
        let doubts = Arc::new(AtomicU64::new(0));
        let noted = Arc::clone(&doubts);
        let driver = tokio::spawn(async move {
            while let Some(message) = std::future::poll_fn(|context| connection.poll_message(context)).await {
                match message {
                    Ok(AsyncMessage::Notification(notification)) => {
                        if let Some(notifications) = &notifications {
                            let _ = notifications.try_send(notification);
                        }
                    }
                    Ok(AsyncMessage::Notice(notice)) => {
                        // This comes before the answer that it is about, and is dealt with before it.
                        if is_doubt(&notice) {
                            noted.fetch_add(1, Ordering::Relaxed);
                        }
                        tracing::debug!(code = notice.code().code(), "notice: {}", notice.message());
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::debug!("connection ended: {}", describe(&error));
                        break;
                    }
                }
            }
        });
        let mut session = Self {
            client,
            statements: Mutex::default(),
            together: Mutex::default(),
            timeline: 0,
            doubts,
            answer_timeout: servers.answer_timeout,
            driver,
        };
        session.client.batch_execute(SETTINGS).await?;
        session.timeline = session.read_timeline().await;
        Ok(session)
    }

    /// Some that speak PostgreSQL's language have no timelines, or do not tell.
    async fn read_timeline(&self) -> Timeline {
        let answers = self.client.simple_query(TIMELINE).await.unwrap_or_default();
        let text = answers.iter().find_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        text.and_then(|text| Timeline::from_str_radix(text, 16).ok())
            .unwrap_or_default()
    }

    /// The timeline of the server.
    pub(crate) fn timeline(&self) -> Timeline {
        self.timeline
    }

    /// How often, so far, the server has said that a commit is on its own disk but perhaps not on a standby's.
    pub(crate) fn doubts(&self) -> u64 {
        self.doubts.load(Ordering::Relaxed)
    }

    /// How long any statement may go unanswered. What takes longer is lost: no statement may take so long, so the
    /// server hangs, or the way to it, or it waits for a standby that does not come.
    pub(crate) fn answer_timeout(&self) -> Duration {
        self.answer_timeout
    }

    /// Whether the connection is known to be gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Gives it up: whatever still waits for an answer on it has lost it.
    pub(crate) fn give_up(&self) {
        self.driver.abort();
    }

    /// The prepared statement for a text.
    pub(crate) async fn prepare(&self, text: &str) -> Result<Statement, Error> {
        if let Some(statement) = lock(&self.statements).get(text) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(text).await?;
        keep(&self.statements, STATEMENTS_MAX, text.to_owned(), &statement);
        Ok(statement)
    }

    /// The prepared statement for all steps of a shape.
    pub(crate) async fn prepare_together(&self, shape: Shape) -> Result<Statement, Error> {
        if let Some(statement) = lock(&self.together).get(&shape) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(&together::text(&shape)).await?;
        keep(&self.together, SHAPES_MAX, shape, &statement);
        Ok(statement)
    }
}

/// Keeps a statement under its key; when there are too many, those before are forgotten.
fn keep<K: Hash + Eq>(kept: &Mutex<HashMap<K, Statement>>, limit: usize, key: K, statement: &Statement) {
    let mut kept = lock(kept);
    if kept.len() >= limit {
        kept.clear();
    }
    kept.insert(key, statement.clone());
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Session {
    fn drop(&mut self) {
        // The driver would end by itself after saying goodbye to the server, unless the server never answers.
        // Closing the socket says as much, and at once.
        self.driver.abort();
    }
}
