//! What is read: checks, data, menus, finance.

use serde_json::json;
use tender_openapi::{Operation, Parameter, Schema};

use super::{BODY, NOT_FOUND, at_location, call, refusal};

pub(super) fn operations() -> Vec<Operation> {
    checks()
        .into_iter()
        .chain(data())
        .chain(menus())
        .chain(availability())
        .chain(finance())
        .collect()
}

fn read(path: &str, id: &str, summary: &str, schema: Schema) -> Operation {
    call("get", path, id, summary).answer(200, "Done.", schema)
}

fn list(path: &str, id: &str, summary: &str, schema: &str) -> Operation {
    read(path, id, summary, Schema::array(Schema::named(schema)))
}

fn one(path: &str, id: &str, summary: &str, schema: &str) -> Operation {
    read(path, id, summary, Schema::named(schema)).refusals(&[NOT_FOUND], &refusal())
}

fn checks() -> [Operation; 3] {
    let table = "/o/op/1/order/table/{table_number}/getCheck";
    let account = "/o/op/1/order/accounts/{account_identifier}";
    [
        list(
            "/o/op/1/order/table/getCheck",
            "getChecks",
            "The open checks at tables, oldest first",
            "Check",
        ),
        one(
            table,
            "getCheckOfTable",
            "The oldest open check at a table",
            "Check",
        ),
        one(account, "getCheck", "A check, open or closed", "Check"),
    ]
    .map(|operation| at_location(operation).tag("checks"))
}

fn data() -> [Operation; 6] {
    let plans = "/o/op/data/{business_location_id}/floorplans";
    let tables = "/o/op/data/{business_location_id}/floorplans/{floor_plan_id}/tables";
    let profile = "/o/op/data/{business_location_id}/account-profiles/tagcode/{code}";
    let missing = |operation: Operation| operation.refusals(&[NOT_FOUND], &refusal());
    let expand = Parameter::query(
        "expandTables",
        Schema::boolean(),
        "Whether tables stand in the floor plans; they do.",
    );
    let profiles = one(
        "/o/op/data/account-profiles",
        "getProfiles",
        "The order profiles of a location",
        "Profiles",
    );
    let readiness = one(
        "/o/op/1/onlineOrderReadiness",
        "getReadiness",
        "Whether a location takes orders",
        "Readiness",
    );
    [
        list(
            "/o/op/data/businesses",
            "getBusinesses",
            "What the token covers",
            "Business",
        ),
        at_location(profiles),
        missing(list(
            plans,
            "getFloorPlans",
            "The floor plans of a location",
            "FloorPlan",
        ))
        .parameter(expand),
        missing(list(tables, "getTables", "The tables of a floor plan", "Table")),
        one(profile, "getProfile", "An order profile", "Profile"),
        at_location(readiness),
    ]
    .map(|operation| operation.tag("data"))
}

fn menus() -> [Operation; 5] {
    let load = |path: &str, id: &str, summary: &str| {
        let profile = Parameter::query("accountProfile", Schema::string(), "For this order profile.");
        let rich = Parameter::query(
            "richContent",
            Schema::boolean(),
            "With pictures and texts, where there are any.",
        );
        let unavailable = Schema::one_of([refusal(), Schema::named("MenuUnavailable")]);
        one(path, id, summary, "Menu")
            .parameter(profile)
            .parameter(rich)
            .answer(503, "There is no menu to show.", unavailable)
    };
    [
        load("/o/op/1/menu/load/{menu_id}", "loadMenu", "A menu, version 1"),
        load("/o/op/2/menu/load/{menu_id}", "loadMenu2", "A menu, version 2"),
        list(
            "/o/op/1/menu/modifiers",
            "getModifiers",
            "The modifiers",
            "ModifierGroup",
        ),
        list(
            "/o/op/1/menu/list",
            "getMenus",
            "The menus of a location",
            "MenuName",
        ),
        list(
            "/o/op/1/menu/discounts",
            "getDiscounts",
            "The discounts",
            "Discount",
        ),
    ]
    .map(|operation| at_location(operation).tag("menu"))
}

fn availability() -> [Operation; 2] {
    let path = "/o/op/1/itemAvailability";
    let paged = |operation: Operation, size_max: i64| {
        let page = Schema::integer().minimum(0).maximum(i64::from(i32::MAX));
        let size = Schema::integer().minimum(1).maximum(size_max);
        at_location(operation)
            .parameter(Parameter::query("page", page, "The page, from 0."))
            .parameter(Parameter::query(
                "size",
                size,
                "Items of a page; 25 unless given.",
            ))
            .answer(200, "Done.", Schema::named("Availability"))
            .tag("menu")
    };
    let skus = Parameter::required_query("skus", Schema::string(), "1 to 50 items, parted by commas.")
        .example("10,20");
    let by_query = call("get", path, "getAvailability", "How many are left of items").parameter(skus);
    let by_body = call(
        "post",
        path,
        "findAvailability",
        "How many are left of items named in the body",
    )
    .body(
        Schema::named("AvailabilityRequest"),
        json!({"skus": ["10", "20"]}),
    )
    .refusals(&BODY, &refusal());
    [paged(by_query, 50), paged(by_body, 100)]
}

fn finance() -> [Operation; 3] {
    let methods = "/f/finance/{business_location_id}/paymentMethods";
    let sale = "/f/finance/{business_location_id}/saleByExternalReference";
    let reference = Parameter::required_query(
        "externalReferenceId",
        Schema::string(),
        "`TASK:OO-`, the location, `-`, and the reference of the order or payment.",
    )
    .example("TASK:OO-45454565682155-PAY-1");
    [
        one(
            methods,
            "getPaymentMethods",
            "The payment methods that a payment may name",
            "PaymentMethods",
        ),
        one(
            sale,
            "getSale",
            "The sale that was ordered or paid under a reference",
            "Sale",
        )
        .parameter(reference),
        one(
            "/f/data/businesses",
            "getFinanceBusinesses",
            "What the token covers, by currency",
            "FinanceBusinesses",
        ),
    ]
    .map(|operation| operation.tag("finance"))
}
