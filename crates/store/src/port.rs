//! What a backend does: run batches durably, read consistently, feed the journal in commit order.

use std::fmt::Debug;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use crate::{Key, Row, Scan, StoreError, Table, Write};

/// A boxed future that may borrow for `'a`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An open transaction, as a batch sees it.
pub trait Transaction: Send {
    /// Reads the rows with these keys; missing ones are left out. Within [`Store::commit`] a backend with
    /// several writers locks the rows in sorted key order, so two batches can never wait for each other in a ring; those
    /// of tables that say so ([`crate::TableSpec::is_locked_by_reads`]).
    fn get<'a>(&'a mut self, table: Table, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Row>, StoreError>>;

    /// Does several [`Self::get`]s, one after the other, and answers each: in one exchange with the server on a backend
    /// that has one.
    fn get_all<'a>(
        &'a mut self,
        wanted: &'a [(Table, Vec<Key>)],
    ) -> BoxFuture<'a, Result<Vec<Vec<Row>>, StoreError>>;

    /// Reads rows by key and locks none of them, to find out what is to be locked. They may change until they are read
    /// with [`Self::get`], so nothing else may follow from them.
    fn peek<'a>(&'a mut self, table: Table, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Row>, StoreError>>;

    /// Reads the rows of a scan, in its order.
    fn scan<'a>(&'a mut self, scan: &'a Scan) -> BoxFuture<'a, Result<Vec<Row>, StoreError>>;

    /// Counts the rows of a scan, stopping at its limit; order and lock are ignored.
    fn count<'a>(&'a mut self, scan: &'a Scan) -> BoxFuture<'a, Result<u64, StoreError>>;
}

/// What other nodes should look at after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wake {
    /// What happened.
    pub kind: WakeKind,
    /// The location, merchant or endpoint concerned.
    pub id: i64,
}

/// The reason of a [`Wake`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WakeKind {
    /// A till task became available at a location.
    Task,
    /// A webhook delivery became due.
    Delivery,
    /// A merchant's journal grew.
    Journal,
    /// A merchant's directory (or, with id 0, credentials) changed; caches must be read again.
    Directory,
}

/// What a batch wants written.
#[derive(Debug, Default)]
pub struct Writes {
    /// The changes, applied in [`Table::ALL`] order. One key appears at most once per table.
    pub rows: Vec<Write>,
    /// Told to every node once the commit is durable.
    pub wakes: Vec<Wake>,
}

/// A unit of work that runs inside one transaction.
///
/// `run` is called again from the start when the transaction has to be retried, so it must not keep effects of
/// a run that did not commit.
pub trait Batch: Send {
    /// Reads what it needs and returns what to write.
    fn run<'a>(
        &'a mut self,
        transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>>;
}

/// Which batches a writer takes from a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Those of at most so many requests that nothing is under way beside. A backend may have a writer for what is soonest for a
    /// few, where the others do what costs least for many.
    Few(usize),
    /// All others, and all while nobody takes the few.
    Many,
    /// What is left when so much waits that those who take many have not enough hands for it.
    More,
}

/// Where the writers of a storage get their batches from, each as soon as it has time for one.
pub trait Source: Send + Sync + Debug {
    /// Waits for a batch; `None` when there will be none any more. Dropped before it is ready, it has taken nothing.
    fn next(&self, lane: Lane) -> BoxFuture<'_, Option<Box<dyn Sourced>>>;
}

/// A batch that a [`Source`] has given.
pub trait Sourced: Batch {
    /// Hears how it ended, as the caller of [`Store::commit`] would. Called once, by the writer, which does nothing else meanwhile.
    fn ended(self: Box<Self>, outcome: Result<(), StoreError>);
}

/// A place in the journal of one merchant; later entries compare greater. Opaque to everyone but the backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FeedPosition {
    /// The transaction that wrote the entry, on backends where commit order needs it; else 0.
    pub epoch: i64,
    /// The rising position.
    pub position: i64,
}

/// Which databases an opening for writing brings to the schema of its program. Only who serves a ledger, or is asked to, may migrate
/// one that others may be working on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Migrate {
    /// Any that is behind.
    #[default]
    Behind,
    /// Only one that has no tables yet; one that is behind is refused.
    Empty,
    /// None; one that is behind or has no tables is refused.
    Never,
}

/// A number no other running node has, the node part of new ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeLease {
    /// 0 to 63.
    pub node: u8,
}

/// A storage backend. All methods may be called from any task; dropping a future never breaks a transaction.
pub trait Store: Send + Sync + Debug {
    /// Runs the batch in one durable transaction: it answers `Ok` only after the commit has been synced to disk.
    /// Serialization conflicts and deadlocks are retried inside, with a bound. Gives the batch back.
    fn commit(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)>;

    /// Runs the batches of a source, as [`Self::commit`] would, until there are none any more or the store is dropped. Several
    /// sources take turns.
    fn serve(&self, source: Arc<dyn Source>);

    /// How many batches may usefully be under way at a time, at least 1.
    fn writers(&self) -> usize {
        1
    }

    /// Runs the batch on one consistent, read-only snapshot that blocks no writer. The batch must return no writes.
    fn read(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)>;

    /// Journal entries of a merchant after a position, in commit order and without gaps: an entry is never
    /// delivered after one that follows it, and never skipped.
    fn feed(
        &self,
        merchant_id: i64,
        after: FeedPosition,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<(FeedPosition, Row)>, StoreError>>;

    /// Takes the lowest free node number, kept alive until the store is dropped (or its process ends).
    fn node(&self) -> BoxFuture<'_, Result<NodeLease, StoreError>>;

    /// Whether a commit could be made now: writes and rolls back, or reports why not.
    fn check_writable(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Copies a consistent image of the database to a path while the server runs (embedded storage only;
    /// others answer [`StoreError::Internal`] naming their own tool).
    fn backup<'a>(&'a self, to: &'a Path) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Gives back at once what the store holds outside this process, its node number, instead of letting it lapse.
    /// To be called once all work is done: commits after it are refused. Bounded, and without an error: what is
    /// not given back lapses.
    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    /// Registers a listener for wakes of commits on any node, this one included. May drop old wakes when the
    /// receiver is slow: a wake is a hint, never the truth.
    fn wakes(&self) -> tokio::sync::broadcast::Receiver<Wake>;
}
