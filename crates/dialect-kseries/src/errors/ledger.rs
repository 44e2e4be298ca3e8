//! The one mapping from what the ledger and the service say to what the wire is told.

use axum::http::StatusCode;
use tender_engine::Rejection;
use tender_http::MoneyMoved;
use tender_money::Currency;
use tender_service::Failure;

use super::Refusal;
use super::fault::{Fault, field_name};

/// What a command was about, for the words of its refusal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// Whether a used reference is told in the manner of payments or of orders.
    pub(crate) is_order: bool,
    /// The unique reference.
    pub(crate) reference: &'a str,
    /// The webhook endpoint.
    pub(crate) endpoint: &'a str,
    /// The location.
    pub(crate) location: u64,
    /// Its currency.
    pub(crate) currency: Option<Currency>,
    /// Whether money moved under a reference that was used before.
    pub(crate) money_moved_before: MoneyMoved,
}

/// The refusal for a rejection of the ledger. Total on purpose, here and in [`told`]: a new rejection has to be given its
/// words.
///
/// Most of these never reach a caller, because payments and orders are accepted first and fail by notification
/// (spec 4.2); they are mapped all the same, as what they would mean.
pub(crate) fn of_rejection(rejection: &Rejection, asked: &Asked<'_>) -> Refusal {
    let fault = match rejection {
        Rejection::ReferenceUsed | Rejection::KeyReused { .. } | Rejection::ReferenceFenced => {
            return reference_used(asked);
        }
        Rejection::EndpointNotFound => Fault::EndpointNotThere {
            name: asked.endpoint.to_owned(),
        },
        Rejection::TooManyDigits(field) => Fault::TooManyDigits {
            field: field_name(*field).to_owned(),
            currency: asked.currency,
        },
        Rejection::OutOfRange(field) => Fault::OutOfRange {
            field: field_name(*field).to_owned(),
        },
        Rejection::NotPositive(field) => Fault::NotPositive {
            field: field_name(*field).to_owned(),
        },
        Rejection::Negative(field) => Fault::Negative {
            field: field_name(*field).to_owned(),
        },
        Rejection::NotOnRefund(field) => Fault::NotOnRefund {
            field: field_name(*field).to_owned(),
        },
        Rejection::OrderNotFound => Fault::AccountUnknown {
            location: asked.location,
        },
        other => Fault::Ledger(other.clone()),
    };
    fault.into()
}

/// Status and words of a rejection that is told as such. Those that have a fault of their own have general words here, so
/// that the list stays whole.
pub(super) const fn told(rejection: &Rejection) -> (StatusCode, &'static str) {
    let words = match rejection {
        Rejection::PaymentNotFound => return (StatusCode::NOT_FOUND, "payment not found"),
        Rejection::TaskNotFound => return (StatusCode::NOT_FOUND, "task not found"),
        Rejection::CaseNotFound => return (StatusCode::NOT_FOUND, "case not found"),
        Rejection::LineNotFound => return (StatusCode::NOT_FOUND, "line not found"),
        Rejection::OrderNotFound => return (StatusCode::NOT_FOUND, "account not found"),
        Rejection::ReferenceUsed | Rejection::KeyReused { .. } | Rejection::ReferenceFenced => {
            "reference has already been used"
        }
        Rejection::EndpointNotFound => "endpoint ID not found",
        Rejection::TooManyDigits(_) => "an amount has too many fraction digits",
        Rejection::OutOfRange(_) => "an amount is out of range",
        Rejection::NotPositive(_) => "an amount must be greater than 0",
        Rejection::Negative(_) => "an amount must be greater than or equal to 0",
        Rejection::NotOnRefund(_) => "an amount must not be given with a refund",
        Rejection::NothingToPay => "paymentAmount must be greater than 0",
        Rejection::AmountRequired => "paymentAmount must not be null",
        Rejection::OrderMismatch => "the payment is not one of the account",
        Rejection::OrderClosed => "Account already closed",
        Rejection::OrderCancelled => "Account cancelled",
        Rejection::OrderRejected => "Account rejected by staff",
        Rejection::OrderDeleted => "Account deleted",
        Rejection::OrderProposed => "Account not opened yet",
        Rejection::PaymentsLocked => "Account locked for payments",
        Rejection::LinesFixed => "items of the account cannot be changed any more",
        Rejection::PaymentsPending => "Account has pending payments",
        Rejection::MoneyOnOrder => "Account has payments",
        Rejection::TotalBelowPaid => "the total would be less than the amount paid",
        Rejection::StateFinal => "Account state is final",
        Rejection::InvalidState => "the state does not allow this",
        Rejection::CorrectionRequired => "a completed payment changes by a correction only",
        Rejection::MethodNotFound => "Payment method not found",
        Rejection::MethodIsTerminal => "Native payment not supported",
        Rejection::StaffNotFound => "Staff not found",
        Rejection::StaffMissing => "Missing staff",
        Rejection::SourceInvalid => "the payment to refund is not valid",
        Rejection::ExceedsDue => "the payment amount is greater than the amount due",
        Rejection::ExceedsRefundable => "the refund amount is greater than the amount that can be given back",
        Rejection::NothingDue => "nothing is due",
        Rejection::HasRefunds => "the payment has refunds",
        Rejection::ItemNotFound => "Item not found",
        Rejection::AttributesTooLarge => "attributes are too large",
        Rejection::OrderFull => "Account has reached its maximum of lines, payments or endpoints",
    };
    (StatusCode::BAD_REQUEST, words)
}

/// A repeated reference: 400 with envelope A for a payment, 409 with envelope C for an order (spec 5.3).
fn reference_used(asked: &Asked<'_>) -> Refusal {
    let (reference, money_moved) = (asked.reference.to_owned(), asked.money_moved_before);
    if asked.is_order {
        return Refusal::OrderReferenceUsed {
            reference,
            money_moved,
        };
    }
    Refusal::Fault(Fault::ReferenceUsed {
        reference,
        money_moved,
    })
}

/// The refusal for a failure of the service.
pub(crate) fn of_failure(failure: &Failure, asked: &Asked<'_>) -> Refusal {
    match failure {
        Failure::Rejected(rejection) => of_rejection(rejection, asked),
        Failure::Busy { .. } | Failure::OutcomeUnknown | Failure::Internal => of_trouble(failure),
    }
}

/// The refusal for a failure where the ledger was not asked to decide anything.
pub(crate) fn of_trouble(failure: &Failure) -> Refusal {
    let fault = match failure {
        Failure::Busy { retry_after_s } => Fault::Busy {
            retry_after_s: *retry_after_s,
        },
        Failure::OutcomeUnknown => Fault::OutcomeUnknown,
        Failure::Internal | Failure::Rejected(_) => Fault::Internal,
    };
    fault.into()
}
