//! The words of the console, for people who know neither the API nor the ledger.
//!
//! Owns: what a state is called, the sentence that says whether money moved, what to do next. Must not know: how words
//! are laid out.

use tender_engine::{
    CaseReason, DeliveryState, Direction, EntryKind, FailureCode, Order, OrderState, Payment, PaymentState,
    Task, TaskState, Via,
};

use crate::show::{self, Tone};

/// What a channel is called.
pub(crate) const fn channel(via: Via) -> &'static str {
    match via {
        Via::Kseries => "K-Series API",
        Via::Kounta => "Kounta API",
        Via::Om => "om API",
        Via::Native => "native API",
        Via::Till => "till",
        Via::Console => "console",
        Via::Server => "server",
    }
}

/// Who did something, as a subject.
pub(crate) const fn who(via: Via) -> &'static str {
    match via {
        Via::Kseries => "An app (K-Series)",
        Via::Kounta => "An app (Kounta)",
        Via::Om => "An app (om)",
        Via::Native => "An app",
        Via::Till => "A till",
        Via::Console => "A person at the console",
        Via::Server => "The server",
    }
}

pub(crate) const fn order_state(state: OrderState) -> (&'static str, Tone) {
    match state {
        OrderState::Proposed => ("Proposed", Tone::Wait),
        OrderState::Open => ("Open", Tone::Wait),
        OrderState::Closed => ("Closed", Tone::Good),
        OrderState::Cancelled => ("Cancelled", Tone::Plain),
        OrderState::Rejected => ("Rejected", Tone::Plain),
        OrderState::Deleted => ("Deleted", Tone::Plain),
    }
}

pub(crate) const fn payment_state(state: PaymentState) -> (&'static str, Tone) {
    match state {
        PaymentState::Pending => ("Pending", Tone::Wait),
        PaymentState::Progress => ("In progress", Tone::Wait),
        PaymentState::Complete => ("Complete", Tone::Good),
        PaymentState::Failed => ("Failed", Tone::Bad),
        PaymentState::Voided => ("Voided", Tone::Plain),
        PaymentState::Reversed => ("Reversed", Tone::Plain),
    }
}

pub(crate) const fn delivery_state(state: DeliveryState, attempts: u32) -> (&'static str, Tone) {
    match state {
        DeliveryState::Pending if attempts > 0 => ("Not received yet", Tone::Bad),
        DeliveryState::Pending => ("Waiting", Tone::Wait),
        DeliveryState::Delivered => ("Delivered", Tone::Good),
        DeliveryState::Exhausted => ("Given up", Tone::Bad),
        DeliveryState::Dropped => ("Dropped", Tone::Plain),
    }
}

/// What an entry of the journal is called.
pub(crate) const fn entry(kind: EntryKind) -> (&'static str, Tone) {
    match kind {
        EntryKind::OrderProposed => ("Order proposed to a till", Tone::Plain),
        EntryKind::OrderOpened => ("Order opened", Tone::Plain),
        EntryKind::OrderFailed => ("Proposed order came to nothing", Tone::Bad),
        EntryKind::OrderLinesChanged => ("Lines changed", Tone::Plain),
        EntryKind::OrderUpdated => ("Order changed", Tone::Plain),
        EntryKind::OrderClosed => ("Order closed", Tone::Good),
        EntryKind::OrderCancelled => ("Order cancelled", Tone::Plain),
        EntryKind::PaymentAccepted => ("Payment accepted", Tone::Wait),
        EntryKind::PaymentCompleted => ("Payment complete", Tone::Good),
        EntryKind::PaymentFailed => ("Payment failed", Tone::Bad),
        EntryKind::PaymentVoided => ("Payment voided", Tone::Plain),
        EntryKind::PaymentReversed => ("Payment reversed", Tone::Plain),
        EntryKind::PaymentAmended => ("Payment data changed", Tone::Plain),
        EntryKind::CaseOpened => ("Case opened", Tone::Bad),
        EntryKind::CaseResolved => ("Case resolved", Tone::Good),
        EntryKind::ReferenceFenced => ("Reference fenced", Tone::Plain),
        EntryKind::EndpointDisabled => ("Webhook endpoint disabled", Tone::Bad),
    }
}

