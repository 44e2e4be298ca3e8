//! What the service counts for those who watch it.
//!
//! Owns: the metrics, and looking now and then at what no single event tells. Must not know: how they are shown, or HTTP.
//!
//! Counting is a few atomic additions; nothing here is locked per request. Labels come from closed sets.

use std::collections::BTreeSet;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tender_engine::{DeliveryState, EndpointId, TaskOutcome, Timestamp};
use tender_store::{Key, Scan, StoreError, Table, Transaction};

use crate::background::{BackgroundTask, Stop};
use crate::directory::{endpoint_key, read_record};
use crate::relay::{FirstDue, first_dues};
use crate::{Endpoint, Failure, Tender};

#[cfg(test)]
mod tests;

/// Upper ends of the classes of commands in one batch.
const COMMANDS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// Upper ends of the classes of a commit's duration, in seconds.
const COMMIT_SECONDS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];
/// Upper ends of the classes of the time from a message to its delivery, in seconds: up to the end of all tries.
const LAG_SECONDS: [f64; 10] = [
    0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0, 3_600.0, 21_600.0, 172_800.0,
];
/// How often the ledger is looked at, in real time.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Rows that are counted at most.
const COUNT_MAX: u32 = 10_000;
/// Endpoints whose earliest message is looked at.
const ENDPOINTS_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Window {
    window: &'static str,
}

/// The counters of one family, made before anything is counted, so that counting looks nothing up.
fn outcome(family: &Family<Outcome, Counter>, outcome: &'static str) -> Counter {
    family.get_or_create_owned(&Outcome { outcome })
}

/// The metrics of one service.
#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) waiting: Gauge,
    commands: Histogram,
    commits: Histogram,
    retries: Counter,
    failures: Counter,
    connected: Gauge,
    tasks: Family<Outcome, Counter>,
    pub(crate) claimed: Counter,
    confirmed: Counter,
    refused: Counter,
    superseded: Counter,
    pub(crate) expired: Counter,
    open_tasks: Gauge,
    attempts: Family<Outcome, Counter>,
    succeeded: Counter,
    failed: Counter,
    deliveries: Family<Outcome, Counter>,
    delivered: Counter,
    exhausted: Counter,
    pub(crate) dropped: Counter,
    lag: Histogram,
    pending: Gauge,
    overdue: Gauge,
    limited: Family<Window, Counter>,
    pub(crate) limited_minute: Counter,
    pub(crate) limited_day: Counter,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let (tasks, attempts, deliveries) = (Family::default(), Family::default(), Family::default());
        let limited: Family<Window, Counter> = Family::default();
        let connected = Gauge::default();
        connected.set(1);
        Self {
            waiting: Gauge::default(),
            commands: Histogram::new(COMMANDS),
            commits: Histogram::new(COMMIT_SECONDS),
            retries: Counter::default(),
            failures: Counter::default(),
            connected,
            claimed: outcome(&tasks, "claimed"),
            confirmed: outcome(&tasks, "confirmed"),
            refused: outcome(&tasks, "refused"),
            superseded: outcome(&tasks, "superseded"),
            expired: outcome(&tasks, "expired"),
            tasks,
            open_tasks: Gauge::default(),
            succeeded: outcome(&attempts, "success"),
            failed: outcome(&attempts, "failure"),
            attempts,
            delivered: outcome(&deliveries, "delivered"),
            exhausted: outcome(&deliveries, "exhausted"),
            dropped: outcome(&deliveries, "dropped"),
            deliveries,
            lag: Histogram::new(LAG_SECONDS),
            pending: Gauge::default(),
            overdue: Gauge::default(),
            limited_minute: limited.get_or_create_owned(&Window { window: "minute" }),
            limited_day: limited.get_or_create_owned(&Window { window: "day" }),
            limited,
        }
    }

    /// A batch has ended. `runs` is how often it was worked out.
    pub(crate) fn committed(&self, commands: usize, runs: u32, took: Duration, error: Option<&StoreError>) {
        self.retries.inc_by(u64::from(runs.saturating_sub(1)));
        match error {
            None => {
                self.commands
                    .observe(u32::try_from(commands).map_or(f64::MAX, f64::from));
                self.commits.observe(took.as_secs_f64());
                self.connected.set(1);
            }
            // It goes again, one command after another.
            Some(StoreError::Duplicate { .. }) if commands > 1 => {
                self.retries.inc();
            }
            Some(error) => {
                self.failures.inc();
                if matches!(error, StoreError::Unavailable(_)) {
                    self.connected.set(0);
                }
            }
        }
    }

    /// A device's answer to a task was heard. One that is repeated changes nothing, and one that came too late rarely does.
    pub(crate) fn resolved(&self, outcome: TaskOutcome, changed: bool) {
        match outcome {
            TaskOutcome::Applied => self.confirmed.inc_by(u64::from(changed)),
            TaskOutcome::Refused => self.refused.inc_by(u64::from(changed)),
            TaskOutcome::Superseded => self.superseded.inc(),
        };
    }

    /// A message was tried.
    pub(crate) fn attempted(&self, success: bool) {
        if success {
            self.succeeded.inc();
        } else {
            self.failed.inc();
        }
    }

    /// What became of a message that was made at `created_at`.
    pub(crate) fn decided(&self, state: DeliveryState, created_at: Timestamp, now: Timestamp) {
        match state {
            DeliveryState::Delivered => {
                self.delivered.inc();
                self.lag.observe(seconds(now.0.saturating_sub(created_at.0)));
            }
            DeliveryState::Exhausted => {
                self.exhausted.inc();
            }
            DeliveryState::Dropped => {
                self.dropped.inc();
            }
            DeliveryState::Pending => {}
        }
    }

    fn register(&self, registry: &mut Registry) {
        registry.register(
            "commands_waiting",
            "Commands that wait for the committer of this node",
            self.waiting.clone(),
        );
        registry.register("commit_commands", "Commands in one commit", self.commands.clone());
        registry.register_with_unit(
            "commit_duration",
            "Time of one commit, from reading its records to disk",
            Unit::Seconds,
            self.commits.clone(),
        );
        registry.register(
            "commit_retries",
            "Commits that were worked out again, because others changed the same records meanwhile or one of the commands stood in \
             the way of the rest",
            self.retries.clone(),
        );
        registry.register(
            "commit_failures",
            "Commits that did not come about",
            self.failures.clone(),
        );
        registry.register(
            "database_connected",
            "1 while the last look at the database or commit worked, else 0",
            self.connected.clone(),
        );
        registry.register(
            "till_tasks",
            "Till tasks by what happened to them at this node",
            self.tasks.clone(),
        );
        registry.register(
            "till_tasks_open",
            "Till tasks of the whole ledger that nobody has answered yet",
            self.open_tasks.clone(),
        );
        registry.register(
            "webhook_attempts",
            "Webhook attempts of this node",
            self.attempts.clone(),
        );
        registry.register(
            "webhook_deliveries",
            "Webhook messages whose fate this node has decided",
            self.deliveries.clone(),
        );
        registry.register_with_unit(
            "webhook_lag",
            "Time from a message to its delivery",
            Unit::Seconds,
            self.lag.clone(),
        );
        registry.register(
            "webhook_deliveries_pending",
            "Webhook messages of the whole ledger that wait to be delivered",
            self.pending.clone(),
        );
        registry.register_with_unit(
            "webhook_overdue",
            "How long the message that is due longest has been due, without endpoints that are switched off",
            Unit::Seconds,
            self.overdue.clone(),
        );
        registry.register(
            "rate_limited_requests",
            "Requests refused for a rate limit or quota by this node",
            self.limited.clone(),
        );
    }
}

