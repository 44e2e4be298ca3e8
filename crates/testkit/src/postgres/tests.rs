use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_postgres::NoTls;

use super::{Account, Cluster, Setup, Stop, find_account, newest_version};

async fn number(url: &str, query: &str) -> Result<i32, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    client.query_one(query, &[]).await.map(|row| row.get(0))
}

#[tokio::test]
async fn databases_are_apart_and_outlive_a_crash() {
    let cluster = Cluster::new();
    let first = cluster.create_database().await;
    let second = cluster.create_database().await;
    assert_ne!(first, second);
    let created = number(&first, "SELECT 1 FROM (SELECT 1) AS one")
        .await
        .expect("answered");
    assert_eq!(created, 1);
    let (client, connection) = tokio_postgres::connect(&first, NoTls).await.expect("connected");
    tokio::spawn(connection);
    client
        .batch_execute("CREATE TABLE t (a int); INSERT INTO t VALUES (7)")
        .await
        .expect("written");
    cluster.stop(Stop::Immediate);
    assert!(number(&first, "SELECT 1").await.is_err(), "the server is down");
    cluster.start();
    assert_eq!(number(&first, "SELECT a FROM t").await.expect("recovered"), 7);
    assert!(
        number(&second, "SELECT a FROM t").await.is_err(),
        "no such table there"
    );
}

#[tokio::test]
async fn a_standby_takes_over_and_the_old_primary_follows_it() {
    let primary = Cluster::new();
    let standby = primary.standby();
    primary.demand_standby().await;
    primary.run("CREATE TABLE t (a int)").await;
    primary.run("INSERT INTO t VALUES (7)").await;
    assert_eq!(
        standby.ask("SELECT pg_is_in_recovery()").await.as_deref(),
        Some("t")
    );
    primary.kill();
    assert!(number(&primary.url("postgres"), "SELECT 1").await.is_err());
    standby.promote();
    let found = number(&standby.url("postgres"), "SELECT a FROM t").await;
    assert_eq!(found.expect("what was acknowledged is there"), 7);
    primary.follow(&standby);
    let state = "SELECT pg_is_in_recovery()";
    assert_eq!(primary.ask(state).await.as_deref(), Some("t"));
    standby.run("INSERT INTO t VALUES (8)").await;
    primary.until("SELECT max(a) FROM t", "8").await;
}

#[tokio::test]
async fn a_cluster_can_listen_on_tcp_and_have_settings_of_its_own() {
    let cluster = Cluster::with(&Setup {
        tcp: true,
        settings: "work_mem = 5MB\n",
        access: Some("local all all trust\nhost all tester 127.0.0.1/32 trust\n"),
        files: &[("note.txt", "hello")],
    });
    let port = cluster.port().expect("a port");
    let url = format!("postgres://tester@127.0.0.1:{port}/postgres");
    assert_eq!(number(&url, "SELECT 7").await.expect("answered"), 7);
    assert_eq!(cluster.ask("SHOW work_mem").await.as_deref(), Some("5MB"));
    let note = cluster.ask("SELECT pg_read_file('note.txt')").await;
    assert_eq!(note.as_deref(), Some("hello"));
    assert!(
        number(&url.replace("tester", "stranger"), "SELECT 1")
            .await
            .is_err()
    );
    assert_eq!(Cluster::shared().port(), None);
}

/// Waits until a folder is gone.
async fn gone(folder: &Path) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while folder.exists() {
        assert!(Instant::now() < deadline, "{} is still there", folder.display());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn nothing_is_left() {
    let cluster = Cluster::new();
    let (folder, socket) = (cluster.folder.clone(), cluster.socket());
    assert!(socket.exists());
    drop(cluster);
    assert!(!socket.exists(), "the server has ended");
    gone(&folder).await;
}

/// The pipe to the watcher closes when the process dies; here it is closed by hand.
#[tokio::test]
async fn the_watcher_cleans_up_after_a_dead_process() {
    let cluster = Cluster::new();
    let folder = cluster.folder.clone();
    drop(cluster.watcher.lock().expect("not poisoned").stdin.take());
    gone(&folder).await;
}

#[tokio::test]
async fn the_shared_cluster_is_one_while_it_is_held() {
    let first = Cluster::shared();
    assert!(Arc::ptr_eq(&first, &Cluster::shared()));
    let url = first.create_database().await;
    assert_eq!(number(&url, "SELECT 1").await.expect("answered"), 1);
}

#[test]
fn the_newest_version_with_a_server_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    for (version, has_server) in [("9", true), ("15", true), ("17", false), ("common", true)] {
        let programs = folder.path().join(version).join("bin");
        std::fs::create_dir_all(&programs).expect("made");
        if has_server {
            std::fs::write(programs.join("postgres"), "").expect("made");
        }
    }
    let found = newest_version(folder.path()).expect("found");
    assert_eq!(found, folder.path().join("15/bin"));
    assert_eq!(newest_version(Path::new("/no such folder")), None);
}

#[test]
fn accounts_are_found_by_their_whole_name() {
    let accounts =
        "root:x:0:0:root:/root:/bin/sh\npostgresql:x:7:7::/:/bin/sh\npostgres:x:101:104:,,,:/var:/bin/sh\n";
    let found = find_account(accounts, "postgres").map(|Account { uid, gid }| (uid, gid));
    assert_eq!(found, Some((101, 104)));
    assert!(find_account(accounts, "nobody").is_none());
}
