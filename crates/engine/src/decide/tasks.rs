//! Till tasks: offering, leasing, answering, expiring; and the cases that late answers open.
//!
//! A lease number is a fencing token: it rises with every claim, and an answer under a number that is not the newest
//! changes nothing. So a task is resolved by at most one lease.

use super::work::{Record, Step, Work};
use super::{Outcome, TaskOutcome, lines, open, pay};
use crate::{
    CaseReason, ClaimTasks, EntryKind, ExpireTask, Failure, FailureCode, NoticeKind, Order, OrderState,
    Payment, PaymentId, PaymentState, PostMessage, Rejection, ResolveCase, ResolveTask, TASKS_PER_CLAIM_MAX,
    Task, TaskAnswer, TaskId, TaskKind, TaskSpec, TaskState, Timestamp, Via,
};

/// Offers work to the tills of an order's location.
pub(super) fn offer(
    work: &mut Work<'_, '_>,
    order: &Order,
    payment: Option<&Payment>,
    kind: TaskKind,
    spec: &TaskSpec,
) -> TaskId {
    let id = TaskId(work.new_id());
    let expires_at = work.now().plus_ms(spec.ttl_ms);
    let task = Task {
        id,
        merchant: order.merchant,
        location: order.location,
        kind,
        order: Some(order.id),
        payment: payment.map(|payment| payment.id),
        device: spec.device,
        state: TaskState::Open,
        lease: 0,
        leased_to: None,
        leased_until: spec.not_before.unwrap_or(Timestamp(0)).min(expires_at),
        resolved_lease: None,
        expires_at,
        created_at: work.now(),
        has_case: false,
    };
    work.put_task(task);
    id
}

pub(super) fn post_message(work: &mut Work<'_, '_>, command: &PostMessage) -> Step<Outcome> {
    let facts = work.location(command.location).ok_or(Rejection::OrderNotFound)?;
    let task = Task {
        id: TaskId(work.new_id()),
        merchant: work.context.merchant,
        location: facts.id,
        kind: TaskKind::Message {
            text: command.text.clone(),
            also_print: command.also_print,
        },
        order: None,
        payment: None,
        device: None,
        state: TaskState::Open,
        lease: 0,
        leased_to: None,
        leased_until: Timestamp(0),
        resolved_lease: None,
        expires_at: work.now().plus_ms(command.ttl_ms),
        created_at: work.now(),
        has_case: false,
    };
    work.put_task(task.clone());
    Ok(Outcome::Tasks(vec![task]))
}

pub(super) fn claim(work: &mut Work<'_, '_>, command: &ClaimTasks) -> Step<Outcome> {
    let now = work.now();
    let mut free: Vec<Task> = work
        .tasks()
        .filter(|task| {
            task.location == command.location
                && task.state.is_open()
                && task.leased_until <= now
                && task.expires_at > now
                && task.device.is_none_or(|device| device == command.device)
        })
        .cloned()
        .collect();
    free.sort_by_key(|task| task.id);
    let max = usize::try_from(command.max.min(TASKS_PER_CLAIM_MAX)).unwrap_or_default();
    free.truncate(max);
    for task in &mut free {
        task.lease = task.lease.saturating_add(1);
        task.leased_to = Some(command.device);
        // A lease never outlives what it is for.
        task.leased_until = now.plus_ms(command.lease_ms).min(task.expires_at);
        work.put_task(task.clone());
    }
    Ok(Outcome::Tasks(free))
}

