//! The token endpoint's rules: codes and refresh tokens become access tokens.
//!
//! | | access | refresh |
//! |---|---|---|
//! | K-Series | 60 min | 14 days, single use, rotating; with `offline_access` (OpenID Connect only) without end |
//! | Kounta | 60 min | without end, survives its use |
//!
//! Single use is kept by a conditional write: the row that says "used" is written only where the row still says
//! "unused", in the same commit as the new tokens. Of two requests with one token one wins, the other one is told
//! `invalid_grant`. Presenting a used token again does not take the family back: a client whose answer was lost on the way
//! must be able to go on with the access token it has.

use std::collections::BTreeSet;
use std::fmt;

use tender_engine::{ApplicationId, LocationId, MerchantId, Timestamp};
use tender_store::Table;

use super::authenticate::KnownApplication;
use super::consent::{add_openid_scopes, granted_scopes};
use super::credential::{Grant, Stored};
use super::manage::{ACCESS_PREFIX, REFRESH_PREFIX, check_names, check_text};
use super::revoke::consent_goes_on;
use super::secret::{SecretHash, TOKEN_BYTES_MAX, hint, random_hex_token, random_token};
use super::{AuthFailure, CredentialFailure, CredentialKind, CredentialRecord, Flavour};
use crate::guard::Expected;
use crate::{Failure, Tender};

/// Life of an access token.
const ACCESS_TTL_S: u32 = 3_600;
/// Life of a K-Series refresh token: 14 days.
const REFRESH_TTL_S: u32 = 14 * 24 * 3_600;
/// The scope that makes a refresh token live without end.
pub(super) const OFFLINE_ACCESS: &str = "offline_access";

