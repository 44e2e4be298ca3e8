//! The description of the dialect: its calls, what they take and what they answer.
//!
//! Owns: the OpenAPI document. Must not know: how a call is served. That it names every route and no other is a test.

mod schemas;

#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use tender_openapi::{Document, Operation, Parameter, Schema};

use self::schemas::{id_text, with_schemas};

const ABOUT: &str = "Payments of orders: created pending, in progress or complete, confirmed later. Every answer stands in one \
    envelope with `data` or `error`. Amounts are JSON numbers, read exactly and never rounded. Answers about a payment and \
    refusals say in the headers `Tender-Money-Moved` and `Tender-Retry` whether money moved and whether to send again.";

/// Refusals that every call may answer.
const ALWAYS: [(u16, &str); 6] = [
    (400, "The request, or what it names, does not allow this."),
    (401, "The `api-key` header is missing, or the key is not good."),
    (403, "The key has no right to this organisation."),
    (
        429,
        "The organisation's daily quota is used up; `error.serverError.retryAfter` says when to send again.",
    ),
    (500, "Nobody can say what became of the request."),
    (
        503,
        "The server is busy and did nothing; `error.serverError.retryAfter` says when to send again.",
    ),
];

/// Refusals of calls with a body.
const BODY: [(u16, &str); 2] = [
    (413, "The body is larger than 65536 bytes."),
    (415, "The body is not announced as `application/json`."),
];

const NO_PAYMENT: (u16, &str) = (404, "There is no such payment.");

/// An order. What the server numbers by itself is different everywhere.
const ORDER: &str = "ord_488078791696384";
/// Where the answer to create has the payment's id.
const MADE: &str = "$response.body#/data/id";

/// The OpenAPI document.
#[must_use]
pub fn openapi() -> Value {
    let key = json!({"type": "apiKey", "in": "header", "name": "api-key"});
    let organization = json!({
        "type": "apiKey", "in": "header", "name": "organization-id",
        "description": "The organisation that the key belongs to, as `org_…`.",
    });
    let document = Document::new("tender: order-management payments (om)", ABOUT)
        .tag("payments", "Payments of an order.")
        .tag("methods", "Ways to pay.")
        .scheme("apiKey", key)
        .scheme("organization", organization)
        .secured_by(&["apiKey", "organization"]);
    let operations = [create(), list(), update(), delete(), confirm(), methods()];
    with_schemas(operations.into_iter().fold(document, Document::operation)).finish()
}

fn call(method: &str, path: &str, id: &str, summary: &str, success: &str) -> Operation {
    let refused = Schema::named("Refusal");
    Operation::new(method, path, id, summary)
        .tag("payments")
        .answer(200, "Done.", Schema::named(success))
        .refusals(&ALWAYS, &refused)
}

/// A call about one payment.
fn about_one(method: &str, path: &str, id: &str, summary: &str, success: &str) -> Operation {
    let uid = Parameter::path(
        "uid",
        Schema::string().length(1, 128),
        "The payment's id, as create answered it.",
    )
    .example("pay_488078791696384_1");
    call(method, path, id, summary, success)
        .parameter(uid)
        .refusals(&[NO_PAYMENT], &Schema::named("Refusal"))
}

fn create() -> Operation {
    let key = Parameter::header(
        "Idempotency-Key",
        Schema::string().pattern("^[!-~]{1,64}$"),
        "Kept across retries: the same key with the same request gives the first answer again.",
    )
    .example("guest-1");
    let example =
        json!({"params": {"orderId": ORDER, "type": "receipt", "amount": 12.5, "status": "complete"}});
    let reused = (
        409,
        "The Idempotency-Key was used for another request; `error.field` names the first difference.",
    );
    call(
        "post",
        "/v1/om/payments",
        "createPayment",
        "Create a payment",
        "Created",
    )
    .link(200, "updatePayment", &[("uid", MADE)])
    .link(200, "confirmPayment", &[("uid", MADE)])
    .link(200, "deletePayment", &[("uid", MADE)])
    .describe(
        "Without `amount` it pays what is due. Without `status` it is pending, and reserves its amount.",
    )
    .parameter(key)
    .body(Schema::named("CreateRequest"), example)
    .refusals(&BODY, &Schema::named("Refusal"))
    .refusals(&[reused], &Schema::named("Refusal"))
}

fn list() -> Operation {
    let order = Parameter::required_query("orderId", id_text(), "The order's id, as `ord_…`.").example(ORDER);
    call(
        "get",
        "/v1/om/payments",
        "listPayments",
        "The payments of an order",
        "OrderPayments",
    )
    .parameter(order)
}

fn update() -> Operation {
    let example = json!({"params": {"amount": 10, "note": "Paid at the bar"}});
    about_one(
        "patch",
        "/v1/om/payments/{uid}",
        "updatePayment",
        "Change a payment",
        "Updated",
    )
    .describe("A complete payment changes its amount, method or source only with `correction`.")
    .body(Schema::named("UpdateRequest"), example)
    .refusals(&BODY, &Schema::named("Refusal"))
}

fn delete() -> Operation {
    about_one(
        "delete",
        "/v1/om/payments/{uid}",
        "deletePayment",
        "Delete a payment",
        "OrderPayments",
    )
}

fn confirm() -> Operation {
    let example = json!({"params": {"transactionRef": "TX-1"}});
    about_one(
        "patch",
        "/v1/om/payments/{uid}/confirm",
        "confirmPayment",
        "Confirm a payment",
        "OrderPayments",
    )
    .describe("Confirming a payment that is complete already answers the same again.")
    .optional_body(Schema::named("ConfirmRequest"), example)
    .refusals(&BODY, &Schema::named("Refusal"))
}

fn methods() -> Operation {
    let path = "/v1/om/payment-methods";
    call(
        "get",
        path,
        "listPaymentMethods",
        "All ways to pay, by creation",
        "Methods",
    )
    .tag("methods")
}
