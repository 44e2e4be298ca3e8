//! The one clock: everything the server measures follows it, so a sandbox can move time.
//!
//! Socket timeouts and long-poll waits are real time and do not use it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tender_engine::Timestamp;

/// Tells the time; clones share one offset.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
    changed: Arc<tokio::sync::Notify>,
}

impl Clock {
    /// The system's time, plus whatever [`Clock::advance`] added.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp(system_ms().saturating_add(self.offset_ms.load(Ordering::Relaxed)))
    }

    /// Moves the time forward by `ms` milliseconds and wakes everyone who waits for time to pass.
    pub fn advance(&self, ms: u32) {
        self.offset_ms.fetch_add(i64::from(ms), Ordering::Relaxed);
        self.changed.notify_waiters();
    }

    /// Sleeps for `ms` of this clock's milliseconds, or until somebody moved the clock: then look at the time again.
    pub async fn sleep_or_change(&self, ms: u64) {
        let changed = self.changed.notified();
        let _ = tokio::time::timeout(std::time::Duration::from_millis(ms), changed).await;
    }
}

/// Real time, whatever a sandbox did to its clock.
pub(crate) fn real_now() -> Timestamp {
    Timestamp(system_ms())
}

// The only place that reads the system's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that everything else is given"
)]
fn system_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
