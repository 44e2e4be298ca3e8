//! Making payments and refunds: accepting, completing, failing.
//!
//! Order of checks: order (where a refusal is answered at once), digits and signs of the amounts, size of the attributes, keys,
//! endpoint; then order state, payment state asked for, method, staff, source, amounts against the order, maxima of the order. From "order
//! state" on a refusal is recorded as a failed payment where the caller asked for that (K-Series accepts first and
//! tells later); only an order that can hold no further payment refuses at once.

use tender_money::Decimal;

use super::sums::{count, postings, release, release_source, reserve};
use super::work::{Record, Step, Stop, Work, add, minor, sub};
use super::{Outcome, Warning, lines, settle, tasks};
use crate::{
    AmountSpec, Direction, EntryKind, Failure, FailureCode, KeyOutcome, LocationFacts, Lookup, MethodKind,
    MoneyField, NoticeKind, OnRefusal, Order, OrderId, OrderSelector, OrderState, PAYMENTS_PER_ORDER_MAX,
    Payment, PaymentId, PaymentSpec, PaymentState, Rejection, Settle, StaffId, TaskId, TaskKind, Via,
    Watcher,
};

/// The amounts of a payment in minor units.
#[derive(Clone, Copy)]
struct Amounts {
    /// Absent where it is to be computed from the order.
    amount: Option<i64>,
    tip: i64,
    surcharge: i64,
}

pub(super) fn pay(work: &mut Work<'_, '_>, spec: &PaymentSpec) -> Step<Outcome> {
    let found = work.find_order(&spec.order, spec.location);
    let later = spec.on_refusal == OnRefusal::RecordFailure;
    let facts = match (&found, spec.location) {
        (Some(order), _) => work.location(order.location),
        (None, Some(location)) if later => work.location(location),
        (None, _) => None,
    };
    let facts = facts.ok_or(Rejection::OrderNotFound)?;
    let currency = found.as_ref().map_or(facts.currency, |order| order.currency);
    let amounts = read_amounts(spec, currency.digits())?;
    settle::check_attributes(&spec.attributes)?;
    work.check_keys(&spec.keys, facts.id)?;
    if spec.endpoint == Lookup::Unknown {
        return Err(Rejection::EndpointNotFound.into());
    }
    let Some(order) = found else {
        let code = match spec.order {
            OrderSelector::Nothing => FailureCode::InvalidTask,
            _ => FailureCode::AccountNotFound,
        };
        return Ok(record_orphan(work, spec, &facts, amounts, code));
    };
    match check(work, spec, &order, amounts, &facts, work.context.via) {
        Ok(accepted) => accept(work, spec, order, accepted, None),
        Err(refusal) if later && has_room(&order) => record_failure(work, spec, order, amounts, refusal),
        Err(_) if later => Err(Rejection::OrderFull.into()),
        Err(refusal) => {
            if spec.on_refusal == OnRefusal::RejectAndRemember && !spec.keys.is_empty() {
                let location = order.location;
                work.take_keys(&spec.keys, location, &KeyOutcome::Refused(refusal.clone()));
                return Err(Stop::RefusedKeeping(refusal));
            }
            Err(refusal.into())
        }
    }
}

/// Whether the order can hold one more payment, a failed one included.
const fn has_room(order: &Order) -> bool {
    order.last_payment_number < PAYMENTS_PER_ORDER_MAX
}

/// A payment that comes with a proposed order: reserved only, and refused rather than recorded as failed.
pub(super) fn pay_proposed(
    work: &mut Work<'_, '_>,
    mut order: Order,
    spec: &PaymentSpec,
) -> Result<(), Rejection> {
    let facts = work.location(order.location).ok_or(Rejection::OrderNotFound)?;
    let amounts = read_amounts(spec, order.currency.digits())?;
    if spec.endpoint == Lookup::Unknown {
        return Err(Rejection::EndpointNotFound);
    }
    // The proposal itself is what makes an order open for its own payment.
    order.state = OrderState::Open;
    let accepted = check(work, spec, &order, amounts, &facts, work.context.via)?;
    order.state = OrderState::Proposed;
    plain(accept(work, spec, order, accepted, None))
}

