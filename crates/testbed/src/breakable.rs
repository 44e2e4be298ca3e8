//! A store that fails on demand, in each of the ways that a client is told of.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tender_store::{
    Batch, BoxFuture, FeedPosition, Lane, NodeLease, Row, Source, Sourced, Store, StoreError, Transaction,
    Wake, Writes,
};
use tender_store_sqlite::SqliteStore;

/// What fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Broken {
    /// Nothing does.
    #[default]
    Nothing,
    /// Others always win, so that nothing is written.
    CommitsConflict,
    /// Nothing is written, and nobody knows that.
    CommitsLost,
    /// Everything is written, and nobody knows that.
    AnswersLost,
    /// Nothing is written, and nothing will be.
    CommitsFail,
    /// Nothing is read, the feed included, and nobody can say whether a commit would work; what needs no reading is written.
    Reads,
    /// The feed holds back everything, as it does while an earlier entry may still come.
    FeedHeld,
    /// Nothing is read or written.
    All,
}

impl Broken {
    /// How a commit ends that writes nothing.
    fn commit(self) -> Option<StoreError> {
        match self {
            Self::Nothing | Self::Reads | Self::FeedHeld | Self::AnswersLost => None,
            Self::CommitsConflict => Some(StoreError::Conflict),
            Self::CommitsLost => Some(StoreError::OutcomeUnknown(why())),
            Self::CommitsFail => Some(StoreError::Internal(why())),
            Self::All => Some(StoreError::Unavailable(why())),
        }
    }

    /// How a commit ends that has ended so.
    fn answer(self, outcome: Result<(), StoreError>) -> Result<(), StoreError> {
        match self {
            Self::AnswersLost => {
                outcome.expect("the scratch database writes");
                Err(StoreError::OutcomeUnknown(why()))
            }
            _ => outcome,
        }
    }
}

fn why() -> String {
    "broken by the test".to_owned()
}

/// A store with a switch.
#[derive(Debug)]
pub struct Breakable {
    inner: Arc<SqliteStore>,
    switch: Arc<Switch>,
    reads: AtomicU64,
}

#[derive(Debug, Default)]
struct Switch(Mutex<Broken>);

impl Switch {
    fn get(&self) -> Broken {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is given to the inner store instead of a source.
#[derive(Debug)]
struct BreakableSource {
    source: Arc<dyn Source>,
    switch: Arc<Switch>,
}

struct BreakableBatch {
    batch: Box<dyn Sourced>,
    /// As it was when the batch began.
    broken: Broken,
}

impl Source for BreakableSource {
    fn next(&self, lane: Lane) -> BoxFuture<'_, Option<Box<dyn Sourced>>> {
        Box::pin(async move {
            let batch = self.source.next(lane).await?;
            let broken = self.switch.get();
            Some(Box::new(BreakableBatch { batch, broken }) as Box<dyn Sourced>)
        })
    }
}

impl Batch for BreakableBatch {
    fn run<'a>(
        &'a mut self,
        transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        match self.broken.commit() {
            Some(error) => Box::pin(async { Err(error) }),
            None => self.batch.run(transaction),
        }
    }
}

impl Sourced for BreakableBatch {
    fn ended(self: Box<Self>, outcome: Result<(), StoreError>) {
        self.batch.ended(self.broken.answer(outcome));
    }
}

impl Breakable {
    /// Nothing is broken yet.
    #[must_use]
    pub fn new(inner: Arc<SqliteStore>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            switch: Arc::default(),
            reads: AtomicU64::default(),
        })
    }

    /// From the next call on this fails, and nothing else.
    pub fn set(&self, broken: Broken) {
        *self.switch.0.lock().unwrap_or_else(PoisonError::into_inner) = broken;
    }

    /// How often something was read so far, commits and the feed left out.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }
}

impl Store for Breakable {
    fn commit(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        let broken = self.switch.get();
        match broken.commit() {
            Some(error) => Box::pin(async { (batch, Err(error)) }),
            None => Box::pin(async move {
                let (batch, outcome) = self.inner.commit(batch).await;
                (batch, broken.answer(outcome))
            }),
        }
    }

    fn serve(&self, source: Arc<dyn Source>) {
        let switch = Arc::clone(&self.switch);
        self.inner.serve(Arc::new(BreakableSource { source, switch }));
    }

    fn read(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        match self.switch.get() {
            Broken::Reads | Broken::All => Box::pin(async { (batch, Err(StoreError::Unavailable(why()))) }),
            _ => self.inner.read(batch),
        }
    }

    fn feed(
        &self,
        merchant_id: i64,
        after: FeedPosition,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<(FeedPosition, Row)>, StoreError>> {
        match self.switch.get() {
            Broken::FeedHeld => Box::pin(async { Ok(Vec::new()) }),
            Broken::Reads | Broken::All => Box::pin(async { Err(StoreError::Unavailable(why())) }),
            _ => self.inner.feed(merchant_id, after, limit),
        }
    }

    fn node(&self) -> BoxFuture<'_, Result<NodeLease, StoreError>> {
        self.inner.node()
    }

    fn check_writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        match self.switch.get() {
            Broken::Reads | Broken::All => Box::pin(async { Err(StoreError::Unavailable(why())) }),
            _ => self.inner.check_writable(),
        }
    }

    fn backup<'a>(&'a self, to: &'a Path) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.backup(to)
    }

    fn wakes(&self) -> tokio::sync::broadcast::Receiver<Wake> {
        self.inner.wakes()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tender_store::{Batch, BoxFuture, FeedPosition, Store, StoreError, Transaction, Writes, read};
    use tender_store_sqlite::SqliteStore;

    use super::{Breakable, Broken};

    struct Nothing;

    impl Batch for Nothing {
        fn run<'a>(&'a mut self, _: &'a mut dyn Transaction) -> BoxFuture<'a, Result<Writes, StoreError>> {
            Box::pin(async { Ok(Writes::default()) })
        }
    }

    #[tokio::test]
    async fn what_is_broken_is_broken_whichever_way_it_is_reached() {
        let store = Breakable::new(Arc::new(
            SqliteStore::open_in_memory().expect("a scratch database"),
        ));
        // Commits, reads, the feed, and the look whether commits would work.
        let table = [
            (Broken::Nothing, [true, true, true, true]),
            (Broken::Reads, [true, false, false, false]),
            (Broken::All, [false, false, false, false]),
        ];
        for (broken, expected) in table {
            store.set(broken);
            let before = store.reads();
            let works = [
                store.commit(Box::new(Nothing)).await.1.is_ok(),
                read(store.as_ref(), |_| Box::pin(async { Ok(()) })).await.is_ok(),
                store.feed(1, FeedPosition::default(), 1).await.is_ok(),
                store.check_writable().await.is_ok(),
            ];
            assert_eq!(works, expected, "{broken:?}");
            assert_eq!(store.reads() - before, 1, "{broken:?}");
        }
    }
}
