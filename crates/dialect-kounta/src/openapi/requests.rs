//! What bodies of requests hold.

use tender_openapi::{Document, Schema};

/// Statuses that a client may choose.
const STATUSES: [&str; 7] = [
    "PENDING",
    "SUBMITTED",
    "ON_HOLD",
    "ACCEPTED",
    "REJECTED",
    "COMPLETE",
    "COMPLETED",
];
/// What webhooks are about.
pub(super) const TOPICS: [&str; 4] = [
    "orders/created",
    "orders/updated",
    "orders/completed",
    "orders/deleted",
];

pub(super) fn add(document: Document) -> Document {
    let payment = Schema::object().optional(
        "method_id",
        id_or_null().describe("Left out, it is the caller's own method."),
    );
    let new_hook = Schema::object()
        .required("topic", Schema::words(&TOPICS))
        .required("address", url());
    let hook_change = Schema::object()
        .optional("topic", Schema::words(&TOPICS).or_null())
        .optional("address", url().or_null());
    let items = Schema::array(Schema::named("NewLine")).or_null();
    let payments = Schema::array(Schema::named("NewPayment")).or_null();
    let new_order = order(Schema::object())
        .optional("lines", items)
        .optional("payments", payments);
    document
        .schema("NewOrder", new_order)
        .schema("OrderChange", order(Schema::object()))
        .schema(
            "NewLine",
            line(Schema::object().required("product_id", Schema::id())),
        )
        .schema(
            "LineChange",
            line(Schema::object().optional("product_id", id_or_null())),
        )
        .schema(
            "NewPayment",
            extras(payment.required("amount", money().describe("Negative for a refund."))),
        )
        .schema("PaymentChange", extras(Schema::object()))
        .schema("NewWebhook", hook(new_hook))
        .schema("WebhookChange", hook(hook_change))
}

fn id_or_null() -> Schema {
    Schema::id().or_null()
}

/// A number that is somebody else's: it is kept as it comes, however large.
pub(super) fn any_id() -> Schema {
    Schema::integer().minimum(0)
}

fn money() -> Schema {
    Schema::number()
        .example(12.5)
        .describe("In major units, with no more fraction digits than the currency has.")
}

fn text(max: u64) -> Schema {
    Schema::string().length(0, max).or_null()
}

fn rate() -> Schema {
    Schema::number().minimum(0).or_null()
}

fn url() -> Schema {
    Schema::string()
        .example("https://example.com/hook")
        .describe("A public http or https URL.")
}

fn moment() -> Schema {
    Schema::time().or_null()
}

fn order(schema: Schema) -> Schema {
    let status = Schema::words(&STATUSES).or_null();
    let lock = Schema::array(Schema::words(&["PAYMENTS"])).or_null();
    schema
        .optional("site_id", id_or_null())
        .optional("register_id", id_or_null())
        .optional("sale_number", text(200))
        .optional("status", status)
        .optional("notes", text(10_000))
        .optional("customer_id", any_id().or_null())
        .optional("order_type", text(200))
        .optional(
            "guests",
            Schema::integer()
                .minimum(0)
                .maximum(i64::from(u32::MAX))
                .or_null(),
        )
        .optional(
            "price_variation",
            rate().describe("What prices are multiplied by."),
        )
        .optional("price_limit", rate())
        .optional("callback_uri", url().or_null())
        .optional("lock", lock)
        .optional("complete_when_paid", Schema::boolean().or_null())
        .optional("pass_thru_printing", Schema::boolean().or_null())
        .optional("placed_at", moment())
        .optional("fulfil_at", moment())
}

fn line(schema: Schema) -> Schema {
    let line_id = Schema::of_types(&["string", "number", "null"]);
    schema
        .optional(
            "quantity",
            Schema::number()
                .above(0)
                .or_null()
                .describe("In thousandths at the finest."),
        )
        .optional("notes", text(10_000))
        .optional(
            "unit_price",
            rate().describe("Without tax; in place of the catalogue's."),
        )
        .optional("price_variation", rate())
        .optional(
            "modifiers",
            Schema::array(Schema::integer()).items_max(100).or_null(),
        )
        .optional(
            "number",
            Schema::integer()
                .minimum(1)
                .maximum(i64::from(u32::MAX))
                .or_null(),
        )
        .optional("line_id", line_id)
}

/// What is beside the amount of a payment.
fn extras(schema: Schema) -> Schema {
    let extra = || Schema::number().minimum(0).or_null();
    schema
        .optional("tip", extra())
        .optional("ref", text(16_384))
        .optional("credit_card_surcharge", extra())
}

fn hook(schema: Schema) -> Schema {
    let sites = Schema::array(any_id()).items_max(100).or_null();
    schema
        .optional("format", Schema::words(&["json"]).or_null())
        .optional("filter", Schema::object().optional("site_ids", sites).or_null())
        .optional(
            "headers",
            Schema::map(Schema::string())
                .or_null()
                .describe("`Authorization` and `X-…` headers."),
        )
        .optional("secret", text(200).describe("Signs what is sent; never shown."))
}
