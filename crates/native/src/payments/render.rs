//! A payment as JSON.
//!
//! Owns: the members of a payment, their names and order. Must not know: which route shows it.

use axum::http::StatusCode;
use axum::response::Response;
use tender_engine::{Direction, Failure, FailureCode, Payment, PaymentState};
use tender_http::advise;
use tender_money::{Amount, Currency};
use tender_wire::{JsonWriter, ObjectWriter};

use crate::advice::{self, Circumstances};
use crate::answer;
use crate::ids::OnTheWire;
use crate::time::Moment;

/// The name of a state.
pub(crate) const fn state_word(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Pending => "pending",
        PaymentState::Progress => "progress",
        PaymentState::Complete => "complete",
        PaymentState::Failed => "failed",
        PaymentState::Voided => "voided",
        PaymentState::Reversed => "reversed",
    }
}

/// The name of a direction.
pub(crate) const fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Receipt => "receipt",
        Direction::Refund => "refund",
    }
}

/// Why a payment failed, in a till's words or ours.
pub(crate) fn failure_words(failure: &Failure) -> &str {
    if let Some(message) = &failure.message {
        return message;
    }
    match failure.code {
        FailureCode::Timeout => "No till answered in time.",
        FailureCode::InvalidTask => "No order was named.",
        FailureCode::AccountNotFound => "There was no such order at the location.",
        FailureCode::AccountAlreadyClosed => "The order was closed.",
        FailureCode::MethodNotFound => "There was no such payment method.",
        FailureCode::NativePaymentNotSupported => "The method is the till's own card terminal.",
        FailureCode::StaffNotFound => "There was no such employee.",
        FailureCode::MissingStaff => "No employee was named and the location has no default.",
        FailureCode::Overpaid => "It was more than was due.",
        FailureCode::UpdateFailed => "The till could not change the order.",
        FailureCode::PaymentIdNotFound => "The till did not know the payment.",
        FailureCode::ItemNotAdded => "The till could not add an item.",
        FailureCode::ItemNotFound => "There was no such item.",
        FailureCode::Unknown => "The till refused without a reason.",
    }
}

/// Writes a failure.
pub(crate) fn write_failure(object: &mut ObjectWriter<'_>, failure: &Failure) {
    object.object("failure", |object| {
        object.string("code", failure.code.code());
        object.string("message", failure_words(failure));
    });
}

/// Writes the members of a payment. Its currency is its order's.
pub(crate) fn write_payment(
    object: &mut ObjectWriter<'_>,
    payment: &Payment,
    currency: Currency,
    circumstances: Circumstances,
) {
    let money = |minor: i64| Amount { minor, currency };
    object.display("id", payment.id.wire());
    if payment.id.has_order() {
        object.display("order_id", payment.id.order.wire());
    }
    object.display("location_id", payment.location.wire());
    object.string("state", state_word(payment.state));
    object.string("direction", direction_word(payment.direction));
    object.money_string("amount", money(payment.amount_minor));
    object.money_string("applied", money(payment.applied_minor()));
    object.money_string("tip", money(payment.tip_minor));
    object.money_string("surcharge", money(payment.surcharge_minor));
    object.money_string("service_charge", money(payment.service_minor));
    object.string("currency", currency.code());
    if payment.direction == Direction::Receipt {
        object.money_string("refunded", money(payment.refunds_minor));
    }
    if let Some(method) = &payment.method {
        object.display("method_id", method.id.wire());
        object.string("method_code", &method.code);
        object.string("method_name", &method.name);
    }
    object.optional("reference", payment.reference.as_deref(), ObjectWriter::string);
    object.optional(
        "staff_id",
        payment.staff.map(OnTheWire::wire),
        ObjectWriter::display,
    );
    object.optional(
        "device_id",
        payment.device.map(OnTheWire::wire),
        ObjectWriter::display,
    );
    object.optional(
        "refund_of",
        payment.source.map(OnTheWire::wire),
        ObjectWriter::display,
    );
    object.optional("note", payment.note.as_deref(), ObjectWriter::string);
    object.optional(
        "task_id",
        payment.task.map(OnTheWire::wire),
        ObjectWriter::display,
    );
    if let Some(failure) = &payment.failure {
        write_failure(object, failure);
    }
    object.string(
        "money_moved",
        advice::money_moved(payment, circumstances).as_str(),
    );
    object.display("retry", advice::RETRY);
    object.optional("expires_at", expiry(payment), ObjectWriter::display);
    object.display("created_at", Moment(payment.created_at));
    object.string("created_via", payment.created_via.code());
    object.display("created_by", payment.created_by.wire());
    object.display("updated_at", Moment(payment.updated_at));
    object.string("updated_via", payment.updated_via.code());
    object.optional(
        "completed_at",
        payment.completed_at.map(Moment),
        ObjectWriter::display,
    );
    object.optional(
        "reversed_at",
        payment.reversed_at.map(Moment),
        ObjectWriter::display,
    );
}

/// When a payment ends by itself, while it still can.
fn expiry(payment: &Payment) -> Option<Moment> {
    payment.expires_at.filter(|_| payment.state.is_open()).map(Moment)
}

/// An answer that is a payment.
pub(crate) fn answer_payment(
    status: StatusCode,
    payment: &Payment,
    currency: Currency,
    circumstances: Circumstances,
) -> Response {
    let body = JsonWriter::object(|object| write_payment(object, payment, currency, circumstances));
    let mut response = answer::json(status, body);
    advise(
        response.headers_mut(),
        advice::money_moved(payment, circumstances),
        advice::RETRY,
    );
    response
}
