//! `tender token`: makes, lists and revokes credentials, directly on the ledger.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use serde_json::json;
use tender_engine::{ApplicationId, LocationId, MerchantId};
use tender_service::{
    Clock, CredentialFailure, CredentialFilter, CredentialRecord, Directory, Settings, Tender, TokenKind,
    TokenSpec,
};
use tender_store::Migrate;

use crate::args::{TokenAction, TokenFor, TokenOptions};
use crate::assemble;
use crate::{exit, out};

/// Credentials listed at once.
const LIST_PAGE: u32 = 500;

/// Opens the ledger and does what was asked for.
///
/// # Errors
/// When the ledger cannot be opened, or has no such merchant or credential.
pub async fn run(options: TokenOptions) -> anyhow::Result<ExitCode> {
    let store = assemble::open_store(&options.store, Migrate::Never).await?;
    let tender = Tender::start(store, Clock::new(), Vec::new(), Settings::default())
        .await
        .map_err(|failure| {
            exit::coded(
                exit::UNAVAILABLE,
                format!("the ledger cannot be used: {failure:?}"),
            )
        })?;
    let done = act(&tender, options.action).await;
    tender.store().close().await;
    done?;
    Ok(ExitCode::SUCCESS)
}

async fn act(tender: &Tender, action: TokenAction) -> anyhow::Result<()> {
    match action {
        TokenAction::Create {
            merchant,
            purpose,
            location,
            label,
            json,
        } => {
            create(tender, MerchantId(merchant), purpose, location, label, json).await?;
        }
        TokenAction::List { merchant, json } => list(tender, MerchantId(merchant), json).await?,
        TokenAction::Revoke { id } => {
            let revoked = tender.revoke_credential(id).await.map_err(refused)?;
            eprintln!("tender: {revoked} credentials revoked");
        }
    }
    Ok(())
}

fn refused(failure: CredentialFailure) -> anyhow::Error {
    match failure {
        CredentialFailure::Unacceptable(why) => exit::coded(exit::USAGE, why),
        CredentialFailure::Taken => exit::coded(exit::REFUSED, "that name is taken"),
        CredentialFailure::Unknown => exit::coded(exit::REFUSED, "there is no such credential"),
        CredentialFailure::Failure(failure) => anyhow!("the ledger cannot be used: {failure:?}"),
    }
}

async fn create(
    tender: &Tender,
    merchant: MerchantId,
    purpose: TokenFor,
    location: Option<u64>,
    label: String,
    json: bool,
) -> anyhow::Result<()> {
    let directory = known_merchant(tender, merchant).await?;
    if let Some(location) = location
        && !directory.locations.contains_key(&location)
    {
        return Err(exit::coded(exit::REFUSED, "the merchant has no such location"));
    }
    let (kind, actor) = match purpose {
        TokenFor::Admin => (TokenKind::Admin, "administrator"),
        TokenFor::Till => (TokenKind::Till, "till"),
        TokenFor::Om => (TokenKind::ApiKey, "service user"),
        TokenFor::Application => (TokenKind::Access, "application"),
    };
    let scopes = ["orders-api", "financial-api", "items", "native"];
    let spec = TokenSpec {
        kind,
        merchant,
        application: ApplicationId(0),
        owner: merchant,
        locations: location.map(|location| BTreeSet::from([LocationId(location)])),
        scopes: scopes.map(str::to_owned).into_iter().collect(),
        device: None,
        actor: actor.to_owned(),
        label,
        ttl_ms: None,
        text: None,
    };
    let (token, record) = tender.issue_token(spec).await.map_err(refused)?;
    if json {
        out::line(json!({"id": record.id.to_string(), "token": token}))?;
    } else {
        out::line(token)?;
        eprintln!("tender: shown once; its id is {}", record.id);
    }
    Ok(())
}

/// A merchant's directory.
///
/// # Errors
/// With exit code 3 when there is no such merchant.
pub async fn known_merchant(tender: &Tender, merchant: MerchantId) -> anyhow::Result<Arc<Directory>> {
    let found = tender.directory(merchant).await;
    let found = found.map_err(|failure| anyhow!("the ledger cannot be read: {failure:?}"))?;
    found.ok_or_else(|| {
        let message = format!(
            "there is no merchant {}; tender directory import makes one",
            merchant.0
        );
        exit::coded(exit::REFUSED, message)
    })
}

async fn list(tender: &Tender, merchant: MerchantId, json: bool) -> anyhow::Result<()> {
    known_merchant(tender, merchant).await?;
    let filter = CredentialFilter {
        merchant: Some(merchant),
        ..CredentialFilter::default()
    };
    let mut after = None;
    loop {
        let page = tender
            .list_credentials(&filter, after, LIST_PAGE)
            .await
            .map_err(|failure| anyhow!("the ledger cannot be read: {failure:?}"))?;
        for record in &page.items {
            show(record, json)?;
        }
        after = page.items.last().map(|record| record.id);
        if !page.more || after.is_none() {
            return Ok(());
        }
    }
}

fn show(record: &CredentialRecord, json: bool) -> anyhow::Result<()> {
    let state = if record.revoked_at.is_some() {
        "revoked"
    } else {
        "live"
    };
    if json {
        let line = json!({
            "id": record.id.to_string(),
            "kind": format!("{:?}", record.kind).to_lowercase(),
            "label": record.label,
            "actor": record.actor,
            "state": state,
            "created_at_ms": record.created_at.0,
            "expires_at_ms": record.expires_at.map(|at| at.0),
        });
        out::line(line)
    } else {
        out::line(format_args!(
            "{}  {:?}  {state}  {}  {}",
            record.id, record.kind, record.actor, record.label
        ))
    }
}
