//! `tender migrate`: brings a database's schema up to date without serving, or copies an embedded ledger into PostgreSQL.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use tender_store::Migrate;

use crate::args::{MigrateOptions, StoreOptions};
use crate::assemble::{LEDGER_FILE, open_store};
use crate::commands::audit::verify;
use crate::{exit, out};

mod copy;

/// Opening for writing applies what is missing, under a lock.
///
/// # Errors
/// When the database cannot be opened or is newer than this program; when the ledger cannot be copied.
pub async fn run(options: MigrateOptions) -> anyhow::Result<ExitCode> {
    if let (Some(from), Some(to)) = (options.from, options.to) {
        return copy_ledger(from, to).await;
    }
    let store = open_store(&options.store, Migrate::Behind).await?;
    store.check_writable().await?;
    eprintln!("tender: the schema is up to date");
    Ok(ExitCode::SUCCESS)
}

/// Copies, compares and audits. The source is opened for writing, which only one process can: nobody changes it meanwhile.
async fn copy_ledger(from: PathBuf, to: String) -> anyhow::Result<ExitCode> {
    ensure!(
        from.join(LEDGER_FILE).exists(),
        "there is no ledger in {}",
        from.display()
    );
    let source = open_store(
        &StoreOptions {
            data: from,
            database_url: None,
        },
        Migrate::Behind,
    )
    .await?;
    let target = open_store(
        &StoreOptions {
            data: PathBuf::new(),
            database_url: Some(to),
        },
        Migrate::Behind,
    )
    .await?;
    if let Some(table) = copy::occupied(target.as_ref()).await? {
        return Err(exit::coded(
            exit::FAILURE,
            format!("the database to copy into is not empty: there are rows in {table}"),
        ));
    }
    let total = copy::count(source.as_ref()).await?;
    let bar = bar(total, "copying")?;
    let copied = copy::copy(source.as_ref(), target.as_ref(), |rows| bar.inc(rows)).await;
    bar.finish_and_clear();
    let copied = copied.context("copying; empty the database before another attempt")?;
    let bar = self::bar(total, "comparing")?;
    let found = copy::fingerprint(target.as_ref(), |rows| bar.inc(rows)).await?;
    bar.finish_and_clear();
    for (table, copied, found) in copied.differences(&found) {
        eprintln!("tender: {table}: {copied} copied, {found} found");
    }
    if copied != found {
        eprintln!("tender: the copy differs from the ledger: do not use it");
        return Ok(ExitCode::from(exit::FINDINGS));
    }
    let spinner = out::spinner("auditing");
    let report = verify::verify(Arc::clone(&target)).await;
    spinner.finish_and_clear();
    let report = report.context("auditing the copy")?;
    for finding in &report.findings {
        eprintln!("tender: {finding}");
    }
    eprintln!(
        "tender: {} rows copied and compared; {} orders, {} payments, {} journal entries audited; {} findings",
        copied.rows(),
        report.orders,
        report.payments,
        report.entries,
        report.findings.len()
    );
    if !(copied.is_numbered_without_gaps() && found.is_numbered_without_gaps()) {
        eprintln!("tender: events are numbered anew: cursors of /api/v1/events do not travel");
    }
    Ok(if report.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(exit::FINDINGS)
    })
}

/// A progress bar on stderr, which shows only at a terminal.
fn bar(total: u64, what: &'static str) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} rows, {eta} left")?;
    Ok(ProgressBar::new(total).with_style(style).with_message(what))
}
