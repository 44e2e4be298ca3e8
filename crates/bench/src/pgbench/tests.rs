use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tender_store_postgres::{PostgresOptions, PostgresStore};
use tender_testkit::postgres::{Cluster, programs};

use super::{Shape, measure, output, parse_log, rate};
use crate::documents;

fn ask(url: &str, query: &str) -> String {
    let mut psql = Command::new(programs().join("psql"));
    let answer = output(psql.args(["-X", "-A", "-t", "-c", query, url])).unwrap();
    answer.trim().to_owned()
}

const SHAPE: Shape = Shape {
    orders: 10,
    clients: 3,
    seconds: 1,
};

#[tokio::test]
async fn statements_write_whole_payments_into_the_products_tables() {
    let cluster = Cluster::shared();
    let url = cluster.create_database().await;
    PostgresStore::connect(&url, PostgresOptions::default())
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sample = measure(&url, folder.path(), SHAPE).unwrap();

    assert!(sample.per_second > 0 && sample.p50_us > 0, "{sample:?}");
    let count = sample.count.to_string();
    for (table, bytes) in [
        ("payments", documents::PAYMENT_BYTES),
        ("keys", documents::KEY_BYTES),
        ("tasks", documents::TASK_BYTES),
        ("journal", documents::JOURNAL_BYTES),
    ] {
        assert_eq!(
            ask(&url, &format!("SELECT count(*) FROM {table}")),
            count,
            "{table}"
        );
        let lengths = ask(&url, &format!("SELECT DISTINCT length(doc) FROM {table}"));
        assert_eq!(lengths, bytes.to_string(), "{table}");
    }
    let lengths = ask(
        &url,
        "SELECT count(*), min(length(doc)), max(length(doc)) FROM orders",
    );
    assert_eq!(lengths, format!("10|{0}|{0}", documents::ORDER_BYTES));
    // Guests of different tables pay at the same time, and all tables are paid for.
    let paid = ask(&url, "SELECT count(DISTINCT order_id) FROM payments");
    assert_eq!(paid, sample.count.min(SHAPE.orders).to_string());
    // What can be updated where it is dirties no index.
    let hot = "SELECT n_tup_upd > 0 AND n_tup_hot_upd > 0 FROM pg_stat_user_tables WHERE relname = 'orders'";
    assert_eq!(ask(&url, hot), "t");
}

#[tokio::test]
async fn another_database_fails_the_run() {
    let cluster = Cluster::shared();
    let url = cluster.create_database().await;
    let folder = tempfile::tempdir().unwrap();
    let error = measure(&url, folder.path(), SHAPE).unwrap_err().to_string();
    assert!(error.contains("relation \"orders\" does not exist"), "{error}");
}

#[test]
fn a_missing_program_is_named() {
    let error = output(&mut Command::new(Path::new("/nowhere/pgbench"))).unwrap_err();
    assert!(error.to_string().contains("/nowhere/pgbench"), "{error}");
}

#[test]
fn log_has_a_duration_in_each_line() {
    let mut durations = vec![Duration::from_micros(5)];
    let log = "0 199 2241 0 1175850568 995598\n1 7 90 0 1175850568 998079\n";
    parse_log(log, &mut durations).unwrap();
    assert_eq!(durations, [5, 2_241, 90].map(Duration::from_micros));
    for broken in ["0 200 failed 0 1175850568 998079\n", "0 200\n", "\n"] {
        assert!(parse_log(broken, &mut durations).is_err(), "{broken}");
    }
}

#[test]
fn rate_is_read_from_the_report() {
    let report = "latency average = 1.614 ms\ninitial connection time = 9.104 ms\n\
                  tps = 9912.648132 (without initial connection time)\n";
    assert_eq!(rate(report), Some(9_912));
    for other in ["", "tps = many.1\n", "tps = 12\n"] {
        assert_eq!(rate(other), None, "{other}");
    }
}