/// A payment that comes with an order or with lines stands or falls with them: their keys speak for it, and its refusal is theirs.
pub(super) fn embedded(order: &Order, spec: &PaymentSpec, settle: Settle) -> PaymentSpec {
    PaymentSpec {
        order: OrderSelector::Id(order.id),
        location: None,
        settle,
        on_refusal: OnRefusal::Reject,
        keys: Vec::new(),
        ..spec.clone()
    }
}

/// Makes a payment that comes with lines, at once.
pub(super) fn pay_embedded(
    work: &mut Work<'_, '_>,
    order: &Order,
    spec: &PaymentSpec,
) -> Result<(), Rejection> {
    let spec = embedded(order, spec, Settle::Immediate);
    plain(pay(work, &spec))
}

/// What a till is asked about together with lines: the payment as it would be made, before it has a number and before it counts.
pub(super) fn draft(made: &Payment) -> Payment {
    Payment {
        id: PaymentId {
            order: made.id.order,
            number: 0,
        },
        state: PaymentState::Pending,
        service_tip_minor: 0,
        service_minor: 0,
        completed_at: None,
        ..made.clone()
    }
}

/// Makes the payment of a draft, after all the checks of a payment: the order may have changed since the till was asked.
pub(super) fn pay_drafted(
    work: &mut Work<'_, '_>,
    order: Order,
    draft: &Payment,
    task: TaskId,
) -> Result<(), Rejection> {
    let facts = work.location(order.location).ok_or(Rejection::OrderNotFound)?;
    let digits = order.currency.digits();
    let major = |minor| Decimal::from_minor(minor, digits);
    let spec = PaymentSpec {
        tip: major(draft.tip_minor),
        surcharge: major(draft.surcharge_minor),
        zero_allowed: true,
        tip_pays_service: draft.tip_pays_service,
        method: draft.method.clone().map_or(Lookup::Absent, |method| {
            Lookup::Known((method, MethodKind::Ordinary))
        }),
        staff: draft.staff.map_or(Lookup::Absent, Lookup::Known),
        reference: draft.reference.clone(),
        endpoint: draft.endpoint.map_or(Lookup::Absent, Lookup::Known),
        printer_profile: draft.printer_profile,
        source: draft.source.map_or(Lookup::Absent, Lookup::Known),
        transaction_ref: draft.transaction_ref.clone(),
        attributes: draft.attributes.clone(),
        invoice: draft.invoice.clone(),
        note: draft.note.clone(),
        customer: draft.customer.clone(),
        custom: draft.custom,
        ..PaymentSpec::new(
            OrderSelector::Id(order.id),
            draft.direction,
            AmountSpec::Exact(major(draft.amount_minor)),
            Settle::Immediate,
        )
    };
    let amounts = read_amounts(&spec, digits)?;
    let accepted = check(work, &spec, &order, amounts, &facts, draft.created_via)?;
    plain(accept(work, &spec, order, accepted, Some((draft, task))))
}

/// Records that the payment of a draft came to nothing, where the order has room for it.
pub(super) fn fail_drafted(
    work: &mut Work<'_, '_>,
    order: &mut Order,
    draft: &Payment,
    task: TaskId,
    failure: &Failure,
    via: Via,
) -> Option<PaymentId> {
    if !has_room(order) {
        return None;
    }
    let mut payment = Payment {
        id: next_payment_id(order),
        state: PaymentState::Failed,
        failure: Some(failure.clone()),
        task: Some(task),
        created_at: work.now(),
        ..draft.clone()
    };
    stamp(work, &mut payment);
    payment.updated_via = via;
    let id = payment.id;
    let record = describe(Record::new(EntryKind::PaymentFailed), &payment)
        .failure(failure)
        .via(via);
    work.journal(order, record);
    work.notice(
        NoticeKind::PaymentFailed(failure.clone()),
        Some(order.id),
        Some(id),
    );
    work.put_payment(payment);
    Some(id)
}

/// What is left of a payment's outcome where only its refusal matters; without keys it cannot be a repeat.
fn plain(result: Step<Outcome>) -> Result<(), Rejection> {
    match result {
        Ok(_) => Ok(()),
        Err(Stop::Refused(rejection) | Stop::RefusedKeeping(rejection)) => Err(rejection),
        Err(Stop::Repeated(_)) => Err(Rejection::ReferenceUsed),
    }
}

/// Reads a payment's amounts and judges what can be judged without an order.
pub(super) fn check_amounts(spec: &PaymentSpec, digits: u32) -> Result<(), Rejection> {
    read_amounts(spec, digits).map(|_| ())
}

