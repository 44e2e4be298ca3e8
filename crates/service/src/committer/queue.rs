//! The jobs that wait, and how the writers of one node share them.
//!
//! Owns: how many jobs make a batch, and which writer's they are. Must not know: what is done with one.
//!
//! A storage that can use several batches at a time has several writers, and each takes its next batch by itself. A batch costs
//! something whatever its size, so a second one is only begun beside another when enough has queued up for it, and a third one when
//! twice as much has; what is less waits for those that are under way, as it would with a single writer. Nobody ever waits while no
//! batch is under way.
//!
//! And a batch takes no more than its share, so that one that found everybody waiting does not leave the others with nothing to
//! do.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tender_store::Lane;
use tokio::sync::Notify;

use super::Job;

/// Jobs that may wait; beyond it callers hear "busy".
const QUEUE_MAX: usize = 8_192;
/// Commands of one batch. Beyond a few hundred, a sync costs more per command again.
const BATCH_MAX: usize = 512;
/// Commands that are worth a batch beside another one.
const BESIDE_MIN: usize = 32;
/// Commands that are worth the hands of one more who is there for what is left.
const MORE_MIN: usize = 2 * BESIDE_MIN;

/// The receiving end of the queue.
pub(crate) struct Queue {
    state: Mutex<State>,
    /// How many batches there can be at a time.
    writers: usize,
    few: Notify,
    many: Notify,
    more: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// Jobs that go alone, because one of their batch was at fault.
    alone: VecDeque<Job>,
    /// Jobs of the batches that are under way.
    under_way: usize,
    /// Up to how many jobs are for a writer for a few; 0: there is none.
    few_max: usize,
    is_closed: bool,
}

/// For whom the next batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Few,
    Many,
    /// For those who take many too, if they are not at work.
    More,
}

impl Turn {
    /// Whether the next batch is also for these.
    fn includes(self, other: Self) -> bool {
        self == other || (self, other) == (Self::More, Self::Many)
    }
}

/// The sending end. The queue is closed when it is dropped.
pub(crate) struct Sender(Arc<Queue>);

/// So many jobs are under way until this is dropped, by a writer who then looks for the next batch by himself.
pub(super) struct UnderWay {
    queue: Arc<Queue>,
    jobs: usize,
    writer: Turn,
}

/// Makes a queue for so many writers.
pub(crate) fn queue(writers: usize) -> (Sender, Arc<Queue>) {
    let queue = Arc::new(Queue {
        state: Mutex::default(),
        writers: writers.max(1),
        few: Notify::new(),
        many: Notify::new(),
        more: Notify::new(),
    });
    (Sender(Arc::clone(&queue)), queue)
}

impl Sender {
    /// The end of a queue that nobody takes from.
    pub(crate) fn closed() -> Self {
        let (sender, queue) = queue(1);
        queue.close();
        sender
    }

    /// Enqueues a job.
    ///
    /// # Errors
    /// The job, when there is no room.
    pub(crate) fn send(&self, job: Job) -> Result<(), Box<Job>> {
        self.0.change(|state| {
            if state.is_closed || state.waiting.len() >= QUEUE_MAX {
                return Err(Box::new(job));
            }
            state.waiting.push_back(job);
            Ok(())
        })
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Queue {
    /// Waits for the jobs of the next batch; `None` when the queue is closed and empty.
    pub(super) async fn take(self: &Arc<Self>, lane: Lane) -> Option<(Vec<Job>, UnderWay)> {
        let (turn, changed) = match lane {
            Lane::Few(few_max) => {
                self.change(|state| state.few_max = few_max);
                (Turn::Few, &self.few)
            }
            Lane::Many => (Turn::Many, &self.many),
            Lane::More => (Turn::More, &self.more),
        };
        loop {
            let taken = self.change(|state| {
                let is_over = state.is_closed && state.waiting.is_empty() && state.alone.is_empty();
                match state.turn() {
                    Some(next) if next.includes(turn) => Some(state.begin(self.writers)),
                    _ => is_over.then(Vec::new),
                }
            });
            match taken {
                Some(jobs) if jobs.is_empty() => {
                    // Whoever else waits is to hear of the end, too.
                    changed.notify_one();
                    return None;
                }
                Some(jobs) => {
                    let under_way = UnderWay {
                        queue: Arc::clone(self),
                        jobs: jobs.len(),
                        writer: turn,
                    };
                    return Some((jobs, under_way));
                }
                None => changed.notified().await,
            }
        }
    }

    fn close(&self) {
        self.change(|state| state.is_closed = true);
        self.few.notify_one();
        self.many.notify_one();
        self.more.notify_one();
    }

    /// Changes the state, and wakes the one whose turn it has become.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.change_and_look(None, change)
    }

    /// The same for a writer who looks for himself and need not be woken.
    fn change_and_look<T>(&self, writer: Option<Turn>, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let before = state.turn();
        let (was_under_way, answer) = (state.under_way, change(&mut state));
        let after = state.turn();
        // With each batch that begins or ends there may be one more writer who can have a turn.
        let is_news = after != before || state.under_way != was_under_way;
        drop(state);
        match after {
            Some(turn) if !is_news || writer.is_some_and(|writer| turn.includes(writer)) => {}
            Some(Turn::Few) => self.few.notify_one(),
            Some(Turn::Many) => self.many.notify_one(),
            Some(Turn::More) => self.more.notify_one(),
            None => {}
        }
        answer
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whose turn it is, if there is something to do.
    fn turn(&self) -> Option<Turn> {
        if !self.alone.is_empty() {
            return Some(Turn::Many);
        }
        match (self.waiting.len(), self.under_way) {
            (0, _) => None,
            (waiting, 0) if waiting <= self.few_max => Some(Turn::Few),
            (_, 0) => Some(Turn::Many),
            (waiting, _) if waiting >= MORE_MIN => Some(Turn::More),
            (waiting, _) => (waiting >= BESIDE_MIN).then_some(Turn::Many),
        }
    }

    /// Takes the jobs of a batch.
    fn begin(&mut self, writers: usize) -> Vec<Job> {
        let jobs: Vec<Job> = match self.alone.pop_front() {
            Some(job) => vec![job],
            None => {
                let all = self.waiting.len() + self.under_way;
                // Half of it for each of two, unless there is more than that for everybody.
                let (of_two, of_all) = (all.div_ceil(writers.min(2)), all.div_ceil(writers));
                let share = of_all.max(of_two.min(MORE_MIN)).clamp(BESIDE_MIN, BATCH_MAX);
                self.waiting.drain(..share.min(self.waiting.len())).collect()
            }
        };
        self.under_way += jobs.len();
        jobs
    }
}

impl UnderWay {
    /// Lets each of its jobs go in a batch of its own, before all others.
    pub(super) fn send_alone(self, jobs: Vec<Job>) {
        self.queue.change(|state| state.alone.extend(jobs));
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let writer = Some(self.writer);
        (self.queue).change_and_look(writer, |state| state.under_way -= self.jobs);
    }
}

#[cfg(test)]
mod tests;
