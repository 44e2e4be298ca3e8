//! The description of orders.

use serde_json::{Value, json};
use tender_engine::{LINES_PER_ORDER_MAX, OrderState, Stage};
use tender_openapi::{Document, Operation, Parameter, Schema};

use super::read::{LIMIT_MAX, LIMIT_USUAL};
use super::render::{stage_word, state_word};
use crate::openapi::call::{Call, Traits, done, id, page};
use crate::openapi::values::{
    LATER, LOCATION, MOMENT, ORDER, STAFF, amount, chars, count, currency, decimal, long_text, order_ids,
    page_of, plain_id, short_text, text, time, via,
};

pub(crate) fn add(document: Document) -> Document {
    document
        .schema("NewLine", new_line())
        .schema("NewOrder", new_order())
        .schema("NewLines", new_lines())
        .schema("Line", line())
        .schema(
            "OrderHead",
            head()
                .describe("An order without its lines and payments.")
                .closed(),
        )
        .schema("Order", order())
        .schema("OrderPage", page_of("Order"))
}

pub(crate) fn create(call: Call<'_>) -> Operation {
    let line = json!({"name": "Steak frites", "sku": "20", "quantity": 2, "unit_amount": "20.06"});
    let example = json!({
        "location_id": LOCATION, "table_number": 7, "name": "Window", "covers": 2, "lines": [line],
        "service_charge": {"rate": "0.1"}, "external_reference": "WEB-1", "staff_id": STAFF,
    });
    let opened = done("Order", order_example());
    let opened = FROM_ORDER.iter().fold(opened, |answer, operation| {
        answer.link(operation, &[("id", "$response.body#/id")])
    });
    call.named("orders", "openOrder", "Open an order")
        .keyed("order-1")
        .takes("NewOrder", example)
        .answers(201, opened)
        .finds()
        .conflicts()
        .judges()
}

/// What can be done with an order that was just opened.
const FROM_ORDER: [&str; 5] = ["getOrder", "addLines", "pay", "closeOrder", "cancelOrder"];

pub(crate) fn list(call: Call<'_>) -> Operation {
    let states = OrderState::ALL.map(state_word);
    let example = page(order_example(), None);
    call.named(
        "orders",
        "listOrders",
        "List orders, newest first. Proposed ones are not listed",
    )
    .located("Of this location only.")
    .parameter(Parameter::query("state", Schema::words(&states), "Of this state only.").example("open"))
    .parameter(
        Parameter::query(
            "table_number",
            Schema::integer().minimum(1).maximum(i64::from(u32::MAX)),
            "At this table only; a page may then be short while there is a next one.",
        )
        .example(7),
    )
    .parameter(
        Parameter::query(
            "external_reference",
            Schema::string(),
            "The newest order with this reference.",
        )
        .example("WEB-1"),
    )
    .paged(LIMIT_MAX, LIMIT_USUAL, ORDER)
    .answers(200, done("OrderPage", example))
}

pub(crate) fn get(call: Call<'_>) -> Operation {
    about_one(call, "getOrder", "Read an order")
}

pub(crate) fn add_lines(call: Call<'_>) -> Operation {
    let line =
        json!({"name": "House wine", "sku": "31", "quantity": "0.5", "unit_amount": "5.00", "notes": "red"});
    about_one(call, "addLines", "Add lines")
        .keyed("lines-1")
        .takes("NewLines", json!({"lines": [line]}))
        .conflicts()
        .judges()
}

pub(crate) fn close(call: Call<'_>) -> Operation {
    let summary = "Close: a finished sale. Refused while payments are pending";
    about_one(call, "closeOrder", summary)
        .answers(200, done("Order", ended_example("closed")))
        .may_take("Empty", json!({}))
        .conflicts()
}

pub(crate) fn cancel(call: Call<'_>) -> Operation {
    let summary = "Cancel. Refused while payments are pending or money is on the order";
    about_one(call, "cancelOrder", summary)
        .answers(200, done("Order", ended_example("cancelled")))
        .may_take("Empty", json!({}))
        .conflicts()
}

fn about_one(call: Call<'_>, name: &str, summary: &str) -> Operation {
    call.named("orders", name, summary)
        .parameter(id("order", ORDER))
        .finds()
        .answers(200, done("Order", order_example()))
}

fn new_line() -> Schema {
    let sku = short_text()
        .or_null()
        .describe("A sku of the catalogue makes the line a product there.");
    let quantity =
        Schema::of_types(&["string", "number"]).describe("Above zero, at most three digits after the point.");
    Schema::object()
        .required("name", short_text())
        .optional("sku", sku)
        .required("quantity", quantity)
        .required("unit_amount", decimal())
        .optional("notes", long_text().or_null())
        .closed()
}

