//! What can go wrong below the ledger. Backends recognise causes by SQLSTATE or result code, never by message.

/// A failure of the storage engine. Display texts are for the log, never for a response.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row that must be new exists already (the unique backstop of keys, aliases, journal entries).
    #[error("unique constraint on {table}")]
    Duplicate {
        /// The table's name.
        table: &'static str,
    },
    /// Another transaction won; nothing was written and the batch may be run again.
    #[error("serialization conflict")]
    Conflict,
    /// The database cannot be reached or is shutting down; nothing was written.
    #[error("storage unavailable: {0}")]
    Unavailable(String),
    /// The connection broke while committing: the transaction may or may not have been written.
    #[error("outcome of the commit is unknown: {0}")]
    OutcomeUnknown(String),
    /// Stored data cannot be read back as what it must be.
    #[error("corrupt record in {table}: {what}")]
    Corrupt {
        /// The table's name.
        table: &'static str,
        /// What was wrong with it.
        what: String,
    },
    /// Anything else the engine reported.
    #[error("storage failed: {0}")]
    Internal(String),
}

impl StoreError {
    /// Whether the same work may succeed when tried again, with certainty that it was not applied before.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Conflict | Self::Unavailable(_) => true,
            Self::Duplicate { .. } | Self::OutcomeUnknown(_) | Self::Corrupt { .. } | Self::Internal(_) => {
                false
            }
        }
    }
}
