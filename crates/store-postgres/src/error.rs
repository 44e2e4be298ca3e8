//! What a PostgreSQL failure means, by SQLSTATE and never by message.

use std::error::Error as _;

use tender_store::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity, SqlState};

/// The table named in errors that concern no particular one.
pub(crate) const WHOLE_DATABASE: &str = "database";

/// What to do about a failed statement.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server has rolled back because of another transaction; the same work may succeed when run again.
    Retry,
    /// What the batch took for granted was not so, or could not be proven. Nothing was committed; it has to run again and read.
    Assumed,
    /// The session is of no use any more. Nothing was committed.
    Lost(String),
    /// The session was lost while it committed.
    Unknown(String),
    /// The answer for the caller. Nothing was committed.
    Answer(StoreError),
}

impl Failure {
    /// The same failure for a caller that can do nothing about it itself.
    pub(crate) fn into_error(self) -> StoreError {
        match self {
            Self::Retry | Self::Assumed => StoreError::Conflict,
            Self::Lost(what) => StoreError::Unavailable(what),
            Self::Unknown(what) => StoreError::OutcomeUnknown(what),
            Self::Answer(error) => error,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Answer(error)
    }
}

/// Classifies a failure of a statement on a table.
pub(crate) fn classify(table: &'static str, error: &Error) -> Failure {
    let Some(cause) = error.as_db_error() else {
        let is_io = error.source().is_some_and(|cause| cause.is::<std::io::Error>());
        return if error.is_closed() || is_io {
            Failure::Lost(describe(error))
        } else {
            Failure::Answer(StoreError::Internal(describe(error)))
        };
    };
    let code = cause.code();
    if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED {
        return Failure::Retry;
    }
    // Nobody holds a row for that long unless they hang, and waiting again would block this writer as long again.
    if *code == SqlState::LOCK_NOT_AVAILABLE {
        return Failure::Answer(StoreError::Unavailable(describe(error)));
    }
    if *code == SqlState::UNIQUE_VIOLATION {
        return Failure::Answer(StoreError::Duplicate { table });
    }
    if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED {
        return Failure::Answer(StoreError::Corrupt {
            table,
            what: describe(error),
        });
    }
    if ends_session(error) {
        return Failure::Lost(describe(error));
    }
    // Class 53 is a lack of resources (disk full, memory), 57 an operator's intervention (a timeout, a cancel),
    // 58 a failure of the system below.
    match code.code().get(..2) {
        Some("53" | "57" | "58") => Failure::Answer(StoreError::Unavailable(describe(error))),
        _ => Failure::Answer(StoreError::Internal(describe(error))),
    }
}

/// Whether the session is of no use after this error.
fn ends_session(error: &Error) -> bool {
    let Some(cause) = error.as_db_error() else {
        return true;
    };
    let is_fatal = matches!(cause.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    // A server that has become a standby: the next connection looks for the one that can be written.
    let is_standby = *cause.code() == SqlState::READ_ONLY_SQL_TRANSACTION;
    // Class 08 is a broken connection.
    is_fatal || is_standby || cause.code().code().starts_with("08")
}

/// A statement that the server did not answer in time, before any commit.
pub(crate) fn unanswered() -> Failure {
    Failure::Lost("the server did not answer in time".to_owned())
}

/// Classifies a failure of `COMMIT` itself. If it ended the session, the server may have committed before.
pub(crate) fn classify_commit(error: &Error) -> Failure {
    if ends_session(error) {
        Failure::Unknown(describe(error))
    } else {
        classify(WHOLE_DATABASE, error)
    }
}

/// Classifies a failure of a statement that proves what it goes by, and commits by itself.
pub(crate) fn classify_proof(error: &Error) -> Failure {
    let Some(code) = error.code() else {
        return Failure::Unknown(describe(error));
    };
    // The proof is not a number; a key that was taken for new is there.
    if [SqlState::INVALID_TEXT_REPRESENTATION, SqlState::UNIQUE_VIOLATION].contains(code) {
        return Failure::Assumed;
    }
    // It has not begun: the server became a standby.
    if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        return Failure::Lost(describe(error));
    }
    classify_commit(error)
}

/// Classifies a failure to begin a transaction, which no statement has had a part in yet.
pub(crate) fn classify_begin(error: &Error) -> Failure {
    // A standby cannot begin a transaction that writes: "the feature is not supported".
    match error.code() {
        Some(code) if *code == SqlState::FEATURE_NOT_SUPPORTED => Failure::Lost(describe(error)),
        _ => classify(WHOLE_DATABASE, error),
    }
}

/// Whether a notice says that a commit did not wait for the standby that it had to wait for, because somebody
/// cancelled the waiting. The server answers such a commit as if nothing were wrong.
pub(crate) fn is_doubt(notice: &DbError) -> bool {
    let is_warning = matches!(notice.parsed_severity(), Some(Severity::Warning));
    is_warning && [SqlState::WARNING, SqlState::ADMIN_SHUTDOWN].contains(notice.code())
}

/// A text for the log. Values of rows are left out: the server puts them into the detail, never into the message.
pub(crate) fn describe(error: &Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(cause), _) => format!(
            "{} {}: {}",
            cause.severity(),
            cause.code().code(),
            cause.message()
        ),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}
