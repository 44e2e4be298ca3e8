//! `tender audit verify`: checks the books with an auditor that knows none of the code that wrote them.

use std::process::ExitCode;

use anyhow::anyhow;
use serde_json::json;

use crate::args::{AuditAction, AuditOptions, StoreOptions};
use crate::{assemble, exit, out};

pub mod verify;

/// Reads the whole ledger, one order at a time, and reports what does not add up.
///
/// # Errors
/// When the ledger cannot be read. What is wrong with it is a finding: exit code 5.
pub async fn run(options: AuditOptions) -> anyhow::Result<ExitCode> {
    let AuditAction::Verify { store, json } = options.action;
    verify_ledger(&store, json).await
}

async fn verify_ledger(options: &StoreOptions, json: bool) -> anyhow::Result<ExitCode> {
    let store = assemble::open_store_read_only(options).await?;
    let spinner = out::spinner("auditing");
    let report = verify::verify(store).await;
    spinner.finish_and_clear();
    let report = report.map_err(|error| anyhow!("the ledger cannot be read: {error}"))?;
    if json {
        let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        out::unless_gone(out::line(json!({
            "orders": report.orders,
            "payments": report.payments,
            "entries": report.entries,
            "findings": findings,
        })))?;
    } else {
        for finding in &report.findings {
            out::unless_gone(out::line(finding))?;
        }
        eprintln!(
            "tender: {} orders, {} payments, {} journal entries read; {} findings",
            report.orders,
            report.payments,
            report.entries,
            report.findings.len()
        );
    }
    Ok(if report.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(exit::FINDINGS)
    })
}
