//! The codes of problems: a closed list, so that the description names each and no test of them can leave one out.
//!
//! Owns: the codes that are not the ledger's. Must not know: what is said beside a code.

use tender_engine::Rejection;

/// Defines the codes together with their texts and the list of them.
macro_rules! codes {
    ($($name:ident = $text:literal;)+) => {
        /// What a problem is, for programs. A text never changes its meaning.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) enum Code {
            $($name,)+
            /// What the ledger says no to, or would if the dialect did not see it first.
            Ledger(Rejection),
        }

        impl Code {
            /// The code on the wire.
            pub(crate) const fn text(&self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                    Self::Ledger(rejection) => rejection.code(),
                }
            }

            /// Every code.
            pub(crate) fn all() -> Vec<Self> {
                let own = [$(Self::$name),+];
                own.into_iter()
                    .chain(Rejection::examples().into_iter().map(Self::Ledger))
                    .collect()
            }
        }
    };
}

codes! {
    AdminTokenNeeded = "admin-token-needed";
    AmbiguousReference = "ambiguous-reference";
    ApplicationDisabled = "application-disabled";
    ApplicationNotFound = "application-not-found";
    BodyIncomplete = "body-incomplete";
    BodyTimeout = "body-timeout";
    BodyTooLarge = "body-too-large";
    Busy = "busy";
    Deadline = "deadline";
    DeliveryNotFound = "delivery-not-found";
    DeviceNotFound = "device-not-found";
    DuplicateField = "duplicate-field";
    EndpointOfDialect = "endpoint-of-dialect";
    InsufficientScope = "insufficient-scope";
    Internal = "internal";
    InvalidField = "invalid-field";
    InvalidIdempotencyKey = "invalid-idempotency-key";
    InvalidJson = "invalid-json";
    InvalidParameter = "invalid-parameter";
    LocationNotFound = "location-not-found";
    MethodNotAllowed = "method-not-allowed";
    MissingField = "missing-field";
    NotForTills = "not-for-tills";
    NotFound = "not-found";
    OutcomeUnknown = "outcome-unknown";
    ReferenceNotFound = "reference-not-found";
    TillTokenNeeded = "till-token-needed";
    TokenExpired = "token-expired";
    TokenMissing = "token-missing";
    TokenRevoked = "token-revoked";
    TokenUnknown = "token-unknown";
    TooManyEndpoints = "too-many-endpoints";
    UnknownField = "unknown-field";
    UnknownParameter = "unknown-parameter";
}

impl From<Rejection> for Code {
    fn from(rejection: Rejection) -> Self {
        Self::Ledger(rejection)
    }
}
