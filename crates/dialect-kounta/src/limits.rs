//! Rate limits: so many requests a minute per application and company, over all nodes (spec 3.3).
//!
//! Owns: which limit applies, and the headers that tell it. Counting is the service's.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tender_service::{CredentialKind, Failure, Limit, Principal, Standing, Tender};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Counts a request; `None` where no limit applies. Basic and tokens have limits of their own, and so windows of their own.
pub(crate) async fn take(tender: &Tender, principal: &Principal) -> Result<Option<Standing>, Failure> {
    let settings = tender.settings();
    let most = if principal.credential == CredentialKind::Client {
        settings.rate_limit_basic
    } else {
        settings.rate_limit_token
    };
    if !settings.rate_limits || most == 0 {
        return Ok(None);
    }
    tender.take(Limit::per_minute(principal, most)).await.map(Some)
}

/// Tells the client where it stands.
pub(crate) fn tell(standing: &Standing, headers: &mut HeaderMap) {
    headers.insert(LIMIT, HeaderValue::from(standing.limit));
    headers.insert(REMAINING, HeaderValue::from(standing.remaining));
    // Rounded up, so that the window has ended by then.
    let reset_s = standing.ends_at.0.saturating_add(999).div_euclid(1_000);
    headers.insert(RESET, HeaderValue::from(reset_s));
}
