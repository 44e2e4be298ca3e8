//! A whole document.

use serde_json::{Map, Value, json};

use crate::{Answer, Operation, Schema};

/// The version of OpenAPI that documents follow. Its schemas are JSON Schema, draft 2020-12.
const OPENAPI: &str = "3.1.0";

/// A document in the making.
#[derive(Debug, Clone)]
pub struct Document {
    info: Value,
    tags: Vec<Value>,
    security: Vec<Value>,
    paths: Map<String, Value>,
    schemas: Map<String, Value>,
    answers: Map<String, Value>,
    schemes: Map<String, Value>,
}

impl Document {
    /// A document that describes nothing yet.
    #[must_use]
    pub fn new(title: &str, description: &str) -> Self {
        Self {
            info: json!({
                "title": title,
                "version": "1",
                "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
                "description": description,
            }),
            tags: Vec::new(),
            security: Vec::new(),
            paths: Map::new(),
            schemas: Map::new(),
            answers: Map::new(),
            schemes: Map::new(),
        }
    }

    /// A group of operations, in the order in which groups are shown.
    #[must_use]
    pub fn tag(mut self, name: &str, description: &str) -> Self {
        self.tags.push(json!({"name": name, "description": description}));
        self
    }

    /// A way to say who asks, as a Security Scheme Object.
    #[must_use]
    pub fn scheme(mut self, name: &str, scheme: Value) -> Self {
        self.schemes.insert(name.to_owned(), scheme);
        self
    }

    /// Schemes that are used together. Called again, it names an alternative.
    #[must_use]
    pub fn secured_by(mut self, schemes: &[&str]) -> Self {
        let all: Map<String, Value> = schemes
            .iter()
            .map(|name| ((*name).to_owned(), json!([])))
            .collect();
        self.security.push(Value::Object(all));
        self
    }

    /// A schema that others name.
    #[must_use]
    pub fn schema(mut self, name: &str, schema: Schema) -> Self {
        self.schemas.insert(name.to_owned(), schema.into_value());
        self
    }

    /// An answer that operations share by its name.
    #[must_use]
    pub fn answer(mut self, name: &str, answer: Answer) -> Self {
        self.answers.insert(name.to_owned(), answer.into_value());
        self
    }

    /// An operation. A second one with the same path and method takes the place of the first.
    #[must_use]
    pub fn operation(mut self, operation: Operation) -> Self {
        let (method, path, value) = operation.into_parts();
        let item = self.paths.entry(path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = item {
            methods.insert(method, value);
        }
        self
    }

    /// The document.
    #[must_use]
    pub fn finish(self) -> Value {
        let mut components = Map::new();
        let parts = [
            ("schemas", self.schemas),
            ("responses", self.answers),
            ("securitySchemes", self.schemes),
        ];
        for (name, part) in parts {
            if !part.is_empty() {
                components.insert(name.to_owned(), Value::Object(part));
            }
        }
        json!({
            "openapi": OPENAPI,
            "info": self.info,
            "servers": [{"url": "/"}],
            "tags": self.tags,
            "security": self.security,
            "paths": self.paths,
            "components": components,
        })
    }
}
