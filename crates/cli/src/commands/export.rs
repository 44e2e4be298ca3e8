//! `tender export`: the journal as JSON lines, in commit order.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::anyhow;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tender_engine::{JournalEntry, MerchantId};
use tender_service::{Clock, Settings, Tender};
use tender_store::FeedPosition;

use crate::args::ExportOptions;
use crate::commands::token;
use crate::{assemble, exit, out};

/// Entries read at once.
const PAGE: u32 = 1_000;
/// Merchants listed at once.
const MERCHANTS_PAGE: u32 = 1_000;

/// Writes every entry of the merchants asked for. Works while a server runs.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn run(options: ExportOptions) -> anyhow::Result<ExitCode> {
    let store = assemble::open_store_read_only(&options.store).await?;
    let tender = Tender::reader(store, Clock::new(), Settings::default());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    // On one terminal with the data it would be in between the lines.
    let progress = if std::io::stdout().is_terminal() {
        ProgressBar::hidden()
    } else {
        let style = ProgressStyle::with_template("{spinner} exporting: {human_pos} journal entries")?;
        out::spinner("").with_style(style)
    };
    let mut merchants = match options.merchant {
        Some(merchant) => {
            let merchant = MerchantId(merchant);
            token::known_merchant(&tender, merchant).await?;
            vec![merchant]
        }
        None => tender
            .merchants(MerchantId(0), MERCHANTS_PAGE)
            .await
            .map_err(unreadable)?,
    };
    while let Some(last) = merchants.last().copied() {
        for merchant in &merchants {
            if let Err(error) = write_merchant(&tender, *merchant, &mut out, &progress).await {
                return ended(error);
            }
        }
        if options.merchant.is_some() {
            break;
        }
        merchants = tender.merchants(last, MERCHANTS_PAGE).await.map_err(unreadable)?;
    }
    progress.finish_and_clear();
    match out.flush() {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => ended(error.into()),
    }
}

/// A reader that has seen enough (`| head`) is no failure.
fn ended(error: anyhow::Error) -> anyhow::Result<ExitCode> {
    let broken = error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe);
    if broken { Ok(ExitCode::SUCCESS) } else { Err(error) }
}

fn unreadable(failure: tender_service::Failure) -> anyhow::Error {
    exit::coded(
        exit::UNAVAILABLE,
        format!("the ledger cannot be read: {failure:?}"),
    )
}

async fn write_merchant(
    tender: &Tender,
    merchant: MerchantId,
    out: &mut impl Write,
    progress: &ProgressBar,
) -> anyhow::Result<()> {
    let mut after = FeedPosition::default();
    loop {
        let entries = tender.feed(merchant, after, PAGE).await.map_err(unreadable)?;
        let Some((last, _)) = entries.last() else {
            return Ok(());
        };
        after = *last;
        for (_, entry) in &entries {
            writeln!(out, "{}", line(entry)?)?;
            progress.inc(1);
        }
    }
}

fn line(entry: &JournalEntry) -> anyhow::Result<String> {
    let postings: Vec<_> = entry
        .postings
        .iter()
        .map(|posting| json!({"account": posting.ledger.to_string(), "amount_minor": posting.amount_minor}))
        .collect();
    let detail: serde_json::Map<_, _> = entry
        .detail
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let value = json!({
        "merchant_id": entry.merchant.0,
        "order_id": entry.order.0,
        "seq": entry.seq,
        "kind": entry.kind.code(),
        "at_ms": entry.at.0,
        "location_id": entry.location.0,
        "application_id": entry.by.0,
        "via": entry.via.code(),
        "payment": entry.payment,
        "currency": entry.currency.code(),
        "postings": postings,
        "detail": detail,
        "previous": hex::encode(entry.previous),
        "hash": hex::encode(entry.hash),
    });
    serde_json::to_string(&value).map_err(|error| anyhow!(error))
}
