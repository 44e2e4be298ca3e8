//! What is read.

use tender_openapi::{Operation, Parameter, Schema};

use super::call;
use super::requests::any_id;

pub(super) fn operations() -> Vec<Operation> {
    company().into_iter().chain(orders()).collect()
}

fn read(path: &str, id: &str, summary: &str, schema: Schema) -> Operation {
    call("get", path, id, summary).answer(200, "Done.", schema)
}

fn list(path: &str, id: &str, summary: &str, schema: &str) -> Operation {
    read(path, id, summary, Schema::array(Schema::named(schema)))
}

fn one(path: &str, id: &str, summary: &str, schema: &str) -> Operation {
    read(path, id, summary, Schema::named(schema))
}

fn company() -> Vec<Operation> {
    let company = [
        list(
            "/v1/sites_status",
            "getSitesStatus",
            "Whether the tills of all sites are there",
            "SiteStatus",
        ),
        one("/v1/companies/{company}", "getCompany", "The company", "Company"),
        list(
            "/v1/companies/{company}/status",
            "getStatuses",
            "Whether the tills of the sites are there",
            "SiteStatus",
        ),
        list("/v1/companies/{company}/sites", "getSites", "The sites", "Site"),
        list(
            "/v1/companies/{company}/staff/{staff}/sites",
            "getSitesOfStaff",
            "The sites of an employee",
            "Site",
        ),
        one(
            "/v1/companies/{company}/sites/{site}",
            "getSite",
            "A site",
            "Site",
        ),
        one(
            "/v1/companies/{company}/sites/{site}/status",
            "getSiteStatus",
            "Whether a site's tills are there",
            "SiteStatus",
        ),
        list(
            "/v1/companies/{company}/sites/{site}/registers",
            "getRegistersOfSite",
            "The registers of a site",
            "Register",
        ),
        list(
            "/v1/companies/{company}/sites/{site}/payment_methods",
            "getMethodsOfSite",
            "The payment methods at a site",
            "PaymentMethod",
        ),
        list(
            "/v1/companies/{company}/registers",
            "getRegisters",
            "The registers",
            "Register",
        ),
        one(
            "/v1/companies/{company}/registers/{register}",
            "getRegister",
            "A register",
            "Register",
        ),
        list(
            "/v1/companies/{company}/staff",
            "getStaffList",
            "The employees",
            "Staff",
        ),
        one(
            "/v1/companies/{company}/staff/{staff}",
            "getStaff",
            "An employee",
            "Staff",
        ),
        list(
            "/v1/companies/{company}/payment_methods",
            "getMethods",
            "The payment methods",
            "PaymentMethod",
        ),
    ];
    let webhooks = [
        list(
            "/v1/companies/{company}/webhooks",
            "getWebhooks",
            "The webhooks",
            "Webhook",
        ),
        one(
            "/v1/companies/{company}/webhooks/{webhook}",
            "getWebhook",
            "A webhook",
            "Webhook",
        ),
    ];
    let company = company.into_iter().map(|operation| operation.tag("company"));
    company
        .chain(webhooks.map(|operation| operation.tag("webhooks")))
        .collect()
}

/// Bounds of a list: of what, how it is written, an example.
const BOUNDS: [(&str, &str); 2] = [
    (
        "created",
        "When the order was opened: a date, or a time with an offset.",
    ),
    ("value", "The order's total in major units."),
];

fn orders() -> [Operation; 2] {
    let bound = |(name, description): (&str, &str)| {
        ["", "_lt", "_lte", "_gt", "_gte"]
            .map(|suffix| Parameter::query(&format!("{name}{suffix}"), Schema::string(), description))
    };
    let list = list(
        "/v1/companies/{company}/orders",
        "getOrders",
        "The orders, by id, 25 on a page",
        "Order",
    )
    .describe("The header `X-Pages` counts the pages, `X-Next-Page` is the URL of the next one.")
    .parameters(BOUNDS.into_iter().flat_map(bound))
    .parameter(Parameter::query("start", any_id(), "Only orders after this one.").example(0))
    .parameter(Parameter::header("X-Page", Schema::integer().minimum(0), "The page, from 0.").example(0))
    .answer(
        400,
        "The query cannot be read, or names too many sites.",
        super::refusal(),
    );
    let one = one(
        "/v1/companies/{company}/orders/{order}",
        "getOrder",
        "An order",
        "Order",
    );
    [list.tag("orders"), one.tag("orders")]
}
