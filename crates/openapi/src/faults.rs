//! What has to hold in every document, whatever it describes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::operation::parts_of;

/// What a document has once and names often: the member of `components`, and what one of it is called.
const SHARED: [(&str, &str); 2] = [("schemas", "schema"), ("responses", "answer")];

/// Every method (upper case) with its path.
#[must_use]
pub fn routes(document: &Value) -> BTreeSet<(String, String)> {
    operations(document)
        .map(|(path, method, _)| (method.to_ascii_uppercase(), path.to_owned()))
        .collect()
}

pub(crate) fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// What is wrong with a document, in words: references that lead nowhere, schemas or answers that nothing uses,
/// parts of paths that nothing describes, operations with one name or no answer, links to no operation, and what a request
/// needs without an example.
#[must_use]
pub fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    references(document, &mut used);
    for (member, kind) in SHARED {
        let shared = document["components"][member].as_object().into_iter().flatten();
        let defined: BTreeSet<&str> = shared.map(|(name, _)| name.as_str()).collect();
        let prefix = format!("#/components/{member}/");
        let named: BTreeSet<&str> = used
            .iter()
            .filter_map(|reference| reference.strip_prefix(&prefix))
            .collect();
        let missing = named.difference(&defined);
        faults.extend(missing.map(|name| format!("the {kind} {name} is named and not there")));
        let idle = defined.difference(&named);
        faults.extend(idle.map(|name| format!("nothing uses the {kind} {name}")));
    }
    let all_ids: BTreeSet<&str> = operations(document)
        .filter_map(|(_, _, operation)| operation["operationId"].as_str())
        .collect();
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
        if parts_of(path).collect::<BTreeSet<_>>() != described(operation) {
            faults.push(format!("{method} {path} describes other parts than its path has"));
        }
        for link in links(operation) {
            if !link["operationId"]
                .as_str()
                .is_some_and(|id| all_ids.contains(id))
            {
                faults.push(format!("{method} {path} links to what is not there"));
            }
        }
        faults.extend(untried(operation).map(|name| format!("{method} {path} has no example of {name}")));
    }
    faults
}

fn links(operation: &Value) -> impl Iterator<Item = &Value> {
    let answers = operation["responses"].as_object().into_iter().flatten();
    answers.flat_map(|(_, answer)| {
        let links = answer["links"].as_object().into_iter().flatten();
        links.map(|(_, link)| link)
    })
}

/// Parameters without an example, though no request can be made without them. (A body never comes without one.)
fn untried(operation: &Value) -> impl Iterator<Item = &str> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let untried =
        parameters.filter(|parameter| parameter["required"] == true && parameter.get("example").is_none());
    untried.filter_map(|parameter| parameter["name"].as_str())
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
