//! `tender migrate`: brings a database's schema up to date without serving.

use std::process::ExitCode;

use crate::args::MigrateOptions;
use crate::assemble::open_store;

/// Opening for writing applies what is missing, under a lock.
///
/// # Errors
/// When the database cannot be opened or is newer than this program.
pub async fn run(options: MigrateOptions) -> anyhow::Result<ExitCode> {
    let store = open_store(&options.store).await?;
    store.check_writable().await?;
    eprintln!("tender: the schema is up to date");
    Ok(ExitCode::SUCCESS)
}
