//! One answer of an operation.

use serde_json::{Map, Value, json};

use crate::Schema;
use crate::operation::JSON;

/// The media type of problems (RFC 9457).
const PROBLEM: &str = "application/problem+json";

/// An answer in the making: a description, a body per media type, headers, and where to go on from it.
#[derive(Debug, Clone)]
pub struct Answer {
    description: String,
    content: Map<String, Value>,
    headers: Map<String, Value>,
    links: Map<String, Value>,
}

impl Answer {
    /// An answer without a body.
    #[must_use]
    pub fn new(description: &str) -> Self {
        Self {
            description: description.to_owned(),
            content: Map::new(),
            headers: Map::new(),
            links: Map::new(),
        }
    }

    /// A JSON body, as it may look.
    #[must_use]
    pub fn json(self, schema: Schema, example: Value) -> Self {
        self.body(JSON, schema, example)
    }

    /// A problem (RFC 9457), as it may look.
    #[must_use]
    pub fn problem(self, schema: Schema, example: Value) -> Self {
        self.body(PROBLEM, schema, example)
    }

    /// A body of another media type, as it may look.
    #[must_use]
    pub fn body(mut self, media_type: &str, schema: Schema, example: Value) -> Self {
        let body = json!({"schema": schema.into_value(), "example": example});
        self.content.insert(media_type.to_owned(), body);
        self
    }

    /// A header that always comes with it.
    #[must_use]
    pub fn header(mut self, name: &str, schema: Schema, description: &str) -> Self {
        let header = json!({"required": true, "schema": schema.into_value(), "description": description});
        self.headers.insert(name.to_owned(), header);
        self
    }

    /// Where to go on: an operation by its id, whose parameters get their values from runtime expressions such as
    /// `$response.body#/id`.
    #[must_use]
    pub fn link(mut self, operation: &str, parameters: &[(&str, &str)]) -> Self {
        self.links
            .insert(operation.to_owned(), Self::link_value(operation, parameters));
        self
    }

    pub(crate) fn link_value(operation: &str, parameters: &[(&str, &str)]) -> Value {
        let parameters: Map<String, Value> = parameters
            .iter()
            .map(|(name, expression)| ((*name).to_owned(), json!(expression)))
            .collect();
        json!({"operationId": operation, "parameters": parameters})
    }

    pub(crate) fn into_value(self) -> Value {
        let mut answer = Map::new();
        answer.insert("description".to_owned(), json!(self.description));
        let parts = [
            ("content", self.content),
            ("headers", self.headers),
            ("links", self.links),
        ];
        for (name, part) in parts {
            if !part.is_empty() {
                answer.insert(name.to_owned(), Value::Object(part));
            }
        }
        Value::Object(answer)
    }
}
