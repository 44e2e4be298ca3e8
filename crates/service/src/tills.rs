//! The till's side: claiming work by long poll, answering it, and being known to be there.
//!
//! Owns: who waits for work and what wakes them, and which devices are on line. Must not know: HTTP, and what a task is
//! worth: leases and answers are decided by the engine.
//!
//! A claim is a commit, so a waiting till only looks (which holds up no writer) and claims when there is something to get.
//! It looks again when a task becomes available at its location, when a lease lapses, and when somebody moves the clock; and
//! now and then without a reason, because the news of another node may be lost with it.

mod presence;
#[cfg(test)]
mod tests;
mod waiting;

use std::time::Duration;

use tender_engine::{
    ClaimTasks, Command, DeviceId, LocationId, MerchantId, Outcome, Payment, Rejection, ResolveTask,
    TASKS_PER_CLAIM_MAX, Task, TaskAnswer, TaskId, TaskOutcome, Timestamp,
};
use tender_store::{Direction, Op, Scan, Table};
use tokio::time::Instant;

use crate::background::sleep_until;
use crate::{Caller, Failure, Tender};
use presence::Presence;
use waiting::Waiting;

/// The longest long poll, in real time.
pub const CLAIM_WAIT_MS_MAX: u64 = 60_000;
/// Long polls that may wait at once on one node; beyond it callers hear "busy".
const WAITERS_MAX: usize = 16_384;
/// What a till that found no room to wait is told.
const BUSY_RETRY_S: u32 = 5;
/// When to look again after a claim got nothing although there was something: others hold it at this very moment.
const CONTENDED_MS: i64 = 250;

/// How long a waiting till relies on being told, in real time.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What this node knows of the tills that speak to it.
#[derive(Debug)]
pub(crate) struct Tills {
    pub(crate) presence: Presence,
    waiting: Waiting,
}

impl Default for Tills {
    fn default() -> Self {
        Self {
            presence: Presence::default(),
            waiting: Waiting::new(WAITERS_MAX),
        }
    }
}

/// How a device's answer was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Taken, or superseded.
    pub outcome: TaskOutcome,
    /// The task after it.
    pub task: Task,
    /// The payment after it, if the task is about one.
    pub payment: Option<Payment>,
}

impl Tender {
    /// Leases open tasks of a location to a device, oldest first: at most `max`, at least one is asked for. When there are
    /// none it waits up to `wait_ms` of real time, at most [`CLAIM_WAIT_MS_MAX`], and then answers an empty list.
    ///
    /// # Errors
    /// [`Rejection::TaskNotFound`] when the merchant has no such device at that location, [`Failure::Busy`] when too many
    /// tills are waiting already, else as [`Tender::execute`].
    pub async fn claim_tasks(
        &self,
        caller: &Caller,
        location: LocationId,
        device: DeviceId,
        max: u32,
        wait_ms: u64,
    ) -> Result<Vec<Task>, Failure> {
        self.require_device(caller.merchant, location, device).await?;
        let deadline = Instant::now() + Duration::from_millis(wait_ms.min(CLAIM_WAIT_MS_MAX));
        loop {
            let available = self
                .wait_for_task(caller.merchant, location, device, deadline)
                .await?;
            if !available {
                return Ok(Vec::new());
            }
            let tasks = self.claim_now(caller, location, device, max).await?;
            if !tasks.is_empty() || Instant::now() >= deadline {
                return Ok(tasks);
            }
            let again = self.now().plus_ms(CONTENDED_MS);
            let wait = sleep_until(self.clock(), Some(again));
            let _ = tokio::time::timeout_at(deadline, wait).await;
        }
    }

    /// A device's answer to a task, under the lease by which it got it. Repeating it gives the same outcome.
    ///
    /// # Errors
    /// [`Rejection::TaskNotFound`] for another location's task or a lease that was never given, else as
    /// [`Tender::execute`].
    pub async fn resolve_task(
        &self,
        caller: &Caller,
        location: LocationId,
        task: TaskId,
        lease: u64,
        answer: TaskAnswer,
    ) -> Result<Resolved, Failure> {
        let command = Command::ResolveTask(ResolveTask {
            task,
            location,
            lease,
            answer,
        });
        let done = self.execute(caller, command).await?;
        match done.outcome {
            Some(Outcome::Task(outcome, task, payment)) => {
                self.inner().metrics.resolved(outcome, done.changed);
                Ok(Resolved {
                    outcome,
                    task: *task,
                    payment: payment.map(|payment| *payment),
                })
            }
            _ => Err(Failure::Internal),
        }
    }

