//! What PostgreSQL can do for an ordinary program: `pgbench` with the statements of a payment, one transaction for each,
//! in the tables that the product has made.
//!
//! The documents of the orders and payments are as long as the product's. Every transaction's duration is in `pgbench`'s
//! log, so percentiles are values that occurred, as everywhere here.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tender_testkit::postgres::programs;

use crate::documents;
use crate::sample::Sample;

#[cfg(test)]
mod tests;

/// Open orders.
const ORDERS: &str = include_str!("pgbench/orders.sql");

/// One payment.
const PAYMENT: &str = include_str!("pgbench/payment.sql");

/// The beginning of the names of `pgbench`'s logs, one for each of its threads.
const LOG: &str = "transactions";

/// The most threads that `pgbench` sends with: what is measured shares the cores with it.
const THREADS_MAX: u32 = 2;

/// How much load. It is bounded by time, because how long so many payments take is what is asked.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Shape {
    /// How many open orders there are; payments go to one after the other.
    #[arg(long)]
    orders: u64,
    /// How many clients, each with a connection of its own.
    #[arg(long, default_value_t = 16)]
    clients: u32,
    /// How long to go on.
    #[arg(long)]
    seconds: u64,
}

/// Fills the product's empty tables with orders, then pays them.
///
/// # Errors
/// When the database is not the product's, or any transaction fails.
pub fn measure(database_url: &str, folder: &Path, shape: Shape) -> Result<Sample> {
    let variables = variables(shape);
    let orders = write(folder, "orders.sql", ORDERS)?;
    let mut psql = Command::new(programs().join("psql"));
    psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]);
    psql.args(
        variables
            .iter()
            .map(|(name, value)| format!("--set={name}={value}")),
    );
    psql.args(["--file", &orders, database_url]);
    output(&mut psql)?;

    let payment = write(folder, "payment.sql", PAYMENT)?;
    let mut pgbench = Command::new(programs().join("pgbench"));
    pgbench.args(["--no-vacuum", "--protocol=prepared", "--log"]);
    pgbench.args(["--client", &shape.clients.to_string()]);
    pgbench.args(["--jobs", &shape.clients.min(THREADS_MAX).to_string()]);
    pgbench.args(["--time", &shape.seconds.to_string()]);
    pgbench.args(
        variables
            .iter()
            .map(|(name, value)| format!("--define={name}={value}")),
    );
    pgbench.arg("--log-prefix").arg(folder.join(LOG));
    pgbench.args(["--file", &payment, database_url]);
    let report = output(&mut pgbench)?;

    let mut durations = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(LOG) {
            let log = fs::read_to_string(entry.path()).context("cannot read a log of pgbench")?;
            parse_log(&log, &mut durations)?;
        }
    }
    ensure!(!durations.is_empty(), "pgbench has logged no transaction");
    let per_second = rate(&report).with_context(|| format!("pgbench tells no rate:\n{report}"))?;
    Ok(Sample::at_rate(durations, per_second))
}

/// What both scripts know by name. Ids are as large as real ones, and times are of our days.
fn variables(shape: Shape) -> Vec<(&'static str, String)> {
    let number = |number: u64| number.to_string();
    vec![
        ("merchant_id", number(1)),
        ("location_id", number(1)),
        ("first_id", number(1 << 48)),
        ("now_ms", number(1_750_000_000_000)),
        ("orders", number(shape.orders)),
        ("clients", shape.clients.to_string()),
        // Each client counts from here.
        ("number", "-1".to_owned()),
        ("order_doc", documents::of(documents::ORDER_BYTES)),
        ("payment_doc", documents::of(documents::PAYMENT_BYTES)),
        ("key_doc", documents::of(documents::KEY_BYTES)),
        ("task_doc", documents::of(documents::TASK_BYTES)),
        ("journal_doc", documents::of(documents::JOURNAL_BYTES)),
    ]
}

fn write(folder: &Path, name: &str, text: &str) -> Result<String> {
    let path = folder.join(name);
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    let path = path.to_str().context("the folder's name is no text")?;
    Ok(path.to_owned())
}

/// Runs the command and gives what it printed; all it says belongs to the error when it fails.
fn output(command: &mut Command) -> Result<String> {
    let program = Path::new(command.get_program()).to_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    if !output.status.success() {
        bail!(
            "{} failed: {}\n{}",
            program.display(),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8(output.stdout).context("a program of PostgreSQL printed no text")
}

/// Adds the durations of a log, of which each line is a transaction: its client, its number, how long it took in
/// microseconds, and what is not read here.
fn parse_log(log: &str, durations: &mut Vec<Duration>) -> Result<()> {
    for line in log.lines() {
        // In place of a duration a transaction that was not committed has a word.
        let micros = line.split(' ').nth(2).and_then(|word| word.parse().ok());
        let micros = micros.with_context(|| format!("a transaction of pgbench has failed: {line}"))?;
        durations.push(Duration::from_micros(micros));
    }
    Ok(())
}

/// Whole transactions per second in `pgbench`'s report, without the time that it took to connect.
fn rate(report: &str) -> Option<u64> {
    let line = report.lines().find_map(|line| line.strip_prefix("tps = "))?;
    let (whole, _) = line.split_once('.')?;
    whole.parse().ok()
}
