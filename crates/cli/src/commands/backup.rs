//! `tender backup`: a copy of the embedded ledger as it is at one moment, while the server goes on.

use std::process::ExitCode;

use anyhow::anyhow;

use crate::args::BackupOptions;
use crate::assemble;

/// Copies the ledger into a new file. The file appears whole and synced, or not at all.
///
/// # Errors
/// When the ledger cannot be read, the file is there already or cannot be written, or the ledger is on PostgreSQL, which has
/// tools of its own.
pub async fn run(options: BackupOptions) -> anyhow::Result<ExitCode> {
    let store = assemble::open_store_read_only(&options.store).await?;
    store
        .backup(&options.to)
        .await
        .map_err(|error| anyhow!("no backup was made: {error}"))?;
    eprintln!("tender: the ledger is in {}", options.to.display());
    Ok(ExitCode::SUCCESS)
}
