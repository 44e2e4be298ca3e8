//! The words of a timeline.
//!
//! Owns: sentences for people who know neither the API nor the ledger. Must not know: anything that is not in the record it
//! explains.

use tender_engine::{Direction, EntryKind, JournalEntry, Payment, PaymentState, TaskState, Via};

use crate::advice::Circumstances;

/// Who did something, as a subject.
const fn who(via: Via) -> &'static str {
    match via {
        Via::Kseries => "An application (K-Series)",
        Via::Kounta => "An application (Kounta)",
        Via::Om => "An application (om)",
        Via::Native => "An application",
        Via::Till => "A till",
        Via::Console => "A person at the console",
        Via::Server => "The server",
    }
}

/// What an entry means, and what somebody has to do about it.
pub(super) fn of_entry(payment: &Payment, entry: &JournalEntry) -> (String, Option<&'static str>) {
    let who = who(entry.via);
    let what = match payment.direction {
        Direction::Receipt => "the payment",
        Direction::Refund => "the refund",
    };
    match entry.kind {
        EntryKind::PaymentAccepted => (
            format!("{who} made {what}; its amount is reserved on the order."),
            None,
        ),
        EntryKind::PaymentCompleted => (format!("{who} completed {what}: it counts."), None),
        EntryKind::PaymentFailed => {
            let next = "Nothing was taken as far as the ledger knows. A new attempt needs a new reference.";
            (
                format!("{what} ended without counting.").replacen("the", "The", 1),
                Some(next),
            )
        }
        EntryKind::PaymentVoided => (format!("{who} cancelled {what} before it counted."), None),
        EntryKind::PaymentReversed => (format!("{who} undid {what} as a whole."), None),
        EntryKind::PaymentAmended => (format!("{who} changed data of {what}."), None),
        EntryKind::CaseOpened => {
            let next = "A person has to find out whether money moved: GET /api/v1/cases shows the case, resolve it there.";
            (
                "A case was opened: the guest may have paid all the same, or twice.".to_owned(),
                Some(next),
            )
        }
        EntryKind::CaseResolved => (format!("{who} resolved the case."), None),
        EntryKind::OrderClosed => (format!("{who} closed the order: nothing is due any more."), None),
        EntryKind::OrderCancelled => (format!("{who} cancelled the order."), None),
        EntryKind::OrderProposed
        | EntryKind::OrderOpened
        | EntryKind::OrderFailed
        | EntryKind::OrderLinesChanged
        | EntryKind::OrderUpdated
        | EntryKind::ReferenceFenced
        | EntryKind::EndpointDisabled => (format!("{who}: {}.", entry.kind.code()), None),
    }
}

/// How a task ended; `None` while it is open.
pub(super) const fn of_task_end(state: &TaskState) -> Option<(&'static str, &'static str)> {
    match state {
        TaskState::Open => None,
        TaskState::Applied => Some(("task.applied", "The till confirmed that it did the task.")),
        TaskState::Refused(_) => Some(("task.refused", "The till refused the task.")),
        TaskState::Expired => Some((
            "task.expired",
            "The time for the task was over before a till did it.",
        )),
        TaskState::Withdrawn => Some((
            "task.withdrawn",
            "The task was taken back: it was settled elsewhere.",
        )),
    }
}

/// How the payment stands, and what to do next.
pub(super) fn summary(payment: &Payment, circumstances: Circumstances) -> (&'static str, &'static str) {
    if circumstances.has_open_case {
        return (
            "The payment did not count, but the guest may have paid: a case is open.",
            "Ask the guest or look at the card terminal, put it right, then resolve the case.",
        );
    }
    match payment.state {
        PaymentState::Pending | PaymentState::Progress if circumstances.is_at_till => (
            "A till has the payment and has not answered yet.",
            "Wait for the till, or look at its screen. Do not take the money a second time.",
        ),
        PaymentState::Pending | PaymentState::Progress if payment.task.is_some() => (
            "The payment waits for a till.",
            "Look whether a till is switched on and connected. It ends by itself when its time is over; void it to end it now.",
        ),
        PaymentState::Pending | PaymentState::Progress => (
            "The payment waits to be confirmed.",
            "Whoever made it has to confirm it; void it if it will not happen.",
        ),
        PaymentState::Complete => match payment.direction {
            Direction::Receipt => (
                "The payment counts.",
                "Nothing. To give money back, make a refund.",
            ),
            Direction::Refund => ("The refund counts.", "Nothing."),
        },
        PaymentState::Failed => (
            "The payment did not count, and no money moved as far as the ledger knows.",
            "Try again with a new reference.",
        ),
        PaymentState::Voided => ("The payment was cancelled before it counted.", "Nothing."),
        PaymentState::Reversed => ("The payment counted and was undone as a whole.", "Nothing."),
    }
}
