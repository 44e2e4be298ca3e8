//! Who may use which route: extractors, so that a handler without one of them has nobody to act for.
//!
//! Owns: the bearer header, the kinds of callers per route, and the words of 401 and 403. Must not know: how credentials
//! are kept, or what a route does.
//!
//! | extractor | admin token | application token with scope `native` | till token |
//! |---|---|---|---|
//! | [`Client`] | yes | yes | no |
//! | [`Reader`] | yes | yes | yes |
//! | [`Till`] | yes | no | yes |
//! | [`Admin`] | yes | no | no |

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tender_engine::{LocationId, Via};
use tender_http::Problem;
use tender_service::{AuthFailure, Caller, CredentialKind, Principal, PrincipalKind};

use crate::Native;
use crate::refusal::{self, Code};

#[cfg(test)]
mod tests;

/// What an application must have been granted.
const SCOPE: &str = "native";

/// An application or the merchant's administration.
#[derive(Debug, Clone)]
pub(crate) struct Client(pub(crate) Arc<Principal>);

/// Anybody who may see orders.
#[derive(Debug, Clone)]
pub(crate) struct Reader(pub(crate) Arc<Principal>);

/// A till, or the administration in its place.
#[derive(Debug, Clone)]
pub(crate) struct Till(pub(crate) Arc<Principal>);

/// The merchant's administration.
#[derive(Debug, Clone)]
pub(crate) struct Admin(pub(crate) Arc<Principal>);

impl FromRequestParts<Native> for Client {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, native: &Native) -> Result<Self, Response> {
        let principal = principal(parts, native).await?;
        match principal.kind {
            PrincipalKind::Admin => Ok(Self(principal)),
            PrincipalKind::Application => with_scope(principal).map(Self),
            PrincipalKind::Till => Err(not_for_tills()),
        }
    }
}

impl FromRequestParts<Native> for Reader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, native: &Native) -> Result<Self, Response> {
        let principal = principal(parts, native).await?;
        match principal.kind {
            PrincipalKind::Admin | PrincipalKind::Till => Ok(Self(principal)),
            PrincipalKind::Application => with_scope(principal).map(Self),
        }
    }
}

impl FromRequestParts<Native> for Till {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, native: &Native) -> Result<Self, Response> {
        let principal = principal(parts, native).await?;
        match principal.kind {
            PrincipalKind::Admin | PrincipalKind::Till => Ok(Self(principal)),
            PrincipalKind::Application => Err(refusal::forbidden(
                Code::TillTokenNeeded,
                "This route is for tills.",
                "Use a till token: `tender token create --merchant ID --for till --location ID` makes one.",
            )
            .into_response()),
        }
    }
}

impl FromRequestParts<Native> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, native: &Native) -> Result<Self, Response> {
        let principal = principal(parts, native).await?;
        match principal.kind {
            PrincipalKind::Admin => Ok(Self(principal)),
            PrincipalKind::Application | PrincipalKind::Till => Err(refusal::forbidden(
                Code::AdminTokenNeeded,
                "This route is for the merchant's administration.",
                "Use an admin token: `tender token create --merchant ID --for admin` makes one.",
            )
            .into_response()),
        }
    }
}

async fn principal(parts: &Parts, native: &Native) -> Result<Arc<Principal>, Response> {
    let token = bearer(&parts.headers).ok_or_else(|| refuse(&AuthFailure::Missing))?;
    authenticate(native, token)
        .await
        .map_err(|failure| refuse(&failure))
}

/// Looks the token up again, for streams that outlive it.
pub(crate) async fn authenticate(native: &Native, token: &str) -> Result<Arc<Principal>, AuthFailure> {
    native.tender().authenticate_token(token).await
}

/// The token of `Authorization: Bearer …`; the scheme's case does not matter.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn with_scope(principal: Arc<Principal>) -> Result<Arc<Principal>, Response> {
    // A key of another API is no token of this one, whatever was granted to it.
    if principal.credential == CredentialKind::Access && principal.has_scope(SCOPE) {
        return Ok(principal);
    }
    Err(without_scope().into_response())
}

/// What an application is told that was not granted the scope.
pub(crate) fn without_scope() -> Problem {
    refusal::forbidden(
        Code::InsufficientScope,
        "The token does not cover the native API.",
        "The application needs the scope `native`; an administrator grants it.",
    )
}

fn not_for_tills() -> Response {
    refusal::forbidden(
        Code::NotForTills,
        "A till token does not reach this route.",
        "Till tokens reach the till routes and the orders of their location. Use an admin or application token here.",
    )
    .into_response()
}

/// The answer to somebody who is not recognised.
pub(crate) fn refuse(failure: &AuthFailure) -> Response {
    let problem = unrecognised(failure);
    let is_challenge = problem.status() == StatusCode::UNAUTHORIZED;
    let mut answer = problem.into_response();
    if is_challenge {
        let challenge = HeaderValue::from_static("Bearer realm=\"tender\"");
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    answer
}

/// What somebody is told who is not recognised.
pub(crate) fn unrecognised(failure: &AuthFailure) -> Problem {
    let unauthorized = |code: Code, title, detail: &str| {
        refusal::problem(StatusCode::UNAUTHORIZED, code, title).detail(detail)
    };
    match failure {
        AuthFailure::Missing => unauthorized(
            Code::TokenMissing,
            "A token is needed.",
            "Send `Authorization: Bearer <token>`.",
        ),
        AuthFailure::Unknown => unauthorized(
            Code::TokenUnknown,
            "There is no such token.",
            "Check that the token is complete and for this server.",
        ),
        AuthFailure::Expired => {
            unauthorized(Code::TokenExpired, "The token has expired.", "Get a new token.")
        }
        AuthFailure::Revoked => unauthorized(
            Code::TokenRevoked,
            "The token was taken back.",
            "Ask whoever took it back for a new one.",
        ),
        AuthFailure::Disabled => unauthorized(
            Code::ApplicationDisabled,
            "The application is switched off.",
            "An administrator of the merchant has to switch it on again.",
        ),
        AuthFailure::Unavailable(failure) => refusal::of_read_failure(failure),
    }
}

/// The principal as the ledger wants to know it, for routes of this API.
pub(crate) fn caller(principal: &Principal) -> Caller {
    principal.caller(Via::Native)
}

/// The one location that a principal reaches, when it is exactly one.
pub(crate) fn only_location(principal: &Principal) -> Option<LocationId> {
    let locations = principal.locations.as_ref()?;
    match locations.len() {
        1 => locations.first().copied(),
        _ => None,
    }
}
