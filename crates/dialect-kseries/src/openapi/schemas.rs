//! What bodies of answers hold.

use tender_openapi::{Document, Schema};

pub(super) fn add(document: Document) -> Document {
    refusals(checks(data(menus(finance(document)))))
}

fn text() -> Schema {
    Schema::string()
}

/// A time as `2023-11-07T23:00:20.075+0000`, which is not quite RFC 3339.
fn loose_time() -> Schema {
    text().example("2023-11-07T23:00:20.075+0000")
}

/// Texts with all digits, or numbers where the server is set so.
fn money() -> Schema {
    Schema::one_of([
        text().pattern(r"^-?[0-9]+(\.[0-9]+)?$").example("12.50"),
        Schema::number(),
    ])
}

fn refusals(document: Document) -> Document {
    let accepted = Schema::object().required("status", Schema::words(&["ok"]));
    let used = Schema::object()
        .required("status", Schema::words(&["fail"]))
        .required("msg", text());
    let sub = Schema::object()
        .required("field", text())
        .required("rejectedValue", text())
        .required("message", text());
    let unavailable = Schema::object()
        .required("status", Schema::words(&["503"]))
        .required("timestamp", text())
        .required("message", text())
        .required("apiSubExceptions", Schema::array(sub));
    let argument = Schema::object()
        .required("codes", Schema::array(text()))
        .required("defaultMessage", text())
        .required("code", text());
    let violation = Schema::object()
        .required("codes", Schema::array(text()))
        .required(
            "arguments",
            Schema::array(Schema::one_of([argument, Schema::integer()])),
        )
        .required("defaultMessage", text())
        .required("objectName", text())
        .required("field", text())
        .optional("rejectedValue", Schema::any())
        .required("bindingFailure", Schema::boolean())
        .required("code", text());
    let refusal = Schema::object()
        .required("timestamp", text())
        .required("status", Schema::integer())
        .required("error", text())
        .required("message", text())
        .optional("errors", Schema::array(violation.closed()))
        .required("path", text());
    document
        .schema("Accepted", accepted.closed())
        .schema("ReferenceUsed", used.closed())
        .schema("MenuUnavailable", unavailable.closed())
        .schema("Refusal", refusal.closed())
        .schema("Endpoint", endpoint())
        .schema("Association", association())
}

fn endpoint() -> Schema {
    let entry = Schema::object()
        .optional("name", text())
        .optional("resource", text());
    Schema::object()
        .required("endpointId", text())
        .required("url", text())
        .required("withBasicAuth", Schema::boolean())
        .optional("username", text())
        .required("provideAccount", Schema::boolean())
        .required("expandTransactions", Schema::boolean())
        .required("expandPayments", Schema::boolean())
        .optional("subscribeTo", Schema::array(entry.closed()))
        .closed()
}

fn association() -> Schema {
    Schema::object()
        .required("businessLocationId", Schema::id())
        .required("createdAt", loose_time())
        .required("updatedAt", loose_time())
        .closed()
}

fn checks(document: Document) -> Document {
    let check = Schema::object()
        .optional("clientCount", Schema::integer())
        .required("uuid", text())
        .required("openDate", loose_time())
        .optional("closeDate", loose_time())
        .required("paidAmount", money())
        .required("serviceCharge", money())
        .required("name", text())
        .required("currentAmount", money())
        .optional("staffName", text())
        .optional("staffId", Schema::id())
        .required("salesEntries", Schema::array(Schema::named("SalesEntry")))
        .required("paymentEntries", Schema::array(Schema::named("PaymentEntry")))
        .required("ikaccountId", text().example("A1.1"))
        .optional("tableNumber", Schema::integer())
        .required("posId", Schema::integer());
    let modifier = Schema::object()
        .required("name", text())
        .required("quantity", Schema::integer());
    let entry = Schema::object()
        .required("id", Schema::id())
        .required("uuid", text())
        .required("itemName", text())
        .optional("itemSku", text())
        .required("unitAmount", money())
        .required("quantity", Schema::number())
        .required("modifiers", Schema::array(modifier.closed()))
        .required("amountWithTax", money())
        .required("amountLessTax", money())
        .required("discountedAmount", money())
        .required("grossUnitAmount", money())
        .required("timeOfTransactionUtc", loose_time())
        .required("active", Schema::boolean())
        .required("subLineItems", Schema::array(Schema::named("SalesEntry")))
        .required("taxIncluded", Schema::boolean());
    let payment = Schema::object()
        .optional("paymentMethodDescription", text())
        .optional("externalReference", text())
        .optional("paymentMethodCode", text())
        .required("amountPaid", money())
        .required("paymentDate", loose_time())
        .required("active", Schema::boolean());
    document
        .schema("Check", check.closed())
        .schema("SalesEntry", entry.closed())
        .schema("PaymentEntry", payment.closed())
}

