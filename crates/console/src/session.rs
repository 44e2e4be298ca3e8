//! Who is signed in: sessions in memory, and the cookies that name them.
//!
//! Owns: making, finding, checking and ending sessions. Must not know: pages, or how a password is judged.
//!
//! Sessions live in this process: a restart signs everybody out, and several nodes need a proxy that keeps a browser
//! on one of them. A session's token is stored as its hash only, so a dump of memory that is read later opens nothing.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tender_engine::Timestamp;
use tender_service::{Failure, Person, Tender};

/// How long a session lasts, by the service's clock.
const LIFE_MS: i64 = 12 * 3_600_000;
/// Sessions of one process; beyond it the one that ends first makes room.
const SESSIONS_MAX: usize = 10_000;
/// How often it is looked up whether the person may still sign in, by the service's clock.
const CHECK_EVERY_MS: i64 = 60_000;
/// Random bytes of a token.
const RANDOM_BYTES: usize = 32;
/// A token's length as text.
const TOKEN_BYTES: usize = 43;

/// The name of a session in memory: the hash of its token.
pub(crate) type SessionKey = [u8; 32];

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) key: SessionKey,
    pub(crate) person: Person,
    /// What every form of this session's pages holds.
    pub(crate) csrf: String,
    pub(crate) expires_at: Timestamp,
    checked_at: Timestamp,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("person", &self.person.name)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// All sessions of this process.
#[derive(Default)]
pub(crate) struct Sessions {
    by_key: Mutex<HashMap<SessionKey, Session>>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("count", &self.lock().len())
            .finish_non_exhaustive()
    }
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<SessionKey, Session>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Signs a person in; answers the token for the cookie.
    pub(crate) fn begin(&self, person: Person, now: Timestamp) -> Result<String, Failure> {
        let token = random_text()?;
        let key = key_of(&token);
        let session = Session {
            key,
            person,
            csrf: random_text()?,
            expires_at: now.plus_ms(LIFE_MS),
            checked_at: now,
        };
        let mut sessions = self.lock();
        if sessions.len() >= SESSIONS_MAX {
            sessions.retain(|_, session| session.expires_at > now);
        }
        if sessions.len() >= SESSIONS_MAX {
            let first = sessions.values().min_by_key(|session| session.expires_at);
            if let Some(first) = first.map(|session| session.key) {
                sessions.remove(&first);
            }
        }
        sessions.insert(key, session);
        Ok(token)
    }

    /// Signs somebody out.
    pub(crate) fn end(&self, key: &SessionKey) {
        self.lock().remove(key);
    }

    /// Whoever moves a sandbox's clock is not signed out by it.
    pub(crate) fn prolong(&self, key: &SessionKey, ms: i64) {
        if let Some(session) = self.lock().get_mut(key) {
            session.expires_at = session.expires_at.plus_ms(ms);
        }
    }

    /// The session that a request's cookie names. A person who was shut out meanwhile is signed out within a minute,
    /// and one whose reach changed gets the new one.
    pub(crate) async fn of(&self, tender: &Tender, headers: &HeaderMap) -> Result<Option<Session>, Failure> {
        let name = cookie_name(is_secure(tender));
        let Some(token) = cookie(headers, name).filter(|token| is_well_formed(token)) else {
            return Ok(None);
        };
        let key = key_of(token);
        let now = tender.now();
        let found = self.lock().get(&key).cloned();
        let Some(mut session) = found else { return Ok(None) };
        if session.expires_at <= now {
            self.end(&key);
            return Ok(None);
        }
        if session.checked_at.plus_ms(CHECK_EVERY_MS) > now {
            return Ok(Some(session));
        }
        let person = tender.person(&session.person.name).await?;
        // A name that is free again may come to be another merchant's.
        let Some(person) = person.filter(|person| person.merchant == session.person.merchant) else {
            self.end(&key);
            return Ok(None);
        };
        session.person = person;
        session.checked_at = now;
        // Somebody may have signed out while the person was looked up; that stays so.
        if let Some(kept) = self.lock().get_mut(&key) {
            kept.person = session.person.clone();
            kept.checked_at = now;
            return Ok(Some(session));
        }
        Ok(None)
    }
}

/// The cookie that names a session. `Lax` lets links in mails lead to a page; forms of other sites go without it.
pub(crate) fn session_cookie(tender: &Tender, token: &str) -> Option<HeaderValue> {
    set_cookie(
        cookie_name(is_secure(tender)),
        token,
        LIFE_MS / 1_000,
        is_secure(tender),
    )
}

/// Takes the cookie away.
pub(crate) fn no_session_cookie(tender: &Tender) -> Option<HeaderValue> {
    set_cookie(cookie_name(is_secure(tender)), "", 0, is_secure(tender))
}

/// The cookie of the form on which people sign in: they have no session yet that could hold its proof.
pub(crate) fn form_cookie(tender: &Tender, value: &str) -> Option<HeaderValue> {
    set_cookie(
        form_cookie_name(is_secure(tender)),
        value,
        3_600,
        is_secure(tender),
    )
}

/// The value of that cookie, or a new one.
pub(crate) fn form_value(tender: &Tender, headers: &HeaderMap) -> Result<String, Failure> {
    let known = cookie(headers, form_cookie_name(is_secure(tender))).filter(|value| is_well_formed(value));
    known.map_or_else(random_text, |value| Ok(value.to_owned()))
}

/// Whether a form to sign in comes from a page that this browser got from us.
pub(crate) fn form_is_ours(tender: &Tender, headers: &HeaderMap, given: Option<&str>) -> bool {
    let kept = cookie(headers, form_cookie_name(is_secure(tender))).filter(|kept| is_well_formed(kept));
    comes_from_here(headers) && kept.zip(given).is_some_and(|(kept, given)| same(kept, given))
}

/// Whether the browser says nothing against it, where it says anything.
pub(crate) fn comes_from_here(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_none_or(|site| site == "same-origin")
}

/// Equality in constant time.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

fn set_cookie(name: &str, value: &str, max_age_s: i64, is_secure: bool) -> Option<HeaderValue> {
    let secure = if is_secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).ok()
}

/// Browsers accept the prefix only from the host itself, over TLS: a neighbouring host cannot plant the cookie.
const fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure {
        "__Host-tender-console"
    } else {
        "tender-console"
    }
}

const fn form_cookie_name(is_secure: bool) -> &'static str {
    if is_secure {
        "__Host-tender-console-form"
    } else {
        "tender-console-form"
    }
}

fn is_secure(tender: &Tender) -> bool {
    let url = tender.settings().public_url.as_deref();
    url.is_some_and(|url| url.starts_with("https://"))
}

fn key_of(token: &str) -> SessionKey {
    Sha256::digest(token.as_bytes()).into()
}

fn random_text() -> Result<String, Failure> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(error = %error, "the system gives no random bytes");
        Failure::Internal
    })?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn is_well_formed(value: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    value.len() == TOKEN_BYTES && value.bytes().all(is_letter)
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find_map(|(given, value)| (given == name).then_some(value))
}
