//! The description of the dialect: its resources, what they take and what they answer.
//!
//! Owns: the OpenAPI document. Must not know: how a request is served. That it names every path and method and no other is
//! a test.

mod reading;
mod requests;
mod schemas;
mod writing;

#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use tender_openapi::{Document, Operation, Parameter, Schema};

const ABOUT: &str = "Orders of a company and their payments. A payment is posted at once. Amounts are JSON numbers, read exactly and \
    never rounded. Every path may end in `.json`, which wins over `Accept`. Lists of orders may be narrowed in the path: \
    `/companies/{company}/sites/{site}/orders/complete` and the like, where `sites`, `registers`, `staff` and `customers` with \
    an id stand before or after `orders` and words of status after it. `/companies/{company}/orders/saleid/{sale}` reads an \
    order by its sale number. Answers about money say in the headers `Tender-Money-Moved` and `Tender-Retry` whether money \
    moved and whether to send again.";

/// Refusals that every call may answer.
const ALWAYS: [(u16, &str); 7] = [
    (401, "Nobody is recognised by the `Authorization` header."),
    (403, "The credential was accepted, but it may not do this."),
    (404, "There is no such resource, or it belongs to somebody else."),
    (406, "Only JSON is served."),
    (
        429,
        "The limit of requests is used up; `Retry-After` says when to send again.",
    ),
    (500, "Nobody can say what became of the request."),
    (
        503,
        "The server is busy and changed nothing; `Retry-After` says when to send again.",
    ),
];

/// What else calls with a body refuse.
const BODY: [(u16, &str); 3] = [
    (
        400,
        "The request, or what it names, does not allow this; `field` says which.",
    ),
    (408, "The body did not arrive in time."),
    (413, "The body is larger than 1048576 bytes."),
];

/// Examples name what `tender demo` has: its first location, and the register there.
const SITE: u64 = 45_454_565_682_155;
const REGISTER: u64 = 565_682_155_020;
/// What the server numbers by itself is different everywhere.
const MADE: u64 = 488_078_791_696_384;

const KEY_REUSED: (u16, &str) = (409, "The Idempotency-Key was used for another request.");

/// The OpenAPI document.
#[must_use]
pub fn openapi() -> Value {
    let basic = json!({"type": "http", "scheme": "basic", "description": "Client id and secret."});
    let bearer =
        json!({"type": "http", "scheme": "bearer", "description": "An access token of POST /v1/token.json."});
    let document = Document::new("tender: Kounta (Lightspeed O-Series)", ABOUT)
        .tag(
            "company",
            "The company, its sites, registers, staff and payment methods.",
        )
        .tag("orders", "Orders and their lines.")
        .tag("payments", "Payments of orders.")
        .tag("webhooks", "Who is told about orders.")
        .scheme("basic", basic)
        .scheme("bearer", bearer)
        .secured_by(&["bearer"])
        .secured_by(&["basic"]);
    let operations = reading::operations().into_iter().chain(writing::operations());
    schemas::add(requests::add(operations.fold(document, Document::operation))).finish()
}

fn refusal() -> Schema {
    Schema::named("Refusal")
}

/// An operation of the company, with the parameters that its path names.
fn call(method: &str, path: &str, id: &str, summary: &str) -> Operation {
    Operation::new(method, path, id, summary)
        .parts(part)
        .refusals(&ALWAYS, &refusal())
}

/// A part of a path by its name.
fn part(name: &str) -> Parameter {
    let me_or_id = || Schema::one_of([Schema::words(&["me"]), Schema::id()]);
    match name {
        "company" => Parameter::path(
            name,
            me_or_id(),
            "The company's id, or `me` for that of the credential.",
        )
        .example("me"),
        "staff" => Parameter::path(name, me_or_id(), "The employee's id, or `me`.").example(42),
        "number" => Parameter::path(
            name,
            Schema::integer().minimum(1),
            "The number within the order, from 1.",
        )
        .example(1),
        _ => Parameter::path(name, Schema::id(), "The id.").example(match name {
            "site" => SITE,
            "register" => REGISTER,
            _ => MADE,
        }),
    }
}

/// An operation that takes a body.
fn taking(method: &str, path: &str, id: &str, summary: &str) -> Operation {
    call(method, path, id, summary).refusals(&BODY, &refusal())
}

/// An operation that is kept apart from its retries by a key such as the example.
fn keyed(operation: Operation, example: &str) -> Operation {
    let key = Parameter::header(
        "Idempotency-Key",
        Schema::string().length(1, 255),
        "Kept across retries: the same key with the same request gives the first answer again.",
    );
    operation
        .parameter(key.example(example))
        .refusals(&[KEY_REUSED], &refusal())
}
