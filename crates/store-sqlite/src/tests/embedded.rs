//! One writing process, readers beside it, backups, damage.

use std::fs;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tender_store::conformance::{get, put, row, select, work};
use tender_store::{
    Batch, BoxFuture, FeedPosition, Lane, Row, Scan, Source, Sourced, Store, StoreError, Table, Transaction,
    Writes,
};

use super::OnFile;
use crate::connection::{self, Durability};
use crate::transaction::{Kind, apply, within};
use crate::{SqliteOptions, SqliteStore};

fn order(id: i64) -> Row {
    row(Table::Orders, &[1, id], 1, "{}")
}

#[tokio::test]
async fn a_second_writer_is_refused_until_the_first_is_gone() {
    let file = OnFile::new(SqliteOptions::default());
    let first = file.start();
    match SqliteStore::open(&file.path(), SqliteOptions::default()) {
        Err(StoreError::Unavailable(text)) => assert!(text.contains("another process"), "{text}"),
        other => panic!("{other:?}"),
    }
    put(&first, vec![order(1)]).await.expect("the first is unharmed");
    drop(first);
    let second = file.start();
    assert_eq!(get(&second, Table::Orders, vec![vec![1, 1]]).await, [order(1)]);
}

#[cfg(unix)]
#[tokio::test]
async fn another_name_of_the_file_is_the_same_database() {
    let file = OnFile::new(SqliteOptions::default());
    let _first = file.start();
    let alias = file.path().with_file_name("alias.db");
    std::os::unix::fs::symlink(file.path(), &alias).expect("a link");
    let second = SqliteStore::open(&alias, SqliteOptions::default());
    assert!(matches!(second, Err(StoreError::Unavailable(_))), "{second:?}");
}

#[tokio::test]
async fn read_only_works_beside_the_writer_and_alone() {
    let file = OnFile::new(SqliteOptions::default());
    let writer = file.start();
    put(&writer, vec![order(1)]).await.expect("put");
    let reader = SqliteStore::open_read_only(&file.path()).expect("opened beside the writer");
    assert_eq!(get(&reader, Table::Orders, vec![vec![1, 1]]).await, [order(1)]);
    put(&writer, vec![order(2), row(Table::Journal, &[1, 2, 1], 1, "{}")])
        .await
        .expect("put");
    assert_eq!(
        select(&reader, Scan::new(Table::Orders, 10)).await.len(),
        2,
        "later commits are seen"
    );
    assert_eq!(
        reader
            .feed(1, FeedPosition::default(), 10)
            .await
            .expect("feed")
            .len(),
        1
    );

    let outcome = put(&reader, vec![order(3)]).await;
    assert!(matches!(outcome, Err(StoreError::Internal(_))), "{outcome:?}");
    assert!(matches!(
        reader.check_writable().await,
        Err(StoreError::Internal(_))
    ));
    assert!(matches!(reader.node().await, Err(StoreError::Internal(_))));

    drop(writer);
    assert_eq!(select(&reader, Scan::new(Table::Orders, 10)).await.len(), 2);
    drop(reader);
    let alone = SqliteStore::open_read_only(&file.path()).expect("opened alone");
    assert_eq!(select(&alone, Scan::new(Table::Orders, 10)).await.len(), 2);
}

#[test]
fn read_only_needs_a_ledger() {
    let file = OnFile::new(SqliteOptions::default());
    let missing = SqliteStore::open_read_only(&file.path());
    assert!(matches!(missing, Err(StoreError::Unavailable(_))), "{missing:?}");
    assert!(!file.path().exists(), "reading creates nothing");
    fs::write(
        file.path(),
        "this is a text and no database, however long it may be. ".repeat(100),
    )
    .expect("written");
    let text = SqliteStore::open_read_only(&file.path());
    assert!(matches!(text, Err(StoreError::Corrupt { .. })), "{text:?}");
    let text = SqliteStore::open(&file.path(), SqliteOptions::default());
    assert!(matches!(text, Err(StoreError::Corrupt { .. })), "{text:?}");
}

