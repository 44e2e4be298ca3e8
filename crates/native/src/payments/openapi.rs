//! The description of payments.

use serde_json::{Value, json};
use tender_engine::{Direction, FailureCode, PaymentState};
use tender_openapi::{Answer, Document, Operation, Schema};

use super::pay::{Mode, TTL_MS_MAX};
use super::render::{direction_word, state_word};
use crate::openapi::call::{Call, Traits, advised, done, id};
use crate::openapi::values::{
    LATER, LOCATION, MOMENT, ORDER, PAYMENT, STAFF, advice, amount, currency, decimal, long_text, plain_id,
    short_text, text, time, via,
};
use crate::orders::openapi::head_example;

pub(crate) fn add(document: Document) -> Document {
    let preview = payment()
        .describe("A payment as it would be, and its order after it. Nothing was written.")
        .required("dry_run", Schema::constant(true))
        .required("order", Schema::named("OrderHead"))
        .closed();
    document
        .schema("NewPayment", new_payment())
        .schema("NewRefund", new_refund())
        .schema("Failure", failure())
        .schema("Payment", payment().closed())
        .schema("PaymentPreview", preview)
}

pub(crate) fn pay(call: Call<'_>) -> Operation {
    let example = json!({"amount": "20.00", "tip": "2.00", "method_code": "APM", "reference": "GUEST-1"});
    let paid = advised(done("Payment", complete_example()));
    let paid = FROM_PAYMENT.iter().fold(paid, |answer, operation| {
        answer.link(operation, &[("id", "$response.body#/id")])
    });
    call.named("payments", "pay", "Pay, at once or by a till")
        .parameter(id("order", ORDER))
        .rehearsed()
        .keyed("guest-1")
        .takes("NewPayment", example)
        .answers(200, rehearsal())
        .answers(201, paid)
        .finds()
        .conflicts()
        .judges()
}

/// What can be done with a payment that was just made.
const FROM_PAYMENT: [&str; 5] = [
    "getPayment",
    "getTimeline",
    "confirmPayment",
    "voidPayment",
    "refundPayment",
];

pub(crate) fn get(call: Call<'_>) -> Operation {
    call.named("payments", "getPayment", "Read a payment")
        .parameter(id("payment", PAYMENT))
        .answers(200, advised(done("Payment", complete_example())))
        .finds()
}

pub(crate) fn confirm(call: Call<'_>) -> Operation {
    settle(call, "confirmPayment", "Complete a pending payment by hand").judges()
}

pub(crate) fn void(call: Call<'_>) -> Operation {
    settle(call, "voidPayment", "Cancel a pending payment")
}

fn settle(call: Call<'_>, name: &str, summary: &str) -> Operation {
    let either = Schema::one_of([Schema::named("Payment"), Schema::named("PaymentPreview")]);
    let example = match name {
        "voidPayment" => voided_example(),
        _ => by_hand_example(),
    };
    call.named("payments", name, summary)
        .parameter(id("payment", PAYMENT))
        .rehearsed()
        .may_take("Empty", json!({}))
        .answers(
            200,
            advised(Answer::new("Done, or with dry_run what would be.").json(either, example)),
        )
        .finds()
        .conflicts()
}

pub(crate) fn refund(call: Call<'_>) -> Operation {
    let example = json!({"amount": "5.00", "note": "The wine was corked"});
    call.named("payments", "refundPayment", "Give money back")
        .parameter(id("payment", PAYMENT))
        .rehearsed()
        .keyed("refund-1")
        .may_take("NewRefund", example)
        .answers(200, rehearsal())
        .answers(201, advised(done("Payment", refund_example())))
        .finds()
        .conflicts()
        .judges()
}

fn rehearsal() -> Answer {
    let mut example = complete_example();
    if let Value::Object(example) = &mut example {
        let mut order = head_example();
        order["due"] = json!("24.13");
        order["paid"] = json!("20.00");
        order["tips"] = json!("2.00");
        example.insert("dry_run".to_owned(), json!(true));
        example.insert("order".to_owned(), order);
    }
    let answer = Answer::new("What would happen: with dry_run only.");
    advised(answer.json(Schema::named("PaymentPreview"), example))
}

fn new_payment() -> Schema {
    let modes = Schema::words(&[Mode::Immediate.word(), Mode::Till.word()]).or_null();
    let reference = short_text()
        .or_null()
        .describe("Unique per application and location, for ever.");
    let ttl_ms = Schema::integer()
        .minimum(1)
        .maximum(TTL_MS_MAX)
        .or_null()
        .describe("How long tills are offered it; mode till only.");
    Schema::object()
        .required("amount", decimal())
        .optional("tip", decimal().or_null())
        .optional("surcharge", decimal().or_null())
        .optional(
            "method_code",
            short_text()
                .or_null()
                .describe("None: a payment without a method."),
        )
        .optional("reference", reference)
        .optional("mode", modes.default_value(Mode::Immediate.word()))
        .optional("ttl_ms", ttl_ms)
        .optional("device_id", plain_id().or_null().describe("Mode till only."))
        .optional("staff_id", plain_id().or_null())
        .optional("note", long_text().or_null())
        .closed()
}

fn new_refund() -> Schema {
    Schema::object()
        .optional(
            "amount",
            decimal()
                .or_null()
                .describe("Absent: all that can be given back."),
        )
        .optional("reference", short_text().or_null())
        .optional("staff_id", plain_id().or_null())
        .optional("note", long_text().or_null())
        .closed()
}

