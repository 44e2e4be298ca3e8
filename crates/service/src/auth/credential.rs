//! What is stored about a credential, and its row.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tender_engine::{ApplicationId, DeviceId, LocationId, MerchantId, Timestamp};
use tender_store::{Key, Row, StoreError, Table, Write};

use super::secret::SecretHash;

/// What a credential is for. The numbers are stored and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CredentialKind {
    /// An OAuth access token.
    Access = 1,
    /// An OAuth refresh token.
    Refresh = 2,
    /// An OAuth authorization code.
    Code = 3,
    /// A key of the om dialect.
    ApiKey = 4,
    /// A token of the merchant's administration.
    Admin = 5,
    /// A token of an app on a till.
    Till = 6,
    /// The way from a client id to its application; holds no secret.
    Client = 7,
    /// A person who logs in with name and password.
    Person = 8,
    /// The mark of a consent that was ended; holds no secret.
    EndedConsent = 9,
}

impl CredentialKind {
    const ALL: [Self; 9] = [
        Self::Access,
        Self::Refresh,
        Self::Code,
        Self::ApiKey,
        Self::Admin,
        Self::Till,
        Self::Client,
        Self::Person,
        Self::EndedConsent,
    ];

    /// The stored number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self as i64
    }

    fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// A word for lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Code => "code",
            Self::ApiKey => "api-key",
            Self::Admin => "admin",
            Self::Till => "till",
            Self::Client => "client",
            Self::Person => "person",
            Self::EndedConsent => "ended-consent",
        }
    }

    /// Whether somebody holds it: it can be listed and taken back. The others are the service's own notes.
    #[must_use]
    pub const fn is_somebodys(self) -> bool {
        !matches!(self, Self::Client | Self::EndedConsent)
    }
}

/// Whose rules of OAuth apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flavour {
    /// K-Series, first version.
    KseriesV1,
    /// K-Series, OpenID Connect.
    KseriesV2,
    /// Kounta.
    Kounta,
}

impl Flavour {
    /// Whether a code or refresh token of one may be used at the other. Both versions of K-Series are one server.
    pub(super) fn accepts(self, other: Self) -> bool {
        (self == Self::Kounta) == (other == Self::Kounta)
    }
}

/// The public name of a credential: half of its hash, as 32 hex digits. It leads to the credential and opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialId {
    pub(super) high: i64,
    pub(super) low: i64,
}

impl CredentialId {
    pub(super) fn key(self) -> Key {
        vec![self.high, self.low]
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.high, self.low)
    }
}

/// A text is not the name of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a credential has 32 hex digits")]
pub struct NotACredentialId;

impl FromStr for CredentialId {
    type Err = NotACredentialId;

    fn from_str(text: &str) -> Result<Self, NotACredentialId> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotACredentialId)?;
        let number = u128::from_be_bytes(bytes);
        let half = |part: u128| {
            u64::try_from(part & u128::from(u64::MAX))
                .unwrap_or_default()
                .cast_signed()
        };
        Ok(Self {
            high: half(number >> 64),
            low: half(number),
        })
    }
}

/// A credential, without its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct CredentialRecord {
    /// Its name.
    pub id: CredentialId,
    /// What it is for.
    pub kind: CredentialKind,
    /// The tenant whose records it reaches.
    pub merchant: MerchantId,
    /// The application it belongs to; 0 for none.
    pub application: ApplicationId,
    /// The merchant in whose directory the application is.
    pub owner: MerchantId,
    /// The locations it reaches; `None` for all of the merchant's.
    pub locations: Option<BTreeSet<LocationId>>,
    /// What was granted.
    pub scopes: BTreeSet<String>,
    /// The device it was made for.
    pub device: Option<DeviceId>,
    /// Who is behind it.
    pub actor: String,
    /// What it was called when it was made.
    pub label: String,
    /// The last characters of its text, to recognise it by; empty where the text is no secret.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its life ends; `None`: not by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// When a single-use credential was used.
    pub used_at: Option<Timestamp>,
    /// Of OAuth credentials: where they come from.
    pub(super) grant: Option<Grant>,
    pub(super) hash: SecretHash,
    /// Of people: the password's Argon2 hash.
    pub(super) password_hash: Option<String>,
}

/// A credential together with its row: what a condition on it compares.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    /// As it was read. Not the record written again: that would lack what a newer version wrote into it.
    pub(super) row: Row,
    pub(super) record: CredentialRecord,
}

