//! The conformance suite, on a file and on a scratch database, and what is SQLite's own.

use std::sync::Arc;

use tempfile::TempDir;
use tender_store::conformance::Fixture;
use tender_store::{BoxFuture, Store};

use crate::{SqliteOptions, SqliteStore};

mod embedded;

/// A database file in a folder of its own.
pub(crate) struct OnFile {
    folder: TempDir,
    options: SqliteOptions,
}

impl OnFile {
    pub(crate) fn new(options: SqliteOptions) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder, options }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("ledger.db")
    }

    pub(crate) fn start(&self) -> SqliteStore {
        SqliteStore::open(&self.path(), self.options.clone()).expect("the database opens")
    }
}

impl Fixture for OnFile {
    fn open(&self) -> BoxFuture<'_, Arc<dyn Store>> {
        Box::pin(async { Arc::new(self.start()) as Arc<dyn Store> })
    }
}

mod on_file {
    async fn fixture() -> super::OnFile {
        super::OnFile::new(super::SqliteOptions::default())
    }

    tender_store::conformance_tests!(fixture);
}

/// The same with every batch taken from a source.
mod served {
    struct ServedFromFile(super::OnFile);

    impl super::Fixture for ServedFromFile {
        fn open(&self) -> super::BoxFuture<'_, super::Arc<dyn super::Store>> {
            Box::pin(async {
                let store = tender_store::conformance::served::Served::new(self.0.open().await);
                super::Arc::new(store) as super::Arc<dyn super::Store>
            })
        }
    }

    async fn fixture() -> ServedFromFile {
        ServedFromFile(super::OnFile::new(super::SqliteOptions::default()))
    }

    tender_store::conformance_tests!(fixture);
}

/// The smallest queues and a checkpoint after nearly every commit: what is rare with the defaults happens all the
/// time here.
mod tight {
    async fn fixture() -> super::OnFile {
        super::OnFile::new(super::SqliteOptions {
            checkpoint_pages: 4,
            readers: 1,
            write_queue: 1,
            read_queue: 1,
            ..super::SqliteOptions::default()
        })
    }

    tender_store::conformance_tests!(fixture);
}