fn read_amounts(spec: &PaymentSpec, digits: u32) -> Result<Amounts, Rejection> {
    let amount = match spec.amount {
        AmountSpec::Exact(amount) => Some(minor(amount, digits, MoneyField::Amount)?),
        AmountSpec::Remaining => None,
    };
    let tip = minor(spec.tip, digits, MoneyField::Tip)?;
    let surcharge = minor(spec.surcharge, digits, MoneyField::Surcharge)?;
    if amount.is_some_and(|amount| amount < 0 || (amount == 0 && !spec.zero_allowed)) {
        return Err(Rejection::NotPositive(MoneyField::Amount));
    }
    if tip < 0 {
        return Err(Rejection::Negative(MoneyField::Tip));
    }
    if surcharge < 0 {
        return Err(Rejection::Negative(MoneyField::Surcharge));
    }
    if spec.direction == Direction::Refund {
        if tip != 0 {
            return Err(Rejection::NotOnRefund(MoneyField::Tip));
        }
        if surcharge != 0 {
            return Err(Rejection::NotOnRefund(MoneyField::Surcharge));
        }
    }
    if amount == Some(0) && tip == 0 && surcharge == 0 {
        return Err(Rejection::NothingToPay);
    }
    Ok(Amounts {
        amount,
        tip,
        surcharge,
    })
}

/// What the checks found out.
struct Accepted {
    amount: i64,
    tip: i64,
    surcharge: i64,
    service_tip: i64,
    staff: Option<StaffId>,
    source: Option<Payment>,
    printer_profile: Option<u64>,
}

fn check(
    work: &Work<'_, '_>,
    spec: &PaymentSpec,
    order: &Order,
    amounts: Amounts,
    facts: &LocationFacts,
    via: Via,
) -> Result<Accepted, Rejection> {
    let amount_is_zero = amounts.amount == Some(0);
    match order.state {
        // A finished sale takes refunds, and late tips and surcharges, which are no part of the bill.
        OrderState::Closed if spec.direction == Direction::Refund || amount_is_zero => {}
        _ => lines::check_open(order)?,
    }
    if order.payments_locked && via == Via::Till {
        return Err(Rejection::PaymentsLocked);
    }
    if let Settle::Open(state) = spec.settle
        && !state.is_open()
    {
        return Err(Rejection::InvalidState);
    }
    match &spec.method {
        Lookup::Unknown => return Err(Rejection::MethodNotFound),
        Lookup::Known((_, MethodKind::Terminal)) => return Err(Rejection::MethodIsTerminal),
        Lookup::Absent | Lookup::Known(_) => {}
    }
    let staff = match (&spec.staff, facts.api_staff) {
        (Lookup::Known(staff), _) => Some(*staff),
        (Lookup::Unknown, _) => {
            return Err(Rejection::StaffNotFound);
        }
        (Lookup::Absent, Some(staff)) => Some(staff),
        (Lookup::Absent, None) if spec.staff_required => {
            return Err(Rejection::StaffMissing);
        }
        (Lookup::Absent, None) => None,
    };
    let source = match &spec.source {
        Lookup::Absent => None,
        Lookup::Unknown => return Err(Rejection::SourceInvalid),
        Lookup::Known(id) => Some(check_source(work, spec.direction, order, *id)?),
    };
    let amount = check_limits(spec, order, amounts, source.as_ref())?;
    let service_tip = if spec.tip_pays_service && spec.direction == Direction::Receipt {
        let owed = sub(order.service_minor, order.service_contributed_minor)?.max(0);
        amounts.tip.min(owed).min(sub(order.due_minor(), amount)?).max(0)
    } else {
        0
    };
    // Everything that changes hands must fit one integer, and so must the order's sums once all that is pending counts.
    let moved = add(add(amount, amounts.tip)?, amounts.surcharge)?;
    match spec.direction {
        Direction::Receipt => add(add(order.received_minor, order.reserved_minor)?, moved)?,
        Direction::Refund => add(add(order.refunded_minor, order.refund_reserved_minor)?, moved)?,
    };
    add(order.tips_minor, amounts.tip)?;
    add(order.surcharges_minor, amounts.surcharge)?;
    if !has_room(order) || watcher_of(spec).is_some_and(|watcher| !lines::may_watch(order, &watcher)) {
        return Err(Rejection::OrderFull);
    }
    Ok(Accepted {
        amount,
        tip: amounts.tip,
        surcharge: amounts.surcharge,
        service_tip,
        staff,
        source,
        printer_profile: spec.printer_profile.or(facts.printer_profile),
    })
}

