//! What stands in bodies.

use serde_json::json;
use tender_openapi::{Document, Schema};

/// Words of `type`.
const TYPES: [&str; 2] = ["receipt", "refund"];
/// Words of `status`.
const STATUSES: [&str; 4] = ["complete", "pending", "progress", "reversed"];

/// A text that names something.
pub(super) fn id_text() -> Schema {
    Schema::string().length(1, 128)
}

fn amount() -> Schema {
    Schema::number()
        .above(0)
        .example(12.5)
        .describe("In major units, with no more fraction digits than the currency of the order has.")
}

/// Attributes of a payment: whatever its client wants to see again.
fn attributes() -> Schema {
    Schema::object().describe("Free members, 16384 bytes together. A `null` member removes one.")
}

/// Adds all schemas.
pub(super) fn with_schemas(document: Document) -> Document {
    document
        .schema("CreateRequest", request(create()))
        .schema("UpdateRequest", request(update()))
        .schema("ConfirmRequest", Schema::object().optional("params", confirm()))
        .schema(
            "Created",
            success(Schema::object().required("id", Schema::string())),
        )
        .schema(
            "Updated",
            success(Schema::object().required("success", Schema::boolean())),
        )
        .schema("OrderPayments", success(order_payments()))
        .schema(
            "Methods",
            success(Schema::object().required("paymentMethods", Schema::array(Schema::named("Method")))),
        )
        .schema("Refusal", refusal())
        .schema("Warning", warning())
        .schema("Payment", payment())
        .schema("Method", method())
        .schema(
            "MethodText",
            Schema::object()
                .required("name", Schema::string())
                .optional("description", Schema::string())
                .closed(),
        )
}

fn request(params: Schema) -> Schema {
    Schema::object().required("params", params)
}

fn transaction_ref() -> Schema {
    Schema::string()
        .length(1, 255)
        .or_null()
        .describe("A label, not a key: it may be used again, with a warning.")
}

fn note() -> Schema {
    Schema::string().length(0, 1_000).or_null()
}

fn create() -> Schema {
    Schema::object()
        .required("orderId", id_text())
        .required("type", Schema::words(&TYPES))
        .optional("custom", Schema::boolean())
        .optional("amount", amount())
        .optional("methodId", id_text())
        .optional("customerUid", id_text())
        .optional("status", Schema::words(&STATUSES))
        .optional("sourcePaymentId", id_text().or_null())
        .optional("transactionRef", transaction_ref())
        .optional("attrs", attributes())
        .optional("invoiceId", id_text())
        .optional("note", note())
}

fn update() -> Schema {
    Schema::object()
        .optional("id", id_text())
        .optional("orderId", id_text())
        .optional("amount", amount())
        .optional("methodId", id_text())
        .optional("custom", Schema::boolean())
        .optional("correction", Schema::boolean())
        .optional("customerUid", id_text())
        .optional("status", Schema::words(&STATUSES))
        .optional("sourcePaymentId", id_text().or_null())
        .optional("transactionRef", transaction_ref())
        .optional("attrs", attributes())
        .optional("note", note())
}

fn confirm() -> Schema {
    Schema::object()
        .optional("id", id_text())
        .optional("orderId", id_text())
        .optional("customerUid", id_text())
        .optional("transactionRef", transaction_ref())
        .optional("attrs", attributes())
}

/// The envelope around `data` or `error`.
fn envelope() -> Schema {
    Schema::object()
        .required("app", Schema::string())
        .required("service", Schema::string())
        .required("warnings", Schema::array(Schema::named("Warning")))
        .required("instanceId", Schema::string())
        .required("requestId", Schema::string())
        .closed()
}

fn success(data: Schema) -> Schema {
    envelope().required("data", data.closed())
}

fn warning() -> Schema {
    Schema::object()
        .required(
            "code",
            Schema::words(&["UnknownParameter", "DuplicateTransactionRef", "NotApplied"]),
        )
        .required("message", Schema::string())
        .required("field", Schema::string())
        .closed()
}

fn refusal() -> Schema {
    let field = Schema::object()
        .required("field", Schema::string())
        .required("message", Schema::string())
        .closed();
    let server_error = Schema::object()
        .required("code", Schema::integer())
        .required("retryAfter", Schema::integer().minimum(0).describe("Seconds."))
        .closed();
    let error = Schema::object()
        .required("code", Schema::string().example("InvalidParameter"))
        .required("message", Schema::string())
        .optional("field", Schema::string())
        .optional("fields", Schema::array(field))
        .optional("serverError", server_error)
        .closed();
    envelope().required("error", error)
}

fn order_payments() -> Schema {
    Schema::object()
        .required("items", Schema::array(Schema::named("Payment")))
        .required("paymentMethods", Schema::array(Schema::named("Method")))
}

fn payment() -> Schema {
    Schema::object()
        .required("type", Schema::words(&TYPES))
        .required("status", Schema::words(&STATUSES))
        .optional("completedAt", Schema::time())
        .optional("reversedAt", Schema::time())
        .required("custom", Schema::boolean())
        .required("amount", Schema::number().describe("What reduces the bill."))
        .optional("sourcePaymentId", Schema::string())
        .optional("transactionRef", Schema::string())
        .required("attrs", Schema::object())
        .optional("invoiceId", Schema::string())
        .optional("note", Schema::string())
        .required("createdAt", Schema::time())
        .required("createdVia", Schema::string())
        .required("createdBy", Schema::string())
        .required("updatedAt", Schema::time())
        .required("updatedVia", Schema::string())
        .required("updatedBy", Schema::string())
        .required("id", Schema::string())
        .required("can", Schema::array(Schema::words(&["confirm"])))
        .optional("methodUid", Schema::string())
        .closed()
}

fn method() -> Schema {
    let locales = Schema::object()
        .required("ar", Schema::named("MethodText"))
        .required("en", Schema::named("MethodText"))
        .closed();
    Schema::object()
        .required("locales", locales)
        .required("visible", Schema::boolean())
        .required("createdAt", Schema::time())
        .required("createdVia", Schema::string().example(json!("console")))
        .required("createdBy", Schema::string())
        .required("updatedAt", Schema::time())
        .required("updatedVia", Schema::string())
        .required("updatedBy", Schema::string())
        .required("id", Schema::string())
        .closed()
}
