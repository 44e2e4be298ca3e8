//! The description of timelines.

use serde_json::json;
use tender_openapi::{Document, Operation, Schema};

use crate::openapi::call::{Call, Traits, advised, done, id};
use crate::openapi::values::{MOMENT, ORDER, PAYMENT, advice, text, time, via};
use crate::payments::openapi::states;

/// What becomes of a task.
const TASK_STATES: [&str; 5] = ["open", "applied", "refused", "expired", "withdrawn"];

pub(crate) fn add(document: Document) -> Document {
    let step = Schema::object()
        .required("at", time())
        .required("kind", text().describe("A journal kind, task.… or delivery.…"))
        .required("text", text())
        .optional("cause", text())
        .optional("next", text().describe("What somebody has to do."))
        .optional("by", text())
        .optional("via", via())
        .closed();
    let task = Schema::object()
        .required("id", text())
        .required("state", Schema::words(&TASK_STATES))
        .optional("device_id", text())
        .required("lease", Schema::integer())
        .optional("leased_to", text())
        .optional("leased_until", time())
        .required("offered_at", time())
        .required("expires_at", time())
        .closed();
    let object = Schema::object()
        .required("payment_id", text())
        .optional("order_id", text())
        .required("state", states())
        .required("summary", text())
        .required("next", text());
    let all_shown =
        Schema::boolean().describe("Whether the search for messages about the order came to its end.");
    let timeline = advice(object)
        .optional("task", task)
        .required("steps", Schema::array(Schema::named("Step")))
        .required("all_deliveries_shown", all_shown)
        .closed();
    document.schema("Step", step).schema("Timeline", timeline)
}

pub(crate) fn get(call: Call<'_>) -> Operation {
    let step = json!({
        "at": MOMENT, "kind": "payment.completed",
        "text": "An application completed the payment: it counts. 22.00 EUR changed hands, tip and surcharge included.",
        "by": "app_0", "via": "native",
    });
    let example = json!({
        "payment_id": PAYMENT, "order_id": ORDER, "state": "complete", "summary": "The payment counts.",
        "next": "Nothing. To give money back, make a refund.", "money_moved": "yes", "retry": "never", "steps": [step],
        "all_deliveries_shown": true,
    });
    let summary = "Every hop with time, cause and what to do next";
    call.named("payments", "getTimeline", summary)
        .parameter(id("payment", PAYMENT))
        .answers(200, advised(done("Timeline", example)))
        .finds()
}
