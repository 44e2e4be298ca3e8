//! Payments of an order: adding one, and changing reference, tip and surcharge of one.
//!
//! There is no way to read a payment but inside its order; clients follow `Location` with GET and get the published 405.

mod decode;
mod encode;

use axum::response::Response;
use tender_engine::{
    AmendPayment, Command, Lookup, OrderId, OrderSelector, Outcome, Payment, PaymentId, Rejection,
};
use tender_http::{MoneyMoved, Retry, advise};
use tender_money::Currency;
use tender_service::Failure;
use tender_wire::{JsonWriter, Reader};

use crate::answer;
use crate::errors::ApiError;
use crate::exchange::{Exchange, parse};
use crate::idempotency::{self, Canon};
use crate::time::Zone;

use decode::AmendFields;
pub(crate) use decode::PaymentFields;
pub(crate) use encode::payment as encode_payment;

/// `POST …/orders/{o}/payments`
pub(crate) async fn add(exchange: &Exchange, order: OrderId, request: &[u8]) -> Result<Response, ApiError> {
    // The good case reads nothing beforehand: the engine loads the order anyway. A credential for some sites only has
    // to be held against the order's first.
    if exchange.principal.locations.is_some() {
        exchange.order_head(order).await?;
    }
    let json = parse(request)?;
    let reader = Reader::root(&json)?;
    let Ok(fields) = PaymentFields::read(&reader, exchange.own_method(), None) else {
        return Err(first_fault(exchange, order, &reader).await?);
    };
    let key = idempotency::key(&exchange.headers)?;
    let mut canon = Canon::of("new payment");
    canon.add("order_id", order.0);
    fields.describe("", &mut canon);
    let method = fields.method(exchange);
    let is_method_unknown = method == Lookup::Unknown;
    let spec = fields.spec(OrderSelector::Id(order), method, canon.claim(key));
    match exchange.execute(Command::Pay(Box::new(spec))).await {
        Ok(done) => {
            let Some(Outcome::Payment(payment)) = done.outcome else {
                return Err(Failure::Internal.into());
            };
            let url = exchange.url(&format!("/orders/{}/payments/{}", order.0, payment.id.number));
            let body = body(exchange, &payment).await?;
            let mut response = answer::created(&url, body);
            advise(response.headers_mut(), MoneyMoved::Yes, Retry::Never);
            Ok(response)
        }
        // The engine looks at the order first; here a method that is not there comes before that.
        Err(Failure::Rejected(rejection)) if is_method_unknown && comes_after_method(&rejection) => {
            Err((&Rejection::MethodNotFound).into())
        }
        Err(Failure::Rejected(rejection))
            if rejection.money_field().is_some() || rejection == Rejection::NothingToPay =>
        {
            Err(first_fault(exchange, order, &reader)
                .await
                .unwrap_or_else(|_| (&rejection).into()))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The first field at fault in the order of the documentation. Whether an amount has too many digits is known only with
/// the order's currency, so it is read for this.
async fn first_fault(
    exchange: &Exchange,
    order: OrderId,
    reader: &Reader<'_, '_>,
) -> Result<ApiError, ApiError> {
    let currency = exchange.order_head(order).await?.currency;
    match PaymentFields::read(reader, exchange.own_method(), Some(currency)) {
        Err(fault) => Ok(fault),
        // The engine found a fault that is not one of a single field, such as a sum that does not fit.
        Ok(_) => Err(ApiError::from(Failure::Internal)),
    }
}

const fn comes_after_method(rejection: &Rejection) -> bool {
    matches!(
        rejection,
        Rejection::OrderClosed
            | Rejection::OrderCancelled
            | Rejection::OrderRejected
            | Rejection::OrderDeleted
    )
}

/// `PUT …/orders/{o}/payments/{n}`
pub(crate) async fn amend(exchange: &Exchange, id: PaymentId, request: &[u8]) -> Result<Response, ApiError> {
    let payment = exchange.payment(id).await?;
    let currency = currency_of(exchange, &payment).await?;
    let json = parse(request)?;
    let fields = AmendFields::read(&Reader::root(&json)?, currency)?;
    let key = idempotency::key(&exchange.headers)?;
    let mut canon = Canon::of("changed payment");
    canon.add("order_id", id.order.0);
    canon.add("number", id.number);
    fields.describe(&mut canon);
    let command = AmendPayment {
        payment: id,
        reference: fields.reference.clone().map(Some),
        surcharge: fields.surcharge,
        tip: fields.tip,
        keys: canon.claim(key),
    };
    let done = exchange.execute(Command::AmendPayment(command)).await?;
    let Some(Outcome::Payment(payment)) = done.outcome else {
        return Err(Failure::Internal.into());
    };
    let mut response = answer::ok(body(exchange, &payment).await?);
    let moved = if fields.moves_money() {
        MoneyMoved::Yes
    } else {
        MoneyMoved::No
    };
    advise(response.headers_mut(), moved, Retry::Never);
    Ok(response)
}

async fn body(exchange: &Exchange, payment: &Payment) -> Result<JsonWriter, ApiError> {
    let currency = currency_of(exchange, payment).await?;
    let zone = Zone::of_site(&exchange.directory, payment.location);
    Ok(JsonWriter::object(|object| {
        encode::payment(object, payment, currency, &zone)
    }))
}

/// The currency of a payment is its site's; the order knows it even when the site is gone.
async fn currency_of(exchange: &Exchange, payment: &Payment) -> Result<Currency, ApiError> {
    match exchange.directory.currency(payment.location) {
        Some(currency) => Ok(currency),
        None => Ok(exchange.order_head(payment.id.order).await?.currency),
    }
}
