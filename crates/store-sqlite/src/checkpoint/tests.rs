use rusqlite::Connection;
use tempfile::TempDir;

use super::{Checkpointer, Plan, Step, WAIT_FACTOR, copy, copy_and_wait};
use crate::connection::{Durability, reading, writing};

#[test]
fn a_log_is_copied_when_it_is_long_enough_and_then_again_at_quarters() {
    let mut plan = Plan::new(100);
    let steps = [50, 99, 100, 101, 124, 125, 130, 150].map(|frames| plan.step(frames));
    let expected = [
        Step::Nothing,
        Step::Nothing,
        Step::Copy,
        Step::Nothing,
        Step::Nothing,
        Step::Copy,
        Step::Nothing,
        Step::Copy,
    ];
    assert_eq!(steps, expected);
    // The log restarted, and everything begins again.
    assert_eq!(
        [3, 99, 100].map(|frames| plan.step(frames)),
        [Step::Nothing, Step::Nothing, Step::Copy]
    );
}

#[test]
fn a_log_that_cannot_restart_makes_the_writer_wait_once_per_round() {
    let mut plan = Plan::new(10);
    let mut waits = Vec::new();
    for frames in 1..=10 * WAIT_FACTOR * 3 {
        if plan.step(frames) == Step::CopyAndWait {
            waits.push(frames);
        }
    }
    assert_eq!(waits, [80, 160, 240]);
}

#[test]
fn no_length_overflows() {
    let mut plan = Plan::new(u32::MAX);
    assert_eq!(plan.step(u32::MAX - 1), Step::Nothing);
    assert_eq!(plan.step(u32::MAX), Step::CopyAndWait);
    assert_eq!(Plan::new(0).step(0), Step::Nothing);
}

struct Log {
    folder: TempDir,
    writer: Connection,
}

impl Log {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let writer = writing(&folder.path().join("log.db"), Durability::Synced).expect("a database");
        writer
            .execute_batch("CREATE TABLE t (a INTEGER NOT NULL) STRICT")
            .expect("a table");
        Self { folder, writer }
    }

    fn reader(&self) -> Connection {
        let reader = reading(&self.folder.path().join("log.db")).expect("a reader");
        reader
            .execute_batch("BEGIN; SELECT count(*) FROM t;")
            .expect("a snapshot");
        reader
    }

    fn write(&self) {
        self.writer
            .execute_batch("INSERT INTO t VALUES (1)")
            .expect("a row");
    }

    fn log_bytes(&self) -> u64 {
        std::fs::metadata(self.folder.path().join("log.db-wal"))
            .expect("a log")
            .len()
    }
}

#[test]
fn a_reader_holds_back_what_was_committed_after_its_snapshot() {
    let log = Log::new();
    log.write();
    let reader = log.reader();
    assert!(
        copy(&log.writer).expect("copied"),
        "the reader has seen all there is"
    );
    log.write();
    assert!(!copy(&log.writer).expect("copied"));
    assert!(
        !copy_and_wait(&log.writer).expect("waited"),
        "the reader does not let go"
    );
    reader.execute_batch("COMMIT").expect("ended");
    assert!(copy_and_wait(&log.writer).expect("waited"));
}

#[test]
fn the_checkpointer_keeps_the_log_short() {
    const PAGES: u32 = 8;
    let mut log = Log::new();
    let mut checkpointer = Checkpointer::install(&mut log.writer, PAGES).expect("installed");
    for _ in 0..500 {
        log.write();
        checkpointer.after_commit(&log.writer);
        assert!(checkpointer.is_pending() || checkpointer.plan.last >= PAGES);
    }
    // A frame is a page and 24 bytes; the last commit before a copy may pass the mark.
    assert!(
        log.log_bytes() < 2 * u64::from(PAGES) * 4120,
        "{} bytes",
        log.log_bytes()
    );
    log.write();
    checkpointer.after_commit(&log.writer);
    checkpointer.when_idle(&log.writer);
    assert!(!checkpointer.is_pending());
}
