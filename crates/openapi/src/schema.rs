//! What a value may be: as much of JSON Schema (draft 2020-12) as wire APIs need.

use serde_json::{Map, Value, json};

/// A schema in the making.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema(Map<String, Value>);

impl Schema {
    fn of_type(name: &str) -> Self {
        Self(Map::new()).with("type", json!(name))
    }

    /// Any value.
    #[must_use]
    pub fn any() -> Self {
        Self(Map::new())
    }

    /// A value of one of some types: `string`, `integer`, `number`, `boolean`, `null`.
    #[must_use]
    pub fn of_types(names: &[&str]) -> Self {
        Self::any().with("type", json!(names))
    }

    /// This value alone.
    #[must_use]
    pub fn constant(value: impl Into<Value>) -> Self {
        Self::any().with("const", value.into())
    }

    /// A text.
    #[must_use]
    pub fn string() -> Self {
        Self::of_type("string")
    }

    /// One of some texts.
    #[must_use]
    pub fn words(words: &[&str]) -> Self {
        Self::string().with("enum", json!(words))
    }

    /// A moment as RFC 3339 writes it.
    #[must_use]
    pub fn time() -> Self {
        Self::string().with("format", json!("date-time"))
    }

    /// A day as RFC 3339 writes it.
    #[must_use]
    pub fn date() -> Self {
        Self::string().with("format", json!("date"))
    }

    /// A whole number.
    #[must_use]
    pub fn integer() -> Self {
        Self::of_type("integer")
    }

    /// A whole number from 0 on that names a record: at most 2^53 − 1, which every JSON reader keeps.
    #[must_use]
    pub fn id() -> Self {
        Self::integer()
            .with("minimum", json!(0))
            .with("maximum", json!(9_007_199_254_740_991_u64))
    }

    /// A number, whose text is exact.
    #[must_use]
    pub fn number() -> Self {
        Self::of_type("number")
    }

    /// True or false.
    #[must_use]
    pub fn boolean() -> Self {
        Self::of_type("boolean")
    }

    /// A value that this server always leaves `null`.
    #[must_use]
    pub fn null() -> Self {
        Self::of_type("null")
    }

    /// A list.
    #[must_use]
    pub fn array(items: Self) -> Self {
        Self::of_type("array").with("items", items.into_value())
    }

    /// An object without members yet; others than those named may come.
    #[must_use]
    pub fn object() -> Self {
        Self::of_type("object")
    }

    /// An object whose member names are the sender's.
    #[must_use]
    pub fn map(values: Self) -> Self {
        Self::object().with("additionalProperties", values.into_value())
    }

    /// A schema of the document by its name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::any().with("$ref", json!(format!("#/components/schemas/{name}")))
    }

    /// Exactly one of some.
    #[must_use]
    pub fn one_of(schemas: impl IntoIterator<Item = Self>) -> Self {
        let schemas: Vec<Value> = schemas.into_iter().map(Self::into_value).collect();
        Self::any().with("oneOf", Value::Array(schemas))
    }

    /// A member that is always there.
    #[must_use]
    pub fn required(mut self, name: &str, schema: Self) -> Self {
        let required = self.0.entry("required").or_insert_with(|| json!([]));
        if let Value::Array(names) = required {
            names.push(json!(name));
        }
        self.optional(name, schema)
    }

    /// A member that may be left out.
    #[must_use]
    pub fn optional(mut self, name: &str, schema: Self) -> Self {
        let properties = self.0.entry("properties").or_insert_with(|| json!({}));
        if let Value::Object(members) = properties {
            members.insert(name.to_owned(), schema.into_value());
        }
        self
    }

    /// No members but those named.
    #[must_use]
    pub fn closed(self) -> Self {
        self.with("additionalProperties", json!(false))
    }

    /// Or `null`.
    #[must_use]
    pub fn or_null(mut self) -> Self {
        match self.0.get("type").cloned() {
            Some(types) => {
                let mut types = match types {
                    Value::Array(types) => types,
                    name => vec![name],
                };
                types.push(json!("null"));
                self.0.insert("type".to_owned(), Value::Array(types));
                if let Some(Value::Array(words)) = self.0.get_mut("enum") {
                    words.push(Value::Null);
                }
                self
            }
            None => Self::one_of([self, Self::null()]),
        }
    }

    /// Lengths of a text, in characters.
    #[must_use]
    pub fn length(self, min: u64, max: u64) -> Self {
        self.with("minLength", json!(min)).with("maxLength", json!(max))
    }

    /// Most elements of a list.
    #[must_use]
    pub fn items_max(self, max: u64) -> Self {
        self.with("maxItems", json!(max))
    }

    /// Fewest elements of a list.
    #[must_use]
    pub fn items_min(self, min: u64) -> Self {
        self.with("minItems", json!(min))
    }

    /// What it is when it is left out.
    #[must_use]
    pub fn default_value(self, value: impl Into<Value>) -> Self {
        self.with("default", value.into())
    }

    /// The smallest number.
    #[must_use]
    pub fn minimum(self, minimum: i64) -> Self {
        self.with("minimum", json!(minimum))
    }

    /// The largest number.
    #[must_use]
    pub fn maximum(self, maximum: i64) -> Self {
        self.with("maximum", json!(maximum))
    }

    /// Numbers above this one.
    #[must_use]
    pub fn above(self, bound: i64) -> Self {
        self.with("exclusiveMinimum", json!(bound))
    }

    /// A regular expression that the text matches.
    #[must_use]
    pub fn pattern(self, pattern: &str) -> Self {
        self.with("pattern", json!(pattern))
    }

    /// What the value means.
    #[must_use]
    pub fn describe(self, description: &str) -> Self {
        self.with("description", json!(description))
    }

    /// A value as it may look.
    #[must_use]
    pub fn example(self, example: impl Into<Value>) -> Self {
        self.with("examples", json!([example.into()]))
    }

    fn with(mut self, keyword: &str, value: Value) -> Self {
        self.0.insert(keyword.to_owned(), value);
        self
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}
