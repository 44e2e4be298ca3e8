//! What is written.

use serde_json::{Value, json};
use tender_openapi::{Operation, Schema};

use super::{SITE, call, keyed, refusal, taking};

const ORDERS: &str = "/v1/companies/{company}/orders";
const ORDER: &str = "/v1/companies/{company}/orders/{order}";
const LINES: &str = "/v1/companies/{company}/orders/{order}/lines";
const LINE: &str = "/v1/companies/{company}/orders/{order}/lines/{number}";
const PAYMENTS: &str = "/v1/companies/{company}/orders/{order}/payments";
const PAYMENT: &str = "/v1/companies/{company}/orders/{order}/payments/{number}";
const WEBHOOKS: &str = "/v1/companies/{company}/webhooks";
const WEBHOOK: &str = "/v1/companies/{company}/webhooks/{webhook}";

/// An item that `tender demo` sells.
const PRODUCT: u64 = 155_001;

/// Where an answer has the id of what was made.
const ID: &str = "$response.body#/id";

/// Goes on with what was made: a part of the path is its id.
fn leading(operation: Operation, part: &str, to: &[&str]) -> Operation {
    to.iter().fold(operation, |operation, to| {
        operation.link(201, to, &[("company", COMPANY), (part, ID)])
    })
}

/// Where a request has the company.
const COMPANY: &str = "$request.path.company";

pub(super) fn operations() -> Vec<Operation> {
    orders().into_iter().chain(payments()).chain(webhooks()).collect()
}

fn body(operation: Operation, schema: &str, example: Value) -> Operation {
    operation.body(Schema::named(schema), example)
}

fn created(operation: Operation, schema: &str) -> Operation {
    operation.answer(201, "Made; `Location` is its URL.", Schema::named(schema))
}

fn changed(operation: Operation, schema: &str) -> Operation {
    operation.answer(200, "Changed.", Schema::named(schema))
}

fn orders() -> Vec<Operation> {
    let create = keyed(taking("post", ORDERS, "createOrder", "Open an order"), "order-1");
    let update = taking("put", ORDER, "updateOrder", "Change an order");
    let add = taking("post", LINES, "addLine", "Add a line");
    let change = taking("put", LINE, "changeLine", "Change a line");
    let order =
        json!({"site_id": SITE, "status": "PENDING", "lines": [{"product_id": PRODUCT, "quantity": 2}]});
    let operations = [
        leading(
            body(created(create, "Order"), "NewOrder", order),
            "order",
            &["getOrder", "updateOrder", "addLine", "addPayment"],
        ),
        body(
            changed(update, "Order"),
            "OrderChange",
            json!({"notes": "Window seat"}),
        ),
        body(
            created(add, "Line"),
            "NewLine",
            json!({"product_id": PRODUCT, "quantity": 1}),
        ),
        body(changed(change, "Line"), "LineChange", json!({"quantity": 3})),
        call("delete", LINE, "removeLine", "Remove a line")
            .empty_answer(204, "Removed.")
            .answer(400, "The order does not allow this.", refusal()),
    ];
    operations.map(|operation| operation.tag("orders")).into()
}

fn payments() -> [Operation; 2] {
    let add = keyed(
        taking(
            "post",
            PAYMENTS,
            "addPayment",
            "Pay, or with a negative amount refund",
        ),
        "guest-1",
    );
    let amend = keyed(
        taking(
            "put",
            PAYMENT,
            "amendPayment",
            "Add a tip or a surcharge to a payment",
        ),
        "tip-1",
    );
    let add = body(
        created(add, "Payment"),
        "NewPayment",
        json!({"method_id": 1, "amount": 12.5, "tip": 1}),
    );
    let amend = body(changed(amend, "Payment"), "PaymentChange", json!({"tip": 2}));
    [add.tag("payments"), amend.tag("payments")]
}

fn webhooks() -> [Operation; 3] {
    let hook = json!({"topic": "orders/completed", "address": "https://example.com/hook", "format": "json"});
    let create = taking("post", WEBHOOKS, "createWebhook", "Make a webhook");
    let change = taking("put", WEBHOOK, "changeWebhook", "Change a webhook");
    let delete = call("delete", WEBHOOK, "deleteWebhook", "Delete a webhook").empty_answer(204, "Deleted.");
    let create = body(created(create, "Webhook"), "NewWebhook", hook.clone());
    let create = leading(
        create,
        "webhook",
        &["getWebhook", "changeWebhook", "deleteWebhook"],
    );
    let change = body(changed(change, "Webhook"), "WebhookChange", hook);
    [create, change, delete].map(|operation| operation.tag("webhooks"))
}
