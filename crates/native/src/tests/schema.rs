//! Every answer of every test is held against the OpenAPI document, so that it says what the server does.

use std::sync::OnceLock;

use serde_json::{Value, json};
use tender_openapi::{Came, Checker};

use super::place::Answer;

fn checker() -> &'static Checker {
    static CHECKER: OnceLock<Checker> = OnceLock::new();
    CHECKER.get_or_init(|| Checker::new(crate::openapi::openapi()))
}

pub(crate) fn document() -> &'static Value {
    checker().document()
}

/// Fails when the document says otherwise about an answer.
pub(crate) fn check(method: &str, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap_or_default();
    let told = match checker().operation(method, path) {
        Some(operation) => {
            let came = Came {
                status: answer.status,
                content_type: answer.header("content-type"),
                body: &answer.text,
            };
            checker().answer(operation, came)
        }
        // What is said where there is nothing is a problem too.
        None => checker().conforms(&json!({"$ref": "#/components/schemas/Problem"}), &answer.json()),
    };
    if let Err(error) = told {
        panic!("{method} {path} {}: {error}\n{}", answer.status, answer.text);
    }
}

#[test]
fn every_example_is_as_its_schema_says() {
    assert_eq!(checker().false_examples(), [""; 0]);
}

#[test]
fn bodies_and_successes_have_examples() {
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{method} {path}");
            if let Some(body) = operation.get("requestBody") {
                assert!(
                    body.pointer("/content/application~1json/example").is_some(),
                    "{place}: its body"
                );
            }
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let bodies = answer["content"].as_object().into_iter().flatten();
                for (media_type, body) in bodies {
                    assert!(body.get("example").is_some(), "{place}: {status} {media_type}");
                }
            }
        }
    }
}
