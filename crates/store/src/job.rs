//! A batch on its way from the caller of a backend, or a source, to the worker, a thread or a task, that runs it, and back.
//!
//! Owns: that the caller gets its batch back, however the work ends. Must not know: queues, workers, transactions.

use std::fmt::{self, Debug};
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::future::select_all;
use tokio::sync::oneshot;

use crate::{Batch, BoxFuture, Lane, Source, Sourced, StoreError, Transaction, Writes};

/// What a caller of [`crate::Store::commit`] or [`crate::Store::read`] gets.
pub type Answer = (Box<dyn Batch>, Result<(), StoreError>);

/// A batch on its way to a worker. However it ends, dropped unrun included, the caller gets the batch back.
pub struct BatchJob {
    inner: Option<(Box<dyn Batch>, oneshot::Sender<Answer>)>,
}

impl BatchJob {
    /// A job, and what its answer comes from: see [`receive`].
    #[must_use]
    pub fn new(batch: Box<dyn Batch>) -> (Self, oneshot::Receiver<Answer>) {
        let (reply, answer) = oneshot::channel();
        let inner = Some((batch, reply));
        (Self { inner }, answer)
    }

    /// The batch to run.
    pub fn batch(&mut self) -> Option<&mut dyn Batch> {
        // A closure would not let the trait object's lifetime shrink.
        match &mut self.inner {
            Some((batch, _)) => Some(batch.as_mut()),
            None => None,
        }
    }

    /// Answers the caller, if it still listens.
    pub fn answer(mut self, result: Result<(), StoreError>) {
        self.reply(result);
    }

    fn reply(&mut self, result: Result<(), StoreError>) {
        if let Some((batch, reply)) = self.inner.take() {
            let _ = reply.send((batch, result));
        }
    }
}

impl Drop for BatchJob {
    fn drop(&mut self) {
        if self.inner.is_some() {
            self.reply(Err(worker_gone()));
        }
    }
}

impl Debug for BatchJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchJob").finish_non_exhaustive()
    }
}

/// Waits for the answer to a job.
pub async fn receive(answer: oneshot::Receiver<Answer>) -> Answer {
    match answer.await {
        Ok(answer) => answer,
        Err(_) => (Box::new(Lost), Err(worker_gone())),
    }
}

/// The sources that a writer takes batches from, in turns.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Arc<dyn Source>>);

impl Sources {
    /// One more.
    pub fn add(&mut self, source: Arc<dyn Source>) {
        self.0.push(source);
    }

    /// Waits for the next batch; without any source, for ever. Those that have no more are left out from then on. Dropped before it is
    /// ready, it has taken nothing.
    pub async fn next(&mut self, lane: Lane) -> Box<dyn Sourced> {
        loop {
            let (batch, at) = match self.0.as_slice() {
                [] => pending().await,
                [one] => (one.next(lane).await, 0),
                all => {
                    let (batch, at, _) = select_all(all.iter().map(|source| source.next(lane))).await;
                    (batch, at)
                }
            };
            if let Some(batch) = batch {
                // The others first, the next time.
                self.0.rotate_left(at + 1);
                return batch;
            }
            self.0.remove(at);
        }
    }
}

/// Tells a batch how it ended, and answers whether that went well: a panic in there must not end the writer, for whom others wait.
#[must_use]
pub fn end(batch: Box<dyn Sourced>, outcome: Result<(), StoreError>) -> bool {
    catch_unwind(AssertUnwindSafe(|| batch.ended(outcome))).is_ok()
}

/// The error of a caller whose worker no longer takes work.
#[must_use]
pub fn worker_gone() -> StoreError {
    StoreError::Unavailable("the storage worker has ended".to_owned())
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

#[cfg(test)]
mod tests;