/// What a failure means.
pub(crate) const fn failure(code: FailureCode) -> &'static str {
    match code {
        FailureCode::Timeout => "no till answered in time",
        FailureCode::InvalidTask => "the request named no check",
        FailureCode::AccountNotFound => "there is no such check at the location",
        FailureCode::AccountAlreadyClosed => "the check is closed already",
        FailureCode::MethodNotFound => "there is no such payment method",
        FailureCode::NativePaymentNotSupported => "the method is the till's own card terminal",
        FailureCode::StaffNotFound => "there is no such employee",
        FailureCode::MissingStaff => "no employee was named, and the location has none for this",
        FailureCode::Overpaid => "it is more than is due",
        FailureCode::UpdateFailed => "the till could not change the check",
        FailureCode::PaymentIdNotFound => "the till does not know the payment",
        FailureCode::ItemNotAdded => "the till could not add an item",
        FailureCode::ItemNotFound => "there is no such item",
        FailureCode::Unknown => "the till gave a reason of its own",
    }
}

/// What an API is called by whoever uses it; names that are not known stay as they are.
pub(crate) fn dialect(name: &str) -> &str {
    match name {
        "kseries" => "K-Series",
        "kounta" => "Kounta",
        "native" => "Native",
        other => other,
    }
}

/// What is known about a payment besides its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Circumstances {
    /// A till has the task and has not answered.
    pub(crate) is_at_till: bool,
    /// Somebody found that money may have moved all the same, or twice, and nobody has looked after it yet.
    pub(crate) has_open_case: bool,
}

/// Whether a till has a task and has not answered.
pub(crate) const fn is_at_till(task: &Task) -> bool {
    task.state.is_open() && task.lease > 0
}

/// The question that the pages answer.
pub(crate) const QUESTION: &str = "Did the money move?";
/// The answer when a payment came to nothing.
pub(crate) const NOTHING_TAKEN: &str = "No, no money was taken";

/// The answer to [`QUESTION`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// In very few words.
    pub(crate) answer: &'static str,
    pub(crate) tone: Tone,
    /// In a sentence.
    pub(crate) why: &'static str,
    /// What to do next.
    pub(crate) next: &'static str,
}

/// Whether the money of a payment moved, why, and what to do.
pub(crate) const fn verdict(payment: &Payment, circumstances: Circumstances) -> Verdict {
    let is_refund = matches!(payment.direction, Direction::Refund);
    match payment.state {
        PaymentState::Complete if circumstances.has_open_case => Verdict {
            answer: "Yes, and perhaps twice",
            tone: Tone::Bad,
            why: "The payment counts, but a till reported it once more.",
            next: "Compare the records of the tills. If money was taken twice, give one payment back, then resolve the case.",
        },
        _ if circumstances.has_open_case => Verdict {
            answer: "Not known: somebody has to find out",
            tone: Tone::Bad,
            why: "The payment did not count, but the guest may have paid all the same: a case is open.",
            next: "Ask the guest or look at the card terminal, put it right, then resolve the case.",
        },
        PaymentState::Complete if is_refund => Verdict {
            answer: "Yes, the guest has the money back",
            tone: Tone::Good,
            why: "The refund counts.",
            next: "Nothing to do.",
        },
        PaymentState::Complete => Verdict {
            answer: "Yes, the money was taken",
            tone: Tone::Good,
            why: "The payment counts.",
            next: "Nothing to do. To give money back, make a refund.",
        },
        PaymentState::Pending | PaymentState::Progress if circumstances.is_at_till => Verdict {
            answer: "Not known yet: a till is at it",
            tone: Tone::Wait,
            why: "A till has taken the payment and has not answered yet.",
            next: "Wait for the till, or look at its screen. Do not take the money a second time.",
        },
        PaymentState::Pending | PaymentState::Progress if payment.task.is_some() => Verdict {
            answer: "No, not yet",
            tone: Tone::Wait,
            why: "The payment waits for a till.",
            next: "Look whether a till is switched on and connected. The payment ends by itself when its time is over.",
        },
        PaymentState::Pending | PaymentState::Progress => Verdict {
            answer: "No, not yet",
            tone: Tone::Wait,
            why: "The payment waits to be confirmed by whoever made it.",
            next: "If it will not happen, ask the maker of the app to void it: it reserves its amount until then.",
        },
        PaymentState::Failed if is_refund => Verdict {
            answer: "No, nothing was given back",
            tone: Tone::Bad,
            why: "The refund did not count.",
            next: "Make the refund again. The app has to use a new reference.",
        },
        PaymentState::Voided if is_refund => Verdict {
            answer: "No, nothing was given back",
            tone: Tone::Plain,
            why: "The refund was cancelled before it counted.",
            next: "Nothing to do.",
        },
        PaymentState::Failed => Verdict {
            answer: NOTHING_TAKEN,
            tone: Tone::Bad,
            why: "The payment did not count.",
            next: "The guest can pay again. The app has to use a new reference.",
        },
        PaymentState::Voided => Verdict {
            answer: NOTHING_TAKEN,
            tone: Tone::Plain,
            why: "The payment was cancelled before it counted.",
            next: "Nothing to do.",
        },
        PaymentState::Reversed => Verdict {
            answer: "No longer: it was undone",
            tone: Tone::Plain,
            why: "The payment counted and was undone as a whole.",
            next: "Nothing to do.",
        },
    }
}

