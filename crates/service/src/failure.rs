//! Why the service could not do what was asked, free of any wire.

use tender_engine::Rejection;
use tender_store::StoreError;

/// What a caller gets instead of an outcome. Translators map every variant to their dialect's status and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The ledger said no; nothing changed.
    Rejected(Rejection),
    /// A named maximum is reached or the storage is away; nothing changed, try again.
    Busy {
        /// When to try again.
        retry_after_s: u32,
    },
    /// The commit broke at a moment when nobody can tell whether it was written.
    OutcomeUnknown,
    /// Something that should not happen; nothing changed.
    Internal,
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<&StoreError> for Failure {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Conflict | StoreError::Unavailable(_) => Self::Busy { retry_after_s: 1 },
            StoreError::OutcomeUnknown(_) => Self::OutcomeUnknown,
            StoreError::Duplicate { .. } | StoreError::Corrupt { .. } | StoreError::Internal(_) => {
                Self::Internal
            }
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = %error, "storage failed");
        Self::from(&error)
    }
}
