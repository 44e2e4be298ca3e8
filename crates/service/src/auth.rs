//! Who asks: credentials, and what they allow.
//!
//! Owns: the credentials table, the cache over it, client and token authentication, issuing and taking back, people who
//! log in, and the rules of the OAuth grants. Must not know: headers, forms, pages, or how a dialect says "no".
//!
//! A token is found by the SHA-256 of its text, and only that hash is stored. A plain hash is right here, because the
//! texts hold at least 160 random bits: nobody can guess one from its hash, so a slow hash would cost every request and
//! protect nothing. What a person chose is different, and is hashed with Argon2. An application's client secret stays
//! readable in the directory, because the Kounta dialect signs webhooks with it.

mod authenticate;
mod cache;
mod consent;
mod credential;
mod exchange;
mod list;
mod manage;
mod person;
mod purge;
mod revoke;
mod secret;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use tender_engine::{ApplicationId, DeviceId, LocationId, MerchantId, Via};
use tender_store::{Wake, WakeKind};

use crate::{Caller, Failure};

pub use consent::{Authorization, AuthorizeFailure, AuthorizeRequest, RedirectError};
pub use credential::{CredentialId, CredentialKind, CredentialRecord, Flavour};
pub use exchange::{ClientCredentials, GrantSpec, IssuedTokens, OAuthFailure, TokenRequest};
pub use list::CredentialFilter;
pub use manage::{CredentialFailure, TokenKind, TokenSpec};
pub use person::{LoginFailure, PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, PERSON_NAME_BYTES_MAX, Person};

pub(crate) use cache::AuthState;
pub(crate) use purge::purge_regularly;

/// The id of a [`WakeKind::Directory`] wake that is about credentials.
pub(crate) const CREDENTIALS_WAKE_ID: i64 = 0;

/// Tells every node to forget the credentials it keeps in memory.
pub(crate) const CREDENTIALS_CHANGED: Wake = Wake {
    kind: WakeKind::Directory,
    id: CREDENTIALS_WAKE_ID,
};

/// What kind of caller a credential makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// An API client, through a dialect.
    Application,
    /// The merchant's own administration.
    Admin,
    /// An app on a till.
    Till,
}

/// Who asks, and what they may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The application; 0 for credentials that belong to none.
    pub application: ApplicationId,
    /// The tenant whose records are reached.
    pub merchant: MerchantId,
    /// The locations reached; `None` for all of the merchant's.
    pub locations: Option<BTreeSet<LocationId>>,
    /// What was granted.
    pub scopes: BTreeSet<String>,
    /// What kind of caller this is.
    pub kind: PrincipalKind,
    /// The device that the credential was made for.
    pub device: Option<DeviceId>,
    /// Who is behind it, for the books: a person's name, a service user, an application.
    pub actor: String,
    /// What was presented: [`CredentialKind::Client`] stands for client id and secret, the others are tokens.
    pub credential: CredentialKind,
}

impl Principal {
    /// Whether a location is within reach. Says nothing about whether it exists.
    #[must_use]
    pub fn covers(&self, location: LocationId) -> bool {
        self.locations
            .as_ref()
            .is_none_or(|locations| locations.contains(&location))
    }

    /// Whether a scope was granted.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }

    /// The same as the ledger wants to know it.
    #[must_use]
    pub fn caller(&self, via: Via) -> Caller {
        Caller {
            merchant: self.merchant,
            application: self.application,
            via,
        }
    }
}

/// Why nobody was recognised. The texts of the answers are the dialects'.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthFailure {
    /// Nothing was presented.
    Missing,
    /// There is no such credential, or the secret is wrong.
    Unknown,
    /// Its life is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// Its application is switched off or gone.
    Disabled,
    /// Nobody can say now: the storage is away or broken.
    Unavailable(Failure),
}

impl From<Failure> for AuthFailure {
    fn from(failure: Failure) -> Self {
        Self::Unavailable(failure)
    }
}
