//! Who an access token speaks for.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tender_service::{AuthFailure, CredentialKind, Failure, Principal, Tender};
use tender_wire::JsonWriter;

/// Answers with the person who allowed the application in. There is no mail address to tell: people have none here.
pub(crate) async fn answer(State(tender): State<Tender>, headers: HeaderMap) -> Response {
    match principal(&tender, &headers).await {
        Ok(principal) => {
            let body = JsonWriter::object(|object| {
                object.string("sub", &principal.actor);
                object.string("name", &principal.actor);
                object.string("preferred_username", &principal.actor);
            });
            let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
            (headers, body.into_bytes()).into_response()
        }
        Err(AuthFailure::Unavailable(Failure::Busy { retry_after_s })) => {
            let headers = [(RETRY_AFTER, HeaderValue::from(retry_after_s))];
            (StatusCode::SERVICE_UNAVAILABLE, headers).into_response()
        }
        Err(AuthFailure::Unavailable(_)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Err(
            AuthFailure::Missing
            | AuthFailure::Unknown
            | AuthFailure::Expired
            | AuthFailure::Revoked
            | AuthFailure::Disabled,
        ) => (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")]).into_response(),
    }
}

async fn principal(tender: &Tender, headers: &HeaderMap) -> Result<Arc<Principal>, AuthFailure> {
    let text = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .ok_or(AuthFailure::Missing)?;
    let (scheme, token) = text.split_once(' ').ok_or(AuthFailure::Missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthFailure::Missing);
    }
    let principal = tender.authenticate_token(token.trim()).await?;
    if principal.credential == CredentialKind::Access {
        Ok(principal)
    } else {
        Err(AuthFailure::Unknown)
    }
}
