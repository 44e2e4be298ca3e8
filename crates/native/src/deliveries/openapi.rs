//! The description of deliveries.

use serde_json::{Value, json};
use tender_engine::DeliveryState;
use tender_openapi::{Document, Operation, Parameter, Schema};

use super::{LIMIT_MAX, LIMIT_USUAL, state_word};
use crate::endpoints::openapi::ENDPOINT;
use crate::openapi::call::{Call, Traits, done, id, page};
use crate::openapi::values::{LATER, MOMENT, ORDER, page_of, text, time};

/// A delivery.
const DELIVERY: &str = "dlv_488078791778304";

/// What a delivery comes to.
const STATES: [DeliveryState; 4] = [
    DeliveryState::Pending,
    DeliveryState::Delivered,
    DeliveryState::Exhausted,
    DeliveryState::Dropped,
];

pub(crate) fn add(document: Document) -> Document {
    let delivery_id = || Schema::string().pattern("^dlv_(0|[1-9][0-9]{0,15})$");
    let range = Schema::object()
        .required("endpoint_id", Schema::string())
        .required("from", delivery_id().describe("The first delivery."))
        .required("to", delivery_id().describe("The last delivery."))
        .closed();
    let attempt = Schema::object()
        .required("at", time())
        .optional("status", Schema::integer())
        .optional("error", text())
        .required("duration_ms", Schema::integer())
        .closed();
    let next = text()
        .or_null()
        .describe("Where to go on, when the range held more than one call replays.");
    let replayed = Schema::object()
        .required("replayed", Schema::integer())
        .required("next", next)
        .closed();
    document
        .schema("ReplayRange", range)
        .schema("Attempt", attempt)
        .schema("Delivery", delivery())
        .schema("DeliveryPage", page_of("Delivery"))
        .schema("Replayed", replayed)
}

pub(crate) fn list(call: Call<'_>) -> Operation {
    let endpoint = Schema::string().pattern("^(whe_(0|[1-9][0-9]{0,15}))?$");
    let mut example = example();
    if let Value::Object(example) = &mut example {
        example.remove("body");
    }
    call.named("webhooks", "listDeliveries", "List deliveries, newest first")
        .parameter(Parameter::query("endpoint_id", endpoint, "To this endpoint only.").example(ENDPOINT))
        .paged(LIMIT_MAX, LIMIT_USUAL, DELIVERY)
        .answers(200, done("DeliveryPage", page(example, None)))
        .finds()
}

pub(crate) fn replay_range(call: Call<'_>) -> Operation {
    let summary = "Send an endpoint's messages from one delivery to another again";
    call.named("webhooks", "replayDeliveries", summary)
        .takes(
            "ReplayRange",
            json!({"endpoint_id": ENDPOINT, "from": DELIVERY, "to": DELIVERY}),
        )
        .answers(200, done("Replayed", json!({"replayed": 1, "next": null})))
        .finds()
}

pub(crate) fn get(call: Call<'_>) -> Operation {
    call.named("webhooks", "getDelivery", "Read a delivery, with its body")
        .parameter(id("delivery", DELIVERY))
        .answers(200, done("Delivery", example()))
        .finds()
}

pub(crate) fn replay(call: Call<'_>) -> Operation {
    let summary = "Send a message again: the same bytes, the same id";
    call.named("webhooks", "replayDelivery", summary)
        .parameter(id("delivery", DELIVERY))
        .may_take("Empty", json!({}))
        .answers(200, done("Delivery", example()))
        .finds()
}

fn delivery() -> Schema {
    Schema::object()
        .required("id", text().describe("dlv_…"))
        .required("endpoint_id", text())
        .required("event", text())
        .optional("order_id", text())
        .required("state", Schema::words(&STATES.map(state_word)))
        .required(
            "message_id",
            text().describe("The same on every attempt: the webhook-id header."),
        )
        .required(
            "sequence",
            Schema::integer().describe("Rises by one per message of an endpoint."),
        )
        .required("attempts", Schema::array(Schema::named("Attempt")))
        .optional("next_attempt_at", time())
        .required("created_at", time())
        .optional(
            "body",
            text().describe("The exact bytes sent; shown for a single delivery."),
        )
        .closed()
}

/// A message that nobody was there to take.
fn example() -> Value {
    json!({
        "id": DELIVERY, "endpoint_id": ENDPOINT, "event": "payment.completed", "order_id": ORDER, "state": "pending",
        "message_id": "d6bfddbc-d704-4d6e-98c0-9becc94db398", "sequence": 1,
        "attempts": [{"at": MOMENT, "error": "Connection refused (os error 111)", "duration_ms": 0}],
        "next_attempt_at": LATER, "created_at": MOMENT,
        "body": "{\"type\":\"payment.completed\",\"occurred_at\":\"2026-03-29T00:59:59.000Z\"}",
    })
}
