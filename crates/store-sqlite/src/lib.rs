//! The ledger on embedded SQLite: one file, one writing process, any number of readers.
//!
//! Owns: the SQL, the migrations, the writer thread, the reader pool, checkpoints, online backup.
//! Must not know: what a record means, any dialect, HTTP.
//!
//! All writes go through one thread that owns the only writing connection, so transactions never wait for each
//! other inside SQLite; callers wait in a bounded queue. Reads run on connections of their own, which the
//! write-ahead log lets proceed beside the writer. Batches are futures by the port's contract, but here each of
//! them is ready at its first poll, because every answer of the transaction is computed before it is asked for.

mod backup;
mod checkpoint;
mod connection;
mod error;
mod queue;
mod reader;
mod schema;
mod sql;
mod store;
mod transaction;
mod writer;

pub use schema::SCHEMA_VERSION;
pub use store::{SqliteOptions, SqliteStore};

#[cfg(test)]
mod tests;
