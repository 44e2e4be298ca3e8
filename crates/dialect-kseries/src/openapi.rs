//! The description of the dialect: its calls, what they take and what they answer.
//!
//! Owns: the OpenAPI document. Must not know: how a call is served. That it names every route and no other is a test.

mod calls;
mod reading;
mod requests;
mod schemas;

#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use tender_openapi::{Document, Operation, Parameter, Schema};

const ABOUT: &str = "Order & Pay and the finance calls around it. Payments and orders are accepted first: 200 says that they are \
    queued for the till, and what became of them is told by webhook. Amounts of requests are read exactly, from JSON numbers \
    or their text; amounts of answers are texts with all digits of the currency, or numbers where the server is set so. \
    Numbers may come as text, unknown members are ignored, `null` is the same as absent. Refusals and accepted payments say \
    in the headers `Tender-Money-Moved` and `Tender-Retry` whether money moved and whether to send again.";

/// Refusals that every call may answer.
const ALWAYS: [(u16, &str); 5] = [
    (400, "The request cannot be read, or what it says is not allowed."),
    (
        403,
        "The token has not the scope, or does not cover the location.",
    ),
    (406, "Only JSON is served."),
    (500, "Nobody can say what became of the request."),
    (
        503,
        "The server is busy, or there is no menu to show; `Tender-Retry` says when to ask again.",
    ),
];

/// What else calls with a body refuse.
const BODY: [(u16, &str); 3] = [
    (408, "The body did not arrive in time."),
    (413, "The body is larger than this server takes."),
    (415, "The body is not announced as `application/json`."),
];

/// Examples name what `tender demo` has: its first location, a check that is open there, and its floor plan.
const LOCATION: u64 = 45_454_565_682_155;
const CHECK: &str = "A1234.1";
const FLOOR_PLAN: u64 = 565_682_155_010;

const NOT_FOUND: (u16, &str) = (404, "There is no such thing at the location.");

/// The OpenAPI document.
#[must_use]
pub fn openapi() -> Value {
    let bearer = json!({
        "type": "http", "scheme": "bearer",
        "description": "An access token with the scope `orders-api` for /o, `financial-api` for /f.",
    });
    let document = Document::new("tender: Lightspeed Restaurant K-Series Order & Pay", ABOUT)
        .tag("pay", "Payments and orders for the till.")
        .tag("checks", "Open checks.")
        .tag("webhooks", "Who is told what became of payments and orders.")
        .tag("data", "Businesses, tables, order profiles, messages.")
        .tag("menu", "Menus and what is left of items.")
        .tag("finance", "Payment methods and sales.")
        .scheme("bearer", bearer)
        .secured_by(&["bearer"]);
    let operations = calls::operations().into_iter().chain(reading::operations());
    schemas::add(requests::add(operations.fold(document, Document::operation))).finish()
}

fn refusal() -> Schema {
    Schema::named("Refusal")
}

/// A call with the parameters that its path names.
fn call(method: &str, path: &str, id: &str, summary: &str) -> Operation {
    Operation::new(method, path, id, summary)
        .parts(part)
        .refusals(&ALWAYS, &refusal())
        .empty_answer(401, "Nobody is recognised by the `Authorization` header.")
}

/// A part of a path by its name.
fn part(name: &str) -> Parameter {
    match name {
        "account_identifier" => {
            Parameter::path(name, Schema::string(), "The check's `ikaccountId`.").example(CHECK)
        }
        "endpoint_id" => Parameter::path(
            name,
            Schema::string().length(1, 255),
            "The endpoint's id, as its maker chose it.",
        )
        .example("my-endpoint"),
        "code" => Parameter::path(name, Schema::string(), "The profile's code.").example("DELIVERY"),
        "menu_id" => Parameter::path(name, Schema::id(), "The menu's `ikentooMenuId`.").example(LOCATION),
        "table_number" => Parameter::path(name, Schema::integer(), "The table's number.").example(1),
        "floor_plan_id" => Parameter::path(name, Schema::id(), "The floor plan's id.").example(FLOOR_PLAN),
        _ => Parameter::path(name, Schema::id(), "The id.").example(LOCATION),
    }
}

/// The location in the query, which nearly every call needs.
fn at_location(operation: Operation) -> Operation {
    operation.parameter(
        Parameter::required_query("businessLocationId", Schema::id(), "The business location.")
            .example(LOCATION),
    )
}
