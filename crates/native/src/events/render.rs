//! A journal entry as an event.

use std::fmt::Write as _;

use tender_engine::{JournalEntry, OrderId, PaymentId};
use tender_money::Amount;
use tender_service::FeedPosition;
use tender_wire::ObjectWriter;

use super::cursor;
use crate::ids::OnTheWire;
use crate::time::Moment;

/// Writes an event's members.
pub(super) fn write_event(object: &mut ObjectWriter<'_>, position: FeedPosition, entry: &JournalEntry) {
    object.string("id", &cursor::write(position));
    object.string("type", entry.kind.code());
    object.display("occurred_at", Moment(entry.at));
    object.display("location_id", entry.location.wire());
    // The chain of an entry without an order has an id that names none.
    if entry.kind.code().starts_with("order.") || entry.payment.is_some_and(|number| number > 0) {
        object.display("order_id", entry.order.wire());
    }
    object.optional(
        "payment_id",
        payment(entry.order, entry.payment),
        ObjectWriter::display,
    );
    object.optional("task_id", entry.task.map(OnTheWire::wire), ObjectWriter::display);
    object.display("by", entry.by.wire());
    object.string("via", entry.via.code());
    object.string("currency", entry.currency.code());
    object.array("postings", |array| {
        for posting in &entry.postings {
            array.object(|object| {
                object.display("ledger", posting.ledger);
                let (minor, currency) = (posting.amount_minor, entry.currency);
                object.money_string("amount", Amount { minor, currency });
            });
        }
    });
    object.object("facts", |object| {
        for (name, value) in &entry.detail {
            object.string(name, value);
        }
    });
    object.object("chain", |object| {
        object.number("seq", entry.seq);
        object.string("hash", &hex(&entry.hash));
    });
}

fn payment(order: OrderId, number: Option<u32>) -> Option<impl std::fmt::Display> {
    number.map(|number| PaymentId { order, number }.wire())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