/// What OAuth credentials remember of the grant that they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grant {
    /// All credentials that come from one consent share it.
    pub(super) family: String,
    /// Whose rules apply.
    pub(super) flavour: Flavour,
    /// Of codes: where the answer went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) redirect_uri: Option<String>,
}

impl CredentialRecord {
    /// Whether it can still be used at a moment.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.used_at.is_none() && !self.has_expired(now)
    }

    /// Whether its life is over at a moment.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| now >= expires_at)
    }
}

impl fmt::Debug for CredentialRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialRecord")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("merchant", &self.merchant)
            .field("application", &self.application)
            .field("actor", &self.actor)
            .field("expires_at", &self.expires_at)
            .field("revoked_at", &self.revoked_at)
            .field("used_at", &self.used_at)
            .finish_non_exhaustive()
    }
}

/// The document of a row. Members are only ever added. What a missing member would widen is required: a credential
/// whose locations were lost must not reach all of them.
#[derive(Serialize, Deserialize)]
struct Document {
    sha256: String,
    merchant: u64,
    owner: u64,
    #[serde(deserialize_with = "Option::deserialize")]
    locations: Option<BTreeSet<u64>>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    scopes: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<u64>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    actor: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    label: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    hint: String,
    created_at_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant: Option<Grant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password_hash: Option<String>,
}

impl CredentialRecord {
    pub(super) fn to_row(&self) -> Result<Row, StoreError> {
        let document = Document {
            sha256: self.hash.to_hex(),
            merchant: self.merchant.0,
            owner: self.owner.0,
            locations: self
                .locations
                .as_ref()
                .map(|locations| locations.iter().map(|id| id.0).collect()),
            scopes: self.scopes.clone(),
            device: self.device.map(|device| device.0),
            actor: self.actor.clone(),
            label: self.label.clone(),
            hint: self.hint.clone(),
            created_at_ms: self.created_at.0,
            revoked_at_ms: self.revoked_at.map(|at| at.0),
            used_at_ms: self.used_at.map(|at| at.0),
            grant: self.grant.clone(),
            password_hash: self.password_hash.clone(),
        };
        let doc =
            serde_json::to_string(&document).map_err(|error| StoreError::Internal(error.to_string()))?;
        let expires_at_ms = self.expires_at.map_or(0, |at| at.0);
        let columns = vec![
            self.id.high,
            self.id.low,
            self.application.to_i64(),
            self.kind.number(),
            expires_at_ms,
        ];
        Ok(Row {
            table: Table::Credentials,
            columns,
            doc,
        })
    }

    pub(super) fn to_write(&self) -> Result<Write, StoreError> {
        Ok(Write::Put(self.to_row()?))
    }

    pub(super) fn from_row(row: &Row) -> Result<Self, StoreError> {
        let document: Document = serde_json::from_str(&row.doc).map_err(|error| {
            // The error's own text may quote the document, and this one goes to the log.
            corrupt(format!(
                "{:?} error at byte {} of the document",
                error.classify(),
                error.column()
            ))
        })?;
        let number = row.column("kind");
        let kind = CredentialKind::from_number(number).ok_or_else(|| corrupt(format!("kind {number}")))?;
        let hash = SecretHash::from_hex(&document.sha256).ok_or_else(|| corrupt("sha256".to_owned()))?;
        let id = CredentialId {
            high: row.column("hash_high"),
            low: row.column("hash_low"),
        };
        if hash.id() != id {
            return Err(corrupt(format!("the hash of {id} is another one's")));
        }
        let expires_at_ms = row.column("expires_at_ms");
        Ok(Self {
            id,
            kind,
            merchant: MerchantId(document.merchant),
            application: ApplicationId::from_i64(row.column("application_id")),
            owner: MerchantId(document.owner),
            locations: document
                .locations
                .map(|locations| locations.into_iter().map(LocationId).collect()),
            scopes: document.scopes,
            device: document.device.map(DeviceId),
            actor: document.actor,
            label: document.label,
            hint: document.hint,
            created_at: Timestamp(document.created_at_ms),
            expires_at: (expires_at_ms != 0).then_some(Timestamp(expires_at_ms)),
            revoked_at: document.revoked_at_ms.map(Timestamp),
            used_at: document.used_at_ms.map(Timestamp),
            grant: document.grant,
            hash,
            password_hash: document.password_hash,
        })
    }
}

fn corrupt(what: String) -> StoreError {
    StoreError::Corrupt {
        table: Table::Credentials.spec().name,
        what,
    }
}
