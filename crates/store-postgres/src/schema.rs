//! Numbered migrations and the version of a database.
//!
//! Nodes are replaced one after the other, so for a while programs of two versions work on one database. A step
//! therefore either *expands* the schema (a new table or index, a new column with a default), and programs of
//! the version before go on and can even be started again; or it *contracts* it (takes away what no program in use
//! needs any more), and the database notes the oldest program that may still come.

use std::pin::pin;
use std::time::Duration;

use tender_store::{Migrate, StoreError};
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};

use crate::error::describe;
use crate::session::Session;

/// One step of the schema. The number of a step is its place in [`MIGRATIONS`], counted from 1.
struct Migration {
    name: &'static str,
    sql: &'static str,
    /// The table that it locks, of those that were there before.
    locks: Option<&'static str>,
    /// The lowest [`SCHEMA_VERSION`] of a program that can go on after this step. That of the step before, if this one
    /// only expands the schema.
    oldest_program: u32,
}

const MIGRATIONS: [Migration; 3] = [
    Migration {
        name: "0001_ledger",
        sql: include_str!("../migrations/0001_ledger.sql"),
        locks: None,
        oldest_program: 1,
    },
    Migration {
        name: "0002_journal_by_moment",
        sql: include_str!("../migrations/0002_journal_by_moment.sql"),
        locks: Some("journal"),
        oldest_program: 1,
    },
    Migration {
        name: "0003_deliveries_of_one",
        sql: include_str!("../migrations/0003_deliveries_of_one.sql"),
        locks: Some("deliveries"),
        oldest_program: 1,
    },
];

/// The schema version this program reads and writes.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// The oldest server that has everything used here, as `server_version_num` writes it.
const SERVER_VERSION_MIN: i32 = 130_000;

/// After so long somebody is told what is being waited for.
const LONG_WAIT: Duration = Duration::from_secs(5);

/// The advisory lock that lets one program at a time migrate ("tendmigr").
const LOCK: i64 = 0x7465_6e64_6d69_6772;

/// How long a migration waits for a table that it locks. Everybody who comes later waits behind it, so this is shorter than their
/// own patience (a session's `lock_timeout`).
const LOCK_TIMEOUT: &str = "3s";

/// The column came after the table. It is asked for before it is added, because `ALTER TABLE` waits for everybody who reads the
/// table even when there is nothing to add, and a dump reads it for as long as it runs.
const VERSIONS_TABLE: &str = "CREATE TABLE IF NOT EXISTS tender_schema ( \
    version bigint PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), \
    oldest_program bigint NOT NULL DEFAULT 1); \
    DO $$ BEGIN PERFORM oldest_program FROM tender_schema LIMIT 0; \
    EXCEPTION WHEN undefined_column THEN \
    ALTER TABLE tender_schema ADD COLUMN oldest_program bigint NOT NULL DEFAULT 1; END $$";

/// The newest step and the oldest program that may come. The column of programs is read by its name in the row, because databases
/// from before it lack it, and who only looks does not add it.
const VERSIONS: &str = "SELECT coalesce(max(version), 0), \
    coalesce(max((to_jsonb(step) ->> 'oldest_program')::bigint), 0) FROM tender_schema AS step";

/// Makes sure that this program can work on the database, and brings it to [`SCHEMA_VERSION`] where it may.
pub(crate) async fn prepare(session: &Session, which: Migrate) -> Result<(), StoreError> {
    if which == Migrate::Behind {
        return migrate(session).await;
    }
    let client = session.client();
    require_server(client).await?;
    let row = client
        .query_one("SELECT to_regclass('tender_schema') IS NULL", &[])
        .await;
    let is_missing: Result<bool, Error> = row.and_then(|row| row.try_get(0));
    let is_missing = is_missing.map_err(|error| failed("the table of versions", &error))?;
    match if is_missing { 0 } else { found(client).await? } {
        0 if which == Migrate::Empty => migrate(session).await,
        0 => Err(StoreError::Internal(
            "the database holds no ledger: tender migrate makes one".to_owned(),
        )),
        found if found < i64::from(SCHEMA_VERSION) => Err(StoreError::Internal(format!(
            "the database has schema version {found}, older than this program's {SCHEMA_VERSION}: run tender migrate \
             first, or use the program that wrote it"
        ))),
        _ => Ok(()),
    }
}

/// Applies what is missing, one transaction per step. Programs that start at the same time wait for each other.
pub(crate) async fn migrate(session: &Session) -> Result<(), StoreError> {
    let client = session.client();
    require_server(client).await?;
    // Another program's migration may take longer than any ordinary statement, so the limit holds from when it is over.
    let lock = format!(
        "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock({LOCK}); \
         SET lock_timeout = '{LOCK_TIMEOUT}'"
    );
    let mut locked = pin!(client.batch_execute(&lock));
    let locked = match timeout(LONG_WAIT, &mut locked).await {
        Ok(locked) => locked,
        Err(_) => {
            tracing::warn!("another program is migrating the database; this one goes on when that has ended");
            locked.await
        }
    };
    locked.map_err(|error| failed("the lock", &error))?;
    let outcome = migrate_locked(client).await;
    let unlock = format!("SELECT pg_advisory_unlock({LOCK})");
    let unlocked = client.batch_execute(&unlock).await;
    outcome?;
    unlocked.map_err(|error| failed("the lock", &error))
}

