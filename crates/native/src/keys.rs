//! Idempotency keys and unique references: recognising a repeat.
//!
//! Owns: the `Idempotency-Key` header, and a request's canonical fields, which tell a repeat from another request under the
//! same key. Must not know: what was answered to the first one.

use std::fmt::Display;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use sha2::{Digest, Sha256};
use tender_engine::{KeyClaim, KeySpace};
use tender_http::Problem;

use crate::refusal::{self, Code, Repeatable};

#[cfg(test)]
mod tests;

/// The header.
const HEADER: &str = "idempotency-key";
/// The longest key.
pub(crate) const KEY_BYTES_MAX: usize = 255;

/// The key of a request, if it has one.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdempotencyKey(Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let Some(value) = values.next() else {
            return Ok(Self(None));
        };
        let text = value.to_str().ok().filter(|text| is_key(text));
        match text {
            Some(text) if values.next().is_none() => Ok(Self(Some(text.to_owned()))),
            _ => Err(refusal::malformed(
                Code::InvalidIdempotencyKey,
                "The Idempotency-Key is not acceptable.",
            )
            .field("Idempotency-Key")
            .detail("Send it once, with 1 to 255 visible ASCII characters.")),
        }
    }
}

fn is_key(text: &str) -> bool {
    (1..=KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The canonical fields of a request: equal requests have equal fields, however they are spelt.
#[derive(Debug, Default)]
pub(crate) struct Canonical(Vec<(String, String)>);

impl Canonical {
    /// Adds a field that is there.
    pub(crate) fn with(mut self, name: &str, value: impl Display) -> Self {
        self.0.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a field when it is there.
    pub(crate) fn maybe(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds a long field by its hash: keys are kept for ever, and only equality matters.
    pub(crate) fn hashed(self, name: &str, text: &str) -> Self {
        let hash = Sha256::digest(text.as_bytes());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        self.with(name, hex)
    }

    /// What the request claims: its key and its unique reference. Both answer a repeat again.
    pub(crate) fn claims(self, key: &IdempotencyKey, reference: Option<&str>) -> Vec<KeyClaim> {
        let claim = |space, text: &str| KeyClaim {
            space,
            text: text.to_owned(),
            fields: self.0.clone(),
            refuse_repeats: false,
        };
        let key = key.0.as_deref().map(|text| claim(KeySpace::IdempotencyKey, text));
        let reference = reference.map(|text| claim(KeySpace::PaymentReference, text));
        key.into_iter().chain(reference).collect()
    }
}

/// Whether a request with these claims can be repeated safely.
pub(crate) const fn repeatable(claims: &[KeyClaim]) -> Repeatable {
    if claims.is_empty() {
        Repeatable::No
    } else {
        Repeatable::Yes
    }
}
