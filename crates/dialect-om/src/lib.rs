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
use axum::http::Method;
use axum::response::Response;
use tender_http::{Failed, FailureKind, Fallbacks, Missing, RequestId};
use tender_service::Tender;

use crate::envelope::Envelope;
use crate::errors::{Keyed, OmError};
use crate::routes::{Call, Om};

/// Every route of the dialect. What it does not know is answered in its own envelope.
pub fn router(tender: Tender) -> Router {
    let routes = Call::ALL.iter().fold(Router::new(), |router, call| {
        router.route(call.path(), call.handler())
    });
    let router = routes.with_state(Om::new(tender));
    Fallbacks::new()
        .on("/v1/om", async |parts, missing: Missing| {
            let envelope = Envelope::new("", RequestId::of(&parts.extensions));
            envelope.refuse(&OmError::UnknownService(missing))
        })
        .apply(router)
}

/// The answer to a request whose handler panicked or took too long: nobody knows what it had done. A create with a key can
/// be sent again.
pub fn failed(failed: &Failed<'_>) -> Response {
    let keyed = if failed.has_key && *failed.method == Method::POST {
        Keyed::Yes
    } else {
        Keyed::No
    };
    let error = match failed.kind {
        FailureKind::Panic | FailureKind::Deadline => OmError::Unknown(keyed),
    };
    Envelope::new("", failed.request_id).refuse(&error)
}
