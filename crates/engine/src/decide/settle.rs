//! Ending payments by hand: confirming, voiding, reversing, deleting.
//!
//! Order of checks: payment, asserted order, requests that change nothing, order state, payment state, limits.

use super::sums::{postings, release, release_source, uncount, undone};
use super::work::{Record, Step, Stop, Work};
use super::{Outcome, Warning, pay};
use crate::{
    ATTRIBUTES_BYTES_MAX, AttributesPatch, CaseReason, ConfirmPayment, DeletePayment, Direction, EntryKind,
    Lookup, NoticeKind, Order, OrderId, OrderState, Payment, PaymentState, Rejection, TaskState, Via,
    VoidPayment, attributes_bytes,
};

/// Refuses what an order's state forbids for one of its payments (spec om row 17): a dead order allows nothing, a closed one
/// only refunds.
pub(super) fn check_order_of(order: &Order, direction: Direction) -> Result<(), Rejection> {
    match order.state {
        OrderState::Open => Ok(()),
        OrderState::Closed if direction == Direction::Refund => Ok(()),
        OrderState::Closed => Err(Rejection::OrderClosed),
        OrderState::Proposed => Err(Rejection::OrderProposed),
        OrderState::Cancelled => Err(Rejection::OrderCancelled),
        OrderState::Rejected => Err(Rejection::OrderRejected),
        OrderState::Deleted => Err(Rejection::OrderDeleted),
    }
}

/// The payment and its order, with the caller's belief about the order checked. In om a voided payment is gone (spec om 7).
pub(super) fn find(
    work: &Work<'_, '_>,
    id: crate::PaymentId,
    asserted: Option<&Lookup<OrderId>>,
) -> Step<(Payment, Order)> {
    let payment = work.visible_payment(id)?;
    if payment.state == PaymentState::Voided && work.context.via == Via::Om {
        return Err(Rejection::PaymentNotFound.into());
    }
    let order = work.order(id.order).ok_or(Rejection::PaymentNotFound)?;
    match asserted {
        None | Some(Lookup::Absent) => {}
        Some(Lookup::Known(asserted)) if *asserted == order.id => {}
        Some(_) => return Err(Rejection::OrderMismatch.into()),
    }
    Ok((payment, order))
}

pub(super) fn confirm_payment(work: &mut Work<'_, '_>, command: &ConfirmPayment) -> Step<Outcome> {
    let (mut payment, mut order) = find(work, command.payment, command.asserted_order.as_ref())?;
    match payment.state {
        PaymentState::Complete => return repeat_confirm(work, payment, &order, command),
        PaymentState::Failed => return Err(doubt(work, order, &payment)),
        _ => check_order_of(&order, payment.direction)?,
    }
    if !payment.state.is_open() {
        return Err(Rejection::InvalidState.into());
    }
    if let Some(transaction_ref) = &command.transaction_ref {
        payment.transaction_ref = Some(transaction_ref.clone());
    }
    if let Some(attributes) = &command.attributes {
        merge_attributes(&mut payment, attributes)?;
    }
    if let Some(customer) = &command.customer {
        payment.customer = Some(customer.clone());
    }
    let id = payment.id;
    withdraw_task(work, &payment);
    pay::complete(work, &mut order, payment)?;
    pay::close_if_paid(work, &mut order);
    work.put_order(order);
    let payment = work.payment(id).ok_or(Rejection::PaymentNotFound)?;
    Ok(Outcome::Payment(Box::new(payment)))
}

/// Somebody believes that money moved although the app was told that it did not: refused, and a case for a person (spec om
/// L5). The order's state decides what is answered, never whether the case is opened.
fn doubt(work: &mut Work<'_, '_>, mut order: Order, payment: &Payment) -> Stop {
    let refusal = check_order_of(&order, payment.direction).err();
    let mut task = payment.task.and_then(|task| work.task(task));
    work.open_case(&mut order, payment, task.as_mut(), CaseReason::ConfirmOfFailed);
    if let Some(task) = task {
        work.put_task(task);
    }
    work.put_order(order);
    Stop::RefusedKeeping(refusal.unwrap_or(Rejection::InvalidState))
}

/// Confirming what is complete changes nothing, or is refused where the caller wants one confirm only; a different transaction
/// reference is no repeat, so the order's state is looked at before it is refused (om row 33, L9, L10).
fn repeat_confirm(
    work: &mut Work<'_, '_>,
    payment: Payment,
    order: &Order,
    command: &ConfirmPayment,
) -> Step<Outcome> {
    if command.transaction_ref.is_some() && command.transaction_ref != payment.transaction_ref {
        check_order_of(order, payment.direction)?;
        return Err(Rejection::InvalidState.into());
    }
    if command.once {
        return Err(Rejection::InvalidState.into());
    }
    if let Some(attributes) = &command.attributes {
        let mut merged = payment.clone();
        if merge_attributes(&mut merged, attributes).is_err() || merged.attributes != payment.attributes {
            work.warnings.push(Warning::NotApplied("attrs"));
        }
    }
    if command.customer.is_some() && command.customer != payment.customer {
        work.warnings.push(Warning::NotApplied("customerUid"));
    }
    Ok(Outcome::Payment(Box::new(payment)))
}

