//! Workers beside the requests: how one is told to stop, and how it waits for time to pass.
//!
//! Owns: the handle of a running worker, and waiting by the service's clock. Must not know: what any worker does.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tender_engine::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Clock;

/// The longest sleep in one piece. The system's clock may be set while a worker sleeps, which no timer notices.
const SLEEP_MS_MAX: u64 = 60_000;

/// A running worker. Dropping the handle stops the worker as well, without waiting for it.
#[derive(Debug)]
#[must_use = "the worker stops when its handle is dropped"]
pub struct BackgroundTask {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl BackgroundTask {
    /// Starts a worker on the current runtime.
    pub(crate) fn start<F>(worker: impl FnOnce(Stop) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, heard) = watch::channel(false);
        Self {
            stop,
            task: tokio::spawn(worker(Stop(heard))),
        }
    }

    /// Lets the worker finish what it has begun, and waits for that.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        if let Err(error) = self.task.await {
            tracing::error!(error = %error, "a background worker did not end by itself");
        }
    }
}

/// Tells a worker that it should end.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Whether the worker should end.
    pub(crate) fn is_set(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Waits until the worker should end.
    pub(crate) async fn wait(&mut self) {
        // An error means that the handle is gone, which is an order to stop too.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

/// Waits until the clock shows `until`, or somebody moved the clock, or a minute has passed. Look at the time again then.
pub(crate) async fn sleep_until(clock: &Clock, until: Option<Timestamp>) {
    let mut moved = pin!(clock.sleep_or_change(SLEEP_MS_MAX));
    // The wait registers itself when it is first polled. Only what registers before the time is read cannot miss a
    // move of the clock that comes between reading the time and sleeping.
    if poll_fn(|context| Poll::Ready(moved.as_mut().poll(context)))
        .await
        .is_ready()
    {
        return;
    }
    let wait_ms = until.map_or(SLEEP_MS_MAX, |until| {
        u64::try_from(until.0.saturating_sub(clock.now().0))
            .unwrap_or_default()
            .min(SLEEP_MS_MAX)
    });
    let _ = tokio::time::timeout(Duration::from_millis(wait_ms), moved).await;
}
