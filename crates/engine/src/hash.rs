//! Hashes: names of keys and aliases, and the links of the journal's chain.

use sha2::{Digest, Sha256};

use crate::{ApplicationId, KeySpace, LocationId};

/// A SHA-256 value.
pub type Hash256 = [u8; 32];

/// A 128-bit hash as two signed integers, the form in which backends index it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash128 {
    /// The first eight bytes.
    pub high: i64,
    /// The next eight bytes.
    pub low: i64,
}

/// The name of a unique reference or idempotency key: unique per (space, application, location), for ever.
#[must_use]
pub fn key_hash(space: KeySpace, application: ApplicationId, location: LocationId, text: &str) -> Hash128 {
    let mut hasher = Sha256::new();
    hasher.update([space.number()]);
    hasher.update(application.0.to_be_bytes());
    hasher.update(location.0.to_be_bytes());
    hasher.update(text.as_bytes());
    truncate(&hasher.finalize().into())
}

/// The name under which an order is found besides its id. `kind` keeps the name spaces apart.
#[must_use]
pub fn alias_hash(kind: &str, location: LocationId, text: &str) -> Hash128 {
    let mut hasher = Sha256::new();
    hasher.update(kind.as_bytes());
    hasher.update([0]);
    hasher.update(location.0.to_be_bytes());
    hasher.update(text.as_bytes());
    truncate(&hasher.finalize().into())
}

/// SHA-256 of a text.
pub(crate) fn sha256(text: &[u8]) -> Hash256 {
    Sha256::digest(text).into()
}

fn truncate(hash: &Hash256) -> Hash128 {
    let mut high = [0; 8];
    let mut low = [0; 8];
    for (to, from) in high.iter_mut().chain(low.iter_mut()).zip(hash) {
        *to = *from;
    }
    Hash128 {
        high: i64::from_be_bytes(high),
        low: i64::from_be_bytes(low),
    }
}