fn failure() -> Schema {
    Schema::object()
        .describe("Why a payment failed.")
        .required("code", Schema::words(&FailureCode::ALL.map(FailureCode::code)))
        .required("message", text().describe("A till's own words, or ours."))
        .closed()
}

/// The states of a payment.
pub(crate) fn states() -> Schema {
    Schema::words(&PaymentState::ALL.map(state_word))
}

fn payment() -> Schema {
    let directions = [Direction::Receipt, Direction::Refund].map(direction_word);
    let object = Schema::object()
        .required("id", text().describe("pay_…"))
        .optional(
            "order_id",
            text().describe("ord_…; absent for a payment that never found an order."),
        )
        .required("location_id", text())
        .required("state", states())
        .required("direction", Schema::words(&directions))
        .required("amount", amount())
        .required("applied", amount().describe("What reduces the bill."))
        .required("tip", amount())
        .required("surcharge", amount())
        .required(
            "service_charge",
            amount().describe("What this payment contributed to the service charge."),
        )
        .required("currency", currency())
        .optional(
            "refunded",
            amount().describe("Pending and complete refunds of this receipt."),
        )
        .optional("method_id", text().describe("mth_…"))
        .optional("method_code", text())
        .optional("method_name", text())
        .optional("reference", text())
        .optional("staff_id", text())
        .optional("device_id", text())
        .optional(
            "refund_of",
            text().describe("The payment that a refund gives back."),
        )
        .optional("note", text())
        .optional("task_id", text().describe("tsk_…"))
        .optional("failure", Schema::named("Failure"));
    advice(object)
        .optional("expires_at", time())
        .required("created_at", time())
        .required("created_via", via())
        .required("created_by", text().describe("app_…"))
        .required("updated_at", time())
        .required("updated_via", via())
        .optional("completed_at", time())
        .optional("reversed_at", time())
}

/// A receipt that counts.
pub(crate) fn complete_example() -> Value {
    json!({
        "id": PAYMENT, "order_id": ORDER, "location_id": LOCATION, "state": "complete", "direction": "receipt",
        "amount": "20.00", "applied": "20.00", "tip": "2.00", "surcharge": "0.00", "service_charge": "1.82",
        "currency": "EUR", "refunded": "0.00", "method_id": "mth_2", "method_code": "APM", "method_name": "API Payment",
        "reference": "GUEST-1", "staff_id": STAFF, "money_moved": "yes", "retry": "never", "created_at": MOMENT,
        "created_via": "native", "created_by": "app_0", "updated_at": MOMENT, "updated_via": "native",
        "completed_at": MOMENT,
    })
}

fn voided_example() -> Value {
    json!({
        "id": PAYMENT, "order_id": ORDER, "location_id": LOCATION, "state": "voided", "direction": "receipt",
        "amount": "20.00", "applied": "20.00", "tip": "0.00", "surcharge": "0.00", "service_charge": "0.00",
        "currency": "EUR", "refunded": "0.00", "reference": "GUEST-1", "staff_id": STAFF, "task_id": TASK,
        "money_moved": "no", "retry": "never", "created_at": MOMENT, "created_via": "native", "created_by": "app_0",
        "updated_at": LATER, "updated_via": "native",
    })
}

/// The task of a payment that a till settles.
pub(crate) const TASK: &str = "tsk_488078791942144";

/// A receipt that a till confirmed.
pub(crate) fn confirmed_example() -> Value {
    json!({
        "id": PAYMENT, "order_id": ORDER, "location_id": LOCATION, "state": "complete", "direction": "receipt",
        "amount": "20.00", "applied": "20.00", "tip": "0.00", "surcharge": "0.00", "service_charge": "1.82",
        "currency": "EUR", "refunded": "0.00", "reference": "GUEST-1", "staff_id": STAFF, "task_id": TASK,
        "money_moved": "yes", "retry": "never", "created_at": MOMENT, "created_via": "native", "created_by": "app_0",
        "updated_at": LATER, "updated_via": "till", "completed_at": LATER,
    })
}

/// A receipt that waited for a till and was confirmed by hand.
fn by_hand_example() -> Value {
    let mut payment = confirmed_example();
    payment["updated_via"] = json!("native");
    payment
}

/// A receipt that a till refused.
pub(crate) fn refused_example() -> Value {
    json!({
        "id": PAYMENT, "order_id": ORDER, "location_id": LOCATION, "state": "failed", "direction": "receipt",
        "amount": "20.00", "applied": "20.00", "tip": "0.00", "surcharge": "0.00", "service_charge": "0.00",
        "currency": "EUR", "refunded": "0.00", "reference": "GUEST-1", "staff_id": STAFF, "task_id": TASK,
        "failure": {"code": "UPDATE_FAILED", "message": "The card was declined"}, "money_moved": "no", "retry": "never",
        "created_at": MOMENT, "created_via": "native", "created_by": "app_0", "updated_at": LATER,
        "updated_via": "till",
    })
}

fn refund_example() -> Value {
    json!({
        "id": "pay_488078791696384_2", "order_id": ORDER, "location_id": LOCATION, "state": "complete",
        "direction": "refund", "amount": "5.00", "applied": "5.00", "tip": "0.00", "surcharge": "0.00",
        "service_charge": "0.45", "currency": "EUR", "method_id": "mth_2", "method_code": "APM",
        "method_name": "API Payment", "staff_id": STAFF, "refund_of": PAYMENT, "note": "The wine was corked",
        "money_moved": "yes", "retry": "never", "created_at": LATER, "created_via": "native", "created_by": "app_0",
        "updated_at": LATER, "updated_via": "native", "completed_at": LATER,
    })
}
