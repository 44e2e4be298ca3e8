//! Standard Webhooks: secrets, signing, verifying.
//!
//! Owns: the `whsec_` form, and what `webhook-signature` holds. Must not know: deliveries, HTTP, the clock.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tender_engine::Timestamp;

use crate::EndpointSecret;

#[cfg(test)]
mod tests;

const SECRET_PREFIX: &str = "whsec_";
const SECRET_BYTES: usize = 32;
const VERSION: &str = "v1";
/// How far the timestamp of a genuine message may be from the receiver's clock, either way.
const TOLERANCE_S: u64 = 300;

/// The Standard Webhooks headers of a message, as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookHeaders<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`.
    pub timestamp: &'a str,
    /// `webhook-signature`.
    pub signature: &'a str,
}

/// Why a message is not what its headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The secret is not `whsec_` and base64.
    #[error("the secret is not of the form whsec_<base64>")]
    Secret,
    /// The timestamp is no number.
    #[error("webhook-timestamp is not a number of seconds")]
    Timestamp,
    /// The timestamp is more than five minutes away: perhaps a recorded message sent again.
    #[error("webhook-timestamp is more than five minutes off")]
    TooFarOff,
    /// No signature is the secret's for these bytes.
    #[error("no signature matches")]
    NoMatch,
}

/// Checks a received message as any Standard Webhooks library does. `now_s` is the receiver's time in seconds since 1970.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify_webhook(
    secret: &str,
    headers: &WebhookHeaders<'_>,
    body: &[u8],
    now_s: i64,
) -> Result<(), SignatureError> {
    let key = key_of(secret).ok_or(SignatureError::Secret)?;
    let sent_s: i64 = headers.timestamp.parse().map_err(|_| SignatureError::Timestamp)?;
    if sent_s.abs_diff(now_s) > TOLERANCE_S {
        return Err(SignatureError::TooFarOff);
    }
    let mac = mac(&key, headers.id, headers.timestamp, body).ok_or(SignatureError::Secret)?;
    let matches = headers
        .signature
        .split(' ')
        .filter_map(|signature| signature.strip_prefix(VERSION)?.strip_prefix(','))
        .filter_map(|text| BASE64_STANDARD.decode(text).ok())
        // `verify_slice` takes the same time wherever the bytes differ.
        .any(|signature| mac.clone().verify_slice(&signature).is_ok());
    if matches {
        Ok(())
    } else {
        Err(SignatureError::NoMatch)
    }
}

/// A new secret, 256 random bits.
pub(super) fn new_secret() -> EndpointSecret {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    EndpointSecret {
        value: format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(bytes)),
        until_ms: None,
    }
}

/// The value of `webhook-signature`: one signature per secret that counts now, the current one first. Empty when none is
/// usable.
pub(super) fn signatures(
    secrets: &[EndpointSecret],
    now: Timestamp,
    id: &str,
    timestamp: &str,
    body: &[u8],
) -> String {
    let mut text = String::new();
    for secret in secrets.iter().filter(|secret| counts(secret, now)) {
        let Some(mac) = key_of(&secret.value).and_then(|key| mac(&key, id, timestamp, body)) else {
            continue;
        };
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(VERSION);
        text.push(',');
        BASE64_STANDARD.encode_string(mac.finalize().into_bytes(), &mut text);
    }
    text
}

/// Whether a secret is the current one, or one that was rotated away and still signs along.
pub(super) fn counts(secret: &EndpointSecret, now: Timestamp) -> bool {
    secret.until_ms.is_none_or(|until_ms| now.0 < until_ms)
}

fn key_of(secret: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD
        .decode(secret.strip_prefix(SECRET_PREFIX)?)
        .ok()
        .filter(|key| !key.is_empty())
}

fn mac(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Some(mac)
}