fn data(document: Document) -> Document {
    let location = Schema::object()
        .required("id", Schema::id())
        .required("name", text());
    let business = Schema::object()
        .required("name", text())
        .required("id", Schema::id())
        .required("businessLocations", Schema::array(location.closed()));
    let plan = Schema::object()
        .required("id", Schema::id())
        .required("name", text())
        .optional("tables", Schema::array(Schema::named("Table")));
    let table = Schema::object()
        .required("number", Schema::integer())
        .required("reference", text())
        .required("id", text())
        .required("active", Schema::boolean())
        .required("description", text())
        .required("defaultClientCount", Schema::integer());
    let profile = Schema::object()
        .required("id", Schema::id())
        .required("code", text())
        .required("name", text())
        .required("deliveryMode", text());
    let profiles = Schema::object()
        .required("businessLocationId", Schema::id())
        .required("accountProfileList", Schema::array(Schema::named("Profile")));
    let configuration = Schema::object()
        .required("enabled", Schema::boolean())
        .optional("orderProfileId", Schema::id())
        .optional("staffId", Schema::id());
    let pos = Schema::object()
        .required("salesPeriod", Schema::words(&["OPENED", "CLOSED"]))
        .required("acceptingOnlineOrders", Schema::boolean())
        .required("availableDevices", Schema::boolean());
    let readiness = Schema::object()
        .required("status", Schema::words(&["READY", "NOT_READY"]))
        .required("lastUpdatedAt", Schema::time())
        .required("onlineOrderingApiConfiguration", configuration.closed())
        .required("posStatus", pos.closed());
    document
        .schema("Business", business.closed())
        .schema("FloorPlan", plan.closed())
        .schema("Table", table.closed())
        .schema("Profile", profile.closed())
        .schema("Profiles", profiles.closed())
        .schema("Readiness", readiness.closed())
}

fn menus(document: Document) -> Document {
    let entry = Schema::object()
        .required("@type", Schema::words(&["menuItem"]))
        .required("productName", text())
        .required("productPrice", money())
        .required("sku", text())
        .required("customItemNameEnabled", Schema::boolean())
        .required("pricingStrategy", text())
        .required("defaultTaxAmount", money())
        .required("taxIncludedInPrice", Schema::boolean());
    let group = Schema::object()
        .required("@type", Schema::words(&["group"]))
        .required("id", text())
        .required("name", text())
        .required("menuEntry", Schema::array(entry.closed()));
    let menu = Schema::object()
        .required("menuName", text())
        .required("menuEntryGroups", Schema::array(group.closed()))
        .required("richDataMissing", Schema::boolean())
        .required("ikentooMenuId", Schema::id())
        .required("conditionalTaxRules", Schema::boolean());
    let name = Schema::object()
        .required("menuName", text())
        .required("ikentooMenuId", Schema::id());
    let instruction = Schema::object()
        .required("instruction", text())
        .required("ikentooModifierId", text());
    let modifiers = Schema::object()
        .required("multiSelectionPermitted", Schema::boolean())
        .required("productionInstructionGroupName", text())
        .required("productionIntructionGroupId", Schema::id())
        .required("productionInstructionList", Schema::array(instruction.closed()));
    let discount = Schema::object()
        .required("name", text())
        .required("code", text())
        .optional("discountPercentage", Schema::number())
        .optional("discountAmount", Schema::number());
    document
        .schema("Menu", menu.closed())
        .schema("MenuName", name.closed())
        .schema("ModifierGroup", modifiers.closed())
        .schema("Discount", discount.closed())
        .schema("Availability", availability())
}

fn availability() -> Schema {
    let item = Schema::object()
        .required("sku", text())
        .required("count", Schema::integer())
        .required("updatedAt", Schema::time());
    let current = Schema::object()
        .required("page", Schema::integer())
        .required("pageSize", Schema::integer());
    let metadata = Schema::object()
        .required("warnings", Schema::array(Schema::any()))
        .required("current", current.closed())
        .required("total", Schema::integer())
        .required("totalPages", Schema::integer());
    Schema::object()
        .required("data", Schema::array(item.closed()))
        .required("metadata", metadata.closed())
        .closed()
}

fn finance(document: Document) -> Document {
    let method = Schema::object()
        .required("name", text())
        .required("code", text())
        .required("accountingReference", text())
        .required("pmId", Schema::id());
    let itself = Schema::object().required("href", text());
    let methods = Schema::object()
        .required(
            "_embedded",
            Schema::object().required("paymentMethodList", Schema::array(method.closed())),
        )
        .required("_links", Schema::object().required("self", itself));
    let location = Schema::object()
        .required("blName", text())
        .required("blID", Schema::id())
        .required("country", text())
        .required("timezone", text());
    let business = Schema::object()
        .required("businessName", text())
        .required("businessId", Schema::id())
        .required("currencyCode", text())
        .required("businessLocations", Schema::array(location.closed()));
    let businesses = Schema::object().required(
        "_embedded",
        Schema::object().required("businessList", Schema::array(business.closed())),
    );
    document
        .schema("PaymentMethods", methods)
        .schema("FinanceBusinesses", businesses)
        .schema("Sale", sale())
}

fn sale() -> Schema {
    let line = Schema::object()
        .required("totalNetAmountWithTax", money())
        .required("totalNetAmountWithoutTax", money())
        .required("discountAmount", money())
        .required("taxAmount", money())
        .optional("sku", text())
        .required("name", text())
        .required("quantity", text())
        .required("currency", text());
    let payment = Schema::object()
        .optional("code", text())
        .optional("description", text())
        .optional("paymentMethodId", Schema::id())
        .required("netAmountWithTax", money())
        .required("currency", text())
        .required("tip", money())
        .required("type", text())
        .optional("staffId", Schema::id())
        .optional("externalReference", text())
        .required("surcharge", money());
    Schema::object()
        .required("accountReference", text())
        .required("accountFiscId", text())
        .required("receiptId", text())
        .required("salesLines", Schema::array(line.closed()))
        .required("payments", Schema::array(payment.closed()))
        .required("timeOfOpening", Schema::time())
        .optional("timeOfCloseAndPaid", Schema::time())
        .optional("tableNumber", text())
        .required("type", text())
        .required("externalReferences", Schema::array(text()))
        .optional("nbCovers", Schema::integer())
        .required("dineIn", Schema::boolean())
        .closed()
}
