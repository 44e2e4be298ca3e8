//! The jobs that wait, and how the committers of one node share them.
//!
//! Owns: how many jobs make a batch. Must not know: what is done with one.
//!
//! A storage that can use several batches at a time has several committers. A batch costs something whatever its size, so a
//! second one is only begun beside another when enough has queued up for it; what is less waits for the one that is under
//! way, as it would with a single committer. Nobody ever waits while no batch is under way.
//!
//! And a batch takes no more than its share, so that one that found everybody waiting does not leave the others with nothing to
//! do.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex, Notify, mpsc};

use super::Job;

/// Commands of one batch. Beyond a few hundred, a sync costs more per command again.
pub(super) const BATCH_MAX: usize = 512;
/// Commands that are worth a batch beside another one.
const BESIDE_MIN: usize = 32;

/// The receiving end of the queue.
#[derive(Debug)]
pub(crate) struct Queue {
    jobs: Mutex<mpsc::Receiver<Job>>,
    /// How many batches there can be at a time.
    committers: usize,
    /// Jobs of the batches that are under way.
    under_way: AtomicUsize,
    ended: Notify,
}

/// So many jobs are under way until this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay<'q> {
    queue: &'q Queue,
    jobs: usize,
}

impl Queue {
    pub(crate) fn new(jobs: mpsc::Receiver<Job>, committers: usize) -> Self {
        Self {
            jobs: Mutex::new(jobs),
            committers: committers.max(1),
            under_way: AtomicUsize::new(0),
            ended: Notify::new(),
        }
    }

    /// Waits for the jobs of the next batch; `None` when the queue is closed and empty.
    pub(super) async fn take(&self) -> Option<(Vec<Job>, UnderWay<'_>)> {
        let mut queue = self.jobs.lock().await;
        let mut jobs = vec![queue.recv().await?];
        // With nothing queued this would wait, which an alone job does not.
        if !queue.is_empty() {
            let room = self.share(jobs.len() + queue.len()) - jobs.len();
            queue.recv_many(&mut jobs, room).await;
        }
        while jobs.len() < BESIDE_MIN && self.under_way.load(Ordering::Acquire) > 0 {
            let room = BATCH_MAX - jobs.len();
            tokio::select! {
                // Dropped before it is ready, this takes nothing from the queue.
                more = queue.recv_many(&mut jobs, room) => if more == 0 { break },
                () = self.ended.notified() => {}
            }
        }
        self.under_way.fetch_add(jobs.len(), Ordering::AcqRel);
        let under_way = UnderWay {
            queue: self,
            jobs: jobs.len(),
        };
        Some((jobs, under_way))
    }

    /// How many of the jobs that wait make a batch.
    fn share(&self, waiting: usize) -> usize {
        let all = waiting + self.under_way.load(Ordering::Acquire);
        all.div_ceil(self.committers).clamp(BESIDE_MIN, BATCH_MAX)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.queue.under_way.fetch_sub(self.jobs, Ordering::AcqRel);
        // Kept for whoever waits next, if nobody does now: a look too many changes nothing.
        self.queue.ended.notify_one();
    }
}

#[cfg(test)]
mod tests;
