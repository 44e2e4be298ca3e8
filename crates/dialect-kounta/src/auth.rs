//! Who asks: the `Authorization` header of this dialect in its three forms, and what a credential may do.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tender_service::{AuthFailure, CredentialKind, Principal, Tender};

use crate::errors::{ApiError, Fault};

/// Recognises the caller: `Basic` with client id and secret, `Bearer` with a token, and `OAuth`, which an older client
/// writes for the same.
///
/// # Errors
/// [`AuthFailure`].
pub(crate) async fn authenticate(
    tender: &Tender,
    headers: &HeaderMap,
) -> Result<Arc<Principal>, AuthFailure> {
    let value = headers.get(AUTHORIZATION).ok_or(AuthFailure::Missing)?;
    let value = value.to_str().map_err(|_| AuthFailure::Unknown)?.trim();
    let (scheme, credentials) = value.split_once(' ').ok_or(AuthFailure::Missing)?;
    let credentials = credentials.trim();
    if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth") {
        return tender.authenticate_token(credentials).await;
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(AuthFailure::Missing);
    }
    let bytes = BASE64_STANDARD
        .decode(credentials)
        .map_err(|_| AuthFailure::Unknown)?;
    let text = String::from_utf8(bytes).map_err(|_| AuthFailure::Unknown)?;
    let (client_id, client_secret) = text.split_once(':').ok_or(AuthFailure::Unknown)?;
    tender.authenticate_client(client_id, client_secret).await
}

/// Whether a recognised caller may use this dialect. Missing permission is 403 and never 401: clients answer a 401 by
/// refreshing their token and sending again. The dialect knows no scopes; what a credential reaches is its company and
/// its sites.
///
/// # Errors
/// 403.
pub(crate) fn permit(principal: &Principal) -> Result<(), ApiError> {
    match principal.credential {
        CredentialKind::Access | CredentialKind::Client => Ok(()),
        // Keys of om, tokens of tills and of the administration speak other protocols; the rest authenticates nobody.
        CredentialKind::ApiKey
        | CredentialKind::Admin
        | CredentialKind::Till
        | CredentialKind::Refresh
        | CredentialKind::Code
        | CredentialKind::Person
        | CredentialKind::EndedConsent => Err(ApiError::of(Fault::Forbidden)),
    }
}