/// What a client presents to prove who it is.
#[derive(Clone, Default)]
pub struct ClientCredentials {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// The parameters of a token request. Absent and empty are the same.
#[derive(Clone, Default)]
pub struct TokenRequest {
    /// `grant_type`
    pub grant_type: Option<String>,
    /// `code`
    pub code: Option<String>,
    /// `redirect_uri`
    pub redirect_uri: Option<String>,
    /// `refresh_token`
    pub refresh_token: Option<String>,
    /// `scope`, parted by spaces.
    pub scope: Option<String>,
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("grant_type", &self.grant_type)
            .field("redirect_uri", &self.redirect_uri)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// A pair of tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedTokens {
    /// The access token.
    pub access_token: String,
    /// Its life in seconds.
    pub expires_in_s: u32,
    /// The refresh token.
    pub refresh_token: String,
    /// Its life in seconds; 0: without end.
    pub refresh_expires_in_s: u32,
    /// What was granted.
    pub scopes: BTreeSet<String>,
    /// A UUID that all tokens of one consent share.
    pub session: String,
}

impl fmt::Debug for IssuedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedTokens")
            .field("expires_in_s", &self.expires_in_s)
            .field("refresh_expires_in_s", &self.refresh_expires_in_s)
            .field("scopes", &self.scopes)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// Why there are no tokens. The names are OAuth's (RFC 6749, section 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OAuthFailure {
    /// A parameter is missing; the text says which.
    InvalidRequest(&'static str),
    /// Client id or secret are missing or wrong, or the application is switched off.
    InvalidClient(&'static str),
    /// The code or refresh token cannot be used (any more).
    InvalidGrant(&'static str),
    /// None of the scopes asked for was granted before.
    InvalidScope,
    /// Another grant than the two.
    UnsupportedGrantType,
    /// The service could not do it.
    Failure(Failure),
}

impl From<Failure> for OAuthFailure {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<tender_store::StoreError> for OAuthFailure {
    fn from(error: tender_store::StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Tokens to issue without a browser, for the command line and the seeds.
#[derive(Clone)]
pub struct GrantSpec {
    /// Whose rules apply.
    pub flavour: Flavour,
    /// The application.
    pub application: ApplicationId,
    /// The merchant in whose directory the application is.
    pub owner: MerchantId,
    /// The tenant whose records are reached.
    pub merchant: MerchantId,
    /// The locations reached; `None` for all of the merchant's.
    pub locations: Option<BTreeSet<LocationId>>,
    /// What is granted.
    pub scopes: BTreeSet<String>,
    /// Who is behind it.
    pub actor: String,
    /// What to call it in lists.
    pub label: String,
    /// Texts of the access and the refresh token, for seeds; as [`super::TokenSpec::text`].
    pub texts: Option<(String, String)>,
}

impl fmt::Debug for GrantSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrantSpec")
            .field("flavour", &self.flavour)
            .field("application", &self.application)
            .field("merchant", &self.merchant)
            .field("locations", &self.locations)
            .field("scopes", &self.scopes)
            .field("actor", &self.actor)
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

impl Tender {
    /// Answers a token request.
    ///
    /// # Errors
    /// [`OAuthFailure`]. The kind of grant is looked at first, then the client, then the grant.
    pub async fn exchange(
        &self,
        flavour: Flavour,
        client: Option<&ClientCredentials>,
        request: &TokenRequest,
    ) -> Result<IssuedTokens, OAuthFailure> {
        let (kind, text) = match given(&request.grant_type) {
            None => return Err(OAuthFailure::InvalidRequest("grant_type is missing")),
            Some("authorization_code") => (CredentialKind::Code, given(&request.code)),
            Some("refresh_token") => (CredentialKind::Refresh, given(&request.refresh_token)),
            Some(_) => return Err(OAuthFailure::UnsupportedGrantType),
        };
        let client = client.ok_or(OAuthFailure::InvalidClient("client credentials are missing"))?;
        let known = self.proven_client(client).await?;
        let is_code = kind == CredentialKind::Code;
        let missing = if is_code {
            "code is missing"
        } else {
            "refresh_token is missing"
        };
        let text = text.ok_or(OAuthFailure::InvalidRequest(missing))?;
        if is_code && given(&request.redirect_uri).is_none() {
            return Err(OAuthFailure::InvalidRequest("redirect_uri is missing"));
        }
        let presented = self.presented(flavour, &known, kind, text).await?;
        if is_code {
            // Stray redirect URIs of refresh requests are ignored: a client sends them.
            if presented.grant.redirect_uri.as_deref() != given(&request.redirect_uri) {
                return Err(OAuthFailure::InvalidGrant(
                    "redirect_uri is not the one the code was issued for",
                ));
            }
            let scopes = presented.stored.record.scopes.clone();
            self.redeem(flavour, presented, scopes).await
        } else {
            let scopes = refreshed_scopes(flavour, &known, &presented.stored.record, request)?;
            self.redeem(flavour, presented, scopes).await
        }
    }

    async fn proven_client(&self, client: &ClientCredentials) -> Result<KnownApplication, OAuthFailure> {
        let proven = self
            .client_with_secret(&client.client_id, &client.client_secret)
            .await;
        proven
            .and_then(|known| known.enabled().map(drop).map(|()| known))
            .map_err(|failure| match failure {
                AuthFailure::Unavailable(failure) => OAuthFailure::Failure(failure),
                AuthFailure::Missing | AuthFailure::Unknown => {
                    OAuthFailure::InvalidClient("the client is unknown or its secret is wrong")
                }
                AuthFailure::Disabled | AuthFailure::Expired | AuthFailure::Revoked => SWITCHED_OFF,
            })
    }

    /// The code or refresh token, if this client may use it now.
    async fn presented<'a>(
        &self,
        flavour: Flavour,
        client: &KnownApplication,
        kind: CredentialKind,
        text: &'a str,
    ) -> Result<Presented<'a>, OAuthFailure> {
        const UNKNOWN: OAuthFailure =
            OAuthFailure::InvalidGrant("it is unknown or was issued to another client");
        if text.len() > TOKEN_BYTES_MAX {
            return Err(UNKNOWN);
        }
        let stored = self
            .stored_credential(&SecretHash::of_token(text))
            .await?
            .ok_or(UNKNOWN)?;
        let record = &stored.record;
        let own = record.kind == kind && client.is(record.owner, record.application);
        let grant = record
            .grant
            .clone()
            .filter(|grant| own && flavour.accepts(grant.flavour))
            .ok_or(UNKNOWN)?;
        if record.used_at.is_some() {
            return Err(OAuthFailure::InvalidGrant("it has been used before"));
        }
        match self.check_life(record) {
            Ok(()) => Ok(Presented { text, stored, grant }),
            Err(AuthFailure::Revoked) => Err(OAuthFailure::InvalidGrant("it has been revoked")),
            Err(_) => Err(OAuthFailure::InvalidGrant("it has expired")),
        }
    }

    /// Uses up what is single use, and issues tokens in the same commit.
    async fn redeem(
        &self,
        flavour: Flavour,
        presented: Presented<'_>,
        access_scopes: BTreeSet<String>,
    ) -> Result<IssuedTokens, OAuthFailure> {
        let Presented {
            text,
            stored: Stored { row, record },
            grant,
        } = presented;
        let now = self.now();
        let expected = vec![Expected::unchanged(row), consent_goes_on(&grant.family)];
        let session = grant.family.clone();
        let grant = Grant {
            flavour,
            redirect_uri: None,
            ..grant
        };
        let template = CredentialRecord {
            grant: Some(grant),
            ..record.clone()
        };
        let mut rows = Vec::with_capacity(3);
        let survives = flavour == Flavour::Kounta && record.kind == CredentialKind::Refresh;
        let (refresh_token, refresh_expires_in_s) = if survives {
            (text.to_owned(), remaining_s(&record, now))
        } else {
            let text = random_text(flavour, REFRESH_PREFIX)?;
            let ttl_s = refresh_ttl_s(flavour, &template.scopes);
            rows.push(derived(&template, CredentialKind::Refresh, &text, now, ttl_s).to_write()?);
            rows.push(used_up(record, now).to_write()?);
            (text, ttl_s.unwrap_or(0))
        };
        let access_token = random_text(flavour, ACCESS_PREFIX)?;
        let access = derived(
            &template,
            CredentialKind::Access,
            &access_token,
            now,
            Some(ACCESS_TTL_S),
        );
        let access = CredentialRecord {
            scopes: access_scopes,
            ..access
        };
        rows.push(access.to_write()?);
        if !self.write_guarded(expected, rows, Vec::new()).await? {
            return Err(OAuthFailure::InvalidGrant("it was used or revoked a moment ago"));
        }
        Ok(IssuedTokens {
            access_token,
            expires_in_s: ACCESS_TTL_S,
            refresh_token,
            refresh_expires_in_s,
            scopes: access.scopes,
            session,
        })
    }

    /// Issues a pair of tokens without a browser. With texts of its own it renews the pair that it issued before.
    ///
    /// # Errors
    /// As [`Tender::issue_token`].
    pub async fn issue_grant(&self, spec: GrantSpec) -> Result<IssuedTokens, CredentialFailure> {
        check_names(&spec.label, &spec.actor)?;
        let (access_token, refresh_token) = match spec.texts {
            Some(texts) => texts,
            None => (
                random_text(spec.flavour, ACCESS_PREFIX)?,
                random_text(spec.flavour, REFRESH_PREFIX)?,
            ),
        };
        check_text(&access_token)?;
        check_text(&refresh_token)?;
        if access_token == refresh_token {
            return Err(CredentialFailure::Unacceptable(
                "access and refresh token must differ",
            ));
        }
        let now = self.now();
        let mut scopes = spec.scopes;
        add_openid_scopes(spec.flavour, &mut scopes);
        let hash = SecretHash::of_token(&refresh_token);
        // Seeded again, the pair stays in the family it was in.
        let known = self
            .stored_credential(&hash)
            .await?
            .and_then(|known| known.record.grant);
        let family = known.map_or_else(new_family, |grant| grant.family);
        let template = CredentialRecord {
            id: hash.id(),
            kind: CredentialKind::Refresh,
            merchant: spec.merchant,
            application: spec.application,
            owner: spec.owner,
            locations: spec.locations,
            scopes,
            device: None,
            actor: spec.actor,
            label: spec.label,
            hint: String::new(),
            created_at: now,
            expires_at: None,
            revoked_at: None,
            used_at: None,
            grant: Some(Grant {
                family: family.clone(),
                flavour: spec.flavour,
                redirect_uri: None,
            }),
            hash,
            password_hash: None,
        };
        let ttl_s = refresh_ttl_s(spec.flavour, &template.scopes);
        let refresh = self
            .seed(derived(
                &template,
                CredentialKind::Refresh,
                &refresh_token,
                now,
                ttl_s,
            ))
            .await?;
        // An access token that had expired when the consent was ended must not come back, either.
        if refresh.revoked_at.is_none() {
            self.seed(derived(
                &template,
                CredentialKind::Access,
                &access_token,
                now,
                Some(ACCESS_TTL_S),
            ))
            .await?;
        }
        Ok(IssuedTokens {
            access_token,
            expires_in_s: ACCESS_TTL_S,
            refresh_token,
            refresh_expires_in_s: ttl_s.unwrap_or(0),
            scopes: template.scopes,
            session: family,
        })
    }
}

/// A code or refresh token that may be used.
struct Presented<'a> {
    text: &'a str,
    stored: Stored,
    grant: Grant,
}

/// What a refreshed access token grants: no more than before, and no more than the application may have now.
fn refreshed_scopes(
    flavour: Flavour,
    client: &KnownApplication,
    record: &CredentialRecord,
    request: &TokenRequest,
) -> Result<BTreeSet<String>, OAuthFailure> {
    let application = client.enabled().map_err(|_| SWITCHED_OFF)?;
    let now_allowed = granted_scopes(flavour, &application.scopes, None);
    let before: BTreeSet<String> = record.scopes.intersection(&now_allowed).cloned().collect();
    let Some(asked) = given(&request.scope) else {
        return Ok(before);
    };
    let narrowed: BTreeSet<String> = asked
        .split_ascii_whitespace()
        .filter(|scope| before.contains(*scope))
        .map(str::to_owned)
        .collect();
    if narrowed.is_empty() {
        Err(OAuthFailure::InvalidScope)
    } else {
        Ok(narrowed)
    }
}

/// The credential after its single use. What lived without end would otherwise be kept for ever.
fn used_up(mut record: CredentialRecord, now: Timestamp) -> CredentialRecord {
    let forget_at = now.plus_ms(i64::from(REFRESH_TTL_S) * 1_000);
    record.used_at = Some(now);
    record.expires_at = Some(
        record
            .expires_at
            .map_or(forget_at, |expires_at| expires_at.min(forget_at)),
    );
    record
}

const SWITCHED_OFF: OAuthFailure = OAuthFailure::InvalidClient("the application is switched off");

/// The parameter's value, if it has one.
fn given(parameter: &Option<String>) -> Option<&str> {
    parameter.as_deref().filter(|value| !value.is_empty())
}

/// Names a new consent.
pub(super) fn new_family() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A new text in the form that the flavour's clients know.
pub(super) fn random_text(flavour: Flavour, prefix: &str) -> Result<String, Failure> {
    match flavour {
        Flavour::KseriesV1 | Flavour::KseriesV2 => random_token(prefix),
        Flavour::Kounta => random_hex_token(),
    }
}

fn refresh_ttl_s(flavour: Flavour, scopes: &BTreeSet<String>) -> Option<u32> {
    match flavour {
        Flavour::Kounta => None,
        Flavour::KseriesV2 if scopes.contains(OFFLINE_ACCESS) => None,
        Flavour::KseriesV1 | Flavour::KseriesV2 => Some(REFRESH_TTL_S),
    }
}

/// What is left of a life, in whole seconds; 0 when it has no end.
fn remaining_s(record: &CredentialRecord, now: Timestamp) -> u32 {
    let left = |expires_at: Timestamp| expires_at.0.saturating_sub(now.0).div_euclid(1_000).max(1);
    record.expires_at.map_or(0, |expires_at| {
        u32::try_from(left(expires_at)).unwrap_or(u32::MAX)
    })
}

/// A new credential with the reach of another one.
pub(super) fn derived(
    template: &CredentialRecord,
    kind: CredentialKind,
    text: &str,
    now: Timestamp,
    ttl_s: Option<u32>,
) -> CredentialRecord {
    let hash = SecretHash::of_token(text);
    CredentialRecord {
        id: hash.id(),
        kind,
        hint: hint(text),
        created_at: now,
        expires_at: ttl_s.map(|ttl_s| now.plus_ms(i64::from(ttl_s) * 1_000)),
        revoked_at: None,
        used_at: None,
        hash,
        ..template.clone()
    }
}

/// The row's key, for conditions on a code that does not exist yet.
pub(super) fn must_be_new(record: &CredentialRecord) -> Expected {
    Expected::absent(Table::Credentials, record.hash.key())
}
