//! Changing payments: Kounta's reference, tip and surcharge; om's update.

use tender_money::Decimal;

use super::sums::{count, postings, reassign_service, release, release_source, reserve, take_out, undone};
use super::work::{Record, Step, Work, add, minor, sub};
use super::{Outcome, lines, pay, settle};
use crate::{
    AmendPayment, AmountSpec, Direction, EntryKind, KeyOutcome, Ledger, Lookup, MethodKind, MoneyField,
    NoticeKind, Order, OrderSelector, OrderState, Payment, PaymentPatch, PaymentSpec, PaymentState, Posting,
    Rejection, Settle, UpdatePayment,
};

/// Kounta: reference and surcharge change the payment, a tip becomes a new payment of zero (spec kounta 7.3).
///
/// Order of checks: payment, amounts, keys, then for the surcharge direction, order state and payment state, then for the tip
/// what every payment is checked for. The reference alone is accepted on any order.
pub(super) fn amend_payment(work: &mut Work<'_, '_>, command: &AmendPayment) -> Step<Outcome> {
    let mut payment = work.visible_payment(command.payment)?;
    let mut order = work.order(payment.id.order).ok_or(Rejection::PaymentNotFound)?;
    let digits = order.currency.digits();
    let tip = minor(command.tip.unwrap_or(Decimal::ZERO), digits, MoneyField::Tip)?;
    let surcharge = match command.surcharge {
        Some(surcharge) => Some(minor(surcharge, digits, MoneyField::Surcharge)?),
        None => None,
    };
    if tip < 0 {
        return Err(Rejection::Negative(MoneyField::Tip).into());
    }
    if surcharge.is_some_and(|surcharge| surcharge < 0) {
        return Err(Rejection::Negative(MoneyField::Surcharge).into());
    }
    work.check_keys(&command.keys, order.location)?;
    let before = payment.clone();
    if let Some(reference) = &command.reference {
        payment.reference.clone_from(reference);
    }
    let mut postings = Vec::new();
    if let Some(surcharge) = surcharge {
        postings = change_surcharge(&mut order, &mut payment, surcharge)?;
    }
    let changed = payment != before;
    if changed {
        pay::stamp(work, &mut payment);
        let mut record = Record::new(EntryKind::PaymentAmended)
            .payment(payment.id)
            .postings(postings);
        if let Some(surcharge) = surcharge {
            record = record.fact("surcharge_minor", surcharge);
        }
        if payment.reference != before.reference {
            record = record.fact("reference", payment.reference.as_deref().unwrap_or_default());
        }
        work.journal(&mut order, record);
        work.notice(NoticeKind::PaymentAmended, Some(order.id), Some(payment.id));
        work.put_payment(payment.clone());
        work.put_order(order.clone());
    }
    if tip > 0 {
        let spec = PaymentSpec {
            tip: command.tip.unwrap_or(Decimal::ZERO),
            zero_allowed: true,
            tip_pays_service: true,
            method: payment.method.clone().map_or(Lookup::Absent, |method| {
                Lookup::Known((method, MethodKind::Ordinary))
            }),
            ..PaymentSpec::new(
                OrderSelector::Id(order.id),
                Direction::Receipt,
                AmountSpec::Exact(Decimal::ZERO),
                Settle::Immediate,
            )
        };
        if let Outcome::Payment(tip_payment) = pay::pay(work, &spec)? {
            payment = *tip_payment;
        }
    } else if changed {
        work.notice(NoticeKind::OrderUpdated, Some(order.id), None);
    }
    let copy = Some(Box::new(payment.clone()));
    work.take_keys(
        &command.keys,
        order.location,
        &KeyOutcome::Payment(payment.id, copy),
    );
    Ok(Outcome::Payment(Box::new(payment)))
}

/// Sets the surcharge. What already counted moves by the difference; a pending payment carries it along.
fn change_surcharge(
    order: &mut Order,
    payment: &mut Payment,
    surcharge: i64,
) -> Result<Vec<Posting>, Rejection> {
    let change = sub(surcharge, payment.surcharge_minor)?;
    if change == 0 {
        return Ok(Vec::new());
    }
    if payment.direction == Direction::Refund {
        return Err(Rejection::NotOnRefund(MoneyField::Surcharge));
    }
    // It is money, so it follows the rule for late tips: a finished sale takes it, a dead order takes none.
    if order.state != OrderState::Closed {
        lines::check_open(order)?;
    }
    payment.surcharge_minor = surcharge;
    match payment.state {
        PaymentState::Pending | PaymentState::Progress => return Ok(Vec::new()),
        PaymentState::Complete => {}
        PaymentState::Failed | PaymentState::Voided | PaymentState::Reversed => {
            return Err(Rejection::InvalidState);
        }
    }
    order.surcharges_minor = add(order.surcharges_minor, change)?;
    let method = payment
        .method
        .as_ref()
        .map_or(crate::MethodId(0), |method| method.id);
    Ok(vec![
        Posting {
            ledger: Ledger::Tender(method),
            amount_minor: change,
        },
        Posting {
            ledger: Ledger::SurchargeIncome,
            amount_minor: sub(0, change)?,
        },
    ])
}

