//! PAYMENT notifications (spec 7.1): sent to the endpoint of the payment, never with an account.

use tender_engine::{Failure, FailureCode, Notice, NoticeKind, Payment};
use tender_service::{Endpoint, Message, WebhookEvent};
use tender_wire::{JsonWriter, ObjectWriter};

use super::failure::{reason, write_errors};

/// What a receiver is told when a payment was cancelled before a till took it: that it will never apply.
const VOIDED: &str = "Cancelled before it was processed";

/// The message about a payment notice, if this endpoint gets one.
pub(super) fn message(event: &WebhookEvent<'_>, notice: &Notice, endpoint: &Endpoint) -> Option<Message> {
    let ended = match &notice.kind {
        NoticeKind::PaymentCompleted => None,
        NoticeKind::PaymentFailed(failure) => Some(failure.clone()),
        // Every accepted payment is told how it ended. No code is published for this end.
        NoticeKind::PaymentVoided => Some(Failure {
            code: FailureCode::Unknown,
            message: Some(VOIDED.to_owned()),
        }),
        NoticeKind::PaymentAccepted
        | NoticeKind::PaymentReversed
        | NoticeKind::PaymentAmended
        | NoticeKind::OrderOpened
        | NoticeKind::OrderFailed(_)
        | NoticeKind::OrderUpdateFailed(..)
        | NoticeKind::OrderStaged
        | NoticeKind::OrderUpdated
        | NoticeKind::OrderClosed
        | NoticeKind::OrderCancelled
        | NoticeKind::OrderDeleted
        | NoticeKind::OrderReady => return None,
    };
    let payment = event.payment(notice.payment?)?;
    if payment.endpoint.is_none_or(|told| told.0 != endpoint.id) {
        return None;
    }
    let (status, body) = match &ended {
        None => ("SUCCESS", success(event, payment)),
        Some(failure) => ("FAILURE", failed(event, payment, failure)),
    };
    Some(Message {
        event: format!("payment.{status}"),
        body: body.into_string(),
    })
}

fn success(event: &WebhookEvent<'_>, payment: &Payment) -> JsonWriter {
    JsonWriter::object(|o| {
        write_reference(o, payment);
        o.string("status", "SUCCESS");
        // A string here, a number in order notifications (spec 7.5).
        o.display("ikentooAccountId", payment.id.order.0);
        write_identifier(o, event, payment);
        o.string("type", "PAYMENT");
    })
}

/// The identifier of the check is told when there is one; its legacy id is left out of failures, as in the samples.
fn failed(event: &WebhookEvent<'_>, payment: &Payment, failure: &Failure) -> JsonWriter {
    JsonWriter::object(|o| {
        o.string("reason", &reason(failure));
        write_reference(o, payment);
        o.string("status", "FAILURE");
        write_errors(o, failure);
        if payment.id.has_order() {
            write_identifier(o, event, payment);
        }
        o.string("type", "PAYMENT");
    })
}

fn write_reference(o: &mut ObjectWriter<'_>, payment: &Payment) {
    o.optional(
        "thirdPartyReference",
        payment.reference.as_deref(),
        ObjectWriter::string,
    );
    o.number("businessLocationId", payment.location.0);
}

fn write_identifier(o: &mut ObjectWriter<'_>, event: &WebhookEvent<'_>, payment: &Payment) {
    let order = event
        .order
        .map(|view| &view.order)
        .filter(|order| order.id == payment.id.order);
    let account = order.map(|order| order.account);
    o.optional("ikentooAccountIdentifier", account, ObjectWriter::display);
}
