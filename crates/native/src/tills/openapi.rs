//! The description of the till protocol.

use serde_json::{Value, json};
use tender_engine::TASKS_PER_CLAIM_MAX;
use tender_openapi::{Answer, Document, Operation, Parameter, Schema};
use tender_service::CLAIM_WAIT_MS_MAX;

use super::answer::WORDS_CHARS_MAX;
use crate::openapi::call::{Call, Traits, advised, done, id};
use crate::openapi::values::{
    DEVICE, LATER, LOCATION, MOMENT, PAYMENT, STAFF, advice, amount, chars, currency, plain_id,
    plain_id_text, text, time,
};
use crate::orders::openapi::order_example;
use crate::payments::openapi::{TASK, confirmed_example, refused_example};

pub(crate) fn add(document: Document) -> Document {
    let tasks = Schema::object()
        .required("tasks", Schema::array(Schema::named("Task")))
        .closed();
    let heartbeat = Schema::object()
        .required("device_id", text())
        .required("location_id", text())
        .required("now", time())
        .closed();
    let outcome = Schema::object()
        .required("outcome", Schema::words(&["applied", "refused", "superseded"]))
        .required("task_id", text())
        .optional("payment", Schema::named("Payment"));
    requests(document)
        .schema("TaskPayment", payment())
        .schema("Task", task())
        .schema("Tasks", tasks)
        .schema("TaskOutcome", advice(outcome).closed())
        .schema("Heartbeat", heartbeat)
}

fn requests(document: Document) -> Document {
    let max = Schema::integer()
        .minimum(1)
        .maximum(i64::from(TASKS_PER_CLAIM_MAX));
    let wait_ms = Schema::integer()
        .minimum(0)
        .maximum(i64::try_from(CLAIM_WAIT_MS_MAX).unwrap_or(i64::MAX));
    let claim = Schema::object()
        .required("device_id", plain_id())
        .optional("max", max.or_null().default_value(1))
        .optional(
            "wait_ms",
            wait_ms.or_null().describe("Real time.").default_value(0),
        )
        .closed();
    let lease = || Schema::integer().minimum(1).maximum(i64::MAX);
    let words = || Schema::string().length(1, chars(WORDS_CHARS_MAX));
    let refuse = Schema::object()
        .required("lease", lease())
        .required(
            "reason",
            words().describe("A published code, or a till's own words."),
        )
        .optional("message", words().or_null())
        .closed();
    let device = plain_id()
        .or_null()
        .describe("A token made for one device need not name it.");
    document
        .schema("Claim", claim)
        .schema("Confirm", Schema::object().required("lease", lease()).closed())
        .schema("Refuse", refuse)
        .schema(
            "DeviceName",
            Schema::object().optional("device_id", device).closed(),
        )
}

pub(crate) fn claim(call: Call<'_>) -> Operation {
    call.named(
        "tills",
        "claimTasks",
        "Lease tasks, waiting for them if there are none",
    )
    .takes("Claim", json!({"device_id": DEVICE, "max": 1, "wait_ms": 0}))
    .answers(200, done("Tasks", json!({"tasks": [task_example()]})))
    .finds()
}

pub(crate) fn tasks(call: Call<'_>) -> Operation {
    let max = Schema::integer()
        .minimum(1)
        .maximum(i64::from(TASKS_PER_CLAIM_MAX));
    let device = Parameter::query(
        "device_id",
        plain_id_text(),
        "The device; a token made for one device need not name it.",
    );
    let stream = format!("id: {TASK}\nevent: task\ndata: {}\n\n", task_example());
    let summary = "The same tasks as server-sent events, each leased when it is sent";
    let answer =
        Answer::new("Tasks, as they come.").body("text/event-stream", Schema::string(), json!(stream));
    call.named("tills", "streamTasks", summary)
        .parameter(device.example(DEVICE))
        .parameter(Parameter::query("max", max, "Tasks leased at a time.").example(1))
        .answers(200, answer)
        .finds()
}

pub(crate) fn confirm(call: Call<'_>) -> Operation {
    let example = json!({
        "outcome": "applied", "task_id": TASK, "payment": confirmed_example(), "money_moved": "yes", "retry": "never",
    });
    about_one(call, "confirmTask", "Done; may be repeated")
        .takes("Confirm", json!({"lease": 1}))
        .answers(200, advised(done("TaskOutcome", example)))
}

pub(crate) fn refuse(call: Call<'_>) -> Operation {
    let example = json!({
        "outcome": "refused", "task_id": TASK, "payment": refused_example(), "money_moved": "no", "retry": "never",
    });
    let refusal = json!({"lease": 1, "reason": "UPDATE_FAILED", "message": "The card was declined"});
    about_one(call, "refuseTask", "No, and why; may be repeated")
        .takes("Refuse", refusal)
        .answers(200, advised(done("TaskOutcome", example)))
}

fn about_one(call: Call<'_>, name: &str, summary: &str) -> Operation {
    call.named("tills", name, summary)
        .parameter(id("task", TASK))
        .finds()
        .conflicts()
}

pub(crate) fn heartbeat(call: Call<'_>) -> Operation {
    let example = json!({"device_id": DEVICE, "location_id": LOCATION, "now": MOMENT});
    call.named("tills", "heartbeat", "A device is there; a claim says so too")
        .may_take("DeviceName", json!({"device_id": DEVICE}))
        .answers(200, done("Heartbeat", example))
        .finds()
}

fn payment() -> Schema {
    money(Schema::object().required("id", text()))
}

/// What a till is told about a payment; one that comes with lines has no id before they are taken.
fn money(schema: Schema) -> Schema {
    schema
        .required("amount", amount())
        .required("tip", amount())
        .required("surcharge", amount())
        .required("currency", currency())
        .required("method_code", text().or_null())
        .required("reference", text().or_null())
        .required("staff_id", text().or_null())
        .required("printer_profile_id", text().or_null())
}

fn task() -> Schema {
    let line = Schema::object()
        .required("name", text())
        .optional("sku", text())
        .required("quantity", text())
        .required("unit_amount", text())
        .optional("notes", text())
        .closed();
    let payments = Schema::array(money(Schema::object()).closed())
        .describe("Payments that come with the lines, and count when those are taken.");
    let message = Schema::object()
        .required("text", text())
        .required("also_print", Schema::boolean())
        .closed();
    Schema::object()
        .required("id", text().describe("tsk_…"))
        .required(
            "lease",
            Schema::integer().describe("The fencing token: it goes with the answer."),
        )
        .required("kind", Schema::words(&["payment", "order", "lines", "message"]))
        .required("location_id", text())
        .required("expires_at", time())
        .required("leased_until", time())
        .required("created_at", time())
        .optional("order", Schema::named("Order"))
        .optional("payment", Schema::named("TaskPayment"))
        .optional("lines", Schema::array(line))
        .optional("payments", payments)
        .optional("payments", Schema::array(money(Schema::object())))
        .optional("message", message)
        .closed()
}

fn task_example() -> Value {
    json!({
        "id": TASK, "lease": 1, "kind": "payment", "location_id": LOCATION, "expires_at": LATER, "leased_until": LATER,
        "created_at": MOMENT, "order": order_example(),
        "payment": {
            "id": PAYMENT, "amount": "20.00", "tip": "0.00", "surcharge": "0.00", "currency": "EUR", "method_code": null,
            "reference": "GUEST-1", "staff_id": STAFF, "printer_profile_id": "1773881235",
        },
    })
}
