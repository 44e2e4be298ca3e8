//! Bounded queues from callers to the threads and tasks that own sessions.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

/// The receiving end of a queue that several workers share.
#[derive(Debug)]
pub(crate) struct SharedReceiver<J>(Arc<Mutex<mpsc::Receiver<J>>>);

impl<J> Clone for SharedReceiver<J> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<J> SharedReceiver<J> {
    /// Waits for a job; `None` when the queue is closed and empty.
    pub(crate) async fn take(&self) -> Option<J> {
        self.0.lock().await.recv().await
    }
}

/// Makes a queue for at most `capacity` waiting jobs (at least 1).
pub(crate) fn queue<J>(capacity: usize) -> (mpsc::Sender<J>, SharedReceiver<J>) {
    let (sender, receiver) = mpsc::channel(capacity.max(1));
    (sender, SharedReceiver(Arc::new(Mutex::new(receiver))))
}