/// Milliseconds as seconds, for people who look at graphs.
fn seconds(ms: i64) -> f64 {
    Duration::from_millis(u64::try_from(ms).unwrap_or_default()).as_secs_f64()
}

/// What only the ledger knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    open_tasks: u64,
    pending: u64,
    /// When the first pending message is due, of those that anybody sends.
    due_at: Option<Timestamp>,
}

impl Tender {
    /// Puts the metrics of the service into a registry.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.inner().metrics.register(registry);
    }

    pub(crate) fn spawn_watch(&self) -> BackgroundTask {
        let tender = self.clone();
        BackgroundTask::start(move |stop| watch(tender, stop))
    }
}

async fn watch(tender: Tender, mut stop: Stop) {
    while !stop.is_set() {
        note(&tender).await;
        tokio::select! {
            () = stop.wait() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn note(tender: &Tender) {
    let metrics = &tender.inner().metrics;
    match look(tender).await {
        Ok(seen) => {
            metrics.connected.set(1);
            metrics.open_tasks.set(seen.open_tasks.cast_signed());
            metrics.pending.set(seen.pending.cast_signed());
            let late_ms = seen
                .due_at
                .map_or(0, |due_at| tender.now().0.saturating_sub(due_at.0));
            metrics.overdue.set(late_ms.max(0).div_euclid(1_000));
        }
        Err(_) => {
            metrics.connected.set(0);
        }
    }
}

async fn look(tender: &Tender) -> Result<Seen, Failure> {
    tender
        .read(|transaction| {
            Box::pin(async move {
                let open = Scan::new(Table::Tasks, COUNT_MAX).equals("open", 1);
                let pending = Scan::new(Table::Deliveries, COUNT_MAX).equals("pending", 1);
                let mut firsts = first_dues(transaction, ENDPOINTS_MAX).await?;
                let disabled = disabled_endpoints(transaction, &firsts).await?;
                firsts.retain(|first| !disabled.contains(&first.endpoint));
                Ok(Seen {
                    open_tasks: transaction.count(&open).await?,
                    pending: transaction.count(&pending).await?,
                    due_at: firsts.iter().map(|first| first.at).min(),
                })
            })
        })
        .await
}

/// Those of the endpoints that are switched off: what they have waits until somebody switches them on.
async fn disabled_endpoints(
    transaction: &mut dyn Transaction,
    firsts: &[FirstDue],
) -> Result<BTreeSet<EndpointId>, StoreError> {
    let key = |first: &FirstDue| endpoint_key(first.merchant, first.endpoint);
    let rows = transaction
        .get(Table::Directory, &firsts.iter().map(key).collect::<Vec<Key>>())
        .await?;
    let mut disabled = BTreeSet::new();
    for row in &rows {
        let endpoint: Endpoint = read_record(row)?;
        if endpoint.disabled {
            disabled.insert(EndpointId(endpoint.id));
        }
    }
    Ok(disabled)
}