/// Merges members one level deep; `None` removes one (om row 35).
pub(super) fn merge_attributes(payment: &mut Payment, patch: &AttributesPatch) -> Result<(), Rejection> {
    for (name, value) in patch {
        let known = payment.attributes.iter_mut().find(|(member, _)| member == name);
        match (known, value) {
            (Some(known), Some(value)) => known.1.clone_from(value),
            (None, Some(value)) => payment.attributes.push((name.clone(), value.clone())),
            (_, None) => payment.attributes.retain(|(member, _)| member != name),
        }
    }
    check_attributes(&payment.attributes)
}

/// Whether the attributes are small enough to be kept (spec om L13).
pub(super) fn check_attributes(attributes: &[(String, String)]) -> Result<(), Rejection> {
    if attributes_bytes(attributes) > ATTRIBUTES_BYTES_MAX {
        return Err(Rejection::AttributesTooLarge);
    }
    Ok(())
}

/// Ends the task of a payment that was settled without its till.
pub(super) fn withdraw_task(work: &mut Work<'_, '_>, payment: &Payment) {
    if let Some(mut task) = payment.task.and_then(|task| work.task(task))
        && task.state.is_open()
    {
        task.state = TaskState::Withdrawn;
        work.put_task(task);
    }
}

pub(super) fn void_payment(work: &mut Work<'_, '_>, command: &VoidPayment) -> Step<Outcome> {
    let payment = work.visible_payment(command.payment)?;
    if payment.state == PaymentState::Voided {
        return Ok(Outcome::Payment(Box::new(payment)));
    }
    let payment = void(work, payment, false)?;
    Ok(Outcome::Payment(Box::new(payment)))
}

/// Cancels an open payment and gives its reservation back.
pub(super) fn void(work: &mut Work<'_, '_>, mut payment: Payment, hide: bool) -> Step<Payment> {
    if !payment.state.is_open() {
        return Err(Rejection::InvalidState.into());
    }
    let mut order = work.order(payment.id.order).ok_or(Rejection::PaymentNotFound)?;
    if order.state == OrderState::Proposed {
        // The payment stands or falls with the order that a till has been offered together with it.
        return Err(Rejection::OrderProposed.into());
    }
    release(&mut order, &payment)?;
    release_source(work, &payment);
    withdraw_task(work, &payment);
    payment.state = PaymentState::Voided;
    payment.deleted = hide;
    pay::stamp(work, &mut payment);
    work.journal(
        &mut order,
        Record::new(EntryKind::PaymentVoided)
            .payment(payment.id)
            .task(payment.task),
    );
    work.notice(NoticeKind::PaymentVoided, Some(order.id), Some(payment.id));
    // A voided refund may have been all that kept a paid order open.
    pay::close_if_paid(work, &mut order);
    work.put_order(order);
    work.put_payment(payment.clone());
    Ok(payment)
}

/// Undoes a payment that counted. What it moved is moved back by postings of its own.
pub(super) fn reverse(
    work: &mut Work<'_, '_>,
    order: &mut Order,
    payment: &mut Payment,
) -> Result<(), Rejection> {
    let returned = uncount(order, payment)?;
    release_source(work, payment);
    payment.state = PaymentState::Reversed;
    payment.reversed_at = Some(work.now());
    pay::stamp(work, payment);
    let record = Record::new(EntryKind::PaymentReversed)
        .payment(payment.id)
        .fact("service_minor", returned)
        .postings(undone(postings(payment, returned)?)?);
    work.journal(order, record);
    work.notice(NoticeKind::PaymentReversed, Some(order.id), Some(payment.id));
    Ok(())
}

pub(super) fn delete_payment(work: &mut Work<'_, '_>, command: &DeletePayment) -> Step<Outcome> {
    let (mut payment, mut order) = find(work, command.payment, None)?;
    if payment.state == PaymentState::Voided {
        return Err(Rejection::PaymentNotFound.into());
    }
    check_order_of(&order, payment.direction)?;
    if command.open_only && !payment.state.is_open() {
        return Err(Rejection::InvalidState.into());
    }
    match payment.state {
        PaymentState::Pending | PaymentState::Progress => {
            let payment = void(work, payment, true)?;
            return Ok(Outcome::Payment(Box::new(payment)));
        }
        PaymentState::Complete => reverse(work, &mut order, &mut payment)?,
        PaymentState::Reversed => {
            pay::stamp(work, &mut payment);
            let record = Record::new(EntryKind::PaymentAmended)
                .payment(payment.id)
                .fact("deleted", true);
            work.journal(&mut order, record);
        }
        PaymentState::Failed | PaymentState::Voided => return Err(Rejection::InvalidState.into()),
    }
    payment.deleted = true;
    // A refund that is undone may have been all that kept a paid order open.
    pay::close_if_paid(work, &mut order);
    work.put_order(order);
    work.put_payment(payment.clone());
    Ok(Outcome::Payment(Box::new(payment)))
}
