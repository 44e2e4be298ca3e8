//! What bodies of answers hold. What this server does not know is `null`, never left out.

use tender_openapi::{Document, Schema};

use super::requests::{TOPICS, any_id};

const STATUSES: [&str; 7] = [
    "PENDING",
    "SUBMITTED",
    "ON_HOLD",
    "ACCEPTED",
    "REJECTED",
    "COMPLETE",
    "DELETED",
];

pub(super) fn add(document: Document) -> Document {
    let refusal = Schema::object()
        .required("error", text())
        .required("error_description", text())
        .optional("field", text())
        .closed();
    let status = Schema::object()
        .required("site_id", Schema::id())
        .required("status", Schema::words(&["online", "offline"]))
        .required("online_ordering", Schema::words(&["online", "offline"]));
    let method = Schema::object()
        .required("id", Schema::id())
        .required("name", text())
        .required("ledger_code", text());
    let register = Schema::object()
        .required("id", Schema::id())
        .required("code", text())
        .required("name", text())
        .optional("site_id", Schema::id());
    document
        .schema("Refusal", refusal)
        .schema("SiteStatus", status.closed())
        .schema("PaymentMethod", method.closed())
        .schema("Register", register.closed())
        .schema("Company", company())
        .schema("Site", site())
        .schema("Staff", staff())
        .schema("Webhook", webhook())
        .schema("Order", order())
        .schema("Line", line())
        .schema("Payment", payment())
}

fn text() -> Schema {
    Schema::string()
}

fn text_or_null() -> Schema {
    text().or_null()
}

/// An id that this server only keeps for its client.
fn id_or_null() -> Schema {
    Schema::id().or_null()
}

/// A schema with members that are always `null`.
fn unknown(schema: Schema, names: &[&str]) -> Schema {
    names
        .iter()
        .fold(schema, |schema, name| schema.required(name, Schema::null()))
}

fn counted() -> Schema {
    Schema::object()
        .required("count", Schema::integer().minimum(0))
        .required("updated_at", Schema::time())
}

fn company() -> Schema {
    let contact = Schema::object()
        .required("id", Schema::id())
        .required("first_name", text())
        .required("last_name", text())
        .required("email", text());
    let zone = Schema::object()
        .required("offset", text())
        .required("name", text());
    let known = Schema::object()
        .required("id", Schema::id())
        .required("name", text())
        .required("addresses", counted())
        .required("business_number", text_or_null())
        .required("contact_staff_member", contact.or_null())
        .required("website", text_or_null())
        .required("currency", text_or_null())
        .required("timezone", zone)
        .required("sites", counted())
        .required("registers", counted().required("limit", Schema::null()))
        .required("created_at", Schema::time())
        .required("updated_at", Schema::time());
    unknown(known, &["shipping_address", "postal_address", "image"]).closed()
}

fn site() -> Schema {
    let known = Schema::object()
        .required("id", Schema::id())
        .required("name", text())
        .required("code", text())
        .required("company_id", Schema::id())
        .required("business_number", text_or_null())
        .required("website", text_or_null())
        .required("register_level_reconciliation", Schema::boolean());
    let names = [
        "contact_person",
        "shipping_address",
        "postal_address",
        "email",
        "mobile",
        "phone",
        "fax",
        "location",
        "image",
        "price_list",
    ];
    unknown(known, &names).closed()
}

fn staff() -> Schema {
    Schema::object()
        .required("id", Schema::id())
        .required("first_name", text())
        .required("last_name", text())
        .required("primary_email_address", text())
        .required("is_admin", Schema::boolean())
        .required("email_addresses", Schema::array(text()))
        .required("permissions", Schema::array(text()))
        .closed()
}

fn webhook() -> Schema {
    let filter = Schema::object().optional("site_ids", Schema::array(any_id()));
    Schema::object()
        .required("id", Schema::id())
        .required("topic", Schema::words(&TOPICS).or_null())
        .required("address", text())
        .required("format", Schema::words(&["json"]))
        .required("filter", filter.closed())
        .required("headers", Schema::map(text()))
        .required("created_at", Schema::time())
        .required("updated_at", Schema::time())
        .closed()
}

fn money() -> Schema {
    Schema::number().example(12.5)
}

fn order() -> Schema {
    let customer = unknown(
        Schema::object().required("id", any_id()),
        &["first_name", "last_name", "email", "image"],
    );
    let schema = Schema::object()
        .required("id", Schema::id())
        .required("id_str", text())
        .required("company_id", Schema::id())
        .required("site_id", Schema::id())
        .required("register_id", id_or_null())
        .required("staff_member_id", id_or_null())
        .required("sale_number", text_or_null())
        .required("status", Schema::words(&STATUSES))
        .required("notes", text_or_null())
        .required("service_charge_rate", Schema::number().or_null())
        .required("price_variation", Schema::number())
        .required("customer", customer.closed().or_null())
        .required("order_type", text_or_null())
        .required("guests", Schema::integer().minimum(0).or_null())
        .required("callback_uri", text_or_null())
        .required("lock", Schema::array(Schema::words(&["PAYMENTS"])))
        .required("placed_at", Schema::time().or_null())
        .required("fulfil_at", Schema::time().or_null())
        .required("lines", Schema::array(Schema::named("Line")))
        .required("payments", Schema::array(Schema::named("Payment")))
        .required("created_at", Schema::time())
        .required("updated_at", Schema::time())
        .required("deleted", Schema::boolean());
    let amounts = ["total", "total_tax", "paid", "tips", "service_charge"];
    amounts
        .iter()
        .fold(schema, |schema, name| schema.required(name, money()))
        .closed()
}

fn line() -> Schema {
    let product = Schema::object()
        .required("id", id_or_null())
        .required("name", text());
    let schema = Schema::object()
        .required("id", Schema::id())
        .required("number", Schema::integer().minimum(1))
        .required("product", product.closed())
        .required("notes", text_or_null())
        .required("modifiers", Schema::array(Schema::integer()))
        .optional("line_id", text());
    let numbers = [
        "quantity",
        "price_variation",
        "unit_price",
        "unit_tax",
        "line_total_ex_tax",
        "line_total_tax",
    ];
    numbers
        .iter()
        .fold(schema, |schema, name| schema.required(name, Schema::number()))
        .closed()
}

fn payment() -> Schema {
    let method = Schema::object()
        .required("id", Schema::id())
        .required("name", text());
    Schema::object()
        .required("id", Schema::integer().minimum(1))
        .required("number", Schema::integer().minimum(1))
        .required("method_id", id_or_null())
        .required("method", method.closed().or_null())
        .required("amount", money().describe("Negative for a refund."))
        .required("tip", money())
        .required("credit_card_surcharge", money())
        .required(
            "service_charge",
            money().describe("What of the tip paid the service charge."),
        )
        .required("ref", text_or_null())
        .required("created_at", Schema::time())
        .closed()
}
