//! Wakes on their way to the other nodes.
//!
//! Owns: which wakes are still to be sent, each once. Must not know: who sends them, or how.
//!
//! A wake that travelled with its commit would make commits wait for one another: the server keeps notifications in the order
//! of their commits, so it lets only one transaction that notifies commit at a time, its sync included. So wakes go out a
//! moment later in transactions of their own, those of many commits at once. A node that is killed in this moment takes a few
//! with it, which the port allows: a wake is a hint, and whoever waits for one looks by itself now and then.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tender_store::Wake;
use tokio::sync::Notify;

/// Wakes that are kept while they cannot be sent; more are dropped.
const WAITING_MAX: usize = 4_096;

/// What waits to be sent.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: Mutex<BTreeSet<Wake>>,
    news: Notify,
}

impl Outbox {
    /// Adds wakes. One that waits already is not sent twice.
    pub(crate) fn add(&self, wakes: impl IntoIterator<Item = Wake>) {
        let mut waiting = self.lock();
        for wake in wakes {
            if waiting.len() < WAITING_MAX {
                waiting.insert(wake);
            }
        }
        let is_filled = !waiting.is_empty();
        drop(waiting);
        if is_filled {
            self.news.notify_one();
        }
    }

    /// Whether there is nothing to send.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Waits until there is something to send. For one task at a time; dropped before it is ready, it takes nothing.
    pub(crate) async fn filled(&self) {
        while self.is_empty() {
            self.news.notified().await;
        }
    }

    /// Takes everything.
    pub(crate) fn take(&self) -> BTreeSet<Wake> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Wake>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tender_store::WakeKind;

    use super::*;

    fn wake(id: i64) -> Wake {
        Wake {
            kind: WakeKind::Task,
            id,
        }
    }

    #[tokio::test]
    async fn what_waits_is_sent_once_whoever_adds_it() {
        let outbox = Outbox::default();
        assert_eq!(outbox.filled().now_or_never(), None);
        outbox.add([wake(1), wake(2)]);
        outbox.add([wake(1)]);
        outbox.filled().await;
        assert_eq!(outbox.take(), BTreeSet::from([wake(1), wake(2)]));
        assert_eq!(outbox.filled().now_or_never(), None);
    }

    #[tokio::test]
    async fn a_wait_that_was_given_up_loses_nothing() {
        let outbox = Outbox::default();
        outbox.add([wake(1)]);
        // Twice: the first look may use up the news.
        assert_eq!(outbox.filled().now_or_never(), Some(()));
        assert_eq!(outbox.filled().now_or_never(), Some(()));
    }

    #[test]
    fn it_keeps_a_bounded_number() {
        let outbox = Outbox::default();
        outbox.add((0..10_000).map(wake));
        assert_eq!(outbox.take().len(), WAITING_MAX);
    }
}
