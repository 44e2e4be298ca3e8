//! Every answer of every test is held against the OpenAPI document, so that it says what the server does.
//!
//! Reads as much of JSON Schema as the document uses; anything else in it is a failure here.

use std::sync::OnceLock;

use serde_json::Value;

use super::place::Answer;

pub(crate) fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(crate::openapi::openapi)
}

/// Fails when the document says otherwise about an answer.
pub(crate) fn check(method: &str, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap_or_default();
    let operation = operation(method, path);
    let status = answer.status.to_string();
    let schema = match operation {
        Some(operation) if answer.status < 400 => {
            let response = &operation["responses"][&status];
            assert!(
                response.is_object(),
                "{method} {path}: no answer {status} in the document"
            );
            let Some(content) = response.get("content") else {
                assert_eq!(
                    answer.text, "",
                    "{method} {path} has an answer that is not in the document"
                );
                return;
            };
            let media_type = answer
                .header("content-type")
                .split(';')
                .next()
                .unwrap_or_default();
            assert!(
                content.get(media_type).is_some(),
                "{method} {path}: {media_type} is not in the document"
            );
            if media_type != "application/json" {
                return;
            }
            &content[media_type]["schema"]
        }
        _ => &document()["components"]["schemas"]["Problem"],
    };
    if let Err(error) = conforms(&answer.json(), schema) {
        panic!("{method} {path} {status}: {error}\n{}", answer.text);
    }
}

/// The operation of a path. Literal segments win over parameters.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let fits = |template: &str| {
        let (mut wanted, mut found) = (template.split('/'), path.split('/'));
        loop {
            match (wanted.next(), found.next()) {
                (None, None) => return true,
                (Some(wanted), Some(found)) if wanted.starts_with('{') || wanted == found => {}
                _ => return false,
            }
        }
    };
    let paths = document()["paths"].as_object().unwrap();
    let candidates = paths.iter().filter(|(template, _)| fits(template));
    let best = candidates.min_by_key(|(template, _)| template.matches('{').count());
    best?.1.get(method.to_ascii_lowercase())
}

fn conforms(value: &Value, schema: &'static Value) -> Result<(), String> {
    for (keyword, rule) in schema.as_object().ok_or("a schema is an object")? {
        match keyword.as_str() {
            "$ref" => conforms(value, resolve(rule.as_str().unwrap()))?,
            "oneOf" => {
                let fitting = rule
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|schema| conforms(value, schema).is_ok())
                    .count();
                if fitting != 1 {
                    return Err(format!("fits {fitting} of the alternatives"));
                }
            }
            "type" => check_type(value, rule)?,
            "enum" => {
                if !rule.as_array().unwrap().contains(value) {
                    return Err(format!("{value} is none of {rule}"));
                }
            }
            "const" => {
                if value != rule {
                    return Err(format!("{value} is not {rule}"));
                }
            }
            "properties" => check_members(value, schema)?,
            "required" => {
                for name in rule.as_array().unwrap() {
                    if value.get(name.as_str().unwrap()).is_none() {
                        return Err(format!("{name} is missing"));
                    }
                }
            }
            "items" => {
                for (at, element) in value.as_array().into_iter().flatten().enumerate() {
                    conforms(element, rule).map_err(|error| format!("[{at}]: {error}"))?;
                }
            }
            "pattern" => check_pattern(value.as_str().unwrap_or_default(), rule.as_str().unwrap())?,
            "description" | "examples" | "format" | "default" | "additionalProperties" => {}
            "maxLength" | "maxItems" | "minItems" | "minimum" | "maximum" => {}
            other => return Err(format!("the keyword {other} is not known here")),
        }
    }
    Ok(())
}

fn resolve(reference: &str) -> &'static Value {
    let pointer = reference.strip_prefix('#').unwrap();
    document()
        .pointer(pointer)
        .unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

fn check_type(value: &Value, rule: &Value) -> Result<(), String> {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_allowed = match rule {
        Value::Array(types) => types.iter().any(|allowed| allowed == found),
        allowed => allowed == found,
    };
    if is_allowed {
        Ok(())
    } else {
        Err(format!("{found} where {rule} was expected"))
    }
}

fn check_members(value: &Value, schema: &'static Value) -> Result<(), String> {
    for (name, member) in value.as_object().into_iter().flatten() {
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(rule), _) => conforms(member, rule).map_err(|error| format!("{name}: {error}"))?,
            (None, Value::Bool(false)) => return Err(format!("{name} is not in the document")),
            (None, _) => {}
        }
    }
    Ok(())
}

/// The two patterns that the document has.
fn check_pattern(text: &str, pattern: &str) -> Result<(), String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = match pattern {
        "^-?[0-9]+(\\.[0-9]+)?$" => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            digits.split_once('.').map_or(is_number(digits), |(whole, part)| {
                is_number(whole) && is_number(part)
            })
        }
        "^(same-key|never|after:[0-9]+)$" => {
            matches!(text, "same-key" | "never") || text.strip_prefix("after:").is_some_and(is_number)
        }
        other => return Err(format!("the pattern {other} is not known here")),
    };
    if fits {
        Ok(())
    } else {
        Err(format!("{text} does not fit {pattern}"))
    }
}
