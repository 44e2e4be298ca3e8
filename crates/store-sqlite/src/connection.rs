//! Opening connections with the settings each kind needs.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tender_store::StoreError;

use crate::error::general;

/// How long a statement waits for another process's lock before it fails. Inside this process nothing waits.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Prepared statements kept per connection: about six texts for each table and the scans of the program.
const STATEMENT_CACHE: usize = 256;

/// The writer's page cache in KiB. It holds the inner pages of every tree of a large ledger and the leaves that
/// recent orders share; it fills on demand.
const WRITER_CACHE_KIB: u32 = 16 * 1024;

/// The page cache of one reader in KiB.
const READER_CACHE_KIB: u32 = 16 * 1024;

/// Up to this size the write-ahead log is kept and written over when it restarts, which costs less than growing a
/// file; a larger one (after a burst, or a long backup) is cut back to it.
const LOG_SIZE_LIMIT_BYTES: u32 = 64 * 1024 * 1024;

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// The log is synced to disk before a commit returns.
    Synced,
    /// Nothing; for data that need not outlive the process.
    Scratch,
}

/// Makes an empty file that nobody but its owner reads, unless there is one already. SQLite would make it with the rights that
/// programs usually give; the files that it keeps beside it get the rights of this one.
///
/// One that is there is not even opened: closing it again would end this process's locks on it, those of SQLite too.
pub(crate) fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// Opens the connection that writes, creating the file if there is none.
pub(crate) fn writing(path: &Path, durability: Durability) -> Result<Connection, StoreError> {
    make_private(path).map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
    let connection = open(path, flags)?;
    let mode: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(general)?;
    if mode != "wal" {
        return Err(StoreError::Unavailable(format!(
            "the file system of {} does not support a write-ahead log",
            path.display()
        )));
    }
    let synchronous = match durability {
        Durability::Synced => "FULL",
        Durability::Scratch => "OFF",
    };
    // Checkpoints are ours (see the checkpoint module), so the built-in ones are off.
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = {synchronous};
             PRAGMA foreign_keys = OFF;
             PRAGMA wal_autocheckpoint = 0;
             PRAGMA journal_size_limit = {LOG_SIZE_LIMIT_BYTES};
             PRAGMA cache_size = -{WRITER_CACHE_KIB};
             PRAGMA temp_store = MEMORY;"
        ))
        .map_err(general)?;
    Ok(connection)
}

/// Opens a connection that cannot write.
pub(crate) fn reading(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
    let connection = open(path, flags)?;
    connection
        .execute_batch(&format!(
            "PRAGMA query_only = ON;
             PRAGMA cache_size = -{READER_CACHE_KIB};
             PRAGMA temp_store = MEMORY;"
        ))
        .map_err(general)?;
    Ok(connection)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags).map_err(|error| match general(error) {
        StoreError::Unavailable(cause) => StoreError::Unavailable(format!("{}: {cause}", path.display())),
        other => other,
    })?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(general)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    Ok(connection)
}
