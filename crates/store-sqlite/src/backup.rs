//! A consistent copy of the database while it is in use.
//!
//! The copy runs on a connection and a thread of its own, and holds one snapshot from beginning to end: without
//! it, every commit of the writer would make the copy start again, and on a busy server it would never end. The
//! price is that the write-ahead log grows while the copy runs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use tender_store::StoreError;
use tokio::sync::oneshot;

use crate::connection;
use crate::error::general;

/// Pages copied between two looks at whether the caller still waits.
const PAGES_PER_STEP: i32 = 256;

/// Copies the database at `from` to the new file `to`. Nothing is left at `to` unless the copy is complete and
/// synced. A dropped future ends the copy at its next step.
pub(crate) async fn backup(from: PathBuf, to: PathBuf) -> Result<(), StoreError> {
    let (reply, answer) = oneshot::channel();
    std::thread::Builder::new()
        .name("sqlite-backup".to_owned())
        .spawn(move || {
            let mut reply = reply;
            let outcome = copy_to(&from, &to, &mut reply);
            let _ = reply.send(outcome);
        })
        .map_err(|error| StoreError::Unavailable(format!("no thread for the backup: {error}")))?;
    answer
        .await
        .unwrap_or_else(|_| Err(StoreError::Internal("the backup thread panicked".to_owned())))
}

type Reply = oneshot::Sender<Result<(), StoreError>>;

fn copy_to(from: &Path, to: &Path, reply: &mut Reply) -> Result<(), StoreError> {
    let refuse = |error: std::io::Error| StoreError::Internal(format!("backup to {}: {error}", to.display()));
    // Creating it here both refuses to overwrite anything (the live database, an older backup) and shows at once
    // whether the place can be written.
    File::create_new(to).map_err(refuse)?;
    let partial = partial_path(to);
    let outcome = copy(from, &partial, reply).and_then(|()| {
        File::open(&partial)
            .and_then(|file| file.sync_all())
            .map_err(refuse)?;
        fs::rename(&partial, to).map_err(refuse)?;
        sync_folder(to).map_err(refuse)
    });
    if outcome.is_err() {
        for leftover in [partial.as_path(), to] {
            if let Err(error) = fs::remove_file(leftover)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(%error, path = %leftover.display(), "could not remove an unfinished backup");
            }
        }
    }
    outcome
}

fn partial_path(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

fn copy(from: &Path, to: &Path, reply: &mut Reply) -> Result<(), StoreError> {
    let source = connection::reading(from)?;
    // Reading one page takes the snapshot that the copy is made of.
    source
        .execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")
        .map_err(general)?;
    connection::make_private(to)
        .map_err(|error| StoreError::Internal(format!("backup to {}: {error}", to.display())))?;
    let mut target = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(general)?;
    {
        let backup = Backup::new(&source, &mut target).map_err(general)?;
        loop {
            match backup.step(PAGES_PER_STEP).map_err(general)? {
                StepResult::Done => break,
                StepResult::More if reply.is_closed() => {
                    return Err(StoreError::Unavailable("the backup was abandoned".to_owned()));
                }
                StepResult::More => {}
                other => {
                    return Err(StoreError::Unavailable(format!(
                        "the backup met a lock: {other:?}"
                    )));
                }
            }
        }
    }
    target.close().map_err(|(_, error)| general(error))
}