fn new_order() -> Schema {
    let service_charge = Schema::object()
        .optional("rate", decimal().or_null().describe("A fraction from 0 to 1."))
        .optional("amount", decimal().or_null())
        .closed()
        .or_null()
        .describe("Either of them.");
    let close_when_paid = Schema::boolean()
        .or_null()
        .describe("Close when nothing is due and nothing pending.")
        .default_value(true);
    Schema::object()
        .required("location_id", plain_id())
        .optional("table_number", count().or_null())
        .optional("name", short_text().or_null())
        .optional("covers", count().or_null())
        .required(
            "lines",
            Schema::array(Schema::named("NewLine")).items_max(chars(LINES_PER_ORDER_MAX)),
        )
        .optional("service_charge", service_charge)
        .optional("close_when_paid", close_when_paid)
        .optional("external_reference", short_text().or_null())
        .optional("staff_id", plain_id().or_null())
        .optional("notes", long_text().or_null())
        .closed()
}

fn new_lines() -> Schema {
    let lines = Schema::array(Schema::named("NewLine"))
        .items_min(1)
        .items_max(chars(LINES_PER_ORDER_MAX));
    Schema::object().required("lines", lines).closed()
}

fn line() -> Schema {
    let number = || text().describe("A decimal number.");
    Schema::object()
        .required("number", Schema::integer())
        .required("name", text())
        .optional("sku", text())
        .required("quantity", number())
        .required("unit_amount", number())
        .required("total", amount())
        .required("tax", amount().describe("Contained in the total."))
        .optional("notes", text())
        .closed()
}

fn head() -> Schema {
    let service_charge = Schema::object()
        .required("amount", amount())
        .optional("rate", text().describe("A fraction: \"0.1\" is ten percent."))
        .closed();
    let kseries = Schema::object()
        .required("business_location_id", Schema::integer())
        .required("account_identifier", text())
        .required("account_id", Schema::integer())
        .closed();
    let kounta = Schema::object()
        .required("company_id", Schema::integer())
        .required("site_id", Schema::integer())
        .required("order_id", Schema::integer())
        .closed();
    let om = Schema::object()
        .required("organization_id", text())
        .required("order_id", text())
        .closed();
    Schema::object()
        .required("id", text().describe("ord_…"))
        .required("location_id", text())
        .required("currency", currency())
        .required("state", Schema::words(&OrderState::ALL.map(state_word)))
        .required("stage", Schema::words(&Stage::ALL.map(stage_word)))
        .required("total", amount().describe("Goods and service charge."))
        .required(
            "due",
            amount().describe("What a new payment may take: total less paid and reserved."),
        )
        .required("paid", amount())
        .required("reserved", amount().describe("Held by pending payments."))
        .required("refunded", amount())
        .required("tips", amount())
        .required("surcharges", amount())
        .required("tax", amount())
        .required("service_charge", service_charge)
        .optional("table_number", Schema::integer())
        .optional("name", text())
        .optional("covers", Schema::integer())
        .optional("staff_id", text())
        .optional("external_reference", text())
        .optional("notes", text())
        .required("close_when_paid", Schema::boolean())
        .required("kseries", kseries)
        .required("kounta", kounta)
        .required("om", om)
        .required("opened_at", time())
        .required("opened_via", via())
        .required("updated_at", time())
        .optional("closed_at", time())
}

fn order() -> Schema {
    let payments = Schema::array(Schema::named("Payment")).describe("By number; deleted ones are hidden.");
    head()
        .required("lines", Schema::array(Schema::named("Line")))
        .required("payments", payments)
        .closed()
}

/// An order without lines and payments, as a preview shows it.
pub(crate) fn head_example() -> Value {
    let mut head = json!({
        "id": ORDER, "location_id": LOCATION, "currency": "EUR", "state": "open", "stage": "pending",
        "total": "44.13", "due": "44.13", "paid": "0.00", "reserved": "0.00", "refunded": "0.00", "tips": "0.00",
        "surcharges": "0.00", "tax": "0.00", "service_charge": {"amount": "4.01", "rate": "0.1"}, "table_number": 7,
        "name": "Window", "covers": 2, "staff_id": STAFF, "external_reference": "WEB-1", "close_when_paid": true,
        "opened_at": MOMENT, "opened_via": "native", "updated_at": MOMENT,
    });
    if let (Value::Object(head), Value::Object(ids)) = (&mut head, order_ids()) {
        head.extend(ids);
    }
    head
}

/// An order of one line that nobody has paid on.
pub(crate) fn order_example() -> Value {
    let mut order = head_example();
    if let Value::Object(order) = &mut order {
        let line = json!({
            "number": 1, "name": "Steak frites", "sku": "20", "quantity": "2", "unit_amount": "20.06", "total": "40.12",
            "tax": "0.00",
        });
        order.insert("lines".to_owned(), json!([line]));
        order.insert("payments".to_owned(), json!([]));
    }
    order
}

/// The same when it has come to its end.
fn ended_example(state: &str) -> Value {
    let mut order = order_example();
    order["state"] = json!(state);
    order["updated_at"] = json!(LATER);
    order["closed_at"] = json!(LATER);
    order
}
