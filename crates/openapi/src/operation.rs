//! One method of one path.

use serde_json::{Map, Value, json};

use crate::{Answer, Schema};

/// The media type of bodies unless said otherwise.
pub(crate) const JSON: &str = "application/json";

/// A parameter in the path, the query or a header.
#[derive(Debug, Clone)]
pub struct Parameter(Value);

impl Parameter {
    fn new(place: &str, name: &str, is_required: bool, schema: Schema, description: &str) -> Self {
        Self(json!({
            "in": place,
            "name": name,
            "required": is_required,
            "schema": schema.into_value(),
            "description": description,
        }))
    }

    /// A part of the path, which is always there.
    #[must_use]
    pub fn path(name: &str, schema: Schema, description: &str) -> Self {
        Self::new("path", name, true, schema, description)
    }

    /// A parameter of the query that may be left out.
    #[must_use]
    pub fn query(name: &str, schema: Schema, description: &str) -> Self {
        Self::new("query", name, false, schema, description)
    }

    /// A parameter of the query that must be there.
    #[must_use]
    pub fn required_query(name: &str, schema: Schema, description: &str) -> Self {
        Self::new("query", name, true, schema, description)
    }

    /// A header that may be left out.
    #[must_use]
    pub fn header(name: &str, schema: Schema, description: &str) -> Self {
        Self::new("header", name, false, schema, description)
    }

    /// The parameter as it may look. One that is a part of the path, or required, needs it: without it there is no request
    /// to try.
    #[must_use]
    pub fn example(mut self, example: impl Into<Value>) -> Self {
        if let Value::Object(members) = &mut self.0 {
            members.insert("example".to_owned(), example.into());
        }
        self
    }
}

/// The names of a path's `{parameters}`.
pub(crate) fn parts_of(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// An operation in the making.
#[derive(Debug, Clone)]
pub struct Operation {
    method: String,
    path: String,
    members: Map<String, Value>,
    parameters: Vec<Value>,
    answers: Map<String, Value>,
}

impl Operation {
    /// An operation by its method (lower case), its path with `{parameters}`, its unique id, and what it does.
    #[must_use]
    pub fn new(method: &str, path: &str, id: &str, summary: &str) -> Self {
        let mut members = Map::new();
        members.insert("operationId".to_owned(), json!(id));
        members.insert("summary".to_owned(), json!(summary));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            members,
            parameters: Vec::new(),
            answers: Map::new(),
        }
    }

    /// The group it is shown in.
    #[must_use]
    pub fn tag(self, name: &str) -> Self {
        self.with("tags", json!([name]))
    }

    /// What there is to know beyond the summary.
    #[must_use]
    pub fn describe(self, description: &str) -> Self {
        self.with("description", json!(description))
    }

    /// A parameter.
    #[must_use]
    pub fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter.0);
        self
    }

    /// Parameters.
    #[must_use]
    pub fn parameters(self, parameters: impl IntoIterator<Item = Parameter>) -> Self {
        parameters.into_iter().fold(self, Self::parameter)
    }

    /// A parameter for each part that the path names, in the path's order.
    #[must_use]
    pub fn parts(self, part: impl Fn(&str) -> Parameter) -> Self {
        let parts: Vec<Parameter> = parts_of(&self.path).map(part).collect();
        self.parameters(parts)
    }

    /// A JSON body that must be there, with an example.
    #[must_use]
    pub fn body(self, schema: Schema, example: Value) -> Self {
        let content = json!({JSON: {"schema": schema.into_value(), "example": example}});
        self.with("requestBody", json!({"required": true, "content": content}))
    }

    /// A JSON body that may be left out, with an example.
    #[must_use]
    pub fn optional_body(self, schema: Schema, example: Value) -> Self {
        let content = json!({JSON: {"schema": schema.into_value(), "example": example}});
        self.with("requestBody", json!({"required": false, "content": content}))
    }

    /// An answer.
    #[must_use]
    pub fn answers(mut self, status: u16, answer: Answer) -> Self {
        self.answers.insert(status.to_string(), answer.into_value());
        self
    }

    /// An answer that the document has once for many operations, by its name there.
    #[must_use]
    pub fn shared_answer(mut self, status: u16, name: &str) -> Self {
        let reference = json!({"$ref": format!("#/components/responses/{name}")});
        self.answers.insert(status.to_string(), reference);
        self
    }

    /// Where to go on after an answer that is there already, as [`Answer::link`] says it.
    #[must_use]
    pub fn link(mut self, status: u16, operation: &str, parameters: &[(&str, &str)]) -> Self {
        if let Some(Value::Object(answer)) = self.answers.get_mut(&status.to_string()) {
            let links = answer.entry("links").or_insert_with(|| json!({}));
            if let Value::Object(links) = links {
                links.insert(operation.to_owned(), Answer::link_value(operation, parameters));
            }
        }
        self
    }

    /// For everybody: no credential is asked for, whatever the document says of other operations.
    #[must_use]
    pub fn for_everybody(self) -> Self {
        self.with("security", json!([]))
    }

    /// A JSON answer.
    #[must_use]
    pub fn answer(mut self, status: u16, description: &str, schema: Schema) -> Self {
        let content = json!({JSON: {"schema": schema.into_value()}});
        let answer = json!({"description": description, "content": content});
        self.answers.insert(status.to_string(), answer);
        self
    }

    /// An answer without a body.
    #[must_use]
    pub fn empty_answer(mut self, status: u16, description: &str) -> Self {
        self.answers
            .insert(status.to_string(), json!({"description": description}));
        self
    }

    /// The refusals that answer with the same schema.
    #[must_use]
    pub fn refusals(self, refusals: &[(u16, &str)], schema: &Schema) -> Self {
        let add = |operation: Self, (status, description): &(u16, &str)| {
            operation.answer(*status, description, schema.clone())
        };
        refusals.iter().fold(self, add)
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    /// Method, path and Operation Object.
    pub(crate) fn into_parts(self) -> (String, String, Value) {
        let mut members = self.members;
        if !self.parameters.is_empty() {
            members.insert("parameters".to_owned(), Value::Array(self.parameters));
        }
        members.insert("responses".to_owned(), Value::Object(self.answers));
        (self.method, self.path, Value::Object(members))
    }
}
