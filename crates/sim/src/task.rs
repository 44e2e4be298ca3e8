//! Till tasks: one lease resolves a task, and what it was for stands accordingly.

use tender_engine::{FailureCode, Order, OrderState, Payment, PaymentState, Task, TaskKind, TaskState};

use crate::Report;
use crate::bill::Bill;
use crate::finding::{Notes, Rule, Subject};

pub(crate) fn check(report: &mut Report, bill: &Bill<'_>) {
    let order = bill.order;
    for task in bill.tasks {
        let mut notes = Notes::new(report, order.merchant, Subject::Task(task.id));
        notes.check(
            Rule::Isolation,
            task.merchant == order.merchant && task.location == order.location,
            "belongs to another merchant or location than its order",
        );
        notes.check(
            Rule::Isolation,
            task.order == Some(order.id),
            "belongs to another order",
        );
        check_lease(&mut notes, task);
        let cases = bill.cases_of(task);
        notes.equal(
            Rule::Task,
            "number of its cases",
            cases,
            usize::from(task.has_case),
        );
        match &task.kind {
            TaskKind::Payment => check_payment_task(&mut notes, bill, task),
            TaskKind::Order => check_order_task(&mut notes, task, order),
            TaskKind::Lines { .. } => check_lines_task(&mut notes, bill, task),
            TaskKind::Message { .. } => {}
        }
    }
    check_waiting(report, bill);
}

fn check_lease(notes: &mut Notes<'_>, task: &Task) {
    let resolved = matches!(task.state, TaskState::Applied | TaskState::Refused(_));
    let must_be = resolved.then_some(task.lease);
    notes.check(
        Rule::Task,
        task.resolved_lease == must_be && (!resolved || task.lease > 0),
        "the lease that resolved it is not its newest, or nobody resolved it",
    );
    notes.check(
        Rule::Task,
        (task.lease > 0) == task.leased_to.is_some(),
        "it is leased to nobody, or held without a lease",
    );
    notes.check(
        Rule::Task,
        task.leased_until <= task.expires_at,
        "its lease outlives it",
    );
    let device = task.device.is_none() || task.leased_to.is_none() || task.device == task.leased_to;
    notes.check(Rule::Task, device, "another device than the named one has it");
}

fn check_payment_task(notes: &mut Notes<'_>, bill: &Bill<'_>, task: &Task) {
    let payment = task.payment.and_then(|id| bill.payment(id));
    let Some(payment) = payment.filter(|payment| payment.task == Some(task.id)) else {
        notes.broken(Rule::Task, "its payment is not there, or waits for another task");
        return;
    };
    let timed_out = |payment: &Payment| {
        payment
            .failure
            .as_ref()
            .is_some_and(|failure| failure.code == FailureCode::Timeout)
    };
    let fits = match &task.state {
        TaskState::Open => payment.state.is_open(),
        TaskState::Applied => matches!(payment.state, PaymentState::Complete | PaymentState::Reversed),
        TaskState::Refused(failure) => payment.failure.as_ref() == Some(failure),
        TaskState::Expired => timed_out(payment),
        TaskState::Withdrawn => matches!(
            payment.state,
            PaymentState::Complete | PaymentState::Reversed | PaymentState::Voided
        ),
    };
    if !fits {
        let states = format!("as {:?} its payment is {:?}", task.state, payment.state);
        notes.broken(Rule::Task, states);
    }
}

/// Payments that came with lines count from when a till took the lines, or stand as failed when none did.
fn check_lines_task(notes: &mut Notes<'_>, bill: &Bill<'_>, task: &Task) {
    let Some(id) = task.payment else { return };
    let Some(payment) = bill.payment(id).filter(|payment| payment.task == Some(task.id)) else {
        notes.broken(Rule::Task, "its payment is not there, or came with another task");
        return;
    };
    let fits = match task.state {
        // The ledger may have said no when the till said yes.
        TaskState::Applied => !payment.state.is_open() && payment.state != PaymentState::Voided,
        TaskState::Refused(_) | TaskState::Expired => payment.state == PaymentState::Failed,
        TaskState::Open | TaskState::Withdrawn => false,
    };
    if !fits {
        let states = format!("as {:?} its payment is {:?}", task.state, payment.state);
        notes.broken(Rule::Task, states);
    }
}

fn check_order_task(notes: &mut Notes<'_>, task: &Task, order: &Order) {
    let fits = match task.state {
        TaskState::Open => order.state == OrderState::Proposed,
        TaskState::Applied => order.state != OrderState::Proposed,
        TaskState::Refused(_) | TaskState::Expired => order.state == OrderState::Cancelled,
        TaskState::Withdrawn => false,
    };
    if !fits {
        let states = format!("as {:?} its order is {:?}", task.state, order.state);
        notes.broken(Rule::Task, states);
    }
}

/// What waits for a till has an open task, or it would wait for ever; and no more than one.
fn check_waiting(report: &mut Report, bill: &Bill<'_>) {
    let Bill { order, tasks, .. } = *bill;
    for payment in bill.payments {
        let own = bill.tasks_of(payment);
        let mut notes = Notes::new(report, order.merchant, Subject::Payment(payment.id));
        notes.check(Rule::Task, own.len() <= 1, "it has several tasks");
        let open = own
            .iter()
            .any(|task| Some(task.id) == payment.task && task.state.is_open());
        let waits = payment.state.is_open() && payment.task.is_some();
        notes.check(Rule::Life, !waits || open, "it waits for a task that is over");
    }
    let proposals = tasks.iter().filter(|task| matches!(task.kind, TaskKind::Order));
    let open = proposals.clone().any(|task| task.state.is_open());
    let mut notes = Notes::new(report, order.merchant, Subject::Order(order.id));
    notes.check(
        Rule::Task,
        proposals.count() <= 1,
        "it was proposed several times",
    );
    notes.check(
        Rule::Life,
        order.state != OrderState::Proposed || open,
        "it waits for a task that is over",
    );
}