/// A refund's source: a complete receipt of the same order (spec om 20).
pub(super) fn check_source(
    work: &Work<'_, '_>,
    direction: Direction,
    order: &Order,
    id: PaymentId,
) -> Result<Payment, Rejection> {
    let source = work.payment(id).filter(|source| {
        direction == Direction::Refund
            && source.id.order == order.id
            && source.direction == Direction::Receipt
            && source.state == PaymentState::Complete
            && !source.deleted
    });
    source.ok_or(Rejection::SourceInvalid)
}

fn check_limits(
    spec: &PaymentSpec,
    order: &Order,
    amounts: Amounts,
    source: Option<&Payment>,
) -> Result<i64, Rejection> {
    let limit = match (spec.direction, source) {
        (Direction::Receipt, _) => order.due_minor(),
        (Direction::Refund, Some(source)) => order.refundable_minor().min(source.refundable_minor()),
        (Direction::Refund, None) => order.refundable_minor(),
    };
    let amount = match amounts.amount {
        Some(amount) => amount,
        None if spec.direction == Direction::Refund && source.is_none() => {
            return Err(Rejection::AmountRequired);
        }
        None if limit <= 0 => return Err(Rejection::NothingDue),
        None => limit,
    };
    if amount > limit {
        return Err(match spec.direction {
            Direction::Receipt => Rejection::ExceedsDue,
            Direction::Refund => Rejection::ExceedsRefundable,
        });
    }
    Ok(amount)
}

fn accept(
    work: &mut Work<'_, '_>,
    spec: &PaymentSpec,
    mut order: Order,
    accepted: Accepted,
    drafted: Option<(&Payment, TaskId)>,
) -> Step<Outcome> {
    let id = next_payment_id(&mut order);
    let mut payment = build(work, spec, &order, id);
    if let Some((draft, task)) = drafted {
        // A till made it count, but whoever sent it has made it.
        payment.created_by = draft.created_by;
        payment.created_via = draft.created_via;
        payment.task = Some(task);
    }
    payment.amount_minor = accepted.amount;
    payment.tip_minor = accepted.tip;
    payment.surcharge_minor = accepted.surcharge;
    payment.service_tip_minor = accepted.service_tip;
    payment.staff = accepted.staff;
    payment.printer_profile = accepted.printer_profile;
    if let Some(mut source) = accepted.source {
        payment.source = Some(source.id);
        source.refunds_minor = add(source.refunds_minor, payment.amount_minor)?;
        work.put_payment(source);
    }
    if spec.keys.is_empty() {
        warn_of_duplicate(work, &payment);
    }
    reserve(&mut order, &payment)?;
    match &spec.settle {
        Settle::Immediate => complete(work, &mut order, payment)?,
        Settle::Open(state) => {
            payment.state = *state;
            record_accepted(work, &mut order, payment);
        }
        Settle::Till(task) => {
            payment.device = task.device;
            payment.expires_at = Some(work.now().plus_ms(task.ttl_ms));
            payment.task = Some(tasks::offer(
                work,
                &order,
                Some(&payment),
                TaskKind::Payment,
                task,
            ));
            record_accepted(work, &mut order, payment);
        }
    }
    if let Some(watcher) = watcher_of(spec) {
        lines::watch(&mut order, watcher);
    }
    if spec.settle == Settle::Immediate {
        close_if_paid(work, &mut order);
    }
    work.put_order(order);
    let payment = work.payment(id).ok_or(Rejection::PaymentNotFound)?;
    remember(work, spec, &payment);
    Ok(Outcome::Payment(Box::new(payment)))
}

/// The endpoint that hears about the order from now on, because it made a payment on it.
fn watcher_of(spec: &PaymentSpec) -> Option<Watcher> {
    let (Lookup::Known(endpoint), Some(reference)) = (&spec.endpoint, &spec.reference) else {
        return None;
    };
    Some(Watcher {
        endpoint: *endpoint,
        reference: reference.clone(),
        is_maker: false,
    })
}

