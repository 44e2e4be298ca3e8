//! Why a payment or an order came to nothing, in the words that receivers know (spec 7.1).

use std::borrow::Cow;

use tender_engine::{Failure, FailureCode};
use tender_wire::ObjectWriter;

/// The text of `reason`: a till's own words, else the published ones.
pub(super) fn reason(failure: &Failure) -> Cow<'_, str> {
    match &failure.message {
        Some(message) if !message.is_empty() => Cow::Borrowed(message),
        _ => Cow::Borrowed(words(failure.code)),
    }
}

const fn words(code: FailureCode) -> &'static str {
    match code {
        FailureCode::Timeout => "Not processed before validity ended",
        FailureCode::InvalidTask => "Invalid task",
        FailureCode::AccountNotFound => "Account not found",
        FailureCode::AccountAlreadyClosed => "Account already closed",
        FailureCode::MethodNotFound => "Payment method not found",
        FailureCode::NativePaymentNotSupported => "Native payment not supported",
        FailureCode::StaffNotFound => "Staff not found",
        FailureCode::MissingStaff => "Missing staff",
        FailureCode::Overpaid => "the payment amount is greater than the amount due",
        FailureCode::UpdateFailed => "Update failed",
        FailureCode::PaymentIdNotFound => "Payment id not found",
        FailureCode::ItemNotAdded => "Item not added",
        FailureCode::ItemNotFound => "Item not found",
        FailureCode::Unknown => "Unknown error",
    }
}

/// Writes `errors`, always an object: `timeout` with key and message, or `account` with a type.
pub(super) fn write_errors(o: &mut ObjectWriter<'_>, failure: &Failure) {
    o.object("errors", |o| match failure.code {
        FailureCode::Timeout => o.object("timeout", |o| {
            o.string("errorKey", "errors.payment.pos.task_timeout");
            o.string("message", &reason(failure));
        }),
        code => o.object("account", |o| o.string("type", code.code())),
    });
}
