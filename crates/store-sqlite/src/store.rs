//! The backend: opening, and the port's methods.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tender_store::{
    Batch, BoxFuture, FeedPosition, Migrate, NodeLease, Row, Source, Store, StoreError, Wake,
};
use tokio::sync::broadcast;

use crate::connection::{self, Durability};
use crate::reader::Readers;
use crate::writer::Writer;
use crate::{backup, schema};

/// Wakes kept for a listener that is slow; older ones are dropped.
const WAKE_BACKLOG: usize = 1024;

/// Settings of an embedded database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// Length of the write-ahead log, in pages of 4096 bytes, at which it is copied into the database. Smaller
    /// means shorter pauses and less throughput. At least 1.
    pub checkpoint_pages: u32,
    /// Reading connections, each with a thread. At least 1.
    pub readers: usize,
    /// Commits that may wait for the writer before callers wait to enqueue. At least 1.
    pub write_queue: usize,
    /// Reads that may wait for a reader before callers wait to enqueue. 1 to 65536.
    pub read_queue: usize,
    /// Whether opening for writing may change the schema.
    pub migrate: Migrate,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            checkpoint_pages: 4000,
            readers: 2,
            write_queue: 64,
            read_queue: 256,
            migrate: Migrate::default(),
        }
    }
}

/// The ledger in one SQLite database.
///
/// Dropping it finishes what is queued, copies the log into the database and releases the file, and so may take
/// as long as a checkpoint.
#[derive(Debug)]
pub struct SqliteStore {
    // Fields are dropped in this order: the writer is the last to close its connection, so that SQLite folds the
    // log into the database, and a scratch folder is deleted when nobody uses it any more.
    readers: Readers,
    writer: Option<Writer>,
    wakes: broadcast::Sender<Wake>,
    path: PathBuf,
    _scratch: Option<TempDir>,
}

impl SqliteStore {
    /// Opens the database for writing, creating or migrating it as needed and allowed. Blocks on file access.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when another process has it open for writing or the file cannot be used;
    /// [`StoreError::Internal`] when a newer program wrote it, or it would have to be migrated first;
    /// [`StoreError::Corrupt`] when it is no ledger.
    pub fn open(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        Self::start(path, &options, Durability::Synced, None)
    }

    /// Opens an empty database that is deleted when the store is dropped, and that syncs nothing to disk. It is a
    /// file in the system's temporary folder, because a database in memory has neither a write-ahead log nor
    /// readers beside the writer, and would behave differently from what it stands in for.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is no temporary folder to write to.
    pub fn open_in_memory() -> Result<Self, StoreError> {
        let folder = tempfile::tempdir()
            .map_err(|error| StoreError::Unavailable(format!("no temporary folder: {error}")))?;
        let path = folder.path().join("ledger.db");
        Self::start(
            &path,
            &SqliteOptions::default(),
            Durability::Scratch,
            Some(folder),
        )
    }

    /// Opens an existing database for reading only, beside the process that writes it if there is one. Commits
    /// are refused, and wakes are never heard.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be read; [`StoreError::Internal`] when its schema is not
    /// exactly this program's; [`StoreError::Corrupt`] when it is no ledger.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let options = SqliteOptions::default();
        schema::require_current(&connection::reading(path)?)?;
        Ok(Self {
            readers: Readers::start(path, options.readers, options.read_queue)?,
            writer: None,
            wakes: broadcast::Sender::new(1),
            path: path.to_owned(),
            _scratch: None,
        })
    }

    fn start(
        path: &Path,
        options: &SqliteOptions,
        durability: Durability,
        scratch: Option<TempDir>,
    ) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        let connection = connection::writing(path, durability)?;
        schema::prepare(&connection, options.migrate)?;
        let wakes = broadcast::Sender::new(WAKE_BACKLOG);
        // The readers come after the migration, which they must see, and before the writer, whose connection
        // has to be the last one closed also when something here fails.
        let readers = Readers::start(path, options.readers, options.read_queue)?;
        let writer = Writer::start(
            connection,
            lock,
            options.checkpoint_pages,
            options.write_queue,
            wakes.clone(),
        )?;
        Ok(Self {
            readers,
            writer: Some(writer),
            wakes,
            path: path.to_owned(),
            _scratch: scratch,
        })
    }

    /// Where the database is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn writer(&self) -> Result<&Writer, StoreError> {
        self.writer
            .as_ref()
            .ok_or_else(|| StoreError::Internal("the database is open for reading only".to_owned()))
    }
}

/// Takes the lock that keeps a second process from writing. It is a file beside the database and not the database
/// itself, because closing any handle of the database would drop the locks SQLite holds on it.
fn lock(path: &Path) -> Result<File, StoreError> {
    // Two names of one database must lead to one lock.
    let target = match path.canonicalize() {
        Ok(target) => target,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(unusable(path, &error)),
    };
    let mut name = target.into_os_string();
    name.push(".lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(|error| unusable(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Unavailable(format!(
            "{} is open for writing in another process",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(unusable(path, &error)),
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}

impl Store for SqliteStore {
    fn commit(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        Box::pin(async move {
            match self.writer() {
                Ok(writer) => writer.commit(batch).await,
                Err(error) => (batch, Err(error)),
            }
        })
    }

    /// A database that is open for reading only takes no batch of it.
    fn serve(&self, source: Arc<dyn Source>) {
        if let Some(writer) = &self.writer {
            writer.serve(source);
        }
    }

    fn read(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        Box::pin(self.readers.read(batch))
    }

    fn feed(
        &self,
        merchant_id: i64,
        after: FeedPosition,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<(FeedPosition, Row)>, StoreError>> {
        Box::pin(self.readers.feed(merchant_id, after, limit))
    }

    /// Always node 0: the lock file makes this the only writing process.
    fn node(&self) -> BoxFuture<'_, Result<NodeLease, StoreError>> {
        Box::pin(async move { self.writer().map(|_| NodeLease { node: 0 }) })
    }

    fn check_writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.writer()?.check().await })
    }

    /// Refuses to overwrite an existing file.
    fn backup<'a>(&'a self, to: &'a Path) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(backup::backup(self.path.clone(), to.to_owned()))
    }

    fn wakes(&self) -> broadcast::Receiver<Wake> {
        self.wakes.subscribe()
    }
}