/// om: everything at once, judged against the stored state (spec om row 51 and 8.3).
///
/// Order of checks: payment, asserted order, digits, failed payments, requests that change nothing, order state, transition,
/// correction, refunds of what is to be reversed, amounts below what its tip pays, size of the attributes, method, source, limits.
pub(super) fn update_payment(work: &mut Work<'_, '_>, command: &UpdatePayment) -> Step<Outcome> {
    let (before, mut order) = settle::find(work, command.payment, command.asserted_order.as_ref())?;
    let patch = &command.patch;
    let applied = match patch.amount {
        Some(amount) => Some(read_amount(amount, order.currency.digits())?),
        None => None,
    };
    if matches!(before.state, PaymentState::Failed | PaymentState::Voided) {
        return Err(Rejection::InvalidState.into());
    }
    // The part of a tip that pays service charge is Kounta's to set: what is left of the amount is changed here.
    let amount = match applied {
        Some(applied) => Some(sub(applied, before.service_tip_minor)?),
        None => None,
    };
    if nothing_changes(&before, patch, amount) {
        return Ok(Outcome::Payment(Box::new(before)));
    }
    settle::check_order_of(&order, before.direction)?;
    let target = check_transition(before.state, patch.state)?;
    let money = changes_money(&before, patch, amount);
    if before.state == PaymentState::Complete && money && !patch.correction {
        return Err(Rejection::CorrectionRequired.into());
    }
    if target == PaymentState::Reversed && before.refunds_minor > 0 {
        return Err(Rejection::HasRefunds.into());
    }
    if amount.is_some_and(|amount| amount < 0) {
        return Err(Rejection::InvalidState.into());
    }
    let mut payment = before.clone();
    patch_plain(&mut payment, patch)?;
    match &patch.method {
        Some(Lookup::Unknown) => return Err(Rejection::MethodNotFound.into()),
        Some(Lookup::Known(method)) => payment.method = Some(method.clone()),
        Some(Lookup::Absent) => payment.method = None,
        None => {}
    }
    payment.source = match &patch.source {
        None => before.source,
        Some(Lookup::Absent) => None,
        Some(Lookup::Unknown) => return Err(Rejection::SourceInvalid.into()),
        // A source that stays need not be complete any more; a new one must qualify.
        Some(Lookup::Known(id)) if before.source == Some(*id) => Some(*id),
        Some(Lookup::Known(id)) => Some(pay::check_source(work, before.direction, &order, *id)?.id),
    };
    payment.amount_minor = amount.unwrap_or(before.amount_minor);
    let moved = if money {
        // The old money out, the new money in, on sums that never show the state between.
        replace_money(work, &mut order, &before, &mut payment)?
    } else {
        Vec::new()
    };
    if money || target == before.state || target.is_open() {
        let mut record = Record::new(EntryKind::PaymentAmended)
            .payment(payment.id)
            .postings(moved);
        if money {
            record = record
                .fact("amount_minor", payment.amount_minor)
                .fact("correction", patch.correction);
        }
        if target.is_open() && target != before.state {
            record = record.fact("state", target.number());
        }
        work.journal(&mut order, record);
    }
    advance(work, &mut order, payment, before.state, target)?;
    let payment = work.visible_payment(command.payment)?;
    Ok(Outcome::Payment(Box::new(payment)))
}

fn read_amount(amount: Decimal, digits: u32) -> Result<i64, Rejection> {
    let amount = minor(amount, digits, MoneyField::Amount)?;
    if amount <= 0 {
        return Err(Rejection::NotPositive(MoneyField::Amount));
    }
    Ok(amount)
}

/// Whether a request would leave everything as it is (spec om L9): answered before the order is even looked at.
fn nothing_changes(payment: &Payment, patch: &PaymentPatch, amount: Option<i64>) -> bool {
    let mut merged = payment.clone();
    let plain = patch_plain(&mut merged, patch).is_ok() && merged == *payment;
    let same_method = patch
        .method
        .as_ref()
        .is_none_or(|method| match (method, &payment.method) {
            (Lookup::Known(wanted), Some(stored)) => wanted.id == stored.id,
            (Lookup::Absent, None) => true,
            _ => false,
        });
    plain
        && same_method
        && amount.is_none_or(|amount| amount == payment.amount_minor)
        && patch.state.is_none_or(|state| state == payment.state)
        && patch
            .source
            .as_ref()
            .is_none_or(|source| is_source(source, payment))
}

fn is_source(wanted: &Lookup<crate::PaymentId>, payment: &Payment) -> bool {
    match wanted {
        Lookup::Known(id) => payment.source == Some(*id),
        Lookup::Absent => payment.source.is_none(),
        Lookup::Unknown => false,
    }
}

