//! A primary that dies, a standby that takes its place, and a primary of yesterday that comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tender_store::conformance::{get, put, row, work, write_and_wake};
use tender_store::{FeedPosition, Row, Store, StoreError, Table, Wake, WakeKind, Write, Writes};
use tender_testkit::postgres::Cluster;

use super::is_unavailable;
use crate::error::Failure;
use crate::servers::Servers;
use crate::session::Session;
use crate::transaction::{Kind, Open};
use crate::{PostgresOptions, PostgresStore};

const PATIENCE: Duration = Duration::from_secs(60);

/// How long a caller may wait for the news that there is no primary.
const NEWS_MAX: Duration = Duration::from_secs(5);

const WRITERS: i64 = 4;

/// A primary, its synchronous standby, and a store that knows both.
struct Pair {
    primary: Arc<Cluster>,
    standby: Arc<Cluster>,
    store: Arc<PostgresStore>,
}

fn order(id: i64) -> Row {
    row(Table::Orders, &[1, id], 1, "{}")
}

fn entry(id: i64) -> Row {
    row(Table::Journal, &[1, id, 1], 1, "{}")
}

impl Pair {
    async fn start(options: PostgresOptions) -> Self {
        let primary = Cluster::new();
        let standby = primary.standby();
        primary.demand_standby().await;
        primary.run("CREATE DATABASE ledger").await;
        // The standby comes first in the URL: it is asked, and left alone.
        let url = standby.url_with(&[&primary], "ledger");
        let store = PostgresStore::connect(&url, options).await.expect("connected");
        Self {
            primary,
            standby,
            store: Arc::new(store),
        }
    }

    /// The standby becomes the primary, without a standby of its own.
    async fn promote(&self) {
        self.standby.promote();
        self.standby.set("synchronous_standby_names", "").await;
    }
}

