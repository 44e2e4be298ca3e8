//! The expiry sweeper: ends till tasks whose time is over.
//!
//! Owns: when to look for expired tasks. Must not know: what an expiry leads to; the engine decides that, and an expiry
//! told twice, by two nodes or after a restart, changes nothing the second time.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tender_engine::{ApplicationId, Command, ExpireTask, MerchantId, TaskId, Timestamp, Via};
use tender_store::{Direction, Row, Scan, Table};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until as sleep_until_real};

use crate::background::{BackgroundTask, Stop, sleep_until};
use crate::{Caller, CommitEvent, Failure, Tender};

#[cfg(test)]
mod tests;

/// Tasks looked at in one go.
const SWEEP_MAX: u32 = 256;
/// Expiries handed to the committer at once.
const CONCURRENT_MAX: usize = 64;
/// The shortest time between two looks that new tasks cause: under load they are news a thousand times a second, and hardly ever over
/// before those that are known. A task that is over sooner than this may end so much later.
const LOOK_INTERVAL_MS: u64 = 200;
/// How long the storage, or a task that could not be ended, is left alone.
const PAUSE_MS: u64 = 1_000;
/// Tasks that could not be ended and are remembered, so that they do not stand before the others.
const STUCK_MAX: usize = 1_024;

/// The running sweeper.
pub type ExpiryHandle = BackgroundTask;

impl Tender {
    /// Starts ending tasks whose time is over, until the handle is stopped or dropped.
    pub fn spawn_expiry(&self) -> ExpiryHandle {
        let tender = self.clone();
        BackgroundTask::start(move |stop| sweep(tender, stop))
    }
}

/// A task as the sweeper sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Expiring {
    merchant: MerchantId,
    task: TaskId,
}

async fn sweep(tender: Tender, mut stop: Stop) {
    let mut events = tender.events();
    let mut stuck: HashMap<Expiring, Instant> = HashMap::new();
    while !stop.is_set() {
        let looked = Instant::now();
        stuck.retain(|_, until| *until > looked);
        let next = match look(&tender, &stuck).await {
            Ok(Next::Due(tasks)) => {
                expire(&tender, tasks, &mut stuck).await;
                if stuck.len() >= STUCK_MAX {
                    rest(&mut stop).await;
                }
                continue;
            }
            Ok(Next::At(at)) => at,
            Err(failure) => {
                tracing::warn!(failure = ?failure, "cannot look for expired tasks");
                rest(&mut stop).await;
                continue;
            }
        };
        let retry = stuck.values().min().copied();
        tokio::select! {
            () = stop.wait() => {}
            () = sleep_until(tender.clock(), next) => {}
            () = wait_out(retry), if retry.is_some() => {}
            is_open = new_task(&mut events, looked) => if !is_open { return },
        }
    }
}

/// What is to be done.
#[derive(Debug)]
enum Next {
    /// These are over.
    Due(Vec<Expiring>),
    /// Nothing before this moment; `None`: nothing at all.
    At(Option<Timestamp>),
}

async fn look(tender: &Tender, stuck: &HashMap<Expiring, Instant>) -> Result<Next, Failure> {
    // Most looks find that nothing is over yet, and the first task is enough to know that.
    match next_of(tender, stuck, 1).await? {
        Next::Due(_) => next_of(tender, stuck, SWEEP_MAX).await,
        at => Ok(at),
    }
}

async fn next_of(tender: &Tender, stuck: &HashMap<Expiring, Instant>, max: u32) -> Result<Next, Failure> {
    let now = tender.now();
    let limit = max.saturating_add(u32::try_from(stuck.len()).unwrap_or_default());
    let scan = Scan::new(Table::Tasks, limit)
        .equals("open", 1)
        .order_by("expires_at_ms", Direction::Ascending);
    let rows = tender.scan_rows(scan).await?;
    let expires_at = |row: &Row| Timestamp(row.column("expires_at_ms"));
    let due: Vec<Expiring> = rows
        .iter()
        .filter(|row| expires_at(row) <= now)
        .map(|row| Expiring {
            merchant: MerchantId::from_i64(row.column("merchant_id")),
            task: TaskId::from_i64(row.column("task_id")),
        })
        .filter(|task| !stuck.contains_key(task))
        .collect();
    if due.is_empty() {
        return Ok(Next::At(rows.iter().map(expires_at).find(|at| *at > now)));
    }
    Ok(Next::Due(due))
}

async fn expire(tender: &Tender, tasks: Vec<Expiring>, stuck: &mut HashMap<Expiring, Instant>) {
    let mut results = stream::iter(tasks)
        .map(|expiring| async move {
            let caller = Caller {
                merchant: expiring.merchant,
                application: ApplicationId(0),
                via: Via::Server,
            };
            let command = Command::ExpireTask(ExpireTask { task: expiring.task });
            (expiring, tender.execute(&caller, command).await)
        })
        .buffer_unordered(CONCURRENT_MAX);
    while let Some((expiring, result)) = results.next().await {
        match result {
            // Another node, or a till, may have ended it first.
            Ok(done) => {
                tender.inner().metrics.expired.inc_by(u64::from(done.changed));
            }
            Err(failure) => {
                tracing::warn!(task.id = expiring.task.0, failure = ?failure, "a task could not be ended");
                if stuck.len() < STUCK_MAX {
                    stuck.insert(expiring, Instant::now() + Duration::from_millis(PAUSE_MS));
                }
            }
        }
    }
}

/// Leaves the storage alone for a moment.
async fn rest(stop: &mut Stop) {
    tokio::select! {
        () = stop.wait() => {}
        () = tokio::time::sleep(Duration::from_millis(PAUSE_MS)) => {}
    }
}

async fn wait_out(until: Option<Instant>) {
    if let Some(until) = until {
        sleep_until_real(until).await;
    }
}

/// Waits for a task that may end before those known, and a little longer. False when the service is gone.
async fn new_task(events: &mut Receiver<CommitEvent>, looked: Instant) -> bool {
    loop {
        match events.recv().await {
            Ok(CommitEvent::Task(_)) | Err(RecvError::Lagged(_)) => break,
            Ok(_) => {}
            Err(RecvError::Closed) => return false,
        }
    }
    sleep_until_real(looked + Duration::from_millis(LOOK_INTERVAL_MS)).await;
    true
}
