//! Work handed from callers to the tasks that own sessions, through bounded queues.

use std::sync::Arc;

use tender_store::{Batch, BoxFuture, StoreError, Transaction, Writes};
use tokio::sync::{Mutex, mpsc, oneshot};

/// What a caller of `commit` or `read` gets.
pub(crate) type Answer = (Box<dyn Batch>, Result<(), StoreError>);

/// A batch on its way to a session. However it ends, dropped unrun included, the caller gets the batch back.
pub(crate) struct BatchJob {
    inner: Option<(Box<dyn Batch>, oneshot::Sender<Answer>)>,
}

impl BatchJob {
    pub(crate) fn new(batch: Box<dyn Batch>) -> (Self, oneshot::Receiver<Answer>) {
        let (reply, answer) = oneshot::channel();
        let inner = Some((batch, reply));
        (Self { inner }, answer)
    }

    /// The batch to run.
    pub(crate) fn batch(&mut self) -> Option<&mut dyn Batch> {
        // A closure would not let the trait object's lifetime shrink.
        match &mut self.inner {
            Some((batch, _)) => Some(batch.as_mut()),
            None => None,
        }
    }

    /// Answers the caller, if it still listens.
    pub(crate) fn answer(mut self, result: Result<(), StoreError>) {
        if let Some((batch, reply)) = self.inner.take() {
            let _ = reply.send((batch, result));
        }
    }
}

impl Drop for BatchJob {
    fn drop(&mut self) {
        if let Some((batch, reply)) = self.inner.take() {
            let _ = reply.send((batch, Err(worker_gone())));
        }
    }
}

/// Waits for the answer to a job.
pub(crate) async fn receive(answer: oneshot::Receiver<Answer>) -> Answer {
    match answer.await {
        Ok(answer) => answer,
        Err(_) => (Box::new(Lost), Err(worker_gone())),
    }
}

/// The error of a caller whose worker no longer takes work.
pub(crate) fn worker_gone() -> StoreError {
    StoreError::Unavailable("the storage task has ended".to_owned())
}

/// Stands in for a batch that cannot be given back, and refuses to run.
struct Lost;

impl Batch for Lost {
    fn run<'a>(
        &'a mut self,
        _transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        Box::pin(std::future::ready(Err(worker_gone())))
    }
}

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
