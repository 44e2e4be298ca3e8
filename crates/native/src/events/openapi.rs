//! The description of the feed.

use serde_json::json;
use tender_engine::EntryKind;
use tender_openapi::{Document, Operation, Parameter, Schema};

use super::list::{LIMIT_MAX, LIMIT_USUAL};
use crate::openapi::call::{Call, Traits, done, page};
use crate::openapi::values::{LOCATION, MOMENT, ORDER, amount, currency, page_of, text, time, via};

pub(crate) fn add(document: Document) -> Document {
    let posting = Schema::object()
        .required("ledger", text())
        .required("amount", amount())
        .closed();
    let chain = Schema::object()
        .required("seq", Schema::integer().describe("From 1 within the order."))
        .required(
            "hash",
            text().describe("SHA-256 over this entry and all before it."),
        )
        .closed();
    let id = text()
        .describe("The place in the feed: the `after` of what follows, and the id of the server-sent event.");
    let event = Schema::object()
        .describe("A journal entry.")
        .required("id", id)
        .required("type", Schema::words(&EntryKind::ALL.map(EntryKind::code)))
        .required("occurred_at", time())
        .required("location_id", text())
        .optional("order_id", text())
        .optional("payment_id", text())
        .optional("task_id", text())
        .required("by", text().describe("The application."))
        .required("via", via())
        .required("currency", currency())
        .required(
            "postings",
            Schema::array(posting).describe("Debits positive, credits negative; they sum to zero."),
        )
        .required(
            "facts",
            Schema::map(text()).describe("Further facts; amounts in minor units end in _minor."),
        )
        .required("chain", chain)
        .closed();
    document
        .schema("Event", event)
        .schema("EventPage", page_of("Event"))
}

pub(crate) fn list(call: Call<'_>) -> Operation {
    let postings = json!([
        {"ledger": "receivable.goods", "amount": "40.12"}, {"ledger": "sales", "amount": "-40.12"},
        {"ledger": "receivable.service", "amount": "4.01"}, {"ledger": "service", "amount": "-4.01"},
    ]);
    let event = json!({
        "id": "0-1", "type": "order.opened", "occurred_at": MOMENT, "location_id": LOCATION, "order_id": ORDER,
        "by": "app_0", "via": "native", "currency": "EUR", "postings": postings,
        "facts": {"account": "A1234.7", "total_minor": "4413"},
        "chain": {"seq": 1, "hash": "cb247b34741784dbf8a9a815c6c6d21808e3cffbfcfedd5f9d92c8146ad31696"},
    });
    let stream = format!("id: 0-1\nevent: order.opened\ndata: {event}\n\n");
    let answer = done("EventPage", page(event, Some("0-1"))).body(
        "text/event-stream",
        Schema::string(),
        json!(stream),
    );
    let kinds = Schema::words(&EntryKind::ALL.map(EntryKind::code));
    let last = "Streams only: the id of the last event handled.";
    let summary = "The journal as a feed: in commit order, without gaps. With Accept: text/event-stream a stream, which goes on \
        after Last-Event-ID";
    call.named("events", "listEvents", summary)
        .paged(LIMIT_MAX, LIMIT_USUAL, "0-0")
        .located("Of this location only.")
        .parameter(Parameter::query("type", kinds, "Of this type only.").example("order.opened"))
        .parameter(Parameter::header("Last-Event-ID", Schema::string(), last).example("0-0"))
        .answers(200, answer)
}
