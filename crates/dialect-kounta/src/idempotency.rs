//! The `Idempotency-Key` header, and the canonical form in which two requests under one key are compared.

use axum::http::{HeaderMap, HeaderName};
use tender_engine::{KeyClaim, KeySpace};
use tender_money::Decimal;

use crate::errors::{ApiError, Fault};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// The header's name as errors call it.
const FIELD: &str = "Idempotency-Key";
/// Longest key, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// The key of a request, if it carries one.
///
/// # Errors
/// 400 for one that cannot be kept.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    let text = value
        .to_str()
        .ok()
        .filter(|text| !text.is_empty() && text.len() <= KEY_BYTES_MAX);
    match text {
        Some(text) => Ok(Some(text.to_owned())),
        None => Err(ApiError::of(Fault::KeyText).at(FIELD)),
    }
}

/// Whether a request carries a key, good or bad.
pub(crate) fn is_given(headers: &HeaderMap) -> bool {
    headers.contains_key(HEADER)
}

/// A decoded request in canonical form, in the order in which differences are reported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Canon(Vec<(String, String)>);

impl Canon {
    /// Begins with what kind of request it is: one key cannot stand for two kinds.
    pub(crate) fn of(kind: &str) -> Self {
        Self(vec![("request".to_owned(), kind.to_owned())])
    }

    /// Adds a field. Whoever calls it decides what counts as equal.
    pub(crate) fn add(&mut self, name: impl Into<String>, value: impl ToString) {
        self.0.push((name.into(), value.to_string()));
    }

    /// Adds a text that may be absent; absent and empty differ.
    pub(crate) fn text(&mut self, name: impl Into<String>, value: Option<&str>) {
        self.add(name, value.map_or_else(String::new, |value| format!("\"{value}")));
    }

    /// Adds an id that may be absent.
    pub(crate) fn id(&mut self, name: impl Into<String>, value: Option<u64>) {
        self.add(name, value.map_or_else(String::new, |value| value.to_string()));
    }

    /// Adds a number that may be absent. Equal values are equal texts, however they were written.
    pub(crate) fn decimal(&mut self, name: impl Into<String>, value: Option<Decimal>) {
        self.add(name, value.map_or_else(String::new, |value| value.to_string()));
    }

    /// The claim of a key for this request; none without a key.
    pub(crate) fn claim(self, key: Option<String>) -> Vec<KeyClaim> {
        let claim = key.map(|text| KeyClaim {
            space: KeySpace::IdempotencyKey,
            text,
            fields: self.0,
            refuse_repeats: false,
        });
        claim.into_iter().collect()
    }
}
