//! The storage port: which tables the ledger has, what a row is, and what a backend must do.
//!
//! Owns: table descriptions, rows, the transaction and batch traits, record encoding, what can be stored, how a batch gets
//! to a worker and back, the conformance suite.
//! Must not know: any backend, any dialect, HTTP, or a rule about money.
//!
//! The hard thing here is that one batch body runs unchanged on a synchronous backend (SQLite, where every
//! future is ready at once) and on an asynchronous one (PostgreSQL). Everything a query filters or sorts by is
//! an `i64` column; everything else of a record is one JSON document beside them. So both backends are written
//! once over [`Table`], not once per record.

pub mod conformance;
mod error;
pub mod job;
mod port;
mod read;
mod records;
mod row;
pub mod storable;
mod table;

pub use error::StoreError;
pub use port::{
    Batch, BoxFuture, FeedPosition, Lane, Migrate, NodeLease, Source, Sourced, Store, Transaction, Wake,
    WakeKind, Writes,
};
pub use read::read;
pub use records::{Counter, CounterName, Record, StoredAlias, StoredKey};
pub use row::{Cond, Direction, Key, Lock, Op, Row, Scan, Write};
pub use table::{IndexSpec, Table, TableSpec};