pub(super) fn resolve(work: &mut Work<'_, '_>, command: &ResolveTask) -> Step<Outcome> {
    let task = work
        .task(command.task)
        .filter(|task| task.location == command.location);
    let mut task = task.ok_or(Rejection::TaskNotFound)?;
    if command.lease == 0 || command.lease > task.lease {
        return Err(Rejection::TaskNotFound.into());
    }
    if !task.state.is_open() {
        return Ok(answer_late(work, task, command));
    }
    if command.lease != task.lease || task.expires_at <= work.now() {
        // Another device holds the task by now, or its time is over and only the expiry has not been written yet.
        return Ok(answer_late(work, task, command));
    }
    task.resolved_lease = Some(command.lease);
    match &command.answer {
        TaskAnswer::Confirm => {
            task.state = TaskState::Applied;
            work.put_task(task.clone());
            apply(work, task)
        }
        TaskAnswer::Refuse(failure) => {
            task.state = TaskState::Refused(failure.clone());
            work.put_task(task.clone());
            end(work, &mut task, failure, Via::Till);
            let payment = task.payment.and_then(|id| work.payment(id)).map(Box::new);
            Ok(Outcome::Task(TaskOutcome::Refused, Box::new(task), payment))
        }
    }
}

/// Does what a task was for.
fn apply(work: &mut Work<'_, '_>, mut task: Task) -> Step<Outcome> {
    let order = task.order.and_then(|id| work.order(id));
    match (&task.kind, order) {
        (TaskKind::Payment, Some(mut order)) => {
            if let Some(payment) = task.payment.and_then(|id| work.payment(id))
                && payment.state.is_open()
            {
                pay::complete(work, &mut order, payment)?;
                pay::close_if_paid(work, &mut order);
                work.put_order(order);
            }
        }
        (TaskKind::Order, Some(order)) => {
            open::accept_proposed(work, order)?;
        }
        (TaskKind::Lines { .. }, Some(order)) => {
            let so_far = work.so_far();
            // The order may have been closed, filled or paid since: the till did what it could, the ledger says no.
            match add_taken(work, &task, order) {
                Ok(first) => {
                    task.payment = first;
                    work.put_task(task.clone());
                }
                Err(rejection) => {
                    work.go_back(so_far);
                    let code = match rejection.to_failure_code() {
                        FailureCode::Overpaid => FailureCode::Overpaid,
                        _ => FailureCode::UpdateFailed,
                    };
                    end(work, &mut task, &Failure::new(code), Via::Server);
                }
            }
        }
        (TaskKind::Message { .. }, _) | (_, None) => {}
    }
    let payment = task.payment.and_then(|id| work.payment(id)).map(Box::new);
    Ok(Outcome::Task(TaskOutcome::Applied, Box::new(task), payment))
}

/// Adds the lines that a till has taken, and makes the payments that came with them; answers the first of those.
fn add_taken(work: &mut Work<'_, '_>, task: &Task, order: Order) -> Result<Option<PaymentId>, Rejection> {
    let TaskKind::Lines { lines, payments, .. } = &task.kind else {
        return Ok(None);
    };
    lines::check_open(&order)?;
    let (id, before) = (order.id, order.last_payment_number);
    lines::add_and_pay(work, order, (lines, None), payments, |work, order, draft| {
        pay::pay_drafted(work, order, draft, task.id)
    })?;
    Ok(work.made_since(id, before).first().map(|payment| payment.id))
}

/// Ends what a task was for without it.
fn end(work: &mut Work<'_, '_>, task: &mut Task, failure: &Failure, via: Via) {
    let Some(mut order) = task.order.and_then(|id| work.order(id)) else {
        return;
    };
    match &task.kind {
        TaskKind::Payment => {
            if let Some(payment) = task.payment.and_then(|id| work.payment(id))
                && payment.state.is_open()
            {
                pay::fail(work, &mut order, payment, failure.clone(), via);
                // A refund that failed may have been all that kept a paid order open.
                pay::close_when_settled(work, &mut order);
                work.put_order(order);
            }
        }
        TaskKind::Order => {
            if order.state == OrderState::Proposed {
                open::abandon(work, order, failure.clone());
            }
        }
        TaskKind::Lines { payments, maker, .. } => {
            let told = match maker {
                Some(maker) => NoticeKind::OrderUpdateFailed(failure.clone(), maker.clone()),
                None => NoticeKind::OrderFailed(failure.clone()),
            };
            // What a client sent does not disappear: its payments stand on the order as failed.
            let mut first = None;
            for draft in payments {
                let id = pay::fail_drafted(work, &mut order, draft, task.id, failure, via);
                first = first.or(id);
            }
            task.payment = first;
            work.put_task(task.clone());
            let record = Record::new(EntryKind::OrderFailed)
                .task(Some(task.id))
                .failure(failure)
                .via(via);
            work.journal(&mut order, record);
            work.notice(told, Some(order.id), None);
            work.put_order(order);
        }
        TaskKind::Message { .. } => {}
    }
}