#[tokio::test]
async fn a_scratch_database_works_and_is_deleted() {
    let first = SqliteStore::open_in_memory().expect("opened");
    let second = SqliteStore::open_in_memory().expect("opened");
    put(&first, vec![order(1)]).await.expect("put");
    assert_eq!(select(&first, Scan::new(Table::Orders, 10)).await, [order(1)]);
    assert_eq!(
        select(&second, Scan::new(Table::Orders, 10)).await,
        [],
        "each is its own"
    );
    let path = first.path().to_owned();
    assert!(path.exists());
    drop(first);
    assert!(!path.exists());
    assert!(!path.parent().expect("a folder").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_but_the_owner_reads_the_ledger_or_its_backup() {
    use std::os::unix::fs::PermissionsExt;

    let file = OnFile::new(SqliteOptions::default());
    let store = file.start();
    put(&store, vec![order(1)]).await.expect("a row");
    let copy = file.path().with_file_name("copy.db");
    store.backup(&copy).await.expect("a backup");
    for beside in ["ledger.db", "ledger.db-wal", "ledger.db-shm", "copy.db"] {
        let data = fs::metadata(file.path().with_file_name(beside)).expect(beside);
        assert_eq!(data.permissions().mode() & 0o777, 0o600, "{beside}");
    }
}

/// Commits go on while the copy is made; the copy holds a state between the two ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_a_whole_ledger() {
    let file = OnFile::new(SqliteOptions::default());
    let store = Arc::new(file.start());
    let filler = "x".repeat(2000);
    for id in 0..20 {
        let rows = (0..100)
            .map(|line| row(Table::OrderLines, &[id, line], 1, &filler))
            .collect();
        put(&*store, rows).await.expect("put");
    }
    let writer = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            for id in 0..300 {
                let entry = row(Table::Journal, &[1, id, 1], 1, "{}");
                put(&*store, vec![order(id), entry]).await.expect("put");
            }
        }
    });
    let to = file.path().with_file_name("copy.db");
    store.backup(&to).await.expect("backup");
    writer.await.expect("the writer succeeds");

    let copy = SqliteStore::open(&to, SqliteOptions::default()).expect("the copy opens");
    let lines = select(&copy, Scan::new(Table::OrderLines, 10_000)).await;
    assert_eq!(lines.len(), 2000);
    let orders = select(&copy, Scan::new(Table::Orders, 10_000)).await.len();
    let entries = copy
        .feed(1, FeedPosition::default(), 10_000)
        .await
        .expect("feed")
        .len();
    assert_eq!(
        orders, entries,
        "one transaction is in the copy whole or not at all"
    );
    drop(copy);
    let check: String = Connection::open(&to)
        .expect("opened")
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("checked");
    assert_eq!(check, "ok");
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_leaves_nothing_unfinished() {
    let file = OnFile::new(SqliteOptions::default());
    let store = file.start();
    put(&store, vec![order(1)]).await.expect("put");
    let outcome = store.backup(&file.path()).await;
    assert!(matches!(outcome, Err(StoreError::Internal(_))), "{outcome:?}");
    let nowhere = file.path().with_file_name("no such folder").join("copy.db");
    let outcome = store.backup(&nowhere).await;
    assert!(matches!(outcome, Err(StoreError::Internal(_))), "{outcome:?}");
    assert_eq!(get(&store, Table::Orders, vec![vec![1, 1]]).await, [order(1)]);
    let to = file.path().with_file_name("copy.db");
    store.backup(&to).await.expect("backup");
    let names: Vec<String> = fs::read_dir(to.parent().expect("a folder"))
        .expect("listed")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.starts_with("copy.db"))
        .collect();
    assert_eq!(names, ["copy.db"]);
}

