//! Unique references and idempotency keys, and what was answered for them.

use crate::{ApplicationId, LocationId, Opened, OrderId, Payment, PaymentId, Rejection};

/// The name spaces of keys; one text may be used once in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeySpace {
    /// Payment references: K-Series `thirdPartyPaymentReference`, native `reference`.
    PaymentReference,
    /// K-Series order references.
    OrderReference,
    /// `Idempotency-Key` headers.
    IdempotencyKey,
}

impl KeySpace {
    /// A number that never changes: it is hashed into stored keys.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::PaymentReference => 1,
            Self::OrderReference => 2,
            Self::IdempotencyKey => 3,
        }
    }
}

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyOutcome {
    /// A payment; the record as it was answered then, where a repeat must give the first answer again.
    Payment(PaymentId, Option<Box<Payment>>),
    /// An order; as it was answered when it was opened, where a repeat must give the first answer again.
    Order(OrderId, Option<Box<Opened>>),
    /// The ledger refused, and the same key is refused again (spec om L15).
    Refused(Rejection),
    /// The reference was fenced before anything arrived under it: a late original can never land.
    Burned,
}

/// A used key. Never deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its name space.
    pub space: KeySpace,
    /// Whose key it is.
    pub application: ApplicationId,
    /// Where it was used.
    pub location: LocationId,
    /// The text the client gave.
    pub text: String,
    /// The decoded command in canonical form, in the caller's field names, to tell a retry from another command.
    pub fields: Vec<(String, String)>,
    /// What was answered.
    pub outcome: KeyOutcome,
}

impl KeyRecord {
    /// The first field in which a repeated command differs from the first one.
    #[must_use]
    pub fn differing_field(&self, fields: &[(String, String)]) -> Option<String> {
        let value = |list: &[(String, String)], name: &str| {
            list.iter()
                .find(|(field, _)| field == name)
                .map(|(_, value)| value.clone())
        };
        fields
            .iter()
            .chain(&self.fields)
            .map(|(name, _)| name)
            .find(|name| value(fields, name) != value(&self.fields, name))
            .cloned()
    }
}
