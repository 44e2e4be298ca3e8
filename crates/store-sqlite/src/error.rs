//! What an SQLite failure means, by result code and never by message.

use rusqlite::ffi::{self, ErrorCode};
use tender_store::{StoreError, Table};

/// The table named in errors that concern no particular one.
pub(crate) const WHOLE_DATABASE: &str = "database";

/// Translates a failure of a statement on `table`.
pub(crate) fn on_table(table: Table, error: rusqlite::Error) -> StoreError {
    translate(table.spec().name, error)
}

/// Translates a failure of a statement that concerns no particular table.
pub(crate) fn general(error: rusqlite::Error) -> StoreError {
    translate(WHOLE_DATABASE, error)
}

/// Translates a failure of `COMMIT`. After an I/O error there the commit record may have reached the file although
/// the sync failed, so that a crash right now would bring the transaction back: nobody can promise it did not
/// happen.
pub(crate) fn on_commit(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure) => StoreError::OutcomeUnknown(error.to_string()),
        _ => general(error),
    }
}

fn translate(table: &'static str, error: rusqlite::Error) -> StoreError {
    match &error {
        rusqlite::Error::SqliteFailure(cause, _) => match cause.code {
            ErrorCode::ConstraintViolation if is_unique(cause.extended_code) => {
                StoreError::Duplicate { table }
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt {
                table,
                what: error.to_string(),
            },
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::CannotOpen
            | ErrorCode::DiskFull
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OperationInterrupted
            | ErrorCode::OutOfMemory
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure => StoreError::Unavailable(error.to_string()),
            _ => StoreError::Internal(error.to_string()),
        },
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::Utf8Error(..) => StoreError::Corrupt {
            table,
            what: error.to_string(),
        },
        _ => StoreError::Internal(error.to_string()),
    }
}

fn is_unique(extended_code: i32) -> bool {
    matches!(
        extended_code,
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_ROWID
    )
}
