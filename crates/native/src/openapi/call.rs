//! What operations of this API have in common.
//!
//! Owns: the refusals that kinds of operations share, and the parameters that many take. Must not know: an operation.

use axum::http::Method;
use serde_json::{Value, json};
use tender_openapi::{Answer, Operation, Parameter, Schema};

use super::values;
use crate::keys::KEY_BYTES_MAX;

/// A route that is to be described.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'r> {
    method: &'r Method,
    path: &'r str,
}

impl<'r> Call<'r> {
    pub(super) const fn new(method: &'r Method, path: &'r str) -> Self {
        Self { method, path }
    }

    /// An operation that somebody has to be known for: its group, its name, and what it does.
    pub(crate) fn named(self, tag: &str, id: &str, summary: &str) -> Operation {
        self.start(tag, id, summary)
            .shared_answer(400, "Malformed")
            .shared_answer(401, "Unknown")
            .shared_answer(403, "Forbidden")
            .shared_answer(500, "Broken")
            .shared_answer(503, "Busy")
    }

    /// An operation for everybody.
    pub(super) fn open(self, tag: &str, id: &str, summary: &str) -> Operation {
        self.start(tag, id, summary).for_everybody()
    }

    fn start(self, tag: &str, id: &str, summary: &str) -> Operation {
        let method = self.method.as_str().to_ascii_lowercase();
        Operation::new(&method, self.path, id, summary).tag(tag)
    }
}

/// What operations can have besides.
pub(crate) trait Traits: Sized {
    /// It names something that may not be there.
    fn finds(self) -> Self;
    /// The state of what it names may forbid it.
    fn conflicts(self) -> Self;
    /// Its body can be well formed and make no sense.
    fn judges(self) -> Self;
    /// It takes a body of this schema.
    fn takes(self, schema: &str, example: Value) -> Self;
    /// It takes a body of this schema, or none.
    fn may_take(self, schema: &str, example: Value) -> Self;
    /// It is kept apart from its retries by a key.
    fn keyed(self, example: &str) -> Self;
    /// It can say what it would do.
    fn rehearsed(self) -> Self;
    /// It lists in pages of so many items at most, and so many if nobody says how many; the example is a page's `next`.
    fn paged(self, max: u32, usual: u32, after: &str) -> Self;
    /// It can be narrowed to a location.
    fn located(self, description: &str) -> Self;
}

impl Traits for Operation {
    fn finds(self) -> Self {
        self.shared_answer(404, "Absent")
    }

    fn conflicts(self) -> Self {
        self.shared_answer(409, "Conflict")
    }

    fn judges(self) -> Self {
        self.shared_answer(422, "Senseless")
    }

    fn takes(self, schema: &str, example: Value) -> Self {
        bodied(self.body(Schema::named(schema), example))
    }

    fn may_take(self, schema: &str, example: Value) -> Self {
        bodied(self.optional_body(Schema::named(schema), example))
    }

    fn keyed(self, example: &str) -> Self {
        let schema = Schema::string().pattern(&format!("^[!-~]{{1,{KEY_BYTES_MAX}}}$"));
        let description = "1 to 255 visible ASCII characters, kept across retries: the same key with the same request gives the \
            first answer again.";
        self.parameter(Parameter::header("Idempotency-Key", schema, description).example(example))
    }

    fn rehearsed(self) -> Self {
        let description = "Answer the exact after-state and write nothing.";
        self.parameter(Parameter::query("dry_run", Schema::boolean(), description).example(false))
    }

    fn paged(self, max: u32, usual: u32, after: &str) -> Self {
        let limit = Schema::integer()
            .minimum(1)
            .maximum(i64::from(max))
            .default_value(usual);
        self.parameter(Parameter::query("limit", limit, "How many items a page has.").example(usual))
            .parameter(
                Parameter::query("after", Schema::string(), "The `next` of an earlier page.").example(after),
            )
    }

    fn located(self, description: &str) -> Self {
        let parameter = Parameter::query("location_id", values::plain_id_text(), description);
        self.parameter(parameter.example(values::LOCATION)).finds()
    }
}

fn bodied(operation: Operation) -> Operation {
    operation
        .shared_answer(408, "Late")
        .shared_answer(413, "TooLarge")
}

/// An id in the path.
pub(crate) fn id(kind: &str, example: impl Into<Value>) -> Parameter {
    let description = format!("The {kind}'s id. A text that is no id names nothing.");
    Parameter::path("id", Schema::string(), &description).example(example)
}

/// An answer with a body of a schema.
pub(crate) fn done(schema: &str, example: Value) -> Answer {
    Answer::new("Done.").json(Schema::named(schema), example)
}

/// An answer about a payment, which says so in headers.
pub(crate) fn advised(answer: Answer) -> Answer {
    answer
        .header(
            "Tender-Money-Moved",
            Schema::named("MoneyMoved"),
            "As in the body.",
        )
        .header("Tender-Retry", Schema::named("Retry"), "As in the body.")
}

/// A page with one item.
pub(crate) fn page(item: Value, next: Option<&str>) -> Value {
    json!({"items": [item], "next": next})
}
