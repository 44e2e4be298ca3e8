//! The authorize page's rules: which request may be shown, where its answer may go, and the code that answers it.
//!
//! An answer goes only to an address that the application has registered, character for character; so nothing about a
//! request that names another address is ever sent there, not even that it is wrong.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use tender_engine::{ApplicationId, MerchantId};
use url::{Host, Url};

use super::credential::Grant;
use super::exchange::{must_be_new, new_family, random_text};
use super::manage::CODE_PREFIX;
use super::secret::{SecretHash, hint};
use super::{AuthFailure, CredentialKind, CredentialRecord, Flavour, Person};
use crate::{Failure, Tender};

/// Life of an authorization code.
const CODE_TTL_MS: i64 = 10 * 60_000;
/// Scopes that OpenID Connect adds by itself.
const OPENID_SCOPES: [&str; 2] = ["profile", "email"];

/// The parameters of an authorize request. Absent and empty are the same.
#[derive(Debug, Clone, Default)]
pub struct AuthorizeRequest {
    /// `client_id`
    pub client_id: Option<String>,
    /// `redirect_uri`
    pub redirect_uri: Option<String>,
    /// `response_type`
    pub response_type: Option<String>,
    /// `scope`, parted by spaces.
    pub scope: Option<String>,
}

/// A request that a person may be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Whose rules apply.
    pub flavour: Flavour,
    /// The application.
    pub application: ApplicationId,
    /// The merchant in whose directory the application is.
    pub owner: MerchantId,
    /// What the application is called.
    pub application_name: String,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// What is granted: what was asked for and the application may have.
    pub scopes: BTreeSet<String>,
}

/// Why a person is not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizeFailure {
    /// To be shown on the page, never sent anywhere: who asks is not known, or where the answer should go.
    Page(&'static str),
    /// To be sent to the application.
    Redirect(RedirectError),
    /// The service could not tell.
    Failure(Failure),
}

/// An error that the application is told (RFC 6749, section 4.1.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectError {
    /// Where to send it.
    pub redirect_uri: String,
    /// OAuth's name of it.
    pub error: &'static str,
    /// In words.
    pub description: &'static str,
}

impl From<Failure> for AuthorizeFailure {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Tender {
    /// Judges an authorize request.
    ///
    /// # Errors
    /// [`AuthorizeFailure`].
    pub async fn check_authorization(
        &self,
        flavour: Flavour,
        request: &AuthorizeRequest,
    ) -> Result<Authorization, AuthorizeFailure> {
        use AuthorizeFailure::Page;
        let given = |parameter: &Option<String>| parameter.clone().filter(|value| !value.is_empty());
        let client_id =
            given(&request.client_id).ok_or(Page("The link names no application (client_id)."))?;
        let known = self
            .client(&client_id)
            .await?
            .ok_or(Page("The application is not known here (client_id)."))?;
        let application = known.enabled().map_err(|failure| match failure {
            AuthFailure::Unavailable(failure) => AuthorizeFailure::Failure(failure),
            _ => Page("The application is switched off."),
        })?;
        let redirect_uri = given(&request.redirect_uri)
            .ok_or(Page("The link does not say where to go next (redirect_uri)."))?;
        if !application.redirect_uris.contains(&redirect_uri) {
            return Err(Page(
                "The address to go to next is not one that the application has registered (redirect_uri).",
            ));
        }
        if !may_redirect_to(&redirect_uri, self.settings().sandbox) {
            return Err(Page(
                "The address to go to next must be an https address without a fragment (redirect_uri).",
            ));
        }
        let refuse = |error, description| {
            AuthorizeFailure::Redirect(RedirectError {
                redirect_uri: redirect_uri.clone(),
                error,
                description,
            })
        };
        match given(&request.response_type).as_deref() {
            Some("code") => {}
            Some(_) => return Err(refuse("unsupported_response_type", "response_type must be code")),
            None => return Err(refuse("invalid_request", "response_type is missing")),
        }
        let asked = given(&request.scope);
        let scopes = granted_scopes(flavour, &application.scopes, asked.as_deref());
        let asked_in_vain = asked.is_some_and(|asked| {
            asked.split_ascii_whitespace().next().is_some()
                && !asked.split_ascii_whitespace().any(|scope| scopes.contains(scope))
        });
        if asked_in_vain {
            return Err(refuse(
                "invalid_scope",
                "the application may have none of these scopes",
            ));
        }
        Ok(Authorization {
            flavour,
            application: ApplicationId(application.id),
            owner: known.owner(),
            application_name: application.name.clone(),
            redirect_uri,
            scopes,
        })
    }

    /// Issues the code with which the application gets its tokens: single use, for ten minutes. It grants what was
    /// asked about, at the locations of the person who agreed.
    ///
    /// # Errors
    /// As every write.
    pub async fn issue_code(
        &self,
        authorization: &Authorization,
        person: &Person,
    ) -> Result<String, Failure> {
        let text = random_text(authorization.flavour, CODE_PREFIX)?;
        let hash = SecretHash::of_token(&text);
        let now = self.now();
        let record = CredentialRecord {
            id: hash.id(),
            kind: CredentialKind::Code,
            merchant: person.merchant,
            application: authorization.application,
            owner: authorization.owner,
            locations: person.locations.clone(),
            scopes: authorization.scopes.clone(),
            device: None,
            actor: person.name.clone(),
            label: authorization.application_name.clone(),
            hint: hint(&text),
            created_at: now,
            expires_at: Some(now.plus_ms(CODE_TTL_MS)),
            revoked_at: None,
            used_at: None,
            grant: Some(Grant {
                family: new_family(),
                flavour: authorization.flavour,
                redirect_uri: Some(authorization.redirect_uri.clone()),
            }),
            hash,
            password_hash: None,
        };
        if self
            .write_guarded(vec![must_be_new(&record)], vec![record.to_write()?], Vec::new())
            .await?
        {
            Ok(text)
        } else {
            Err(Failure::Internal)
        }
    }
}

/// What was asked for and the application may have; without asking, everything it may have.
pub(super) fn granted_scopes(flavour: Flavour, allowed: &[String], asked: Option<&str>) -> BTreeSet<String> {
    let mut scopes: BTreeSet<String> = match asked {
        None => allowed.iter().cloned().collect(),
        Some(asked) if asked.trim().is_empty() => allowed.iter().cloned().collect(),
        Some(asked) => asked
            .split_ascii_whitespace()
            .filter(|scope| allowed.iter().any(|allowed| allowed == scope))
            .map(str::to_owned)
            .collect(),
    };
    add_openid_scopes(flavour, &mut scopes);
    scopes
}

/// Adds what is granted without being asked for.
pub(super) fn add_openid_scopes(flavour: Flavour, scopes: &mut BTreeSet<String>) {
    if flavour == Flavour::KseriesV2 {
        scopes.extend(OPENID_SCOPES.map(str::to_owned));
    }
}

/// Whether an answer may be sent to a registered address: https, or this computer in a sandbox.
pub(super) fn may_redirect_to(address: &str, sandbox: bool) -> bool {
    // What stands in a `Location` header is visible ASCII; anything else would be read differently by others.
    if !address.bytes().all(|byte| byte.is_ascii_graphic()) {
        return false;
    }
    let Ok(url) = Url::parse(address) else {
        return false;
    };
    let is_plain = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    match url.scheme() {
        "https" => is_plain && url.has_host(),
        "http" => is_plain && sandbox && is_loopback(&url),
        _ => false,
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => Ipv4Addr::is_loopback(&address),
        Some(Host::Ipv6(address)) => Ipv6Addr::is_loopback(&address),
        None => false,
    }
}
