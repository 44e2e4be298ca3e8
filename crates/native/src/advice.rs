//! What every answer about a payment says besides: whether money moved, and what to do next.
//!
//! Owns: the reading of a payment's state as that advice. Must not know: how an answer is written.
//!
//! `yes` is a payment that counts. `no` is one that does not, or not yet. `unknown` is where nobody can say: a till holds
//! the task at this moment, or an open case says that a guest may have paid although the payment ended. What stands on
//! record is never worth sending again, so the retry advice of a payment is always `never`; advice to repeat comes with
//! problems.

use tender_engine::{Payment, PaymentState, Task};
use tender_http::{MoneyMoved, Retry};

#[cfg(test)]
mod tests;

/// What is known about a payment besides its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Circumstances {
    /// A till has the task and has not answered.
    pub(crate) is_at_till: bool,
    /// Somebody found that the guest may have paid all the same, and nobody has looked after it yet.
    pub(crate) has_open_case: bool,
}

impl Circumstances {
    /// The task has not been looked at: a till may have it.
    pub(crate) fn unread(payment: &Payment) -> Self {
        Self {
            is_at_till: payment.task.is_some(),
            has_open_case: false,
        }
    }

    /// What a till's task tells.
    pub(crate) fn of_task(task: &Task) -> Self {
        Self {
            is_at_till: task.state.is_open() && task.lease > 0,
            has_open_case: task.has_case,
        }
    }
}

/// Whether money has moved.
pub(crate) fn money_moved(payment: &Payment, circumstances: Circumstances) -> MoneyMoved {
    match payment.state {
        PaymentState::Complete => MoneyMoved::Yes,
        PaymentState::Pending | PaymentState::Progress if circumstances.is_at_till => MoneyMoved::Unknown,
        PaymentState::Failed | PaymentState::Voided if circumstances.has_open_case => MoneyMoved::Unknown,
        PaymentState::Pending
        | PaymentState::Progress
        | PaymentState::Failed
        | PaymentState::Voided
        | PaymentState::Reversed => MoneyMoved::No,
    }
}

/// What to do next about a payment that is on record.
pub(crate) const RETRY: Retry = Retry::Never;
