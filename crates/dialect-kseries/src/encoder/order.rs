//! ORDER notifications (spec 7.2): sent to the endpoint that made the order and to those with an accepted payment on it.

use tender_engine::{Failure, Notice, NoticeKind, Order, OrderState, Watcher};
use tender_service::{Directory, Endpoint, Message, OrderView, WebhookEvent};
use tender_wire::{JsonWriter, ObjectWriter};

use super::KseriesEncoder;
use super::failure::reason;
use crate::checks::{Shape, write_snapshot};
use crate::webhooks::EndpointSettings;

/// The message about an order notice, if this endpoint gets one.
pub(super) fn message(
    encoder: KseriesEncoder,
    event: &WebhookEvent<'_>,
    notice: &Notice,
    endpoint: &Endpoint,
) -> Option<Message> {
    let view = event.order.filter(|view| Some(view.order.id) == notice.order)?;
    // Told to whoever asked for the update, under the reference given with it, whether or not they are told of the check.
    if let NoticeKind::OrderUpdateFailed(failure, maker) = &notice.kind {
        let told = maker.told.as_ref()?;
        return (told.0.0 == endpoint.id).then(|| failure_told(&told.1, failure));
    }
    let watcher = view
        .order
        .watchers
        .iter()
        .find(|watcher| watcher.endpoint.0 == endpoint.id)?;
    let status = match &notice.kind {
        NoticeKind::OrderOpened if watcher.is_maker => "SUCCESS",
        NoticeKind::OrderFailed(failure) => return failure_message(event, view, watcher, failure),
        NoticeKind::OrderUpdated if is_news(event, &view.order) => "CHECK_WAS_UPDATED",
        NoticeKind::OrderClosed => "CLOSED",
        NoticeKind::OrderCancelled | NoticeKind::OrderDeleted => "CANCELLED",
        NoticeKind::OrderReady => "READY_FOR_PICKUP",
        // A stage is none of this dialect's.
        NoticeKind::OrderOpened
        | NoticeKind::OrderUpdated
        | NoticeKind::OrderStaged
        | NoticeKind::OrderUpdateFailed(..)
        | NoticeKind::PaymentAccepted
        | NoticeKind::PaymentCompleted
        | NoticeKind::PaymentFailed(_)
        | NoticeKind::PaymentVoided
        | NoticeKind::PaymentReversed
        | NoticeKind::PaymentAmended => return None,
    };
    let settings = EndpointSettings::of(endpoint);
    let body = if status == "SUCCESS" && !settings.provide_account {
        opened(&view.order, watcher)
    } else {
        let account = settings.provide_account.then_some(AccountForm {
            view,
            directory: event.directory,
            as_numbers: encoder.money_as_numbers,
            shape: Shape {
                close_date: false,
                lines: settings.expand_transactions,
                line_details: status == "SUCCESS",
                payments: settings.expand_payments,
            },
        });
        state(&view.order, watcher, status, account)
    };
    Some(Message {
        event: format!("order.{status}"),
        body: body.into_string(),
    })
}

/// An order that opens with this very command is told as SUCCESS, which shows all that an update would show; one that waits
/// for a till is not known to anybody; and a payment that was cancelled before it counted never showed on its check.
fn is_news(event: &WebhookEvent<'_>, order: &Order) -> bool {
    let says_it_all = event
        .notices
        .iter()
        .any(|notice| matches!(notice.kind, NoticeKind::OrderOpened | NoticeKind::PaymentVoided));
    order.state != OrderState::Proposed && !says_it_all
}

/// An account to show.
struct AccountForm<'a> {
    view: &'a OrderView,
    directory: &'a Directory,
    as_numbers: bool,
    shape: Shape,
}

/// SUCCESS for an endpoint without account: its own key order, the legacy id a string.
fn opened(order: &Order, watcher: &Watcher) -> JsonWriter {
    JsonWriter::object(|o| {
        o.string("status", "SUCCESS");
        o.display("ikentooAccountId", order.id.0);
        o.display("ikentooAccountIdentifier", order.account);
        o.string("thirdPartyReference", &watcher.reference);
        o.string("type", "ORDER");
    })
}

/// Everything else about a check that is there; the legacy id is a number.
fn state(order: &Order, watcher: &Watcher, status: &str, account: Option<AccountForm<'_>>) -> JsonWriter {
    JsonWriter::object(|o| {
        o.string("thirdPartyReference", &watcher.reference);
        o.number("businessLocationId", order.location.0);
        o.string("status", status);
        o.optional("account", account, write_account);
        o.number("ikentooAccountId", order.id.0);
        o.display("ikentooAccountIdentifier", order.account);
        o.string("type", "ORDER");
    })
}

fn write_account(o: &mut ObjectWriter<'_>, name: &str, account: AccountForm<'_>) {
    o.object(name, |o| {
        write_snapshot(
            o,
            account.view,
            account.directory,
            account.as_numbers,
            account.shape,
        );
    });
}

/// FAILURE has no type and no location.
fn failure_message(
    event: &WebhookEvent<'_>,
    view: &OrderView,
    watcher: &Watcher,
    failure: &Failure,
) -> Option<Message> {
    if !is_about(event, view, watcher) {
        return None;
    }
    Some(failure_told(&watcher.reference, failure))
}

fn failure_told(reference: &str, failure: &Failure) -> Message {
    let body = JsonWriter::object(|o| {
        o.string("status", "FAILURE");
        o.string("reason", &reason(failure));
        o.string("thirdPartyReference", reference);
    });
    Message {
        event: "order.FAILURE".to_owned(),
        body: body.into_string(),
    }
}

/// Whether a failure concerns what this endpoint asked for. A proposal that came to nothing, which is cancelled by the very
/// command that tells so, is its maker's. On any other check an update failed: told under a payment's reference it would
/// read as a failed payment, and under the reference of an order that was made it would read as that order's failure.
fn is_about(event: &WebhookEvent<'_>, view: &OrderView, watcher: &Watcher) -> bool {
    let order = &view.order;
    if order.state == OrderState::Cancelled && order.closed_at == Some(event.now) {
        return watcher.is_maker;
    }
    let is_payment = view.payments.iter().any(|payment| {
        payment.endpoint == Some(watcher.endpoint) && payment.reference.as_ref() == Some(&watcher.reference)
    });
    !watcher.is_maker && !is_payment
}
