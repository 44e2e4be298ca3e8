//! The route of payments.

use axum::extract::Request;
use axum::http::{HeaderValue, header::CONTENT_TYPE};
use axum::response::Response;
use bytes::Bytes;
use tender_engine::{KeyOutcome, KeySpace, LocationId, PaymentState, key_hash};
use tender_http::{MoneyMoved, Retry, advise};
use tender_service::{Failure, Location};

use super::{encode, wire};
use crate::errors::{Asked, Refusal, of_failure};
use crate::request::{SMALL_BODY_BYTES_MAX, json_body, parse};
use crate::visit::Visit;
use crate::webhooks;

/// Accepts a payment for delivery to the till.
pub(crate) async fn pay(visit: Visit, request: Request) -> Response {
    let result = accept(&visit, request).await;
    visit.answer(result)
}

async fn accept(visit: &Visit, request: Request) -> Result<Response, Refusal> {
    let body = json_body(request, SMALL_BODY_BYTES_MAX).await?;
    let json = parse(&body)?;
    let payment = wire::decode(&json)?;
    let location = visit.location(payment.location)?;
    let endpoint = webhooks::lookup(visit, payment.endpoint);
    let default_ttl_ms = visit.tender().settings().ttl_ms;
    let command = encode::command(&payment, &visit.directory, location, endpoint, default_ttl_ms);
    match visit.execute(command).await {
        Ok(_) => Ok(accepted()),
        Err(failure) => {
            // Boxed: what a refusal reads is no weight for the payments that are accepted.
            let refusal = refusal(visit, location, payment.reference, payment.endpoint, &failure);
            Err(Box::pin(refusal).await)
        }
    }
}

async fn refusal(
    visit: &Visit,
    location: &Location,
    reference: &str,
    endpoint: &str,
    failure: &Failure,
) -> Refusal {
    let was_used = matches!(
        failure,
        Failure::Rejected(tender_engine::Rejection::ReferenceUsed)
    );
    let money_moved_before = if was_used {
        money_moved_under(visit, LocationId(location.id), reference).await
    } else {
        MoneyMoved::No
    };
    let asked = Asked {
        is_order: false,
        reference,
        endpoint,
        location: location.id,
        currency: visit.directory.currency(LocationId(location.id)),
        money_moved_before,
    };
    of_failure(failure, &asked)
}

/// Whether the payment under a used reference has moved money. A client that lost the first answer repeats the request and
/// must not read "no" when the payment went through.
async fn money_moved_under(visit: &Visit, location: LocationId, reference: &str) -> MoneyMoved {
    let application = visit.principal.application;
    let hash = key_hash(KeySpace::PaymentReference, application, location, reference);
    let record = match visit.tender().key(visit.merchant(), hash).await {
        Ok(Some(record)) => record,
        Ok(None) | Err(_) => return MoneyMoved::Unknown,
    };
    let KeyOutcome::Payment(id, _) = record.outcome else {
        return MoneyMoved::No;
    };
    match visit.tender().payment(visit.merchant(), id).await {
        Ok(Some(payment)) => match payment.state {
            PaymentState::Complete => MoneyMoved::Yes,
            PaymentState::Pending | PaymentState::Progress => MoneyMoved::Unknown,
            PaymentState::Failed | PaymentState::Voided | PaymentState::Reversed => MoneyMoved::No,
        },
        Ok(None) | Err(_) => MoneyMoved::Unknown,
    }
}

/// `{"status":"ok"}`: accepted and queued. No money has moved yet, and the reference is used up: the outcome comes by
/// notification.
pub(crate) fn accepted() -> Response {
    let mut answer = Response::new(Bytes::from_static(br#"{"status":"ok"}"#).into());
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    advise(headers, MoneyMoved::No, Retry::Never);
    answer
}
