//! The routes of orders.

use axum::extract::Request;
use axum::response::Response;
use tender_engine::{KeyOutcome, KeySpace, LocationId, Payment, PaymentState, Rejection, key_hash};
use tender_http::MoneyMoved;
use tender_service::{Failure, Location};

use super::amounts;
use super::encode::{Surroundings, command};
use super::wire::{OrderKind, OrderRequest, decode};
use crate::errors::{Asked, Refusal, of_failure};
use crate::pay::accepted;
use crate::request::{ORDER_BODY_BYTES_MAX, json_body, parse};
use crate::visit::Visit;
use crate::webhooks;

/// Takes an order that is eaten here, or lines for an open check.
pub(crate) async fn local(visit: Visit, request: Request) -> Response {
    let result = accept(&visit, OrderKind::Local, request).await;
    visit.answer(result)
}

/// Takes an order that is fetched or delivered.
pub(crate) async fn to_go(visit: Visit, request: Request) -> Response {
    let result = accept(&visit, OrderKind::ToGo, request).await;
    visit.answer(result)
}

async fn accept(visit: &Visit, kind: OrderKind, request: Request) -> Result<Response, Refusal> {
    let body = json_body(request, ORDER_BODY_BYTES_MAX).await?;
    let json = parse(&body)?;
    let order = decode(kind, &json)?;
    let location = visit.location(order.location)?;
    amounts::check(&order, visit.currency(location)?)?;
    let tender = visit.tender();
    let surroundings = Surroundings {
        directory: &visit.directory,
        location,
        endpoint: webhooks::lookup(visit, order.endpoint),
        default_ttl_ms: tender.settings().ttl_ms,
        now: visit.now(),
        fresh_id: tender.new_id(),
    };
    let command = command(&order, &surroundings)?;
    match visit.execute(command).await {
        Ok(_) => Ok(accepted()),
        Err(failure) => Err(refusal(visit, location, &order, &failure).await),
    }
}

async fn refusal(visit: &Visit, location: &Location, order: &OrderRequest<'_>, failure: &Failure) -> Refusal {
    let at = LocationId(location.id);
    let was_used = matches!(failure, Failure::Rejected(Rejection::ReferenceUsed));
    let money_moved_before = if was_used {
        money_moved_under(visit, at, order).await
    } else {
        MoneyMoved::No
    };
    let asked = Asked {
        is_order: true,
        reference: order.reference,
        endpoint: order.endpoint,
        location: location.id,
        currency: visit.directory.currency(at),
        money_moved_before,
    };
    of_failure(failure, &asked)
}

/// Whether money has moved on the order under a used reference: a client that lost the first answer must not read "no"
/// when the payment that came with the order went through.
async fn money_moved_under(visit: &Visit, location: LocationId, asked: &OrderRequest<'_>) -> MoneyMoved {
    let application = visit.principal.application;
    let hash = key_hash(KeySpace::OrderReference, application, location, asked.reference);
    let record = match visit.tender().key(visit.merchant(), hash).await {
        Ok(Some(record)) => record,
        Ok(None) | Err(_) => return MoneyMoved::Unknown,
    };
    let KeyOutcome::Order(id, _) = record.outcome else {
        return MoneyMoved::No;
    };
    let view = match visit.tender().order(visit.merchant(), id).await {
        Ok(Some(view)) => view,
        Ok(None) | Err(_) => return MoneyMoved::Unknown,
    };
    let own = |payment: &&Payment| {
        payment.created_by == application && payment.reference.as_deref() == Some(asked.reference)
    };
    match view.payments.iter().find(own).map(|payment| payment.state) {
        Some(PaymentState::Complete) => MoneyMoved::Yes,
        Some(PaymentState::Pending | PaymentState::Progress) => MoneyMoved::Unknown,
        Some(PaymentState::Failed | PaymentState::Voided | PaymentState::Reversed) => MoneyMoved::No,
        // What comes with lines is no payment yet while a till is asked to take them.
        None if asked.is_update() && asked.payment.is_some() && !view.order.state.is_dead() => {
            MoneyMoved::Unknown
        }
        None => MoneyMoved::No,
    }
}
