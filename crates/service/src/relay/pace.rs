//! How hard a receiver is tried that answers nothing but failures.
//!
//! Owns: telling when one is down, and how long to leave it alone. Must not know: messages, HTTP, the storage.
//!
//! Every message has a schedule of its own, which is right while single messages fail. When a receiver is down and
//! thousands wait for it, these schedules add up to a stream of attempts that all fail, each with its commits, at the
//! expense of everybody else. So after as many failures in a row as may be under way at once, one message at a time is
//! tried, after a pause that grows to half a minute. The others wait where they are and use up no attempts. The first
//! success ends it.

use std::sync::atomic::{AtomicU32, Ordering};

use tender_engine::Timestamp;

#[cfg(test)]
mod tests;

/// Failures in a row after which a receiver is taken to be down.
pub(super) const FAILURES_MAX: u32 = 32;
/// The first pause before a single message is tried.
pub(super) const PAUSE_MS_MIN: i64 = 1_000;
/// The longest one: how late it is seen at most that a receiver is back.
pub(super) const PAUSE_MS_MAX: i64 = 30_000;

/// Failures in a row of one receiver, as its carriers count them.
#[derive(Debug, Default)]
pub(super) struct Streak(AtomicU32);

impl Streak {
    /// Takes note of one attempt. Says whether it has ended the receiver's being down.
    pub(super) fn note(&self, success: bool) -> bool {
        if success {
            return self.0.swap(0, Ordering::Relaxed) >= FAILURES_MAX;
        }
        // Saturates, so that it can never come round to looking well.
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                Some(count.saturating_add(1))
            });
        false
    }

    /// Whether the receiver is taken to be down.
    pub(super) fn is_down(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= FAILURES_MAX
    }

    /// Begins anew: the receiver may have become another one.
    pub(super) fn forget(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// When the next single message may be tried at a receiver that is down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pace {
    probing: Option<Probing>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Probing {
    at: Timestamp,
    pause_ms: i64,
    is_tried: bool,
}

impl Pace {
    /// Whether only single messages go out.
    pub(super) const fn is_probing(&self) -> bool {
        self.probing.is_some()
    }

    /// Before this moment nothing goes out; `None`: whenever it is due.
    pub(super) fn not_before(&self) -> Option<Timestamp> {
        self.probing.map(|probing| probing.at)
    }

    /// A message goes out.
    pub(super) fn begun(&mut self) {
        if let Some(probing) = &mut self.probing {
            probing.is_tried = true;
        }
    }

    /// Nothing was found that could go out: there is no hurry to look again.
    pub(super) fn rest(&mut self, now: Timestamp) {
        if let Some(probing) = &mut self.probing {
            probing.at = now.plus_ms(probing.pause_ms);
        }
    }

    /// Sets the pace by how things stand, after an attempt has ended or news came.
    pub(super) fn adjust(&mut self, is_down: bool, is_idle: bool, now: Timestamp) {
        self.probing = match self.probing {
            _ if !is_down => None,
            None => Some(Probing::after(PAUSE_MS_MIN, now)),
            // Attempts from before the pause still come in; only one made since makes it longer.
            Some(probing) if probing.is_tried && is_idle => {
                let longer_ms = probing.pause_ms.saturating_mul(2).min(PAUSE_MS_MAX);
                Some(Probing::after(longer_ms, now))
            }
            Some(probing) => Some(probing),
        };
    }
}

impl Probing {
    fn after(pause_ms: i64, now: Timestamp) -> Self {
        Self {
            at: now.plus_ms(pause_ms),
            pause_ms,
            is_tried: false,
        }
    }
}