/// Writes rising numbers, as many as are acknowledged, until there were enough after the failover. What was neither
/// acknowledged nor refused for certain is given apart.
async fn write_until(
    store: Arc<PostgresStore>,
    first: i64,
    is_over: Arc<AtomicBool>,
) -> (Vec<i64>, Vec<i64>) {
    let (mut acknowledged, mut unknown) = (Vec::new(), Vec::new());
    let mut id = first;
    while !is_over.load(Ordering::Relaxed) {
        let asked = Instant::now();
        match put(store.as_ref(), vec![order(id), entry(id)]).await {
            Ok(()) => acknowledged.push(id),
            Err(StoreError::OutcomeUnknown(_)) => unknown.push(id),
            Err(StoreError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(other) => panic!("{other:?}"),
        }
        assert!(
            asked.elapsed() < NEWS_MAX,
            "a caller waited {:?}",
            asked.elapsed()
        );
        id += WRITERS;
    }
    (acknowledged, unknown)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_goes_on_with_the_promoted_standby_and_nothing_acknowledged_is_lost() {
    let pair = Pair::start(PostgresOptions::default()).await;
    assert_eq!(pair.store.node().await.expect("node").node, 0);
    let is_over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (1..=WRITERS)
        .map(|first| tokio::spawn(write_until(Arc::clone(&pair.store), first, Arc::clone(&is_over))))
        .collect();
    let written = "SELECT count(*) FROM pg_stat_database WHERE datname = 'ledger' AND xact_commit > 100";
    pair.primary.until(written, "1").await;

    pair.primary.kill();
    let killed = Instant::now();
    pair.promote().await;
    let promoted = Instant::now();
    let again = async {
        while put(pair.store.as_ref(), vec![order(0)]).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, again)
        .await
        .expect("it writes again");
    eprintln!(
        "promoted {:?} after the kill, written to {:?} after that",
        promoted - killed,
        promoted.elapsed()
    );
    is_over.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    let mut unknown = Vec::new();
    for writer in writers {
        let (yes, perhaps) = writer.await.expect("the writer ends");
        acknowledged.extend(yes);
        unknown.extend(perhaps);
    }
    assert!(acknowledged.len() > 50, "{}", acknowledged.len());

    // Everything acknowledged is there, nothing refused is, and the feed tells of each once.
    let mut fed = Vec::new();
    let mut after = FeedPosition::default();
    loop {
        let page = pair.store.feed(1, after, 500).await.expect("the feed is read");
        let Some((last, _)) = page.last() else { break };
        after = *last;
        fed.extend(page.iter().map(|(_, row)| row.key()[1]));
    }
    fed.sort_unstable();
    let mut certain = fed.clone();
    certain.retain(|id| !unknown.contains(id));
    acknowledged.sort_unstable();
    assert_eq!(certain, acknowledged);
    for ids in fed.chunks(500) {
        let keys: Vec<_> = ids.iter().map(|id| vec![1, *id]).collect();
        let found = get(pair.store.as_ref(), Table::Orders, keys).await;
        assert_eq!(found.len(), ids.len());
    }

    // The old primary comes back as a standby, and the roles change back.
    pair.primary.follow(&pair.standby);
    pair.standby.demand_standby().await;
    put(pair.store.as_ref(), vec![order(-1)]).await.expect("put");
    pair.standby.kill();
    pair.primary.promote();
    pair.primary.set("synchronous_standby_names", "").await;
    let again = async {
        while put(pair.store.as_ref(), vec![order(-2)]).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, again)
        .await
        .expect("it writes again");
    let found = get(pair.store.as_ref(), Table::Orders, vec![vec![1, -1], vec![1, -2]]).await;
    assert_eq!(found.len(), 2);
}

/// Two servers can be written to: the one that was promoted, and the one that it replaced.
#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_was_replaced_is_not_used_again() {
    let pair = Pair::start(PostgresOptions::default()).await;
    pair.primary.set("synchronous_standby_names", "").await;
    put(pair.store.as_ref(), vec![order(1)]).await.expect("put");
    // Nobody has told the old primary, whose sessions are all alive.
    pair.promote().await;
    let url = pair.primary.url_with(&[&pair.standby], "ledger");
    let other = PostgresStore::connect(&url, PostgresOptions::default())
        .await
        .expect("connected");
    put(&other, vec![order(2)]).await.expect("put");
    let direct = |cluster: &Cluster| {
        let url = cluster.url("ledger");
        async move {
            PostgresStore::connect(&url, PostgresOptions::default())
                .await
                .expect("connected")
        }
    };
    let (old, new) = (direct(&pair.primary).await, direct(&pair.standby).await);
    assert!(get(&old, Table::Orders, vec![vec![1, 2]]).await.is_empty());
    assert_eq!(get(&new, Table::Orders, vec![vec![1, 2]]).await.len(), 1);

    // As soon as one session has met the new primary, the others leave the old one, alive as they are.
    let mut wakes = pair.store.wakes();
    let heard = async {
        loop {
            let wake = Wake {
                kind: WakeKind::Task,
                id: 7,
            };
            pair.primary
                .run(
                    "SELECT pg_terminate_backend(min(pid)) FROM pg_stat_activity \
                     WHERE datname = 'ledger' AND application_name = 'tender' AND query LIKE 'LISTEN%'",
                )
                .await;
            write_and_wake(&new, Vec::<Write>::new(), vec![wake])
                .await
                .expect("sent");
            if tokio::time::timeout(Duration::from_millis(50), wakes.recv())
                .await
                .is_ok()
            {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard)
        .await
        .expect("it listens to the new primary");
    put(pair.store.as_ref(), vec![order(3)]).await.expect("put");
    assert_eq!(get(&new, Table::Orders, vec![vec![1, 3]]).await.len(), 1);
    assert!(get(&old, Table::Orders, vec![vec![1, 3]]).await.is_empty());
    for _ in 0..PostgresOptions::default().readers {
        let found = get(pair.store.as_ref(), Table::Orders, vec![vec![1, 2], vec![1, 3]]).await;
        assert_eq!(found.len(), 2, "no reader asks the old primary");
    }

    // And when the new one is away, the old one is still no choice.
    pair.standby.kill();
    let outcome = put(pair.store.as_ref(), vec![order(4)]).await;
    match outcome {
        Err(StoreError::Unavailable(text)) => assert!(text.contains("replaced"), "{text}"),
        other => panic!("{other:?}"),
    }
    for _ in 0..PostgresOptions::default().readers {
        let read = work(|transaction| {
            Box::pin(async move {
                transaction.get(Table::Orders, &[vec![1, 2]]).await?;
                Ok(Writes::default())
            })
        });
        let outcome = pair.store.read(read).await.1;
        assert!(is_unavailable(&outcome), "{outcome:?}");
    }
}

/// However a session came to be on a standby, it is given up, and nothing is said to the caller but "busy".
#[tokio::test(flavor = "multi_thread")]
async fn a_session_on_a_standby_is_lost() {
    let pair = Pair::start(PostgresOptions::default()).await;
    // What the primary has acknowledged is on the standby's disk, and visible there a moment later.
    pair.standby
        .until("SELECT pg_last_wal_replay_lsn() = pg_last_wal_receive_lsn()", "t")
        .await;
    let servers = Servers::parse(&pair.standby.url("ledger"), PATIENCE).expect("a good URL");
    match Session::open(&servers, None).await {
        Err(StoreError::Unavailable(text)) => assert!(text.contains("does not allow writes"), "{text}"),
        other => panic!("{other:?}"),
    }
    let (mut candidates, _) = servers.candidates().await;
    let mut candidate = candidates.pop().expect("one host");
    candidate
        .config
        .target_session_attrs(tokio_postgres::config::TargetSessionAttrs::Any);
    let session = Session::open_at(&servers, candidate, None).await.expect("opened");
    let mut batch = work(|transaction| {
        Box::pin(async move {
            transaction.get(Table::Orders, &[vec![1, 1]]).await?;
            Ok(Writes::default())
        })
    });
    let outcome = Open::new(&session, Kind::Writing(None))
        .commit(batch.as_mut(), 0, &mut Vec::new())
        .await;
    assert!(matches!(outcome, Err(Failure::Lost(_))), "{outcome:?}");
}

/// The standby is away. A commit that waits for it is not acknowledged: not after a while, and not when somebody
/// cancels the waiting, which the server itself answers as a success.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_no_standby_has_is_not_acknowledged() {
    let answer_timeout = Duration::from_secs(2);
    let pair = Pair::start(PostgresOptions {
        answer_timeout,
        ..PostgresOptions::default()
    })
    .await;
    put(pair.store.as_ref(), vec![order(1)]).await.expect("put");
    pair.standby.kill();
    pair.primary
        .until("SELECT count(*) FROM pg_stat_replication", "0")
        .await;

    let asked = Instant::now();
    let outcome = put(pair.store.as_ref(), vec![order(2)]).await;
    assert!(
        matches!(outcome, Err(StoreError::OutcomeUnknown(_))),
        "{outcome:?}"
    );
    assert!(asked.elapsed() >= answer_timeout && asked.elapsed() < NEWS_MAX);

    let (outcome, ()) = tokio::join!(put(pair.store.as_ref(), vec![order(3)]), async {
        // The one before still waits, too, and is cancelled with it.
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        pair.primary.until(waiting, "2").await;
        pair.primary
            .run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
            .await;
    });
    match outcome {
        Err(StoreError::OutcomeUnknown(text)) => assert!(text.contains("standby"), "{text}"),
        other => panic!("{other:?}"),
    }
    // Reading goes on, and so does writing once the operator no longer demands a standby.
    get(pair.store.as_ref(), Table::Orders, vec![vec![1, 1]]).await;
    pair.primary.set("synchronous_standby_names", "").await;
    put(pair.store.as_ref(), vec![order(4)]).await.expect("put");
}

/// The machine of one host is gone without a trace: packets to it vanish.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_never_answers_does_not_hold_up_the_others() {
    // It takes connections into its queue, and never answers one.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let cluster = Cluster::new();
    let url = cluster.create_database().await;
    let (before, after) = url.split_once('@').expect("a user");
    let url = format!("{before}@{},{after}", silent.local_addr().expect("an address"));
    let asked = Instant::now();
    let store = PostgresStore::connect(&url, PostgresOptions::default())
        .await
        .expect("connected");
    put(&store, vec![order(1)]).await.expect("put");
    assert!(asked.elapsed() < NEWS_MAX, "{:?}", asked.elapsed());

    // A server that stops answering costs as long as connecting may take, and no longer.
    cluster.kill();
    for _ in 0..3 {
        let asked = Instant::now();
        let outcome = put(&store, vec![order(2)]).await;
        assert!(is_unavailable(&outcome), "{outcome:?}");
        assert!(asked.elapsed() < NEWS_MAX, "{:?}", asked.elapsed());
    }
}
