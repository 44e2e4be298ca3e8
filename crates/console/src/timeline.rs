//! What happened to a payment, hop by hop, in plain words.
//!
//! Owns: which records make which steps, and their order. Must not know: where records come from. Pure.

use tender_engine::{
    ATTEMPTS_MAX, Attempt, Delivery, DeliveryState, EntryKind, JournalEntry, Payment, Task, TaskState,
    Timestamp,
};
use tender_money::Currency;
use tender_service::Directory;

use crate::show::{self, Tone};
use crate::words;

/// A delivery and its tries.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    pub(crate) delivery: Delivery,
    pub(crate) attempts: Vec<Attempt>,
}

/// One hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) at: Timestamp,
    pub(crate) tone: Tone,
    /// What happened.
    pub(crate) text: String,
    /// Why, where it is known.
    pub(crate) cause: Option<String>,
    /// Which comes first of steps of one moment.
    turn: Turn,
}

/// The order of steps of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Asked,
    AtTill,
    Consequence,
    Told,
}

/// Everything on record about a payment.
#[derive(Debug)]
pub(crate) struct Records<'r> {
    pub(crate) payment: &'r Payment,
    pub(crate) currency: Currency,
    /// The zone in which moments are told.
    pub(crate) zone: &'r str,
    /// The chain of the payment's order.
    pub(crate) chain: &'r [JournalEntry],
    pub(crate) task: Option<&'r Task>,
    /// Messages about the payment's order since the payment began.
    pub(crate) deliveries: &'r [Tried],
    /// What tills and endpoints are called.
    pub(crate) directory: &'r Directory,
    pub(crate) now: Timestamp,
}

/// All steps, in the order in which they happened.
pub(crate) fn steps(records: &Records<'_>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for entry in records.chain {
        if concerns(records.payment, entry) {
            steps.push(of_entry(records, entry));
        }
    }
    if let Some(task) = records.task {
        steps.extend(of_task(records, task));
    }
    for tried in records.deliveries {
        steps.extend(of_delivery(records, tried));
    }
    // What happened in one commit is told as people would: asked for, offered, taken, answered, what came of it, who
    // was told. The sort is stable within each.
    steps.sort_by_key(|step| (step.at, step.turn));
    steps
}

/// The payment's own entries, and the end of its order.
fn concerns(payment: &Payment, entry: &JournalEntry) -> bool {
    if entry.payment == Some(payment.id.number) {
        return true;
    }
    let began = entry.at >= payment.created_at;
    began && matches!(entry.kind, EntryKind::OrderClosed | EntryKind::OrderCancelled)
}

fn of_entry(records: &Records<'_>, entry: &JournalEntry) -> Step {
    let who = words::who(entry.via);
    let text = match entry.kind {
        EntryKind::PaymentAccepted => format!("{who} asked for it. Its amount is reserved on the order."),
        EntryKind::PaymentCompleted => {
            let moved = show::money(records.payment.moved_minor(), records.currency);
            format!("{who} completed it: {moved} changed hands, tip and surcharge included.")
        }
        EntryKind::PaymentFailed => "It ended without counting.".to_owned(),
        EntryKind::PaymentVoided => format!("{who} cancelled it before it counted."),
        EntryKind::PaymentReversed => format!("{who} undid it as a whole."),
        EntryKind::PaymentAmended => format!("{who} changed data of it."),
        EntryKind::CaseOpened => "A case was opened: money may have moved all the same, or twice.".to_owned(),
        EntryKind::CaseResolved => format!("{who} resolved the case."),
        EntryKind::OrderClosed => format!("{who} closed the order."),
        EntryKind::OrderCancelled => format!("{who} cancelled the order."),
        EntryKind::ReferenceFenced => {
            format!("{who} made sure that nothing can land under its reference any more.")
        }
        EntryKind::OrderProposed
        | EntryKind::OrderOpened
        | EntryKind::OrderFailed
        | EntryKind::OrderLinesChanged
        | EntryKind::OrderUpdated
        | EntryKind::EndpointDisabled => format!("{}.", words::entry(entry.kind).0),
    };
    Step {
        at: entry.at,
        tone: words::entry(entry.kind).1,
        text,
        cause: cause(entry),
        turn: match entry.kind {
            EntryKind::PaymentAccepted => Turn::Asked,
            _ => Turn::Consequence,
        },
    }
}

