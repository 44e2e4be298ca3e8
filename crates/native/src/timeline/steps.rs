//! From records to steps.
//!
//! Owns: which records make which steps, and their order. Must not know: where records come from. Pure.

use tender_engine::{
    ATTEMPTS_MAX, DeliveryState, EntryKind, Failure, FailureCode, JournalEntry, Payment, Task, TaskState,
    Timestamp,
};
use tender_money::Amount;

use super::words;
use crate::deliveries::Tried;
use crate::ids::OnTheWire;
use crate::lookup;
use crate::payments::render::failure_words;
use crate::time::Moment;

#[cfg(test)]
mod tests;

/// One hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) at: Timestamp,
    /// A journal kind, `task.…` or `delivery.…`.
    pub(super) kind: &'static str,
    /// What happened, in plain words.
    pub(super) text: String,
    /// Why, where it is known.
    pub(super) cause: Option<String>,
    /// What somebody has to do; absent where nobody has to.
    pub(super) next: Option<String>,
    /// The application that did it; absent for what the server did.
    pub(super) by: Option<String>,
    /// The channel.
    pub(super) via: Option<&'static str>,
}

impl Step {
    fn new(at: Timestamp, kind: &'static str, text: impl Into<String>) -> Self {
        Self {
            at,
            kind,
            text: text.into(),
            cause: None,
            next: None,
            by: None,
            via: None,
        }
    }
}

/// Everything on record about a payment.
#[derive(Debug)]
pub(super) struct Records<'r> {
    pub(super) payment: &'r Payment,
    pub(super) currency: tender_money::Currency,
    /// The chain of the payment's order.
    pub(super) chain: &'r [JournalEntry],
    pub(super) task: Option<&'r Task>,
    /// Messages about the payment's order since the payment began.
    pub(super) deliveries: &'r [Tried],
    pub(super) now: Timestamp,
}

/// All steps, in the order in which they happened.
pub(super) fn steps(records: &Records<'_>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for entry in records.chain {
        if concerns(records, entry) {
            steps.push(of_entry(records, entry));
        }
    }
    if let Some(task) = records.task {
        steps.extend(of_task(records, task));
    }
    for tried in records.deliveries {
        steps.extend(of_delivery(tried, records.now));
    }
    // Stable: what happened in one commit stays in the order in which it was decided, and was told afterwards.
    steps.sort_by_key(|step| step.at);
    steps
}

/// The payment's own entries, those of its refunds, and the end of its order.
fn concerns(records: &Records<'_>, entry: &JournalEntry) -> bool {
    if entry.payment == Some(records.payment.id.number) {
        return true;
    }
    let began = entry.at >= records.payment.created_at;
    began && matches!(entry.kind, EntryKind::OrderClosed | EntryKind::OrderCancelled)
}

fn of_entry(records: &Records<'_>, entry: &JournalEntry) -> Step {
    let (text, next) = words::of_entry(records.payment, entry);
    let mut step = Step::new(entry.at, entry.kind.code(), text);
    step.cause = cause(entry);
    step.next = next.map(str::to_owned);
    if entry.kind == EntryKind::CaseOpened && !lookup::has_open_case(records.chain, records.payment.id) {
        // Somebody has looked after it since.
        step.next = None;
    }
    if entry.kind == EntryKind::PaymentCompleted {
        let (minor, currency) = (records.payment.moved_minor(), records.currency);
        let amount = Amount { minor, currency };
        step.text = format!(
            "{} {amount} changed hands, tip and surcharge included.",
            step.text
        );
    }
    step.by = Some(entry.by.wire().to_string());
    step.via = Some(entry.via.code());
    step
}

/// Why, as the journal has it.
fn cause(entry: &JournalEntry) -> Option<String> {
    if let Some(code) = entry.fact("failure") {
        let failure = Failure {
            code: FailureCode::from_code(code),
            message: entry.fact("message").map(str::to_owned),
        };
        return Some(format!("{code}: {}", failure_words(&failure)));
    }
    if let Some(reason) = entry.fact("reason") {
        return Some(reason.to_owned());
    }
    entry.fact("resolution").map(str::to_owned)
}

