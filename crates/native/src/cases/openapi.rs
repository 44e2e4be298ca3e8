//! The description of cases.

use serde_json::{Value, json};
use tender_engine::CaseReason;
use tender_openapi::{Document, Operation, Parameter, Schema};

use super::{LIMIT_MAX, LIMIT_USUAL, explanation};
use crate::openapi::call::{Call, Traits, done, id, page};
use crate::openapi::values::{
    LATER, LOCATION, MOMENT, ORDER, PAYMENT, amount, currency, long_text, page_of, text, time,
};
use crate::payments::openapi::TASK;

/// A case.
const CASE: &str = "case_488078804451328";

pub(crate) fn add(document: Document) -> Document {
    let resolution = Schema::object().required("resolution", long_text()).closed();
    document
        .schema("Case", case())
        .schema("CasePage", page_of("Case"))
        .schema("Resolution", resolution)
}

pub(crate) fn list(call: Call<'_>) -> Operation {
    let open = Parameter::query("open", Schema::boolean(), "Unresolved ones only.");
    call.named("cases", "listCases", "Money that needs a person, newest first")
        .parameter(open.example(true))
        .located("Of this location only.")
        .paged(LIMIT_MAX, LIMIT_USUAL, CASE)
        .answers(200, done("CasePage", page(open_example(), None)))
}

pub(crate) fn get(call: Call<'_>) -> Operation {
    call.named("cases", "getCase", "Read a case")
        .parameter(id("case", CASE))
        .answers(200, done("Case", open_example()))
        .finds()
}

pub(crate) fn resolve(call: Call<'_>) -> Operation {
    let words = "Asked the guest: the card was not charged.";
    let mut resolved = open_example();
    if let Value::Object(case) = &mut resolved {
        case.remove("next");
    }
    resolved["state"] = json!("resolved");
    resolved["resolved_at"] = json!(LATER);
    resolved["resolution"] = json!(words);
    call.named("cases", "resolveCase", "Say what was done about it")
        .parameter(id("case", CASE))
        .takes("Resolution", json!({"resolution": words}))
        .answers(200, done("Case", resolved))
        .finds()
}

fn case() -> Schema {
    Schema::object()
        .required("id", text().describe("case_…"))
        .required("state", Schema::words(&["open", "resolved"]))
        .required("reason", Schema::words(&CaseReason::ALL.map(CaseReason::code)))
        .required("explanation", text())
        .optional("next", text())
        .required("location_id", text())
        .required("order_id", text())
        .required("payment_id", text())
        .optional("task_id", text())
        .optional("amount", amount())
        .optional("currency", currency())
        .required("opened_at", time())
        .optional("resolved_at", time())
        .optional("resolution", text())
        .closed()
}

fn open_example() -> Value {
    let reason = CaseReason::ConfirmedAfterEnd;
    let (what, next) = explanation(reason);
    json!({
        "id": CASE, "state": "open", "reason": reason.code(), "explanation": what, "next": next, "location_id": LOCATION,
        "order_id": ORDER, "payment_id": PAYMENT, "task_id": TASK, "amount": "20.00", "currency": "EUR",
        "opened_at": MOMENT,
    })
}
