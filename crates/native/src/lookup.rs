//! Finding what a request names, within what its caller may see.
//!
//! Owns: reading records for a principal; what another merchant has, or a location out of reach, is not found. Must not
//! know: what is done with them.

use std::sync::Arc;

use tender_engine::{
    EntryKind, JournalEntry, LocationFacts, LocationId, Order, OrderId, Payment, PaymentId, PaymentState,
};
use tender_http::Problem;
use tender_money::Currency;
use tender_service::{Directory, Failure, OrderView, Principal};

use crate::Native;
use crate::advice::Circumstances;
use crate::refusal;

/// Turns a failed reading into its problem.
pub(crate) fn read<T>(result: Result<T, Failure>) -> Result<T, Problem> {
    result.map_err(|failure| refusal::of_read_failure(&failure))
}

/// The principal's merchant.
pub(crate) async fn directory(native: &Native, principal: &Principal) -> Result<Arc<Directory>, Problem> {
    let directory = read(native.tender().directory(principal.merchant).await)?;
    // A credential without its merchant is our mistake, not the caller's.
    directory.ok_or_else(|| refusal::internal(refusal::Repeatable::Yes))
}

/// Facts about a location that the principal reaches.
pub(crate) fn location(
    directory: &Directory,
    principal: &Principal,
    location: LocationId,
) -> Result<LocationFacts, Problem> {
    let facts = directory.facts(location).filter(|_| principal.covers(location));
    facts.ok_or_else(refusal::location_not_found)
}

/// An order's head.
pub(crate) async fn order_head(
    native: &Native,
    principal: &Principal,
    order: OrderId,
) -> Result<Order, Problem> {
    let head = read(native.tender().order_head(principal.merchant, order).await)?;
    head.filter(|order| principal.covers(order.location))
        .ok_or_else(refusal::order_not_found)
}

/// An order with everything on it.
pub(crate) async fn order(
    native: &Native,
    principal: &Principal,
    order: OrderId,
) -> Result<OrderView, Problem> {
    let view = read(native.tender().order(principal.merchant, order).await)?;
    view.filter(|view| principal.covers(view.order.location))
        .ok_or_else(refusal::order_not_found)
}

/// A payment that is not deleted.
pub(crate) async fn payment(
    native: &Native,
    principal: &Principal,
    id: PaymentId,
) -> Result<Payment, Problem> {
    let payment = recorded_payment(native, principal, id).await?;
    Some(payment)
        .filter(|payment| !payment.deleted)
        .ok_or_else(refusal::payment_not_found)
}

/// A payment, deleted or not.
pub(crate) async fn recorded_payment(
    native: &Native,
    principal: &Principal,
    id: PaymentId,
) -> Result<Payment, Problem> {
    let payment = read(native.tender().payment(principal.merchant, id).await)?;
    payment
        .filter(|payment| principal.covers(payment.location))
        .ok_or_else(refusal::payment_not_found)
}

/// The currency of a payment: its location's, which no payment of it can differ from.
pub(crate) fn currency_of(directory: &Directory, payment: &Payment) -> Result<Currency, Problem> {
    directory
        .currency(payment.location)
        .ok_or_else(|| refusal::internal(refusal::Repeatable::Yes))
}

/// What is known about a payment beside its record.
pub(crate) async fn circumstances(native: &Native, payment: &Payment) -> Result<Circumstances, Problem> {
    match payment.state {
        PaymentState::Pending | PaymentState::Progress => {
            let Some(task) = payment.task else {
                return Ok(Circumstances::default());
            };
            let task = read(native.tender().task(payment.merchant, task).await)?;
            Ok(task.as_ref().map(Circumstances::of_task).unwrap_or_default())
        }
        PaymentState::Failed | PaymentState::Voided => {
            let chain = read(native.tender().chain(payment.merchant, payment.id.order).await)?;
            Ok(Circumstances {
                is_at_till: false,
                has_open_case: has_open_case(&chain, payment.id),
            })
        }
        PaymentState::Complete | PaymentState::Reversed => Ok(Circumstances::default()),
    }
}

/// Whether more cases about a payment were opened than resolved.
pub(crate) fn has_open_case(chain: &[JournalEntry], payment: PaymentId) -> bool {
    let count = |kind: EntryKind| {
        let of_payment = chain.iter().filter(|entry| entry.payment == Some(payment.number));
        of_payment.filter(|entry| entry.kind == kind).count()
    };
    count(EntryKind::CaseOpened) > count(EntryKind::CaseResolved)
}
