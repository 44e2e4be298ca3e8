//! Who asks, and for which organisation: steps 2 to 5 of the evaluation order (spec om 8.3), and reading the body, step 6.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use tender_engine::{MerchantId, OrderId, Via};
use tender_http::{BodyError, read_body};
use tender_service::{AuthFailure, Caller, CredentialKind, Directory, Failure, Principal, Tender};
use tender_wire::ids_text;

use crate::envelope::Envelope;
use crate::errors::OmError;
use crate::quota;

/// Body size (spec om L13).
pub const BODY_BYTES_MAX: usize = 65_536;

/// An authenticated request.
#[derive(Debug)]
pub struct Session {
    /// Who asks.
    pub caller: Caller,
    /// The organisation's directory.
    pub directory: Arc<Directory>,
    principal: Arc<Principal>,
}

impl Session {
    /// Authenticates, finds the organisation, and counts against its quota.
    pub async fn open(
        tender: &Tender,
        headers: &HeaderMap,
        envelope: &mut Envelope,
    ) -> Result<Self, OmError> {
        let key = presented(headers, "api-key", OmError::MissingToken, OmError::InvalidToken)?;
        let principal = tender
            .authenticate_token(key)
            .await
            .map_err(|failure| match failure {
                AuthFailure::Missing => OmError::MissingToken,
                AuthFailure::Unknown
                | AuthFailure::Expired
                | AuthFailure::Revoked
                | AuthFailure::Disabled => OmError::InvalidToken,
                AuthFailure::Unavailable(failure) => OmError::from_failure(&unavailable(failure)),
            })?;
        // Tokens of the other APIs are no keys of this one: they are answered as a key that nobody has.
        if principal.credential != CredentialKind::ApiKey {
            return Err(OmError::InvalidToken);
        }
        let organization = presented(
            headers,
            "organization-id",
            OmError::MissingOrganization,
            OmError::Unauthorized,
        )?;
        let named = ids_text::read(ids_text::MERCHANT, organization).map(MerchantId);
        if named != Some(principal.merchant) {
            return Err(OmError::Unauthorized);
        }
        let directory = tender.directory(principal.merchant).await;
        let directory = directory.map_err(|failure| OmError::from_failure(&failure))?;
        let directory = directory.ok_or(OmError::Unauthorized)?;
        envelope.set_organization(organization);
        quota::count(tender, &directory).await?;
        Ok(Self {
            caller: principal.caller(Via::Om),
            directory,
            principal,
        })
    }

    /// Whether an order is within the key's reach. One that is not is answered as if it did not exist; whether it exists is
    /// the ledger's to say.
    pub async fn covers(&self, tender: &Tender, order: OrderId) -> Result<bool, OmError> {
        if self.principal.locations.is_none() {
            return Ok(true);
        }
        let head = tender.order_head(self.caller.merchant, order).await;
        let head = head.map_err(|failure| OmError::from_failure(&failure))?;
        Ok(head.is_none_or(|order| self.principal.covers(order.location)))
    }
}

/// While nobody can say who asks, nothing has been done for them.
fn unavailable(failure: Failure) -> Failure {
    match failure {
        Failure::OutcomeUnknown => Failure::Busy { retry_after_s: 1 },
        other => other,
    }
}

/// What a header says about who asks. Blank is missing; what is no text, or is given twice, is nothing that anybody was
/// given.
fn presented<'h>(
    headers: &'h HeaderMap,
    name: &str,
    missing: OmError,
    wrong: OmError,
) -> Result<&'h str, OmError> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(|value| value.as_bytes().trim_ascii());
    let value = value.filter(|value| !value.is_empty()).ok_or(missing)?;
    match (str::from_utf8(value), values.next()) {
        (Ok(text), None) => Ok(text),
        _ => Err(wrong),
    }
}

/// Reads the body, which must say that it is JSON unless it may be, and is, missing.
pub async fn json_body(request: Request, optional: bool) -> Result<Bytes, OmError> {
    let is_json = is_json(request.headers());
    if !is_json && !optional {
        return Err(OmError::MediaType);
    }
    let body = read_body(request, BODY_BYTES_MAX)
        .await
        .map_err(|error| match error {
            BodyError::TooLarge => OmError::TooLarge,
            BodyError::Timeout | BodyError::Disconnected => OmError::BodyBrokeOff,
        })?;
    if !is_json && !body.is_empty() {
        return Err(OmError::MediaType);
    }
    Ok(body)
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
