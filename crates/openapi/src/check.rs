//! Holding what is sent and answered against a document: for tests.
//!
//! Owns: finding the operation of a path, and the schema of a body in it. Must not know: how anything is sent. Schemas are
//! read by a library that knows all of JSON Schema, formats included.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::faults::operations;

#[cfg(test)]
mod tests;

/// An answer as it came.
#[derive(Debug, Clone, Copy)]
pub struct Came<'a> {
    /// Its status.
    pub status: u16,
    /// Its media type, parameters included; empty without one.
    pub content_type: &'a str,
    /// Its body; empty without one.
    pub body: &'a str,
}

/// A document that is checked against, with the schemas that were used so far.
#[derive(Debug)]
pub struct Checker {
    document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Checker {
    /// For a document.
    #[must_use]
    pub fn new(document: Value) -> Self {
        Self {
            document,
            validators: Mutex::default(),
        }
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The operation of a method and a path without its query. Literal parts win over `{parameters}`.
    #[must_use]
    pub fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let paths = self.document["paths"].as_object()?;
        let fitting = paths.iter().filter(|(template, _)| fits(template, path));
        let best = fitting.min_by_key(|(template, _)| template.matches('{').count());
        best?.1.get(method.to_ascii_lowercase())
    }

    /// Whether an operation can answer like this.
    ///
    /// # Errors
    /// What the document says otherwise.
    pub fn answer(&self, operation: &Value, came: Came<'_>) -> Result<(), String> {
        let status = came.status;
        let answer = &operation["responses"][status.to_string()];
        if !answer.is_object() {
            return Err(format!("an answer {status} is not in the document"));
        }
        let answer = self.resolved(answer)?;
        let Some(content) = answer.get("content") else {
            return match came.body {
                "" => Ok(()),
                _ => Err(format!("an answer {status} has no body in the document")),
            };
        };
        let media_type = came.content_type.split(';').next().unwrap_or_default().trim();
        let Some(body) = content.get(media_type) else {
            return Err(format!(
                "an answer {status} has no media type {media_type:?} in the document"
            ));
        };
        self.conforms(&body["schema"], &read(media_type, came.body)?)
    }

    /// Whether a value is as a schema of the document says.
    ///
    /// # Errors
    /// Where it is not, and why.
    pub fn conforms(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let validator = self.validator(schema)?;
        let errors = validator.iter_errors(value);
        let errors: Vec<String> = errors
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors.join("; "))
        }
    }

    fn validator(&self, schema: &Value) -> Result<Arc<Validator>, String> {
        let key = schema.to_string();
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = validators.get(&key) {
            return Ok(validator.clone());
        }
        // References lead to the components, so they go along.
        let mut schema = schema.clone();
        if let Value::Object(members) = &mut schema {
            members.insert("components".to_owned(), self.document["components"].clone());
        }
        let options = jsonschema::options().should_validate_formats(true);
        let validator = options
            .build(&schema)
            .map_err(|error| format!("no schema: {error}"))?;
        let validator = Arc::new(validator);
        validators.insert(key, validator.clone());
        Ok(validator)
    }

    /// A part of the document, or the shared one that it names.
    fn resolved<'d>(&'d self, part: &'d Value) -> Result<&'d Value, String> {
        let Some(reference) = part["$ref"].as_str() else {
            return Ok(part);
        };
        let pointer = reference.strip_prefix('#').unwrap_or_default();
        let found = self.document.pointer(pointer);
        found.ok_or_else(|| format!("{reference} leads nowhere"))
    }

    /// What is wrong with the document's examples, in words: those that their schemas do not allow.
    #[must_use]
    pub fn false_examples(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (path, method, operation) in operations(&self.document) {
            let place = format!("{} {path}", method.to_ascii_uppercase());
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let at = format!("{place}: {}", parameter["name"].as_str().unwrap_or_default());
                self.look(&mut wrong, &at, parameter);
            }
            let contents = operation["requestBody"]["content"]
                .as_object()
                .into_iter()
                .flatten();
            for (media_type, body) in contents {
                self.look(&mut wrong, &format!("{place}: {media_type}"), body);
            }
            for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
                let contents = self.resolved(answer).map(|answer| answer["content"].as_object());
                for (media_type, body) in contents.unwrap_or_default().into_iter().flatten() {
                    self.look(&mut wrong, &format!("{place}: {status} {media_type}"), body);
                }
            }
        }
        wrong
    }

    /// Looks at what has a schema and may have an example.
    fn look(&self, wrong: &mut Vec<String>, at: &str, part: &Value) {
        if let Some(example) = part.get("example")
            && let Err(error) = self.conforms(&part["schema"], example)
        {
            wrong.push(format!("{at}: {error}"));
        }
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted.starts_with('{') || wanted == found => {}
            _ => return false,
        }
    }
}

/// A body as a schema sees it: what is not JSON is one text.
fn read(media_type: &str, body: &str) -> Result<Value, String> {
    if media_type.ends_with("json") {
        serde_json::from_str(body).map_err(|error| format!("the body is not JSON: {error}"))
    } else {
        Ok(json!(body))
    }
}
