//! The om dialect: order-management payments under `/v1/om` (spec om).
//!
//! Owns: the wire of `/v1/om/payments` and `/v1/om/payment-methods`: envelope, decoding, encoding, errors.
//! Must not know: the store, other dialects, or any rule of the ledger beyond what its wire names.

mod decode;
mod encode;
mod envelope;
mod errors;
mod key;
pub mod openapi;
mod quota;
mod routes;
mod session;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, get, patch, post};
use tender_http::{Failed, FailureKind, Fallbacks, Missing, MoneyMoved, RequestId, Retry, advise};
use tender_service::Tender;

use crate::envelope::Envelope;
use crate::errors::OmError;
use crate::routes::Om;

/// Every route of the dialect. What it does not know is answered in its own envelope.
pub fn router(tender: Tender) -> Router {
    let payments: MethodRouter<Om> = post(routes::create).get(routes::list);
    let payment: MethodRouter<Om> = patch(routes::update).delete(routes::delete);
    let router = Router::new()
        .route("/v1/om/payments", payments)
        .route("/v1/om/payments/{uid}", payment)
        .route("/v1/om/payments/{uid}/confirm", patch(routes::confirm))
        .route("/v1/om/payment-methods", get(routes::methods))
        .with_state(Om::new(tender));
    Fallbacks::new()
        .on("/v1/om", async |parts, missing: Missing| {
            let envelope = Envelope::new("", RequestId::of(&parts.extensions));
            envelope.refuse(&OmError::unknown_service(missing.status()))
        })
        .apply(router)
}

/// The answer to a request whose handler panicked or took too long: nobody knows what it had done.
pub fn failed(failed: &Failed<'_>) -> Response {
    let error = match failed.kind {
        FailureKind::Panic | FailureKind::Deadline => OmError::outcome_unknown(),
    };
    let mut response = Envelope::new("", failed.request_id).refuse(&error);
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    advise(response.headers_mut(), MoneyMoved::Unknown, Retry::Never);
    response
}