/// Why, as the journal has it.
fn cause(entry: &JournalEntry) -> Option<String> {
    if let Some(code) = entry.fact("failure") {
        let code = tender_engine::FailureCode::from_code(code);
        let words = words::failure(code);
        return Some(match entry.fact("message") {
            Some(message) => format!("{words} ({}): {message}", code.code()),
            None => format!("{words} ({})", code.code()),
        });
    }
    let told = entry.fact("reason").or_else(|| entry.fact("resolution"))?;
    Some(words::case_by_code(told).unwrap_or(told).to_owned())
}

/// Offered, leased, over.
fn of_task(records: &Records<'_>, task: &Task) -> Vec<Step> {
    let moment = |at| show::moment(at, records.zone);
    let to = match task.device {
        Some(device) => format!("{} only", show::till_name(records.directory, device)),
        None => "any till of the location".to_owned(),
    };
    let offered = format!("It was offered to {to}, until {}.", moment(task.expires_at));
    let mut steps = vec![Step {
        at: task.created_at,
        tone: Tone::Plain,
        text: offered,
        cause: None,
        turn: Turn::AtTill,
    }];
    if let Some(device) = task.leased_to {
        let earlier = task.lease.saturating_sub(1);
        let has_lapsed = task.state.is_open() && task.leased_until <= records.now;
        let cause = match (has_lapsed, earlier) {
            (true, _) => Some("The till has not answered in time. Any till may take it again.".to_owned()),
            (false, 0) => None,
            (false, _) => Some(format!(
                "{earlier} time(s) before, a till took it and did not answer."
            )),
        };
        steps.push(Step {
            // When it was leased is not kept; it was between being offered and the end of the lease.
            at: task.created_at,
            tone: if has_lapsed { Tone::Bad } else { Tone::Plain },
            text: format!(
                "{} took it, to answer until {}.",
                show::till_name(records.directory, device),
                moment(task.leased_until)
            ),
            cause,
            turn: Turn::AtTill,
        });
    } else if task.state.is_open() {
        let text = "It waits for a till.".to_owned();
        steps.push(Step {
            at: task.created_at,
            tone: Tone::Wait,
            text,
            cause: None,
            turn: Turn::AtTill,
        });
    }
    if let Some((text, tone)) = words::task_end(&task.state) {
        let payment = records.payment;
        let at = match task.state {
            TaskState::Expired => task.expires_at,
            _ => payment.completed_at.unwrap_or(payment.updated_at),
        };
        steps.push(Step {
            at,
            tone,
            text: text.to_owned(),
            cause: None,
            turn: Turn::AtTill,
        });
    }
    steps
}

