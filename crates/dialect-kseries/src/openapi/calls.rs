//! What is done: payments, orders, webhook endpoints, messages.

use serde_json::{Value, json};
use tender_openapi::{Operation, Schema};

use super::{BODY, CHECK, LOCATION, NOT_FOUND, at_location, call, refusal};

const ENDPOINTS: &str = "/o/wh/1/webhook";
const ENDPOINT: &str = "/o/wh/1/webhook/{endpoint_id}";
const ASSOCIATIONS: &str = "/o/wh/1/webhook/{endpoint_id}/business-locations";
const ASSOCIATION: &str = "/o/wh/1/webhook/{endpoint_id}/business-locations/{business_location_id}";

pub(super) fn operations() -> Vec<Operation> {
    payments()
        .into_iter()
        .chain(endpoints())
        .chain([message()])
        .collect()
}

fn taking(operation: Operation, schema: &str, example: Value) -> Operation {
    operation
        .body(Schema::named(schema), example)
        .refusals(&BODY, &refusal())
}

fn queued(operation: Operation) -> Operation {
    operation.answer(200, "Queued for the till.", Schema::named("Accepted"))
}

fn payments() -> [Operation; 3] {
    let payment = json!({
        "iKaccountIdentifier": CHECK, "thirdPartyPaymentReference": "PAY-1", "endpointId": "demo",
        "businessLocationId": LOCATION, "paymentMethod": "OOPAYMENT", "paymentAmount": 12.5, "tipAmount": 1,
    });
    let example = |reference: &str| {
        json!({
            "businessLocationId": LOCATION, "endpointId": "demo", "thirdPartyReference": reference,
            "customerInfo": {"firstName": "Ada"}, "items": [{"quantity": 1, "sku": "20"}],
        })
    };
    let used = (409, "An order's `thirdPartyReference` was used before.");
    let pay = call("post", "/o/op/1/pay", "pay", "Pay a check").describe(
        "A `thirdPartyPaymentReference` is good for one payment, for ever: a second one is refused with 400.",
    );
    let local = call(
        "post",
        "/o/op/1/order/local",
        "orderLocal",
        "Order at a table, or more for an open check",
    );
    let to_go = call(
        "post",
        "/o/op/1/order/toGo",
        "orderToGo",
        "Order to take away or to be delivered",
    );
    let order = |operation: Operation, schema: &str, reference: &str| {
        let operation = taking(queued(operation), schema, example(reference));
        operation
            .answer(409, used.1, Schema::named("ReferenceUsed"))
            .tag("pay")
    };
    [
        taking(queued(pay), "PaymentRequest", payment).tag("pay"),
        order(local, "LocalOrder", "ORDER-1"),
        order(to_go, "ToGoOrder", "ORDER-2"),
    ]
}

fn endpoints() -> Vec<Operation> {
    let example =
        json!({"endpointId": "my-endpoint", "url": "https://example.com/hook", "provideAccount": true});
    let endpoint = |operation: Operation| operation.answer(200, "The endpoint.", Schema::named("Endpoint"));
    let association =
        |operation: Operation| operation.answer(200, "The association.", Schema::named("Association"));
    let missing = |operation: Operation| operation.refusals(&[NOT_FOUND], &refusal());
    let create = endpoint(call(
        "put",
        ENDPOINTS,
        "createEndpoint",
        "Make an endpoint, or replace one",
    ));
    let create = ["getEndpoint", "getAssociations", "deleteEndpoint"]
        .into_iter()
        .fold(create, |create, to| {
            create.link(200, to, &[("endpoint_id", "$response.body#/endpointId")])
        });
    let update = endpoint(missing(call("post", ENDPOINTS, "updateEndpoint", "Change an endpoint")))
        .describe("`provideAccount`, `expandTransactions` and `expandPayments` fall back to false unless they are given.");
    let list = call(
        "get",
        ASSOCIATIONS,
        "getAssociations",
        "The locations that an endpoint is associated with",
    )
    .answer(
        200,
        "The associations.",
        Schema::array(Schema::named("Association")),
    );
    let delete =
        call("delete", ENDPOINT, "deleteEndpoint", "Delete an endpoint").empty_answer(200, "Deleted.");
    let operations = [
        taking(create, "EndpointRequest", example.clone()),
        taking(update, "EndpointRequest", example),
        missing(endpoint(call("get", ENDPOINT, "getEndpoint", "An endpoint"))),
        missing(delete),
        missing(list),
        missing(association(call(
            "put",
            ASSOCIATION,
            "associate",
            "Associate an endpoint with a location",
        ))),
        missing(association(call(
            "delete",
            ASSOCIATION,
            "dissociate",
            "Take an association away",
        ))),
    ];
    operations.map(|operation| operation.tag("webhooks")).into()
}

fn message() -> Operation {
    let operation = at_location(call(
        "post",
        "/o/op/1/printMsg",
        "printMessage",
        "Show a message at the tills",
    ));
    taking(
        queued(operation),
        "Message",
        json!({"message": "Table 4 would like to order", "alsoToPrinter": true}),
    )
    .tag("data")
}
