//! `PUT /companies/{co}/orders/{o}`: status, notes and other data.
//!
//! `lines` and `payments` in the body are ignored: a client in the field sends back on every save what it has read, and
//! adding them would sell and pay twice. For the same reason a field that cannot change is refused only when it differs.

use axum::response::Response;
use tender_engine::{Command, Order, OrderChange, OrderId, OrderState, UpdateOrder};
use tender_wire::{Presence, Reader};

use super::body;
use super::decode::OrderFields;
use super::labels;
use super::status::Status;
use crate::answer;
use crate::catalogue::order_variation;
use crate::errors::{ApiError, Fault};
use crate::exchange::{Exchange, parse};
use crate::webhooks::{self, Callback};

/// Changes an order.
pub(crate) async fn update(exchange: &Exchange, id: OrderId, request: &[u8]) -> Result<Response, ApiError> {
    let before = exchange.order_head(id).await?;
    let json = parse(request)?;
    let fields = OrderFields::read(&Reader::root(&json)?, exchange.settings().private_webhooks)?;
    check_fixed(&fields, &before)?;
    check_register(&fields, &before, exchange)?;
    let mut command = UpdateOrder {
        order: id,
        notes: cleared(&fields.notes),
        covers: cleared(&fields.guests),
        payments_locked: fields.payments_locked,
        close_when_paid: fields.complete_when_paid,
        labels: changed_labels(&fields, &before),
        ..UpdateOrder::default()
    };
    apply_status(&mut command, fields.status, &before)?;
    let callback = callback(exchange, &fields, &before).await?;
    let done = exchange.execute(Command::UpdateOrder(Box::new(command))).await;
    callback.settle(exchange, &done).await;
    done?;
    let view = exchange.changed(id).await?;
    Ok(answer::ok(body(exchange, &view)))
}

/// What the order's URL needs. Sent back unchanged, one that has lost its endpoint gets it back where there is room, and where
/// there is none that is no reason to refuse the change.
async fn callback(exchange: &Exchange, fields: &OrderFields, before: &Order) -> Result<Callback, ApiError> {
    let Presence::Value(uri) = &fields.callback_uri else {
        return Ok(Callback::default());
    };
    // The status of any other order changes no more.
    if before.state != OrderState::Open {
        return Ok(Callback::default());
    }
    if before.label(labels::CALLBACK_URI) != Some(uri.as_str()) {
        return webhooks::ensure_callback(exchange, uri).await;
    }
    // The order keeps the endpoint of its URL by naming it: there is nothing to note.
    if webhooks::is_called(exchange, uri) {
        return Ok(Callback::default());
    }
    let ensured = webhooks::ensure_callback(exchange, uri).await;
    Ok(ensured.unwrap_or_default())
}

/// The labels to set and to remove. A URL that is sent back unchanged is not written: by then another request may have taken
/// it from the order, and its endpoint may be gone.
fn changed_labels(fields: &OrderFields, before: &Order) -> Vec<(String, Option<String>)> {
    let mut changes = fields.labels();
    changes.retain(|(name, value)| name != labels::CALLBACK_URI || before.label(name) != value.as_deref());
    changes
}

/// What is to be changed: a value, nothing (`Some(None)`), or not at all.
fn cleared<T: Clone>(given: &Presence<T>) -> Option<Option<T>> {
    match given {
        Presence::Absent => None,
        Presence::Null => Some(None),
        Presence::Value(value) => Some(Some(value.clone())),
    }
}

fn check_fixed(fields: &OrderFields, before: &Order) -> Result<(), ApiError> {
    if fields
        .site_id
        .value()
        .is_some_and(|site| site != before.location.0)
    {
        return Err(ApiError::fixed("site_id"));
    }
    let number = fields
        .sale_number
        .clone()
        .value()
        .filter(|number| !number.is_empty());
    if number.is_some() && number != before.external_reference {
        return Err(ApiError::fixed("sale_number"));
    }
    if fields
        .price_variation
        .is_some_and(|variation| variation != order_variation(before))
    {
        return Err(ApiError::fixed("price_variation"));
    }
    Ok(())
}

fn check_register(fields: &OrderFields, before: &Order, exchange: &Exchange) -> Result<(), ApiError> {
    let Some(register) = fields.register_id.value() else {
        return Ok(());
    };
    // One that was taken away since stays on the order that has it.
    if labels::id(before, labels::REGISTER) == Some(register) {
        return Ok(());
    }
    let site = exchange.site(before.location)?;
    let is_known = site.registers.iter().any(|known| known.id == register);
    is_known
        .then_some(())
        .ok_or_else(|| ApiError::unknown("register_id"))
}

/// Asking for the status that an order has changes nothing; whether another can be reached is the engine's to say.
fn apply_status(command: &mut UpdateOrder, status: Option<Status>, before: &Order) -> Result<(), ApiError> {
    match status {
        None => {}
        Some(same) if same == Status::of(before) => {}
        Some(Status::Open(stage)) => command.stage = Some(stage),
        Some(Status::Complete) => command.settle = Some(OrderChange::Close),
        Some(Status::Rejected) => command.settle = Some(OrderChange::Reject),
        Some(Status::Deleted) => {
            return Err(ApiError::of(Fault::StatusOfTill).at("status"));
        }
    }
    Ok(())
}