/// Offered, leased, over.
fn of_task(records: &Records<'_>, task: &Task) -> Vec<Step> {
    let mut steps = Vec::new();
    let to = match task.device {
        Some(device) => format!("device {} only", device.wire()),
        None => "any till of the location".to_owned(),
    };
    let until = Moment(task.expires_at);
    steps.push(Step::new(
        task.created_at,
        "task.offered",
        format!("Task {} was offered to {to}, until {until}.", task.id.wire()),
    ));
    if let Some(device) = task.leased_to {
        let until = Moment(task.leased_until);
        let mut step = Step::new(
            // When it was leased is not kept; it was between being offered and the end of the lease.
            task.created_at,
            "task.leased",
            format!(
                "Device {} took the task under lease {}, until {until}.",
                device.wire(),
                task.lease
            ),
        );
        if task.lease > 1 {
            let earlier = task.lease.saturating_sub(1);
            step.cause = Some(format!("{earlier} earlier lease(s) lapsed without an answer."));
        }
        if task.state.is_open() && task.leased_until <= records.now {
            step.next = Some(
                "The lease has lapsed; look at the device. Any till may take the task again.".to_owned(),
            );
        }
        steps.push(step);
    }
    if task.state == TaskState::Open && task.leased_to.is_none() {
        steps.push(Step {
            next: Some(
                "No till has taken the task: look whether one is switched on and connected.".to_owned(),
            ),
            ..Step::new(task.created_at, "task.waiting", "The task waits for a till.")
        });
    }
    if let Some((kind, text)) = words::of_task_end(&task.state) {
        let at = records.payment.completed_at.unwrap_or(records.payment.updated_at);
        let at = if task.state == TaskState::Expired {
            task.expires_at
        } else {
            at
        };
        steps.push(Step::new(at, kind, text));
    }
    steps
}

/// Made, every try, and how it stands.
fn of_delivery(tried: &Tried, now: Timestamp) -> Vec<Step> {
    let delivery = &tried.delivery;
    let name = format!("Message {} ({})", delivery.id.wire(), delivery.event);
    let endpoint = delivery.endpoint.wire();
    let mut steps = vec![Step::new(
        delivery.created_at,
        "delivery.created",
        format!("{name} for endpoint {endpoint} was stored."),
    )];
    for attempt in &tried.attempts {
        let outcome = match (attempt.status, &attempt.error) {
            (Some(status), _) => format!("the receiver answered {status}"),
            (None, Some(error)) => format!("no answer: {error}"),
            (None, None) => "no answer".to_owned(),
        };
        let number = attempt.number;
        let ms = attempt.duration_ms;
        steps.push(Step::new(
            attempt.at,
            "delivery.attempt",
            format!("{name}: try {number}, {outcome} after {ms} ms."),
        ));
    }
    let last = tried
        .attempts
        .last()
        .map_or(delivery.created_at, |attempt| attempt.at);
    match delivery.state {
        DeliveryState::Delivered => {}
        DeliveryState::Pending if delivery.attempts > 0 => {
            let due = Moment(delivery.next_at.max(now));
            steps.push(Step {
                next: Some("Look at the receiver; replaying the delivery sends it at once.".to_owned()),
                ..Step::new(
                    last,
                    "delivery.pending",
                    format!("{name}: the next try is due at {due}."),
                )
            });
        }
        DeliveryState::Pending => {}
        DeliveryState::Exhausted => steps.push(Step {
            next: Some(format!(
                "Repair the receiver, then POST /api/v1/deliveries/{}/replay.",
                delivery.id.wire()
            )),
            ..Step::new(
                last,
                "delivery.exhausted",
                format!("{name} was given up after {ATTEMPTS_MAX} tries."),
            )
        }),
        DeliveryState::Dropped => {
            steps.push(Step::new(
                last,
                "delivery.dropped",
                format!("{name} was dropped: the endpoint was deleted."),
            ));
        }
    }
    steps
}