fn remember(work: &mut Work<'_, '_>, spec: &PaymentSpec, payment: &Payment) {
    // A key that answers again keeps what was answered; a reference that refuses repeats needs no copy.
    for claim in &spec.keys {
        let copy = (!claim.refuse_repeats).then(|| Box::new(payment.clone()));
        let outcome = KeyOutcome::Payment(payment.id, copy);
        work.take_keys(std::slice::from_ref(claim), payment.location, &outcome);
    }
}

fn next_payment_id(order: &mut Order) -> PaymentId {
    order.last_payment_number = order.last_payment_number.saturating_add(1);
    PaymentId {
        order: order.id,
        number: order.last_payment_number,
    }
}

fn build(work: &Work<'_, '_>, spec: &PaymentSpec, order: &Order, id: PaymentId) -> Payment {
    blank(work, spec, order.location, id)
}

fn blank(work: &Work<'_, '_>, spec: &PaymentSpec, location: crate::LocationId, id: PaymentId) -> Payment {
    Payment {
        id,
        merchant: work.context.merchant,
        location,
        direction: spec.direction,
        state: PaymentState::Pending,
        deleted: false,
        amount_minor: 0,
        tip_minor: 0,
        surcharge_minor: 0,
        service_tip_minor: 0,
        service_minor: 0,
        method: match &spec.method {
            Lookup::Known((method, _)) => Some(method.clone()),
            Lookup::Absent | Lookup::Unknown => None,
        },
        reference: spec.reference.clone(),
        staff: None,
        device: None,
        printer_profile: spec.printer_profile,
        endpoint: match &spec.endpoint {
            Lookup::Known(endpoint) => Some(*endpoint),
            Lookup::Absent | Lookup::Unknown => None,
        },
        source: None,
        refunds_minor: 0,
        transaction_ref: spec.transaction_ref.clone(),
        attributes: spec.attributes.clone(),
        invoice: spec.invoice.clone(),
        note: spec.note.clone(),
        customer: spec.customer.clone(),
        custom: spec.custom,
        tip_pays_service: spec.tip_pays_service,
        failure: None,
        task: None,
        expires_at: None,
        created_at: work.now(),
        created_by: work.context.application,
        created_via: work.context.via,
        updated_at: work.now(),
        updated_by: work.context.application,
        updated_via: work.context.via,
        completed_at: None,
        reversed_at: None,
    }
}

/// om row 44: the same transaction reference on one order and method, sent without a key, is worth a word.
fn warn_of_duplicate(work: &mut Work<'_, '_>, payment: &Payment) {
    let Some(transaction_ref) = &payment.transaction_ref else {
        return;
    };
    let method = payment.method.as_ref().map(|method| method.id);
    let seen = work.payments_of(payment.id.order).iter().any(|other| {
        !other.deleted
            && !matches!(other.state, PaymentState::Failed | PaymentState::Voided)
            && other.transaction_ref.as_ref() == Some(transaction_ref)
            && other.method.as_ref().map(|method| method.id) == method
    });
    if seen {
        work.warnings.push(Warning::DuplicateTransactionRef);
    }
}

fn record_accepted(work: &mut Work<'_, '_>, order: &mut Order, payment: Payment) {
    let record = describe(Record::new(EntryKind::PaymentAccepted), &payment);
    work.journal(order, record);
    work.notice(NoticeKind::PaymentAccepted, Some(order.id), Some(payment.id));
    work.put_payment(payment);
}

fn describe(record: Record, payment: &Payment) -> Record {
    let record = record
        .payment(payment.id)
        .task(payment.task)
        .fact("amount_minor", payment.amount_minor)
        .fact(
            "direction",
            if payment.direction == Direction::Receipt {
                "receipt"
            } else {
                "refund"
            },
        );
    match &payment.reference {
        Some(reference) => record.fact("reference", reference),
        None => record,
    }
}

/// Records a refusal as a failed payment of the order.
fn record_failure(
    work: &mut Work<'_, '_>,
    spec: &PaymentSpec,
    mut order: Order,
    amounts: Amounts,
    refusal: Rejection,
) -> Step<Outcome> {
    let id = next_payment_id(&mut order);
    let mut payment = build(work, spec, &order, id);
    payment.amount_minor = amounts.amount.unwrap_or_default();
    payment.tip_minor = amounts.tip;
    payment.surcharge_minor = amounts.surcharge;
    payment.state = PaymentState::Failed;
    let failure = Failure::new(refusal.to_failure_code());
    payment.failure = Some(failure.clone());
    let record = describe(Record::new(EntryKind::PaymentFailed), &payment).failure(&failure);
    work.journal(&mut order, record);
    work.notice(NoticeKind::PaymentFailed(failure), Some(order.id), Some(id));
    remember(work, spec, &payment);
    work.put_order(order);
    work.put_payment(payment.clone());
    Ok(Outcome::Payment(Box::new(payment)))
}