async fn migrate_locked(client: &Client) -> Result<(), StoreError> {
    let table = client.batch_execute(VERSIONS_TABLE).await;
    table.map_err(|error| failed_step("the table of versions", Some("tender_schema"), &error))?;
    let found = found(client).await?;
    let done = usize::try_from(found)
        .map_err(|_| StoreError::Internal(format!("the database has schema version {found}")))?;
    for (migration, number) in MIGRATIONS.iter().zip(1_u32..).skip(done) {
        let step = format!(
            "BEGIN;\n{}\n\
             INSERT INTO tender_schema (version, name, oldest_program) VALUES ({number}, '{}', {});\nCOMMIT;",
            migration.sql, migration.name, migration.oldest_program
        );
        if let Err(error) = client.batch_execute(&step).await {
            // If this fails, too, the session is gone, and with it the transaction.
            let _ = client.batch_execute("ROLLBACK").await;
            return Err(failed_step(migration.name, migration.locks, &error));
        }
        tracing::info!(migration = migration.name, "database migrated");
    }
    Ok(())
}

/// The version of the database. Refuses one that no longer works with this program.
async fn found(client: &Client) -> Result<i64, StoreError> {
    let versions = |error: Error| failed("the table of versions", &error);
    let row = client.query_one(VERSIONS, &[]).await.map_err(versions)?;
    let found: i64 = row.try_get(0).map_err(versions)?;
    let oldest: i64 = row.try_get(1).map_err(versions)?;
    if oldest > i64::from(SCHEMA_VERSION) {
        return Err(StoreError::Internal(format!(
            "the database has schema version {found}, newer than this program's {SCHEMA_VERSION}, and no longer \
             works with it: use the program that wrote it, or a later one"
        )));
    }
    if found > i64::from(SCHEMA_VERSION) {
        tracing::warn!(
            found,
            known = SCHEMA_VERSION,
            "a newer program has migrated the database; this one can still use it"
        );
    }
    Ok(found)
}

/// Refuses servers that are too old or only speak PostgreSQL's language, and databases that cannot hold every character.
async fn require_server(client: &Client) -> Result<(), StoreError> {
    let row = client
        .query_one(
            "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), version()",
            &[],
        )
        .await
        .map_err(|error| failed("the server's version", &error))?;
    let version: i32 = row
        .try_get(0)
        .map_err(|error| failed("the server's version", &error))?;
    let encoding: String = row
        .try_get(1)
        .map_err(|error| failed("the server's encoding", &error))?;
    let product: String = row
        .try_get(2)
        .map_err(|error| failed("the server's version", &error))?;
    if !is_postgres(&product) {
        return Err(StoreError::Internal(format!(
            "the server is not PostgreSQL but {product}: the event feed needs advisory locks and sequences that \
             work as PostgreSQL's do"
        )));
    }
    if version < SERVER_VERSION_MIN {
        return Err(StoreError::Internal(format!(
            "the server is PostgreSQL {}, this program needs {} or later",
            version / 10_000,
            SERVER_VERSION_MIN / 10_000
        )));
    }
    if encoding != "UTF8" {
        return Err(StoreError::Internal(format!(
            "the database's encoding is {encoding}: create it with ENCODING 'UTF8'"
        )));
    }
    Ok(())
}

/// Whether this is PostgreSQL, by what `version()` says. Engines that speak its language may take an advisory lock without
/// locking anything, or number rows in blocks per session: entries of the feed would be skipped, and nobody told.
fn is_postgres(version: &str) -> bool {
    version.starts_with("PostgreSQL ") && !version.contains("-YB-")
}

/// The failure of a step that locks a table. Who has the table may be done with it soon.
fn failed_step(name: &str, locks: Option<&str>, error: &Error) -> StoreError {
    match (error.code(), locks) {
        (Some(code), Some(table)) if *code == SqlState::LOCK_NOT_AVAILABLE => {
            StoreError::Unavailable(format!(
                "migration: {name} needs the table {table} for itself, and somebody used it for longer than {LOCK_TIMEOUT}; \
             this step changed nothing: try again when no dump or long query runs"
            ))
        }
        _ => failed(name, error),
    }
}

fn failed(what: &str, error: &Error) -> StoreError {
    match crate::error::classify(crate::error::WHOLE_DATABASE, error) {
        crate::error::Failure::Lost(cause) => StoreError::Unavailable(cause),
        _ => StoreError::Internal(format!("migration: {what}: {}", describe(error))),
    }
}

#[cfg(test)]
mod tests;