/// Answers a device whose task is over for it. The same lease with the same answer hears its first outcome again; everyone
/// else is told that they were superseded, and a confirm that may stand for money opens a case.
fn answer_late(work: &mut Work<'_, '_>, mut task: Task, command: &ResolveTask) -> Outcome {
    let payment = task.payment.and_then(|id| work.payment(id)).map(Box::new);
    let repeated = match (&task.state, &command.answer) {
        (TaskState::Applied, TaskAnswer::Confirm) => Some(TaskOutcome::Applied),
        (TaskState::Refused(_), TaskAnswer::Refuse(_)) => Some(TaskOutcome::Refused),
        _ => None,
    };
    if let Some(outcome) = repeated
        && task.resolved_lease == Some(command.lease)
    {
        return Outcome::Task(outcome, Box::new(task), payment);
    }
    if command.answer == TaskAnswer::Confirm
        && !task.has_case
        && let Some(money) = money_of(work, &task)
        && let Some(mut order) = work.order(money.id.order)
    {
        // While the payment still waits, another device has taken the task over and may take the money again.
        let twice = match money.state {
            PaymentState::Complete => true,
            state => state.is_open() && task.expires_at > work.now(),
        };
        let reason = if twice {
            CaseReason::ConfirmedTwice
        } else {
            CaseReason::ConfirmedAfterEnd
        };
        work.open_case(&mut order, &money, Some(&mut task), reason);
        work.put_order(order);
        work.put_task(task.clone());
    }
    Outcome::Task(TaskOutcome::Superseded, Box::new(task), payment)
}

/// The payment whose money a confirm of the task stands for: its own, or the first that came with the order it proposes.
fn money_of(work: &Work<'_, '_>, task: &Task) -> Option<Payment> {
    match (&task.kind, task.order) {
        (TaskKind::Order, Some(order)) => work
            .payment(PaymentId { order, number: 1 })
            .filter(|payment| payment.created_at <= task.created_at),
        _ => work.payment(task.payment?),
    }
}

pub(super) fn expire(work: &mut Work<'_, '_>, command: &ExpireTask) -> Step<Outcome> {
    let mut task = work.task(command.task).ok_or(Rejection::TaskNotFound)?;
    if task.state.is_open() && task.expires_at <= work.now() {
        task.state = TaskState::Expired;
        work.put_task(task.clone());
        end(work, &mut task, &Failure::new(FailureCode::Timeout), Via::Server);
    }
    Ok(Outcome::Tasks(vec![task]))
}

pub(super) fn resolve_case(work: &mut Work<'_, '_>, command: &ResolveCase) -> Step<Outcome> {
    let mut case = work.case(command.case).ok_or(Rejection::CaseNotFound)?;
    if case.resolved_at.is_some() {
        return Ok(Outcome::Case(Box::new(case)));
    }
    case.resolved_at = Some(work.now());
    case.resolution = Some(command.resolution.clone());
    if let Some(mut order) = work.order(case.order) {
        let record = Record::new(EntryKind::CaseResolved)
            .payment(case.payment)
            .fact("case", case.id.0)
            .fact("resolution", &command.resolution);
        work.journal(&mut order, record);
        work.put_order(order);
    }
    work.put_case(case.clone());
    Ok(Outcome::Case(Box::new(case)))
}
