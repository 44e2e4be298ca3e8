//! What has to hold in every document, whatever it describes.

use std::collections::BTreeSet;

use serde_json::Value;

const SCHEMAS: &str = "#/components/schemas/";

/// Every method (upper case) with its path.
#[must_use]
pub fn routes(document: &Value) -> BTreeSet<(String, String)> {
    operations(document)
        .map(|(path, method, _)| (method.to_ascii_uppercase(), path.to_owned()))
        .collect()
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// What is wrong with a document, in words: references that lead nowhere, schemas that nothing uses, parts of paths that
/// nothing describes, operations with one name or no answer.
#[must_use]
pub fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    references(document, &mut used);
    let schemas = document["components"]["schemas"].as_object();
    let defined: BTreeSet<&str> = schemas
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect();
    let named: BTreeSet<&str> = used
        .iter()
        .map(|reference| reference.strip_prefix(SCHEMAS).unwrap_or(reference))
        .collect();
    faults.extend(
        named
            .difference(&defined)
            .map(|name| format!("{name} is named and not there")),
    );
    faults.extend(
        defined
            .difference(&named)
            .map(|name| format!("nothing uses the schema {name}")),
    );
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(document) {
        let id = operation["operationId"].as_str().unwrap_or_default();
        if id.is_empty() || !ids.insert(id) {
            faults.push(format!("{method} {path} has no name of its own: {id}"));
        }
        if operation["responses"]
            .as_object()
            .is_none_or(serde_json::Map::is_empty)
        {
            faults.push(format!("{method} {path} has no answer"));
        }
        if parts_of(path) != described(operation) {
            faults.push(format!("{method} {path} describes other parts than its path has"));
        }
    }
    faults
}

fn parts_of(path: &str) -> BTreeSet<&str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .collect()
}

fn described(operation: &Value) -> BTreeSet<&str> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parts = parameters.filter(|parameter| parameter["in"] == "path");
    parts.filter_map(|part| part["name"].as_str()).collect()
}

fn references<'d>(value: &'d Value, found: &mut BTreeSet<&'d str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| references(element, found)),
        _ => {}
    }
}
