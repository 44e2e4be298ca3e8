//! When the write-ahead log is copied back into the database, and how its size is kept in bounds.
//!
//! A checkpoint writes every page of the log to its place in the database and syncs it: tens of milliseconds in
//! which the writer commits nothing. SQLite's own would run inside a commit, before its callers are answered. Here
//! it runs between commits: the callers are answered first, and only the next batch waits.
//!
//! The log starts again from its beginning when everything in it is copied and no reader uses it. Readers that
//! follow each other without a break can prevent that for ever, so above a limit the writer waits a moment for
//! them: readers that begin while it waits find everything in the database and do not use the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::wal::CheckpointMode;
use tender_store::StoreError;

use crate::connection::BUSY_TIMEOUT;
use crate::error::general;

/// With a log of this many times the ordinary size the writer waits for readers to let go of it.
const WAIT_FACTOR: u32 = 8;

/// How long it waits. A reader that takes longer (a backup, an export) makes the log grow until it ends.
const READERS_WAIT: Duration = Duration::from_millis(100);

/// The schema name of the one database of a connection.
const MAIN: &str = "main";

/// What to do after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    Copy,
    CopyAndWait,
}

/// Decides by the log's length in frames (one page each).
#[derive(Debug)]
struct Plan {
    /// The ordinary length at which the log is copied.
    every: u32,
    /// Copy when the log is this long.
    copy_at: u32,
    /// Wait for readers when the log is this long.
    wait_at: u32,
    /// The length last seen.
    last: u32,
}

impl Plan {
    fn new(every: u32) -> Self {
        let every = every.max(1);
        Self {
            every,
            copy_at: every,
            wait_at: every.saturating_mul(WAIT_FACTOR),
            last: 0,
        }
    }

    fn step(&mut self, frames: u32) -> Step {
        if frames < self.last {
            // The log has restarted.
            *self = Self::new(self.every);
        }
        self.last = frames;
        if frames >= self.wait_at {
            // Whatever comes of it, the next wait is a whole round away: one long reader must not make every
            // commit wait.
            self.wait_at = frames.saturating_add(self.every.saturating_mul(WAIT_FACTOR));
            self.copy_at = frames.saturating_add(self.every);
            Step::CopyAndWait
        } else if frames >= self.copy_at {
            // The log did not restart after the last copy because of a reader. Copying after every commit from now
            // on would sync twice for each; a quarter of the ordinary length is the compromise.
            self.copy_at = frames.saturating_add(self.every.div_ceil(4));
            Step::Copy
        } else {
            Step::Nothing
        }
    }
}

/// Runs the checkpoints of the writing connection.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    frames: Arc<AtomicU32>,
    plan: Plan,
    pending: bool,
}

impl Checkpointer {
    /// Takes over the connection's checkpoints. `every` is the log's length in pages that starts one.
    pub(crate) fn install(connection: &mut Connection, every: u32) -> Result<Self, StoreError> {
        let frames = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&frames);
        let hook = move |_: &mut _, length: std::ffi::c_int| {
            seen.store(u32::try_from(length).unwrap_or_default(), Ordering::Relaxed);
            Ok(())
        };
        connection.wal_hook(Some(hook)).map_err(general)?;
        Ok(Self {
            frames,
            plan: Plan::new(every),
            // A log left by an earlier process is copied at the first quiet moment.
            pending: true,
        })
    }

    /// To be called after the callers of a commit have been answered.
    pub(crate) fn after_commit(&mut self, connection: &Connection) {
        self.pending = true;
        let result = match self.plan.step(self.frames.load(Ordering::Relaxed)) {
            Step::Nothing => return,
            Step::Copy => copy(connection),
            Step::CopyAndWait => copy_and_wait(connection),
        };
        self.note(result);
    }

    /// Whether the log holds pages the database does not have yet.
    pub(crate) fn is_pending(&self) -> bool {
        self.pending
    }

    /// To be called when nobody wants to commit: copies without waiting for anyone.
    pub(crate) fn when_idle(&mut self, connection: &Connection) {
        self.note(copy(connection));
    }

    fn note(&mut self, result: Result<bool, StoreError>) {
        match result {
            Ok(complete) => self.pending = !complete,
            // The log keeps everything; the next attempt copies it.
            Err(error) => tracing::warn!(%error, "checkpoint failed, the write-ahead log keeps growing"),
        }
    }
}

/// Copies what no reader holds back; returns whether that was all.
fn copy(connection: &Connection) -> Result<bool, StoreError> {
    let (frames, copied) = connection
        .wal_checkpoint_v2(Some(MAIN), CheckpointMode::PASSIVE)
        .map_err(general)?;
    Ok(frames == copied)
}

fn copy_and_wait(connection: &Connection) -> Result<bool, StoreError> {
    connection.busy_timeout(READERS_WAIT).map_err(general)?;
    let outcome = connection.wal_checkpoint_v2(Some(MAIN), CheckpointMode::RESTART);
    connection.busy_timeout(BUSY_TIMEOUT).map_err(general)?;
    match outcome {
        Ok((frames, copied)) => Ok(frames == copied),
        Err(error) => match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy) => Ok(false),
            _ => Err(general(error)),
        },
    }
}

#[cfg(test)]
mod tests;