/// Made, every try, and how it stands.
fn of_delivery(records: &Records<'_>, tried: &Tried) -> Vec<Step> {
    let delivery = &tried.delivery;
    let endpoint = show::endpoint_name(records.directory, delivery.endpoint);
    let name = format!("Webhook {} to {endpoint}", delivery.event);
    let text = format!("{name}: on its way.");
    let mut steps = vec![Step {
        at: delivery.created_at,
        tone: Tone::Plain,
        text,
        cause: None,
        turn: Turn::Told,
    }];
    for attempt in &tried.attempts {
        let (outcome, tone) = outcome(attempt);
        let text = format!(
            "{name}: {outcome} (try {}, {} ms).",
            attempt.number, attempt.duration_ms
        );
        steps.push(Step {
            at: attempt.at,
            tone,
            text,
            cause: None,
            turn: Turn::Told,
        });
    }
    let last = tried
        .attempts
        .last()
        .map_or(delivery.created_at, |attempt| attempt.at);
    match delivery.state {
        DeliveryState::Pending if delivery.attempts > 0 => {
            let due = show::moment(delivery.next_at.max(records.now), records.zone);
            let text = format!("{name}: the next try is due at {due}.");
            let cause = Some("Look at the receiver; replaying the delivery sends it at once.".to_owned());
            steps.push(Step {
                at: last,
                tone: Tone::Wait,
                text,
                cause,
                turn: Turn::Told,
            });
        }
        DeliveryState::Exhausted => {
            let text = format!("{name} was given up after {ATTEMPTS_MAX} tries.");
            let cause = Some("Repair the receiver, then replay the delivery.".to_owned());
            steps.push(Step {
                at: last,
                tone: Tone::Bad,
                text,
                cause,
                turn: Turn::Told,
            });
        }
        DeliveryState::Dropped => {
            let text = format!("{name} was dropped: the endpoint was deleted.");
            steps.push(Step {
                at: last,
                tone: Tone::Plain,
                text,
                cause: None,
                turn: Turn::Told,
            });
        }
        DeliveryState::Pending | DeliveryState::Delivered => {}
    }
    steps
}

/// What came of one try.
pub(crate) fn outcome(attempt: &Attempt) -> (String, Tone) {
    match (attempt.status, &attempt.error) {
        (Some(status @ 200..=299), _) => (format!("the receiver answered {status}"), Tone::Good),
        (Some(status), _) => (format!("the receiver answered {status}"), Tone::Bad),
        // The number of an operating system's error says nothing to the people who read this.
        (None, Some(error)) => {
            let plain = error.split(" (os error").next().unwrap_or(error);
            (format!("no answer, {}", plain.to_lowercase()), Tone::Bad)
        }
        (None, None) => ("no answer".to_owned(), Tone::Bad),
    }
}

/// Whether more cases about a payment were opened than resolved.
pub(crate) fn has_open_case(chain: &[JournalEntry], payment: &Payment) -> bool {
    let count = |kind: EntryKind| {
        let own = chain
            .iter()
            .filter(|entry| entry.payment == Some(payment.id.number));
        own.filter(|entry| entry.kind == kind).count()
    };
    count(EntryKind::CaseOpened) > count(EntryKind::CaseResolved)
}

#[cfg(test)]
mod tests {
    use tender_engine::{Attempt, DeliveryId, DeliveryState, MerchantId, Timestamp};

    use super::outcome;
    use crate::show::Tone;
    use crate::words;

    #[test]
    fn tries_are_told_without_numbers_of_the_operating_system() {
        let attempt = |status, error: Option<&str>| Attempt {
            merchant: MerchantId(1),
            delivery: DeliveryId(1),
            number: 1,
            at: Timestamp(0),
            status,
            error: error.map(str::to_owned),
            duration_ms: 1,
        };
        for (attempt, told) in [
            (
                attempt(Some(204), None),
                ("the receiver answered 204", Tone::Good),
            ),
            (attempt(Some(500), None), ("the receiver answered 500", Tone::Bad)),
            (
                attempt(None, Some("Connection refused (os error 111)")),
                ("no answer, connection refused", Tone::Bad),
            ),
            (attempt(None, None), ("no answer", Tone::Bad)),
        ] {
            let (words, tone) = outcome(&attempt);
            assert_eq!((words.as_str(), tone), told);
        }
    }

    #[test]
    fn a_message_that_was_tried_in_vain_is_not_merely_waiting() {
        let told = |state, attempts| words::delivery_state(state, attempts);
        assert_eq!(told(DeliveryState::Pending, 0), ("Waiting", Tone::Wait));
        assert_eq!(told(DeliveryState::Pending, 1), ("Not received yet", Tone::Bad));
        assert_eq!(told(DeliveryState::Delivered, 2), ("Delivered", Tone::Good));
    }
}