/// Records a payment that never found an order. It has a chain of its own.
fn record_orphan(
    work: &mut Work<'_, '_>,
    spec: &PaymentSpec,
    facts: &LocationFacts,
    amounts: Amounts,
    code: FailureCode,
) -> Outcome {
    let chain = OrderId(work.new_id());
    let mut payment = blank(
        work,
        spec,
        facts.id,
        PaymentId {
            order: chain,
            number: 0,
        },
    );
    payment.amount_minor = amounts.amount.unwrap_or_default();
    payment.tip_minor = amounts.tip;
    payment.surcharge_minor = amounts.surcharge;
    payment.state = PaymentState::Failed;
    let failure = Failure::new(code);
    payment.failure = Some(failure.clone());
    let record = describe(Record::new(EntryKind::PaymentFailed), &payment).failure(&failure);
    work.journal_alone(chain, facts, record);
    work.notice(NoticeKind::PaymentFailed(failure), None, Some(payment.id));
    remember(work, spec, &payment);
    work.put_payment(payment.clone());
    Outcome::Payment(Box::new(payment))
}

/// Makes a reserved payment count: moves its money from reserved to paid, and its share to the service charge.
pub(super) fn complete(work: &mut Work<'_, '_>, order: &mut Order, mut payment: Payment) -> Step<()> {
    release(order, &payment)?;
    count(order, &mut payment)?;
    payment.state = PaymentState::Complete;
    payment.completed_at = Some(work.now());
    stamp(work, &mut payment);
    let record = describe(Record::new(EntryKind::PaymentCompleted), &payment)
        .fact("service_minor", payment.service_minor)
        .postings(postings(&payment, payment.service_minor)?);
    work.journal(order, record);
    work.notice(NoticeKind::PaymentCompleted, Some(order.id), Some(payment.id));
    work.put_payment(payment);
    Ok(())
}

/// Ends an open payment without counting it.
pub(super) fn fail(
    work: &mut Work<'_, '_>,
    order: &mut Order,
    mut payment: Payment,
    failure: Failure,
    via: Via,
) {
    // A reservation that was made can always be given back.
    let _ = release(order, &payment);
    release_source(work, &payment);
    payment.state = PaymentState::Failed;
    payment.failure = Some(failure.clone());
    stamp(work, &mut payment);
    payment.updated_via = via;
    let record = describe(Record::new(EntryKind::PaymentFailed), &payment)
        .failure(&failure)
        .via(via);
    work.journal(order, record);
    work.notice(
        NoticeKind::PaymentFailed(failure),
        Some(order.id),
        Some(payment.id),
    );
    work.put_payment(payment);
}

/// Notes who changed a payment.
pub(super) fn stamp(work: &Work<'_, '_>, payment: &mut Payment) {
    payment.updated_at = work.now();
    payment.updated_by = work.context.application;
    payment.updated_via = work.context.via;
}

/// Closes an order that is to close when paid, once nothing is due and nothing pending; else tells that it changed.
pub(super) fn close_if_paid(work: &mut Work<'_, '_>, order: &mut Order) {
    if !close_when_settled(work, order) {
        work.notice(NoticeKind::OrderUpdated, Some(order.id), None);
    }
}

/// Closes an open order that is to close when paid and has nothing due and nothing pending; answers whether it did.
///
/// An order that costs nothing was never paid: it waits for staff.
pub(super) fn close_when_settled(work: &mut Work<'_, '_>, order: &mut Order) -> bool {
    let settled = order.total_minor() > 0 && order.remaining_minor() == 0 && order.pending_count == 0;
    if order.state != OrderState::Open || !order.close_when_paid || !settled {
        return false;
    }
    order.state = OrderState::Closed;
    order.closed_at = Some(work.now());
    let record = Record::new(EntryKind::OrderClosed)
        .via(Via::Server)
        .fact("state", order.state.number())
        .fact("paid_minor", order.paid_minor());
    work.journal(order, record);
    work.notice(NoticeKind::OrderClosed, Some(order.id), None);
    true
}
