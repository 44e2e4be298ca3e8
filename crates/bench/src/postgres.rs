//! A private PostgreSQL to measure on: as durable as in production, with ordinary settings.

use std::io::BufRead;

use anyhow::{Context, Result};
use tender_testkit::postgres::{Cluster, Setup};

/// Beside the test cluster's own `fsync` and `synchronous_commit`, which are on: a cache that holds what is measured, and
/// room for write-ahead log, so that no checkpoint comes into the middle of one measurement and not of another.
const SETTINGS: &str = "
shared_buffers = 256MB
max_wal_size = 2GB
";

/// Answers each line of standard input with the URL of an empty database, and drops the one before it: what a
/// measurement has left must not cost the next one anything. The server ends when the input does, however that comes.
pub async fn serve() -> Result<()> {
    let cluster = Cluster::with(&Setup {
        settings: SETTINGS,
        ..Setup::default()
    });
    let mut last: Option<String> = None;
    for line in std::io::stdin().lock().lines() {
        line.context("standard input")?;
        if let Some(name) = last.take() {
            cluster.run(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
        let url = cluster.create_database().await;
        let (_, name) = url.rsplit_once('/').context("the database has no name")?;
        last = Some(name.to_owned());
        cluster.run("CHECKPOINT").await;
        println!("{url}");
    }
    Ok(())
}
