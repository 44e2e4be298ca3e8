//! Proof that a form was sent from our own page: a random value in a cookie and in the form.
//!
//! Without it another site could log a victim's browser in as the attacker, and the victim's application would then
//! work with the attacker's restaurant.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use tender_service::{Failure, Tender};

/// Random bytes of the value.
const RANDOM_BYTES: usize = 24;
/// The value's length as text.
const TEXT_BYTES: usize = 32;
/// How long a page may stay open before it has to be loaded again.
const MAX_AGE_S: u32 = 3_600;
/// Told by browsers: where a request comes from.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The cookie of one browser.
#[derive(Clone)]
pub(crate) struct Csrf {
    value: String,
    is_secure: bool,
}

impl std::fmt::Debug for Csrf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Csrf")
            .field("is_secure", &self.is_secure)
            .finish_non_exhaustive()
    }
}

impl Csrf {
    /// The browser's value, or a new one. A known one is kept, so that two open pages both work.
    pub(crate) fn of(tender: &Tender, headers: &HeaderMap) -> Result<Self, Failure> {
        let is_secure = is_secure(tender);
        if let Some(value) = cookie(headers, name(is_secure)).filter(|value| is_well_formed(value)) {
            return Ok(Self {
                value: value.to_owned(),
                is_secure,
            });
        }
        let mut bytes = [0; RANDOM_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| {
            tracing::error!(error = %error, "the system gives no random bytes");
            Failure::Internal
        })?;
        Ok(Self {
            value: BASE64_URL_SAFE_NO_PAD.encode(bytes),
            is_secure,
        })
    }

    /// What the form holds.
    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    /// The `Set-Cookie` header. Scripts do not see the cookie, and browsers do not add it to forms of other sites. With
    /// `Strict` they would not add it to the application's link either, and each link would void the last page.
    pub(crate) fn set_cookie(&self) -> Option<HeaderValue> {
        let (name, value) = (name(self.is_secure), &self.value);
        let secure = if self.is_secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path=/; Max-Age={MAX_AGE_S}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::try_from(text).ok()
    }
}

/// Whether a form comes from a page that this browser got from us.
pub(crate) fn is_ours(tender: &Tender, headers: &HeaderMap, given: Option<&str>) -> bool {
    if headers
        .get(SEC_FETCH_SITE)
        .is_some_and(|site| site != "same-origin")
    {
        return false;
    }
    let kept = cookie(headers, name(is_secure(tender))).filter(|kept| is_well_formed(kept));
    let both = kept.zip(given);
    both.is_some_and(|(kept, given)| kept.as_bytes().ct_eq(given.as_bytes()).into())
}

/// Browsers accept the prefix only from the host itself, over TLS: a neighbouring host cannot plant the cookie.
const fn name(is_secure: bool) -> &'static str {
    if is_secure {
        "__Host-tender-csrf"
    } else {
        "tender-csrf"
    }
}

fn is_secure(tender: &Tender) -> bool {
    tender
        .settings()
        .public_url
        .as_deref()
        .is_some_and(|url| url.starts_with("https://"))
}

fn is_well_formed(value: &str) -> bool {
    value.len() == TEXT_BYTES
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(given, value)| (given == name).then_some(value))
}