    /// A device says that it is there. The caller has made sure that it stands at that location.
    pub fn heartbeat(&self, location: LocationId, device: DeviceId) {
        self.inner().tills.presence.seen(location, device, self.now());
    }

    /// Whether a device of the location was heard of within the last minute of clock time, by a heartbeat or a claim, or is
    /// waiting for work right now. Virtual tills count unless they are off line. Known to this node only.
    #[must_use]
    pub fn device_online(&self, location: LocationId) -> bool {
        self.inner().tills.presence.is_online(location, self.now())
    }

    async fn require_device(
        &self,
        merchant: MerchantId,
        location: LocationId,
        device: DeviceId,
    ) -> Result<(), Failure> {
        let directory = self.directory(merchant).await?;
        let stands_there = directory.is_some_and(|directory| {
            directory
                .devices
                .get(&device.0)
                .is_some_and(|device| device.location == location.0)
        });
        if stands_there {
            Ok(())
        } else {
            Err(Rejection::TaskNotFound.into())
        }
    }

    /// Waits until there is a task that the device could claim; false when there was none before the deadline. May be
    /// given up at any moment without anything being lost.
    pub(crate) async fn wait_for_task(
        &self,
        merchant: MerchantId,
        location: LocationId,
        device: DeviceId,
        deadline: Instant,
    ) -> Result<bool, Failure> {
        let tills = &self.inner().tills;
        let _present = tills.presence.arrive(location, device, self.now());
        let listener = tills.waiting.listen(location, || self.events());
        let mut place = None;
        loop {
            // Listening begins before looking, so that a task made in between is noticed.
            let news = listener.news();
            let available_at = self.next_available(merchant, location, device).await?;
            if available_at.is_some_and(|at| at <= self.now()) {
                return Ok(true);
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
            if place.is_none() {
                place = Some(tills.waiting.take_place().ok_or(Failure::Busy {
                    retry_after_s: BUSY_RETRY_S,
                })?);
            }
            tokio::select! {
                () = news => {}
                () = sleep_until(self.clock(), available_at) => {}
                () = tokio::time::sleep_until(deadline.min(Instant::now() + LOOK_AGAIN)) => {}
            }
        }
    }

    /// Claims what there is, without waiting.
    pub(crate) async fn claim_now(
        &self,
        caller: &Caller,
        location: LocationId,
        device: DeviceId,
        max: u32,
    ) -> Result<Vec<Task>, Failure> {
        let max = max.clamp(1, TASKS_PER_CLAIM_MAX);
        let lease_ms = self.settings().lease_ms;
        let command = Command::ClaimTasks(ClaimTasks {
            location,
            device,
            max,
            lease_ms,
        });
        match self.execute(caller, command).await?.outcome {
            Some(Outcome::Tasks(tasks)) => {
                let claimed = u64::try_from(tasks.len()).unwrap_or_default();
                self.inner().metrics.claimed.inc_by(claimed);
                Ok(tasks)
            }
            _ => Err(Failure::Internal),
        }
    }

    /// When the next task is free for the device: now or before, or when its present lease lapses. `None` when there is
    /// nothing open for it.
    async fn next_available(
        &self,
        merchant: MerchantId,
        location: LocationId,
        device: DeviceId,
    ) -> Result<Option<Timestamp>, Failure> {
        let now = self.now();
        let scans = [0, device.to_i64()].map(|target| {
            Scan::new(Table::Tasks, 1)
                .equals("merchant_id", merchant.to_i64())
                .equals("location_id", location.to_i64())
                .equals("open", 1)
                .equals("device_id", target)
                .filter("expires_at_ms", Op::Gt, now.0)
                .order_by("available_at_ms", Direction::Ascending)
        });
        self.read(move |transaction| {
            let scans = scans.clone();
            Box::pin(async move {
                let mut earliest = None;
                for scan in &scans {
                    for row in transaction.scan(scan).await? {
                        let at = Timestamp(row.column("available_at_ms"));
                        earliest = Some(earliest.map_or(at, |earliest: Timestamp| earliest.min(at)));
                    }
                }
                Ok(earliest)
            })
        })
        .await
    }
}
