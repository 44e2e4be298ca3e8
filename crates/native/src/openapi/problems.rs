//! Problems: their schema, their codes, and one answer per status that many operations share.
//!
//! Owns: which statuses the whole API refuses with, and what the shared answers are. Must not know: which operation
//! refuses. The examples are made by the code that refuses, so they cannot be wrong.

use std::collections::BTreeSet;

use serde_json::Value;
use tender_engine::Rejection;
use tender_http::{BodyError, Problem};
use tender_openapi::{Answer, Document, Schema};
use tender_service::AuthFailure;

use super::call::advised;
use super::values::{advice, text};
use crate::body::of_body_error;
use crate::refusal::{self, Code, Repeatable};
use crate::{access, refusal::of_rejection};

pub(super) fn add(document: Document) -> Document {
    let document = document.schema("Problem", problem());
    shared()
        .into_iter()
        .fold(document, |document, (name, about, problem)| {
            document.answer(name, answer(about, &problem))
        })
}

fn problem() -> Schema {
    let codes: BTreeSet<&str> = Code::all().iter().map(Code::text).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    let code = Schema::words(&codes).describe("For programs: never changes its meaning.");
    let object = Schema::object()
        .describe(
            "RFC 9457. A status alone says: 400 malformed, 401 and 403 the credential, 404 not there or not yours, 409 its \
             state forbids it, 422 it makes no sense here, 503 try again.",
        )
        .required("type", text().describe("A URN made from the code."))
        .required("title", text().describe("For people."))
        .required("status", Schema::integer())
        .optional("detail", text().describe("What to do next, for people."))
        .optional("field", text().describe("The path of the field at fault."))
        .required("code", code);
    advice(object).closed()
}

/// The answers that operations share: the name, what the status says, and a problem that has it.
fn shared() -> [(&'static str, &'static str, Problem); 10] {
    [
        (
            "Malformed",
            "The request is not what it must be.",
            refusal::invalid_field("amount", "It is a decimal number in a string, such as \"12.50\"."),
        ),
        (
            "Unknown",
            "Nobody is recognised by the token.",
            access::unrecognised(&AuthFailure::Missing),
        ),
        (
            "Forbidden",
            "Somebody is, who may not do this.",
            access::without_scope(),
        ),
        (
            "Absent",
            "There is no such thing, or it is out of the caller's reach.",
            refusal::order_not_found(),
        ),
        (
            "Late",
            "The body did not arrive in time.",
            of_body_error(BodyError::Timeout),
        ),
        (
            "Conflict",
            "Its state, or a request before this one, forbids it.",
            of_rejection(&Rejection::OrderClosed),
        ),
        (
            "TooLarge",
            "The body is too large.",
            of_body_error(BodyError::TooLarge),
        ),
        (
            "Senseless",
            "The request is well formed and makes no sense here.",
            of_rejection(&Rejection::ExceedsDue),
        ),
        (
            "Broken",
            "The server met a mistake of its own, or nobody can say what became of the request.",
            refusal::internal(Repeatable::Yes),
        ),
        (
            "Busy",
            "The server has too much to do, or its storage is away. Nothing was done.",
            refusal::busy(1),
        ),
    ]
}

fn answer(about: &str, problem: &Problem) -> Answer {
    let example = serde_json::to_value(problem).unwrap_or(Value::Null);
    advised(Answer::new(about).problem(Schema::named("Problem"), example))
}
