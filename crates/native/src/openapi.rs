//! The description of this API, for people and generators: one OpenAPI document out of the route table.
//!
//! Owns: what the document says of itself, and serving it. Must not know: what a resource looks like. Every route brings its
//! own description, which stands in the `openapi` module of its resource, beside the code that reads and writes what it
//! describes. That every code has a place, that every example is as its schema says, and that every answer of every test is,
//! are tests.

pub(crate) mod call;
mod problems;
pub(crate) mod values;

use std::sync::OnceLock;

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tender_openapi::{Answer, Document, Operation, Schema};

use self::call::Call;
use crate::routes::{routes, sandbox_routes};
use crate::{
    cases, deliveries, directory, endpoints, events, orders, payments, references, reports, sandbox, tills,
    timeline,
};

#[cfg(test)]
mod tests;

const TITLE: &str = "tender native API";
const ABOUT: &str = "Order payments that land exactly once. Bodies are JSON objects of known members only, where `null` is the \
    same as absent; amounts are decimal strings; lists come in pages of `{items, next}`. Every answer about a payment and every \
    problem says whether money moved and what to do next, in members and in the headers Tender-Money-Moved and Tender-Retry. \
    A path that is asked with a method it has not answers 405, with `Allow`. The sandbox's routes exist only where the server is \
    set up so. Ids in examples are those of `tender demo` where it has them; what a server numbers by itself is different \
    everywhere.";

const TOKEN: &str = "An admin token; an application token with the scope native; on the till routes and for reading orders, a \
    till token.";

/// Groups of operations, in the order in which they are shown.
const TAGS: [(&str, &str); 10] = [
    ("orders", "Bills: lines, what is due, their end."),
    ("payments", "Money on orders, at once or by a till."),
    ("events", "The journal as a feed."),
    ("webhooks", "Who is told, and what became of every message."),
    ("tills", "The till protocol: tasks leased, answered, repeated."),
    ("cases", "Money that needs a person."),
    ("reports", "Sums of the journal."),
    ("directory", "What there is to name in other requests."),
    ("sandbox", "The clock and the virtual tills of a demo."),
    ("about", "This description."),
];

/// What describes one resource's bodies.
type Schemas = fn(Document) -> Document;

const SCHEMAS: [Schemas; 14] = [
    values::add,
    problems::add,
    orders::openapi::add,
    payments::openapi::add,
    references::openapi::add,
    timeline::openapi::add,
    events::openapi::add,
    endpoints::openapi::add,
    deliveries::openapi::add,
    tills::openapi::add,
    cases::openapi::add,
    reports::openapi::add,
    directory::openapi::add,
    sandbox::openapi::add,
];

/// The OpenAPI document.
#[must_use]
pub fn openapi() -> Value {
    let document = Document::new(TITLE, ABOUT)
        .scheme(
            "token",
            json!({"type": "http", "scheme": "bearer", "description": TOKEN}),
        )
        .secured_by(&["token"]);
    let document = TAGS
        .into_iter()
        .fold(document, |document, (name, about)| document.tag(name, about));
    let all = routes().into_iter().chain(sandbox_routes());
    let document = all.fold(document, |document, route| {
        document.operation((route.describe)(Call::new(&route.method, route.path)))
    });
    SCHEMAS
        .into_iter()
        .fold(document, |document, add| add(document))
        .finish()
}

/// The document as it is served, made once.
fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| openapi().to_string())
}

pub(crate) async fn document() -> Response {
    let mut response = text().into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

/// The description of the description.
pub(crate) fn describe(call: Call<'_>) -> Operation {
    let info = json!({"title": TITLE, "version": "1", "description": ABOUT, "license": {}});
    let example = json!({
        "openapi": "3.1.0", "info": info, "servers": [], "tags": [], "security": [], "paths": {}, "components": {},
    });
    call.open("about", "getDescription", "This document")
        .answers(200, Answer::new("Done.").json(Schema::object(), example))
}
