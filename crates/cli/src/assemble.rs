//! Wiring: the storage backend by its address, and one site from all translators.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tender_http::{
    Failed, FailureHandler, Fallbacks, Metrics, Missing, PrefixTable, Problem, RawPath, ReadyCheck, Site,
    operations_router,
};
use tender_service::{Settings, Tender, WebhookEncoder};
use tender_store::{Migrate, Store, StoreError};
use tender_store_sqlite::{SqliteOptions, SqliteStore};

use crate::args::StoreOptions;
use crate::descriptions;
use crate::exit;

/// The file name of the embedded ledger.
pub const LEDGER_FILE: &str = "ledger.db";

/// Opens the ledger for writing.
///
/// # Errors
/// When it cannot be opened: another process has it, the folder cannot be written to, the database is newer, or it would have to
/// be migrated first.
pub async fn open_store(options: &StoreOptions, migrate: Migrate) -> anyhow::Result<Arc<dyn Store>> {
    if let Some(url) = &options.database_url {
        return open_postgres(url, migrate).await;
    }
    if migrate == Migrate::Never {
        must_exist(options)?;
    }
    std::fs::create_dir_all(&options.data)
        .with_context(|| format!("cannot make the folder {}", options.data.display()))?;
    let path = options.data.join(LEDGER_FILE);
    let settings = SqliteOptions {
        migrate,
        ..SqliteOptions::default()
    };
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open(&path, settings)).await?;
    let opened = opened.map_err(|error| {
        let hint = match error {
            StoreError::Unavailable(_) => {
                "; one process at a time writes a ledger: is a server running on it?"
            }
            _ => "",
        };
        storage_error(&error, &options.data, hint)
    })?;
    Ok(Arc::new(opened))
}

/// Opens the ledger for reading, as it is, while another process may be writing it.
///
/// # Errors
/// When there is none, or it is of another version.
pub async fn open_store_read_only(options: &StoreOptions) -> anyhow::Result<Arc<dyn Store>> {
    if let Some(url) = &options.database_url {
        return open_postgres(url, Migrate::Never).await;
    }
    must_exist(options)?;
    let path = options.data.join(LEDGER_FILE);
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open_read_only(&path)).await?;
    Ok(Arc::new(
        opened.map_err(|error| storage_error(&error, &options.data, ""))?,
    ))
}

/// Refuses a folder without a ledger, for commands that must not make one.
///
/// # Errors
/// With exit code 4 when there is none.
fn must_exist(options: &StoreOptions) -> anyhow::Result<()> {
    if options.data.join(LEDGER_FILE).exists() {
        return Ok(());
    }
    Err(exit::coded(
        exit::UNAVAILABLE,
        format!(
            "there is no ledger in {}; --data names its folder, --database-url its database",
            options.data.display()
        ),
    ))
}

async fn open_postgres(url: &str, migrate: Migrate) -> anyhow::Result<Arc<dyn Store>> {
    use tender_store_postgres::{PostgresOptions, PostgresStore};
    let options = PostgresOptions {
        migrate,
        ..PostgresOptions::default()
    };
    let store = PostgresStore::connect(url, options).await;
    let store = store.map_err(|error| exit::coded(exit::UNAVAILABLE, format!("PostgreSQL: {error}")))?;
    Ok(Arc::new(store))
}

fn storage_error(error: &StoreError, at: &Path, hint: &str) -> anyhow::Error {
    exit::coded(
        exit::UNAVAILABLE,
        format!("cannot open the ledger in {}: {error}{hint}", at.display()),
    )
}

/// Who encodes webhook messages.
pub fn encoders(settings: &Settings) -> Vec<Arc<dyn WebhookEncoder>> {
    vec![
        tender_dialect_kseries::encoder(settings),
        tender_dialect_kounta::encoder(settings),
        tender_native::encoder(settings),
    ]
}

/// Every route of the server. Which translator speaks for a path is decided by its first segments, so that each keeps its own
/// form for what it does not know.
pub fn site(tender: &Tender, metrics: &Metrics) -> Site {
    let ready = readiness(tender.clone());
    let operations = Fallbacks::new()
        .on("/", not_found)
        .apply(operations_router(metrics.clone(), ready));
    let descriptions = Fallbacks::new().on("/", not_found).apply(descriptions::router());
    Site::new(operations)
        .on("/openapi", descriptions)
        .on("/api/v1", tender_native::router(tender.clone()))
        .on("/o", tender_dialect_kseries::router(tender.clone()))
        .on("/f", tender_dialect_kseries::router(tender.clone()))
        .on("/v1", tender_dialect_kounta::router(tender.clone()))
        .on("/v1/om", tender_dialect_om::router(tender.clone()))
        .on("/v1/token", tender_oauth::router(tender.clone()))
        .on("/v1/token.json", tender_oauth::router(tender.clone()))
        .on("/oauth", tender_oauth::router(tender.clone()))
        .on("/realms", tender_oauth::router(tender.clone()))
        .on("/authorize", tender_oauth::router(tender.clone()))
        .on("/console", tender_console::router(tender.clone()))
}

async fn not_found(parts: axum::http::request::Parts, missing: Missing) -> Response {
    let path = RawPath::of(&parts.extensions, &parts.uri);
    let detail = match missing {
        Missing::Route => format!(
            "Nothing is served under {}. The native API begins with /api/v1.",
            path.as_str()
        ),
        Missing::Method => "This path takes another method; see the Allow header.".to_owned(),
    };
    Problem::new(missing.status(), "not-found", "Nothing here")
        .detail(detail)
        .into_response()
}

fn readiness(tender: Tender) -> ReadyCheck {
    Arc::new(move || {
        let store = Arc::clone(tender.store());
        Box::pin(async move { store.check_writable().await.map_err(|error| error.to_string()) })
    })
}

/// The answer to a request whose handler panicked or ran out of time, in the form of the path's dialect.
pub fn failure_handler() -> FailureHandler {
    let table: PrefixTable<fn(&Failed<'_>) -> Response> =
        PrefixTable::new(plain_failure as fn(&Failed<'_>) -> Response)
            .on("/o", tender_dialect_kseries::failed)
            .on("/f", tender_dialect_kseries::failed)
            .on("/v1", tender_dialect_kounta::failed)
            .on("/v1/om", tender_dialect_om::failed)
            .on("/api/v1", tender_native::failed)
            .on("/console", tender_console::failed);
    Arc::new(move |failed| table.get(failed.path)(failed))
}

fn plain_failure(_: &Failed<'_>) -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