/// A future that waits for anything but its transaction would stop the only writer.
#[tokio::test]
async fn a_batch_that_waits_for_something_else_is_refused() {
    let store = SqliteStore::open_in_memory().expect("opened");
    let waiting = || {
        work(|_| {
            Box::pin(async {
                std::future::pending::<()>().await;
                Ok(Writes::default())
            })
        })
    };
    for outcome in [store.commit(waiting()).await.1, store.read(waiting()).await.1] {
        assert!(matches!(outcome, Err(StoreError::Internal(_))), "{outcome:?}");
    }
    put(&store, vec![order(1)]).await.expect("the store goes on");
}

/// A batch whose maker is the last to hold the store, and lets go of it when the batch has ended.
#[derive(Debug)]
struct LastHolder(Arc<SqliteStore>, mpsc::SyncSender<()>);

impl Batch for LastHolder {
    fn run<'a>(
        &'a mut self,
        _transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        Box::pin(async { Ok(Writes::default()) })
    }
}

impl Sourced for LastHolder {
    fn ended(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self(store, let_go) = *self;
        outcome.expect("committed");
        drop(store);
        let_go.send(()).expect("somebody waits");
    }
}

/// Gives it away, and nothing else.
#[derive(Debug)]
struct Single(Mutex<Option<LastHolder>>);

impl Source for Single {
    fn next(&self, _lane: Lane) -> BoxFuture<'_, Option<Box<dyn Sourced>>> {
        Box::pin(async {
            let holder = self.0.lock().expect("no panic").take();
            holder.map(|holder| Box::new(holder) as Box<dyn Sourced>)
        })
    }
}

#[test]
fn the_writer_can_be_the_last_to_let_go_of_the_store() {
    const PATIENCE: Duration = Duration::from_secs(20);
    let file = OnFile::new(SqliteOptions::default());
    let store = Arc::new(file.start());
    let (let_go, gone) = mpsc::sync_channel(1);
    let source = Arc::new(Single(Mutex::default()));
    let mut holder = source.0.lock().expect("no panic");
    *holder = Some(LastHolder(Arc::clone(&store), let_go));
    store.serve(Arc::clone(&source) as Arc<dyn Source>);
    // The writer takes it only now.
    drop(store);
    drop(holder);
    gone.recv_timeout(PATIENCE).expect("without a panic");
    let begun = Instant::now();
    while SqliteStore::open(&file.path(), SqliteOptions::default()).is_err() {
        assert!(begun.elapsed() < PATIENCE, "the file is not released");
        std::thread::yield_now();
    }
}

/// A full disk, played by a limit on the file's size.
#[test]
fn a_full_disk_is_an_answer_and_leaves_no_transaction() {
    let file = OnFile::new(SqliteOptions::default());
    drop(file.start());
    let mut connection = connection::writing(&file.path(), Durability::Synced).expect("opened");
    let pages: i64 = connection
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .expect("counted");
    connection
        .execute_batch(&format!("PRAGMA max_page_count = {}", pages + 5))
        .expect("limited");
    let big = tender_store::Write::Put(row(Table::Orders, &[1, 1], 1, &"x".repeat(100_000)));
    let mut write = |rows| within(&mut connection, Kind::Writing, |open| apply(open, rows));
    let outcome = write(vec![big]);
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    write(vec![tender_store::Write::Put(order(2))]).expect("small rows still fit");
    assert!(connection.is_autocommit());
}

/// The writer folds its log into the database when it is idle and when it ends.
#[tokio::test]
async fn a_closed_database_is_one_file() {
    let file = OnFile::new(SqliteOptions::default());
    let store = file.start();
    put(&store, vec![order(1)]).await.expect("put");
    drop(store);
    for suffix in ["-wal", "-shm"] {
        let mut name = file.path().into_os_string();
        name.push(suffix);
        assert!(!std::path::Path::new(&name).exists(), "{suffix} is left");
    }
}
