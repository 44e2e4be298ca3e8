//! Random texts, and the hashes under which they are stored and found.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tender_store::Key;

use super::CredentialId;
use crate::Failure;

/// Random bytes of the tokens whose form we choose.
const TOKEN_RANDOM_BYTES: usize = 32;
/// Random bytes of tokens in the form of 40 hex digits.
const HEX_TOKEN_RANDOM_BYTES: usize = 20;
/// The longest text that can be a token; anything longer is unknown without being hashed.
pub(super) const TOKEN_BYTES_MAX: usize = 512;
/// The shortest text that somebody else may choose as a token.
pub(super) const TOKEN_BYTES_MIN: usize = 16;
/// Characters shown to recognise a token by.
const HINT_CHARS: usize = 4;

/// The SHA-256 under which a credential is stored. Its first half is the row's key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SecretHash([u8; 32]);

impl SecretHash {
    /// Of a token's text, alone.
    pub(super) fn of_token(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Of a client id. The word in front keeps it apart from a token with the same text.
    pub(super) fn of_client(client_id: &str) -> Self {
        Self::of_name(b"client", client_id)
    }

    /// Of the name that a person logs in with.
    pub(super) fn of_person(name: &str) -> Self {
        Self::of_name(b"person", name)
    }

    /// Of the mark that ends a consent.
    pub(super) fn of_ended_consent(family: &str) -> Self {
        Self::of_name(b"ended-consent", family)
    }

    fn of_name(space: &[u8], name: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(space);
        hasher.update([0]);
        hasher.update(name.as_bytes());
        Self(hasher.finalize().into())
    }

    /// The row's key and the credential's public name.
    pub(super) fn id(&self) -> CredentialId {
        let mut high = [0; 8];
        let mut low = [0; 8];
        for (to, from) in high.iter_mut().chain(low.iter_mut()).zip(self.0) {
            *to = from;
        }
        CredentialId {
            high: i64::from_be_bytes(high),
            low: i64::from_be_bytes(low),
        }
    }

    pub(super) fn key(&self) -> Key {
        self.id().key()
    }

    pub(super) fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// Whether both are the same, in a time that does not depend on where they differ.
    pub(super) fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretHash({})", self.id())
    }
}

/// Compares two secrets in a time that depends on neither: their hashes are compared. An empty secret matches nothing.
pub(super) fn secrets_match(stored: &str, given: &str) -> bool {
    !stored.is_empty() && SecretHash::of_token(stored).matches(&SecretHash::of_token(given))
}

/// A new token: a prefix that tells people and secret scanners what it is, and 256 random bits.
pub(super) fn random_token(prefix: &str) -> Result<String, Failure> {
    let bytes: [u8; TOKEN_RANDOM_BYTES] = random()?;
    let mut text = prefix.to_owned();
    BASE64_URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
    Ok(text)
}

/// A new token of 40 hex digits, the form that Kounta's clients know.
pub(super) fn random_hex_token() -> Result<String, Failure> {
    let bytes: [u8; HEX_TOKEN_RANDOM_BYTES] = random()?;
    Ok(hex::encode(bytes))
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(error = %error, "the system gives no random bytes");
        Failure::Internal
    })?;
    Ok(bytes)
}

/// The end of a token: enough to tell two apart in a list, too little to guess the rest.
pub(super) fn hint(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(HINT_CHARS);
    text.chars().skip(skip).collect()
}
