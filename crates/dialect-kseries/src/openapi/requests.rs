//! What bodies of requests hold.

use tender_openapi::{Document, Schema};

pub(super) fn add(document: Document) -> Document {
    let skus = Schema::array(Schema::string()).items_max(50);
    let message = Schema::object()
        .required("message", Schema::string().length(1, 2_000))
        .optional("alsoToPrinter", Schema::boolean().or_null());
    document
        .schema("PaymentRequest", payment())
        .schema("LocalOrder", local(order()))
        .schema(
            "ToGoOrder",
            order().optional("deliveryAddress", address().or_null()),
        )
        .schema("Customer", customer())
        .schema("LocalItem", item().optional("course", int().minimum(0).or_null()))
        .schema("Item", item())
        .schema("SubItem", plain_item())
        .schema("EndpointRequest", endpoint())
        .schema("AvailabilityRequest", Schema::object().required("skus", skus))
        .schema("Message", message)
}

fn text() -> Schema {
    Schema::string().or_null()
}

fn int() -> Schema {
    Schema::integer().maximum(i64::from(i32::MAX))
}

fn id() -> Schema {
    Schema::id().or_null()
}

fn ttl() -> Schema {
    int()
        .minimum(60_000)
        .or_null()
        .describe("Milliseconds for which the till is tried.")
}

fn amount() -> Schema {
    Schema::number()
        .example(12.5)
        .describe("In major units, with no more fraction digits than the currency has.")
}

fn payment() -> Schema {
    Schema::object()
        .optional("iKaccountId", id())
        .optional(
            "iKaccountIdentifier",
            text().describe("The check; it counts when both are given."),
        )
        .required("thirdPartyPaymentReference", Schema::string().length(1, 50))
        .required(
            "endpointId",
            Schema::string().describe("Who is told what became of the payment."),
        )
        .required("businessLocationId", Schema::id())
        .optional("taskTtlInMs", ttl())
        .optional("staffId", id())
        .optional("deviceId", id())
        .optional(
            "paymentMethod",
            text().describe("A code; without one the location's own."),
        )
        .required("paymentAmount", amount())
        .optional("tipAmount", amount().or_null())
        .optional("targetPrinterProfileId", id())
}

fn order() -> Schema {
    let payment = Schema::object()
        .required("paymentAmount", amount().describe("The tip is in it."))
        .optional("paymentMethod", text())
        .optional("tipAmount", amount().or_null());
    Schema::object()
        .required("businessLocationId", Schema::id())
        .required("endpointId", Schema::string())
        .required("thirdPartyReference", Schema::string().length(1, 48))
        .required("customerInfo", Schema::named("Customer"))
        .optional("maxTimeToAttemptOrderDeliverToPos", ttl())
        .optional("staffId", id())
        .optional("targetPrinterProfileId", id())
        .optional("accountProfileCode", text())
        .optional("orderNote", text())
        .optional("items", Schema::array(Schema::named("Item")).or_null())
        .optional("scheduledTimeForOrderAsIso8601", Schema::time().or_null())
        .optional("orderCollectionTimeAsIso8601", Schema::time().or_null())
        .optional("payment", payment.or_null())
        .optional("collectionCode", Schema::string().length(0, 8).or_null())
}

fn local(order: Schema) -> Schema {
    order
        .optional("items", Schema::array(Schema::named("LocalItem")).or_null())
        .optional(
            "accountIdentifier",
            text().describe("The open check that the items are for."),
        )
        .optional("accountId", text())
        .optional("tableNumber", text())
        .optional("clientCount", int().minimum(0).or_null())
}

fn customer() -> Schema {
    Schema::object()
        .required("firstName", Schema::string().length(1, 128))
        .optional("lastName", text())
        .optional("thirdPartyReference", text())
        .optional("email", text())
        .optional("contactNumberAsE164", text())
        .optional("notes", text())
        .optional("salutation", text())
        .optional("sendEmailReceipts", Schema::boolean().or_null())
        .optional(
            "emailNotification",
            Schema::words(&["ENABLE", "DISABLE", "DONT_CHANGE"]).or_null(),
        )
}

fn address() -> Schema {
    ["addressLine1", "addressLine2", "zip", "city"]
        .iter()
        .fold(Schema::object(), |schema, name| schema.optional(name, text()))
}

fn plain_item() -> Schema {
    let modifier_id = Schema::one_of([Schema::string(), Schema::integer()]);
    let modifier = Schema::object().required("modifierId", modifier_id);
    Schema::object()
        .required("quantity", int().minimum(1))
        .required("sku", Schema::string().length(0, 25))
        .optional("customItemName", text())
        .optional("customItemPrice", amount().or_null())
        .optional("modifiers", Schema::array(modifier).or_null())
        .optional("subItems", Schema::array(Schema::named("SubItem")).or_null())
}

fn item() -> Schema {
    plain_item()
        .optional("discountCode", text())
        .optional("discountAmountOverride", amount().or_null())
        .optional("discountPercentOverride", Schema::number().or_null())
}

fn endpoint() -> Schema {
    let resource = Schema::words(&["order", "payment", "item", "order_api"]);
    let entry = Schema::object()
        .optional("name", text())
        .optional("resource", resource.or_null());
    Schema::object()
        .required("endpointId", Schema::string().length(1, 255))
        .required("url", Schema::string().example("https://example.com/hook"))
        .optional("withBasicAuth", Schema::boolean().or_null())
        .optional("username", text())
        .optional("password", text().describe("Never shown."))
        .optional("provideAccount", Schema::boolean().or_null())
        .optional("expandTransactions", Schema::boolean().or_null())
        .optional("expandPayments", Schema::boolean().or_null())
        .optional("subscribeTo", Schema::array(entry).items_max(100).or_null())
}
