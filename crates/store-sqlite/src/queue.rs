//! Bounded queues from callers to the reading threads.

use std::fmt::{self, Debug};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The sending half of a bounded queue: waiting for room is asynchronous, taking a job out is not.
pub(crate) struct Sender<J> {
    jobs: mpsc::SyncSender<(J, OwnedSemaphorePermit)>,
    slots: Arc<Semaphore>,
}

/// The receiving half, shared by the threads that serve the queue.
pub(crate) struct Receiver<J> {
    jobs: Mutex<mpsc::Receiver<(J, OwnedSemaphorePermit)>>,
}

/// The longest queue anyone can ask for.
const CAPACITY_MAX: usize = 1 << 16;

/// Makes a queue for at most `capacity` waiting jobs.
pub(crate) fn queue<J>(capacity: usize) -> (Sender<J>, Receiver<J>) {
    let capacity = capacity.clamp(1, CAPACITY_MAX);
    // A job is sent with a slot in hand, and gives it back only after it has left the channel: so the channel has
    // always room, and sending to it never blocks.
    let (sender, receiver) = mpsc::sync_channel(capacity);
    let slots = Arc::new(Semaphore::new(capacity));
    (
        Sender { jobs: sender, slots },
        Receiver {
            jobs: Mutex::new(receiver),
        },
    )
}

impl<J> Sender<J> {
    /// Waits for room and enqueues. Returns the job when nobody will ever take it.
    pub(crate) async fn send(&self, job: J) -> Result<(), J> {
        match Arc::clone(&self.slots).acquire_owned().await {
            Ok(slot) => (self.jobs.send((job, slot))).map_err(|mpsc::SendError((job, _))| job),
            // Never closed, and if it were, nobody would take the job.
            Err(_) => Err(job),
        }
    }
}

impl<J> Receiver<J> {
    /// Waits for a job; `None` when the queue is closed and empty.
    pub(crate) fn take(&self) -> Option<J> {
        // The lock protects a channel end, which no panic can leave half-changed.
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.recv().ok().map(|(job, _slot)| job)
    }
}

impl<J> Debug for Sender<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("free_slots", &self.slots.available_permits())
            .finish()
    }
}