/// How a task ended; `None` while it is open.
pub(crate) const fn task_end(state: &TaskState) -> Option<(&'static str, Tone)> {
    match state {
        TaskState::Open => None,
        TaskState::Applied => Some(("The till confirmed that it did the task.", Tone::Good)),
        TaskState::Refused(_) => Some(("The till refused the task.", Tone::Bad)),
        TaskState::Expired => Some(("The time for the task was over before a till did it.", Tone::Bad)),
        TaskState::Withdrawn => Some(("The task was taken back: it was settled elsewhere.", Tone::Plain)),
    }
}

/// The reason of a case by its code in the journal.
pub(crate) fn case_by_code(code: &str) -> Option<&'static str> {
    let found = CaseReason::ALL.into_iter().find(|reason| reason.code() == code);
    found.map(|reason| case(reason).0)
}

/// How an order stands, for whoever asks whether it is paid: few words, and a sentence where they need one.
pub(crate) fn order_verdict(order: &Order) -> (String, Tone, Option<String>) {
    let money = |minor| show::money(minor, order.currency);
    let (due, reserved) = (order.due_minor(), order.reserved_minor);
    let on_its_way = (reserved > 0).then(|| {
        format!(
            "{} more is promised by payments that are not done yet.",
            money(reserved)
        )
    });
    match order.state {
        OrderState::Closed if order.paid_minor() > 0 => ("Paid and closed".to_owned(), Tone::Good, None),
        OrderState::Closed => ("Closed, and nothing was paid".to_owned(), Tone::Plain, None),
        OrderState::Open if due > 0 && order.paid_minor() > 0 => {
            let answer = format!("Partly paid: {} is still due", money(due));
            (answer, Tone::Wait, on_its_way)
        }
        OrderState::Open if due > 0 => (format!("Not paid: {} is due", money(due)), Tone::Wait, on_its_way),
        OrderState::Open if reserved > 0 => ("Not paid yet".to_owned(), Tone::Wait, on_its_way),
        OrderState::Open => ("Nothing is due".to_owned(), Tone::Good, None),
        state => (order_state(state).0.to_owned(), order_state(state).1, None),
    }
}

/// Why a case was opened, and what to do about it.
pub(crate) const fn case(reason: CaseReason) -> (&'static str, &'static str) {
    match reason {
        CaseReason::ConfirmedAfterEnd => (
            "A till confirmed the payment after it had ended. The guest may have paid although the app was told that nothing moved.",
            "Ask the guest or look at the card terminal. If money was taken, give it back or make the payment again.",
        ),
        CaseReason::ConfirmedTwice => (
            "A till confirmed what another device or another channel had completed already. Money may have been taken twice.",
            "Compare the records of both devices. If money was taken twice, give one payment back.",
        ),
        CaseReason::ConfirmOfFailed => (
            "An app confirmed a payment that had failed. The app believes that money moved.",
            "Ask whoever runs the app whether money was taken. If so, give it back or make the payment again.",
        ),
    }
}
