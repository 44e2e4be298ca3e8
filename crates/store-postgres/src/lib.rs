//! The ledger on PostgreSQL: any number of nodes on one database.
//!
//! Owns: the SQL, the migrations, which server is the primary, the sessions with it and their encryption, node
//! numbers, wakes between nodes.
//! Must not know: what a record means, any dialect, HTTP.
//!
//! A batch costs few round trips however many payments it holds: `BEGIN` travels with the first read, and all
//! writes (one statement, arrays as parameters) travel together with `COMMIT`. Rows are locked when they
//! are read, in key order. Rows that do not exist cannot be locked, so a batch that found a key missing inserts it
//! with a plain `INSERT`: when somebody else was faster, that fails, and the batch runs again and sees the row.
//!
//! Where the batch needs only orders that this node wrote last, and keys that should be new, it costs one: nothing is read, and
//! the statement that writes proves what the batch went by (`versions`, `assumed`, `together`).
//!
//! A connection pool in front of the server must give each session a server connection of its own (session
//! pooling): prepared statements, `LISTEN` and the settings of a session depend on it.

mod assumed;
mod column;
mod error;
mod feed;
mod lease;
mod link;
mod listener;
mod lookup;
mod outbox;
mod plan;
mod queue;
mod reader;
mod schema;
mod servers;
mod session;
mod sql;
mod store;
mod tls;
mod together;
mod transaction;
mod versions;
mod wake;
mod writer;

pub use schema::SCHEMA_VERSION;
pub use store::{PostgresOptions, PostgresStore};

#[cfg(test)]
mod tests;