/// Whether a member that needs a correction on complete payments would change (spec om row 7).
fn changes_money(payment: &Payment, patch: &PaymentPatch, amount: Option<i64>) -> bool {
    amount.is_some_and(|amount| amount != payment.amount_minor)
        || patch.custom.is_some_and(|custom| custom != payment.custom)
        || patch
            .source
            .as_ref()
            .is_some_and(|source| !is_source(source, payment))
        || patch.method.as_ref().is_some_and(|method| match method {
            Lookup::Known(method) => payment.method.as_ref().map(|stored| stored.id) != Some(method.id),
            Lookup::Absent => payment.method.is_some(),
            Lookup::Unknown => true,
        })
}

/// The transitions of spec om 5. `None` keeps the state.
fn check_transition(from: PaymentState, to: Option<PaymentState>) -> Result<PaymentState, Rejection> {
    use PaymentState::{Complete, Pending, Progress, Reversed};
    match (from, to.unwrap_or(from)) {
        (Pending | Progress, to @ (Pending | Progress | Complete)) => Ok(to),
        (Complete, to @ (Complete | Reversed)) => Ok(to),
        _ => Err(Rejection::InvalidState),
    }
}

/// Everything that is not money and not the state.
fn patch_plain(payment: &mut Payment, patch: &PaymentPatch) -> Result<(), Rejection> {
    if let Some(custom) = patch.custom {
        payment.custom = custom;
    }
    if let Some(customer) = &patch.customer {
        payment.customer = Some(customer.clone());
    }
    if let Some(transaction_ref) = &patch.transaction_ref {
        payment.transaction_ref.clone_from(transaction_ref);
    }
    if let Some(note) = &patch.note {
        payment.note.clone_from(note);
    }
    if let Some(attributes) = &patch.attributes {
        settle::merge_attributes(payment, attributes)?;
    }
    Ok(())
}

/// Moves the sums of order and source from the old amount, method and source of a payment to the new ones; answers the
/// postings of a payment that counts.
fn replace_money(
    work: &mut Work<'_, '_>,
    order: &mut Order,
    before: &Payment,
    payment: &mut Payment,
) -> Result<Vec<Posting>, Rejection> {
    if payment.applied_minor() < before.refunds_minor {
        return Err(Rejection::ExceedsRefundable);
    }
    release_source(work, before);
    let counted = before.state == PaymentState::Complete;
    let mut moved = Vec::new();
    if counted {
        let returned = take_out(order, before)?;
        moved = undone(postings(before, returned)?)?;
    } else {
        release(order, before)?;
    }
    check_room(work, order, payment)?;
    if payment.direction == Direction::Refund
        && let Some(mut source) = payment.source.and_then(|id| work.payment(id))
    {
        source.refunds_minor = add(source.refunds_minor, payment.amount_minor)?;
        work.put_payment(source);
    }
    if !counted {
        reserve(order, payment)?;
        return Ok(moved);
    }
    count(order, payment)?;
    if order.refundable_minor() < 0 {
        return Err(Rejection::ExceedsRefundable);
    }
    if order.due_minor() < 0 {
        // A refund made smaller asks again for what others have paid or reserved meanwhile (as spec om L8).
        return Err(Rejection::ExceedsDue);
    }
    moved.extend(postings(payment, payment.service_minor)?);
    // A refund in the past of a settled order gives back its share, and the order has to be whole again.
    moved.extend(reassign_service(order)?);
    Ok(moved)
}

/// Whether the order, with the payment taken out, has room for its new amount.
fn check_room(work: &Work<'_, '_>, order: &Order, payment: &Payment) -> Result<(), Rejection> {
    match payment.direction {
        Direction::Receipt if payment.applied_minor() > order.due_minor() => Err(Rejection::ExceedsDue),
        Direction::Refund if payment.amount_minor > order.refundable_minor() => {
            Err(Rejection::ExceedsRefundable)
        }
        Direction::Refund => match payment.source.and_then(|id| work.payment(id)) {
            Some(source) if payment.amount_minor > source.refundable_minor() => {
                Err(Rejection::ExceedsRefundable)
            }
            _ => Ok(()),
        },
        Direction::Receipt => Ok(()),
    }
}

/// Brings the patched payment into its state and writes everything.
fn advance(
    work: &mut Work<'_, '_>,
    order: &mut Order,
    mut payment: Payment,
    from: PaymentState,
    to: PaymentState,
) -> Step<()> {
    match (from.is_open(), to) {
        (true, PaymentState::Complete) => {
            settle::withdraw_task(work, &payment);
            pay::complete(work, order, payment)?;
        }
        (false, PaymentState::Reversed) => {
            settle::reverse(work, order, &mut payment)?;
            work.put_payment(payment);
        }
        _ => {
            payment.state = to;
            pay::stamp(work, &mut payment);
            work.notice(NoticeKind::PaymentAmended, Some(order.id), Some(payment.id));
            work.put_payment(payment);
        }
    }
    pay::close_if_paid(work, order);
    work.put_order(order.clone());
    Ok(())
}
