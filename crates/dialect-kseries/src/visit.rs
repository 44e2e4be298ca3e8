//! One authenticated request: who asks, and how answers to it are made.
//!
//! Owns: the bearer token, scopes, whether a location is covered, and turning a refusal into a response with the
//! request's own path and time. Must not know: any one resource. Authentication comes before everything else on every
//! path, known or not (spec 4.2, 5.5), so it sits in the extractor that each handler begins with, and in [`missing`].

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, AUTHORIZATION};
use axum::http::request::Parts;
use axum::response::Response;
use tender_engine::{Command, LocationId, MerchantId, Timestamp, Via};
use tender_http::{Failed, FailureKind, Missing, RawPath};
use tender_money::Currency;
use tender_service::{
    AuthFailure, Caller, CredentialKind, Directory, Done, Failure, Location, Principal, Tender,
};

use crate::Kseries;
use crate::errors::{Fault, Refusal, of_trouble};
use crate::time::TimeForm;

/// Scope of `/o/**`.
pub(crate) const SCOPE_ORDERS: &str = "orders-api";
/// Scope of `/f/**`.
pub(crate) const SCOPE_FINANCE: &str = "financial-api";

/// An authenticated request.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) kseries: Kseries,
    pub(crate) principal: Arc<Principal>,
    pub(crate) directory: Arc<Directory>,
    raw_path: RawPath,
    /// How a 400 of this route writes its time.
    bad_request_form: TimeForm,
}

impl Visit {
    pub(crate) fn tender(&self) -> &Tender {
        &self.kseries.tender
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.tender().now()
    }

    pub(crate) fn merchant(&self) -> MerchantId {
        self.principal.merchant
    }

    fn caller(&self) -> Caller {
        self.principal.caller(Via::Kseries)
    }

    /// Hands a command to the ledger.
    pub(crate) async fn execute(&self, command: Command) -> Result<Done, Failure> {
        #[cfg(test)]
        crate::tests::note(&command);
        self.tender().execute(&self.caller(), command).await
    }

    /// The location, if the token covers it; one that does not exist is refused in the same words.
    pub(crate) fn location(&self, id: i64) -> Result<&Location, Refusal> {
        self.covered(id).ok_or_else(|| Fault::LocationNotCovered.into())
    }

    /// The currency of a location. One without is a mistake in the directory, which only a person can mend.
    pub(crate) fn currency(&self, location: &Location) -> Result<Currency, Refusal> {
        self.directory.currency(LocationId(location.id)).ok_or_else(|| {
            tracing::error!(location.id = location.id, "a location has no known currency");
            of_trouble(&Failure::Internal)
        })
    }

    /// Every location that the token covers.
    pub(crate) fn locations(&self) -> impl Iterator<Item = &Location> {
        let locations = self.directory.locations.values();
        locations.filter(|location| self.principal.covers(LocationId(location.id)))
    }

    fn covered(&self, id: i64) -> Option<&Location> {
        let id = u64::try_from(id).ok()?;
        let location = self.directory.locations.get(&id)?;
        self.principal.covers(LocationId(id)).then_some(location)
    }

    /// Lets the 400s of this request write their time in another form.
    pub(crate) fn with_bad_request_form(self, form: TimeForm) -> Self {
        Self {
            bad_request_form: form,
            ..self
        }
    }

    /// The answer to the request.
    pub(crate) fn answer(&self, result: Result<Response, Refusal>) -> Response {
        result.unwrap_or_else(|refusal| {
            let form = if refusal.is_bad_request() {
                self.bad_request_form
            } else {
                TimeForm::Offset
            };
            refusal.into_response(self.now(), form, self.raw_path.as_str())
        })
    }
}

impl<S> FromRequestParts<S> for Visit
where
    S: Send + Sync,
    Kseries: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let kseries = Kseries::from_ref(state);
        let raw_path = RawPath::of(&parts.extensions, &parts.uri);
        match admit(&kseries.tender, parts).await {
            Ok((principal, directory)) => Ok(Self {
                kseries,
                principal,
                directory,
                raw_path,
                bad_request_form: TimeForm::Offset,
            }),
            Err(refusal) => {
                Err(refusal.into_response(kseries.tender.now(), TimeForm::Offset, raw_path.as_str()))
            }
        }
    }
}

/// Checks token, scope and what the client can read, in this order.
async fn admit(tender: &Tender, parts: &Parts) -> Result<(Arc<Principal>, Arc<Directory>), Refusal> {
    let principal = authenticate(tender, parts).await?;
    if !accepts_json(&parts.headers) {
        return Err(Fault::NotAcceptable.into());
    }
    let directory = load_directory(tender, principal.merchant).await?;
    Ok((principal, directory))
}

