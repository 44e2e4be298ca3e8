//! Playing: the loop of a device, and what it does with a task.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use tender_engine::{
    ApplicationId, DeviceId, LocationId, MerchantId, TASKS_PER_CLAIM_MAX, Task, TaskAnswer, Timestamp, Via,
};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Behaviour, Cast};
use crate::background::{Stop, sleep_until};
use crate::tills::CLAIM_WAIT_MS_MAX;
use crate::{Caller, Failure, Tender};

/// How long after its lease a till that lost its confirm confirms again: long enough for others to take over first.
const LOST_CONFIRM_MS: i64 = 1_000;
/// How long a till waits after the server told it to come back later.
const PAUSE_MS: u64 = 500;
/// How often it sends one answer.
const ANSWER_TRIES_MAX: u32 = 20;

/// One device, and how it finds out what it is to do.
struct Player {
    tender: Tender,
    caller: Caller,
    location: LocationId,
    device: DeviceId,
    cast: watch::Receiver<Arc<Cast>>,
    stop: Stop,
}

/// What a device took from the server, and when.
struct Taken {
    tasks: Vec<Task>,
    at: Timestamp,
}

/// Plays all devices of a location until none is left or the tills stop.
pub(super) async fn play_location(
    tender: Tender,
    merchant: MerchantId,
    location: LocationId,
    mut cast: watch::Receiver<Arc<Cast>>,
    mut stop: Stop,
) {
    let mut playing = FuturesUnordered::new();
    let mut on_stage: BTreeSet<DeviceId> = BTreeSet::new();
    while !stop.is_set() {
        let devices: Vec<DeviceId> = cast.borrow_and_update().keys().copied().collect();
        for device in devices {
            if on_stage.insert(device) {
                let caller = Caller {
                    merchant,
                    application: ApplicationId(0),
                    via: Via::Till,
                };
                let (tender, cast, stop) = (tender.clone(), cast.clone(), stop.clone());
                playing.push(
                    Player {
                        tender,
                        caller,
                        location,
                        device,
                        cast,
                        stop,
                    }
                    .play(),
                );
            }
        }
        tokio::select! {
            () = stop.wait() => {}
            changed = cast.changed() => if changed.is_err() { break },
            Some(device) = playing.next() => drop(on_stage.remove(&device)),
        }
    }
    // What is in hand is ended; each player has heard itself that it should.
    while playing.next().await.is_some() {}
}

impl Player {
    async fn play(mut self) -> DeviceId {
        let tender = self.tender.clone();
        let presence = &tender.inner().tills.presence;
        // A device is there as long as it plays, also while it works and waits for nothing.
        let mut present = None;
        while let Some(behaviour) = self.behaviour() {
            if behaviour == Behaviour::Offline {
                drop(present.take());
                presence.forget(self.location, self.device);
                let mut stop = self.stop.clone();
                tokio::select! {
                    () = stop.wait() => {}
                    _ = self.cast.changed() => {}
                }
                continue;
            }
            present.get_or_insert_with(|| presence.arrive(self.location, self.device, tender.now()));
            match self.next_tasks(&behaviour).await {
                Ok(taken) => self.work(&behaviour, taken).await,
                Err(failure) => {
                    tracing::debug!(device.id = self.device.0, failure = ?failure, "a virtual till could not claim");
                    self.rest().await;
                }
            }
        }
        drop(present);
        presence.forget(self.location, self.device);
        self.device
    }

    /// What to do now; `None` when there is nothing left to play.
    fn behaviour(&mut self) -> Option<Behaviour> {
        let is_over = self.stop.is_set() || self.cast.has_changed().is_err();
        let behaviour = self.cast.borrow_and_update().get(&self.device).cloned();
        behaviour.filter(|_| !is_over)
    }

    /// Waits for work and claims it. Empty when none came, or when the behaviour may have changed: only the waiting is
    /// given up for that, never a claim that is under way.
    async fn next_tasks(&mut self, behaviour: &Behaviour) -> Result<Taken, Failure> {
        let deadline = Instant::now() + Duration::from_millis(CLAIM_WAIT_MS_MAX);
        let mut stop = self.stop.clone();
        let waiting = self
            .tender
            .wait_for_task(self.caller.merchant, self.location, self.device, deadline);
        let is_available = tokio::select! {
            is_available = waiting => is_available?,
            _ = self.cast.changed() => false,
            () = stop.wait() => false,
        };
        let at = self.tender.now();
        if !is_available {
            return Ok(Taken {
                tasks: Vec::new(),
                at,
            });
        }
        let max = if matches!(behaviour, Behaviour::Slow { .. }) {
            1
        } else {
            TASKS_PER_CLAIM_MAX
        };
        let tasks = self
            .tender
            .claim_now(&self.caller, self.location, self.device, max)
            .await?;
        if tasks.is_empty() {
            // Others were faster, or hold it right now.
            tokio::task::yield_now().await;
        }
        Ok(Taken { tasks, at })
    }

    async fn work(&self, behaviour: &Behaviour, taken: Taken) {
        join_all(
            taken
                .tasks
                .iter()
                .map(|task| self.work_on(behaviour, task, taken.at)),
        )
        .await;
    }

    async fn work_on(&self, behaviour: &Behaviour, task: &Task, taken_at: Timestamp) {
        let answer_at = match behaviour {
            Behaviour::Offline => return,
            Behaviour::Auto | Behaviour::Refuse(_) => None,
            Behaviour::Slow { delay_ms } => Some(taken_at.plus_ms(i64::from(*delay_ms))),
            Behaviour::LoseConfirm => Some(task.leased_until.plus_ms(LOST_CONFIRM_MS)),
        };
        if let Some(answer_at) = answer_at
            && !self.waited_until(answer_at).await
        {
            // The tills stop: whoever plays next gets the task when its lease lapses.
            return;
        }
        let answer = match behaviour {
            Behaviour::Refuse(failure) => TaskAnswer::Refuse(failure.clone()),
            Behaviour::Auto | Behaviour::Offline | Behaviour::Slow { .. } | Behaviour::LoseConfirm => {
                TaskAnswer::Confirm
            }
        };
        self.answer(task, answer).await;
    }

    /// Sends an answer until it is taken. Answers may be repeated, so an uncertain one is simply sent again.
    async fn answer(&self, task: &Task, answer: TaskAnswer) {
        for _ in 0..ANSWER_TRIES_MAX {
            let resolving =
                self.tender
                    .resolve_task(&self.caller, self.location, task.id, task.lease, answer.clone());
            match resolving.await {
                Ok(_) | Err(Failure::Rejected(_)) => return,
                Err(Failure::Busy { .. } | Failure::OutcomeUnknown | Failure::Internal) => self.rest().await,
            }
        }
        tracing::warn!(task.id = task.id.0, "a virtual till gave up answering");
    }

    async fn rest(&self) {
        let mut stop = self.stop.clone();
        tokio::select! {
            () = stop.wait() => {}
            () = tokio::time::sleep(Duration::from_millis(PAUSE_MS)) => {}
        }
    }

    /// Waits by the clock. False when the tills stopped before.
    async fn waited_until(&self, until: Timestamp) -> bool {
        let mut stop = self.stop.clone();
        while self.tender.now() < until {
            if stop.is_set() {
                return false;
            }
            tokio::select! {
                () = stop.wait() => {}
                () = sleep_until(self.tender.clock(), Some(until)) => {}
            }
        }
        true
    }
}
