//! `tender directory`: writes a merchant's configuration from a file, directly on the ledger.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use tender_engine::MerchantId;
use tender_money::Currency;
use tender_service::{
    Application, Clock, Device, DirectoryKind, DiscountRule, Failure, Item, Location, Merchant, Method,
    ModifierGroup, Settings, Staff, Tender,
};
use tender_store::Migrate;

use crate::args::{DirectoryAction, DirectoryOptions};
use crate::assemble;
use crate::exit;

/// Ids are positive and below this, so that every client reads them exactly.
const ID_END: u64 = 1 << 53;

/// A merchant and everything below it. Records that are there already are replaced by id; others stay.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    merchant: Merchant,
    #[serde(default)]
    locations: Vec<Location>,
    #[serde(default)]
    methods: Vec<Method>,
    #[serde(default)]
    staff: Vec<Staff>,
    #[serde(default)]
    devices: Vec<Device>,
    #[serde(default)]
    items: Vec<Item>,
    #[serde(default)]
    discounts: Vec<DiscountRule>,
    #[serde(default)]
    modifier_groups: Vec<ModifierGroup>,
    #[serde(default)]
    applications: Vec<Application>,
}

/// Opens the ledger and does what was asked for.
///
/// # Errors
/// When the file is not such a file, or the ledger cannot be written.
pub async fn run(options: DirectoryOptions) -> anyhow::Result<ExitCode> {
    let DirectoryAction::Import { file } = options.action;
    let file = read(&file)?;
    let store = assemble::open_store(&options.store, Migrate::Empty).await?;
    let settings = Settings::default();
    // Who asked to hear of items or readiness is told with the import.
    let encoders = assemble::encoders(&settings);
    let tender = Tender::start(store, Clock::new(), encoders, settings)
        .await
        .map_err(refused)?;
    let written = write(&tender, file).await;
    tender.store().close().await;
    let count = written?;
    eprintln!("tender: {count} records written");
    Ok(ExitCode::SUCCESS)
}

fn refused(failure: Failure) -> anyhow::Error {
    exit::coded(
        exit::UNAVAILABLE,
        format!("the ledger cannot be written: {failure:?}"),
    )
}

fn read(path: &Path) -> anyhow::Result<File> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file: File = serde_json::from_str(&text).map_err(|error| {
        exit::coded(
            exit::USAGE,
            format!("{} is no directory: {error}", path.display()),
        )
    })?;
    for location in &file.locations {
        if Currency::from_code(&location.currency).is_none() {
            let message = format!(
                "location {}: {:?} is no ISO 4217 currency",
                location.id, location.currency
            );
            return Err(exit::coded(exit::USAGE, message));
        }
    }
    Ok(file)
}

async fn write(tender: &Tender, file: File) -> anyhow::Result<usize> {
    let merchant = MerchantId(file.merchant.id);
    let mut count = put(
        tender,
        merchant,
        DirectoryKind::Merchant,
        &[file.merchant],
        |record| record.id,
    )
    .await?;
    count += put(
        tender,
        merchant,
        DirectoryKind::Location,
        &file.locations,
        |record| record.id,
    )
    .await?;
    count += put(tender, merchant, DirectoryKind::Method, &file.methods, |record| {
        record.id
    })
    .await?;
    count += put(tender, merchant, DirectoryKind::Staff, &file.staff, |record| {
        record.id
    })
    .await?;
    count += put(tender, merchant, DirectoryKind::Device, &file.devices, |record| {
        record.id
    })
    .await?;
    count += put(tender, merchant, DirectoryKind::Item, &file.items, |record| {
        record.id
    })
    .await?;
    count += put(
        tender,
        merchant,
        DirectoryKind::Discount,
        &file.discounts,
        |record| record.id,
    )
    .await?;
    count += put(
        tender,
        merchant,
        DirectoryKind::ModifierGroup,
        &file.modifier_groups,
        |record| record.id,
    )
    .await?;
    for application in &file.applications {
        let application = Application {
            merchant: merchant.0,
            ..application.clone()
        };
        let written = tender.put_application(&application).await;
        written.map_err(|failure| anyhow!("application {}: {failure:?}", application.id))?;
        count += 1;
    }
    Ok(count)
}

async fn put<T: Serialize>(
    tender: &Tender,
    merchant: MerchantId,
    kind: DirectoryKind,
    records: &[T],
    id: impl Fn(&T) -> u64,
) -> anyhow::Result<usize> {
    for record in records {
        let id = id(record);
        if id == 0 || id >= ID_END {
            return Err(exit::coded(
                exit::USAGE,
                format!("{kind:?}: ids are between 1 and 2^53"),
            ));
        }
        tender
            .put_directory(merchant, kind, id, record)
            .await
            .map_err(refused)?;
    }
    Ok(records.len())
}