async fn authenticate(tender: &Tender, parts: &Parts) -> Result<Arc<Principal>, Refusal> {
    let token = bearer_token(&parts.headers).ok_or(Refusal::Unauthorized)?;
    let principal = tender.authenticate_token(token).await;
    let principal = principal.map_err(|failure| of_stranger(&failure))?;
    let scope = scope_of(parts.uri.path());
    // A credential of another kind is no token of this API, whatever was granted to it.
    if principal.credential != CredentialKind::Access || !principal.has_scope(scope) {
        return Err(Fault::ScopeMissing { scope }.into());
    }
    Ok(principal)
}

/// The refusal of somebody who was not recognised: the reason is nobody's business.
pub(crate) fn of_stranger(failure: &AuthFailure) -> Refusal {
    match failure {
        AuthFailure::Unavailable(failure) => of_trouble(failure),
        AuthFailure::Missing
        | AuthFailure::Unknown
        | AuthFailure::Expired
        | AuthFailure::Revoked
        | AuthFailure::Disabled => Refusal::Unauthorized,
    }
}

async fn load_directory(tender: &Tender, merchant: MerchantId) -> Result<Arc<Directory>, Refusal> {
    let directory = tender
        .directory(merchant)
        .await
        .map_err(|failure| of_trouble(&failure))?;
    directory.ok_or_else(|| of_trouble(&Failure::Internal))
}

/// The scope that a path asks for: its first segment decides.
fn scope_of(path: &str) -> &'static str {
    match path.split('/').find(|segment| !segment.is_empty()) {
        Some("f") => SCOPE_FINANCE,
        _ => SCOPE_ORDERS,
    }
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

/// Whether the client can read JSON. HAL is JSON too, and clients of the finance calls ask for it.
fn accepts_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT).iter().peekable();
    if values.peek().is_none() {
        return true;
    }
    let ranges = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    ranges.into_iter().any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_json = parts.next().is_some_and(|media_type| {
            let media_type = media_type.to_ascii_lowercase();
            matches!(
                media_type.as_str(),
                "" | "*" | "*/*" | "application/*" | "application/json" | "application/hal+json"
            )
        });
        let is_refused = parts.any(|parameter| matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        is_json && !is_refused
    })
}

/// Answers for a path that does not exist, or not with this method, once the caller is known.
pub(crate) async fn missing(tender: &Tender, parts: &Parts, missing: Missing) -> Response {
    let refusal = match authenticate(tender, parts).await {
        Err(refusal) => refusal,
        Ok(_) => match missing {
            Missing::Route => Fault::PathUnknown.into(),
            Missing::Method => {
                let method = parts.method.to_string();
                Fault::MethodUnsupported { method }.into()
            }
        },
    };
    let raw_path = RawPath::of(&parts.extensions, &parts.uri);
    refusal.into_response(tender.now(), TimeForm::Offset, raw_path.as_str())
}

/// Answers for a handler that gave no answer. Whether its command was committed is not known here.
pub(crate) fn failed(failed: &Failed<'_>, now: Timestamp) -> Response {
    Refusal::from(unanswered(failed.kind)).into_response(now, TimeForm::Offset, failed.path)
}

/// The fault of a handler that gave no answer.
pub(crate) const fn unanswered(kind: FailureKind) -> Fault {
    match kind {
        FailureKind::Panic => Fault::BrokeOff,
        FailureKind::Deadline => Fault::TooSlow,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::{ACCEPT, AUTHORIZATION};
    use axum::http::{HeaderMap, HeaderValue};

    use super::{SCOPE_FINANCE, SCOPE_ORDERS, accepts_json, bearer_token, scope_of};

    #[test]
    fn the_first_segment_decides_about_the_scope() {
        for path in ["/f", "/f/", "//f/finance", "/f/data/businesses"] {
            assert_eq!(scope_of(path), SCOPE_FINANCE, "{path}");
        }
        for path in ["/o/op/1/pay", "/o", "/", "/fx"] {
            assert_eq!(scope_of(path), SCOPE_ORDERS, "{path}");
        }
    }

    #[test]
    fn only_a_bearer_token_counts() {
        let token = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
            bearer_token(&headers).map(str::to_owned)
        };
        assert_eq!(token("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(token("bearer abc").as_deref(), Some("abc"));
        assert_eq!(token("Basic abc"), None);
        assert_eq!(token("Bearer"), None);
        assert_eq!(bearer_token(&HeaderMap::new()), None);
    }

    #[test]
    fn a_client_that_cannot_read_json_is_found_out() {
        let accepts = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(value));
            accepts_json(&headers)
        };
        assert!(accepts_json(&HeaderMap::new()));
        for value in [
            "*/*",
            "application/json",
            "text/html, */*;q=0.1",
            "application/json, text/plain, */*",
            "application/hal+json",
            "Application/JSON; charset=utf-8",
        ] {
            assert!(accepts(value), "{value}");
        }
        for value in ["text/html", "application/xml", "application/json;q=0"] {
            assert!(!accepts(value), "{value}");
        }
    }
}
