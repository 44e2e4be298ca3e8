//! Numbered migrations and the version of a database file.

use rusqlite::Connection;
use tender_store::{Migrate, StoreError};

use crate::error::{WHOLE_DATABASE, general};

/// One step of the schema. The number of a step is its place in [`MIGRATIONS`], counted from 1.
struct Migration {
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: [Migration; 3] = [
    Migration {
        name: "0001_ledger",
        sql: include_str!("../migrations/0001_ledger.sql"),
    },
    Migration {
        name: "0002_journal_by_moment",
        sql: include_str!("../migrations/0002_journal_by_moment.sql"),
    },
    Migration {
        name: "0003_deliveries_of_one",
        sql: include_str!("../migrations/0003_deliveries_of_one.sql"),
    },
];

/// The schema version this program reads and writes.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// Marks the file as ours in its header ("tndr"), so that another program's database is never migrated.
const APPLICATION_ID: i64 = 0x746e_6472;

/// Makes sure that this program can work on the database, and brings it to [`SCHEMA_VERSION`] where it may.
pub(crate) fn prepare(connection: &Connection, which: Migrate) -> Result<(), StoreError> {
    match which {
        Migrate::Behind => migrate(connection),
        Migrate::Empty if version(connection)? == 0 => migrate(connection),
        Migrate::Empty | Migrate::Never => require_current(connection),
    }
}

/// Applies what is missing, one transaction per step.
pub(crate) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    let from = version(connection)?;
    for (migration, number) in MIGRATIONS.iter().zip(1..).skip(from as usize) {
        let step = format!(
            "BEGIN IMMEDIATE;\n{}\nPRAGMA user_version = {number};\nPRAGMA application_id = {APPLICATION_ID};\nCOMMIT;",
            migration.sql
        );
        if let Err(error) = connection.execute_batch(&step) {
            if !connection.is_autocommit() {
                connection.execute_batch("ROLLBACK").map_err(general)?;
            }
            return Err(StoreError::Internal(format!(
                "migration {} failed: {error}",
                migration.name
            )));
        }
        tracing::info!(migration = migration.name, "database migrated");
    }
    Ok(())
}

/// Accepts the database only at exactly [`SCHEMA_VERSION`]; for openings that may not migrate it.
pub(crate) fn require_current(connection: &Connection) -> Result<(), StoreError> {
    match version(connection)? {
        SCHEMA_VERSION => Ok(()),
        0 => Err(StoreError::Internal(
            "the database holds no ledger: tender migrate makes one".to_owned(),
        )),
        found => Err(StoreError::Internal(format!(
            "the database has schema version {found}, older than this program's {SCHEMA_VERSION}: run tender migrate \
             first, or use the program that wrote it"
        ))),
    }
}

/// The version of the file, 0 for a new one. Refuses newer versions than this program knows, and files of others.
fn version(connection: &Connection) -> Result<u32, StoreError> {
    let number = |pragma: &str| -> Result<i64, StoreError> {
        connection
            .query_row(pragma, [], |row| row.get(0))
            .map_err(general)
    };
    let found = number("PRAGMA user_version")?;
    let is_ours = number("PRAGMA application_id")? == APPLICATION_ID;
    let is_empty = number("SELECT count(*) FROM sqlite_schema")? == 0;
    let is_new = is_empty && found == 0;
    if !is_ours && !is_new {
        return Err(StoreError::Corrupt {
            table: WHOLE_DATABASE,
            what: "the file is a database of another program".to_owned(),
        });
    }
    match u32::try_from(found) {
        Ok(found) if found <= SCHEMA_VERSION => Ok(found),
        _ => Err(StoreError::Internal(format!(
            "the database has schema version {found}, newer than this program's {SCHEMA_VERSION}: use the program \
             that wrote it, or a later one"
        ))),
    }
}

#[cfg(test)]
mod tests;
