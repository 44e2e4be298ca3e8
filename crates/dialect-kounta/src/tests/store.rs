//! A store that fails on demand, in each of the ways that a client is told of.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tender_store::{Batch, BoxFuture, FeedPosition, NodeLease, Row, Store, StoreError, Wake};
use tender_store_sqlite::SqliteStore;

/// What fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Broken {
    #[default]
    Nothing,
    /// Others always win, so that nothing is written.
    CommitsConflict,
    /// Nobody knows whether it was written.
    CommitsBreak,
    /// Nothing is written, and nothing will be.
    CommitsFail,
    /// Nothing is read or written.
    All,
}

impl Broken {
    fn commit(self) -> Option<StoreError> {
        let why = || "broken by the test".to_owned();
        match self {
            Self::Nothing => None,
            Self::CommitsConflict => Some(StoreError::Conflict),
            Self::CommitsBreak => Some(StoreError::OutcomeUnknown(why())),
            Self::CommitsFail => Some(StoreError::Internal(why())),
            Self::All => Some(StoreError::Unavailable(why())),
        }
    }
}

/// A store with a switch.
#[derive(Debug)]
pub(super) struct Breakable {
    inner: SqliteStore,
    broken: Mutex<Broken>,
}

impl Breakable {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: SqliteStore::open_in_memory().unwrap(),
            broken: Mutex::default(),
        })
    }

    pub(super) fn set(&self, broken: Broken) {
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = broken;
    }

    fn broken(&self) -> Broken {
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Breakable {
    fn commit(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        match self.broken().commit() {
            None => self.inner.commit(batch),
            Some(error) => Box::pin(async { (batch, Err(error)) }),
        }
    }

    fn read(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        match self.broken().commit().filter(|_| self.broken() == Broken::All) {
            None => self.inner.read(batch),
            Some(error) => Box::pin(async { (batch, Err(error)) }),
        }
    }

    fn feed(
        &self,
        merchant_id: i64,
        after: FeedPosition,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<(FeedPosition, Row)>, StoreError>> {
        self.inner.feed(merchant_id, after, limit)
    }

    fn node(&self) -> BoxFuture<'_, Result<NodeLease, StoreError>> {
        self.inner.node()
    }

    fn check_writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.check_writable()
    }

    fn backup<'a>(&'a self, to: &'a Path) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.backup(to)
    }

    fn wakes(&self) -> tokio::sync::broadcast::Receiver<Wake> {
        self.inner.wakes()
    }
}
