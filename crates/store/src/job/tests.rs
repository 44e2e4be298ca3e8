use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;

use super::{BatchJob, receive};
use crate::{Batch, BoxFuture, StoreError, Transaction, Writes};

/// Notes that it was dropped, which tells it from a batch that stands in for it.
struct Noted(Arc<AtomicBool>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Batch for Noted {
    fn run<'a>(
        &'a mut self,
        _transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        Box::pin(std::future::ready(Ok(Writes::default())))
    }
}

#[test]
fn the_batch_comes_back_however_the_job_ends() {
    let ends: [(fn(BatchJob), bool); 3] = [
        (|job| job.answer(Ok(())), true),
        (|job| job.answer(Err(StoreError::Conflict)), false),
        (drop, false),
    ];
    for (end, is_done) in ends {
        let is_dropped = Arc::new(AtomicBool::new(false));
        let (mut job, answer) = BatchJob::new(Box::new(Noted(Arc::clone(&is_dropped))));
        assert!(job.batch().is_some());
        end(job);
        let (batch, outcome) = receive(answer).now_or_never().expect("answered");
        assert_eq!(outcome.is_ok(), is_done, "{outcome:?}");
        assert!(!is_dropped.load(Ordering::Relaxed), "another batch came back");
        drop(batch);
        assert!(is_dropped.load(Ordering::Relaxed));
    }
}

#[test]
fn a_caller_that_went_away_disturbs_nobody() {
    let (job, answer) = BatchJob::new(Box::new(Noted(Arc::default())));
    drop(answer);
    job.answer(Ok(()));
}

#[test]
fn a_batch_that_is_never_answered_is_told_as_unavailable() {
    let (_, answer) = tokio::sync::oneshot::channel();
    let (_, outcome) = receive(answer).now_or_never().expect("answered");
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
}
