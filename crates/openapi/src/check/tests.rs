use serde_json::{Value, json};

use super::{Came, Checker};
use crate::{Answer, Document, Operation, Parameter, Schema};

fn checker() -> Checker {
    let bell = Answer::new("It rang.").json(Schema::named("Bell"), json!({"tone": "c", "at": "2026-03-29"}));
    let absent = Answer::new("None.").problem(
        Schema::object().required("code", Schema::string()),
        json!({"code": "x"}),
    );
    let schema = Schema::object()
        .required("tone", Schema::words(&["c", "d"]))
        .optional("at", Schema::date())
        .closed();
    let number = || Parameter::path("bell", Schema::id(), "Which.").example(7);
    let document = Document::new("Bells", "All bells.")
        .schema("Bell", schema)
        .answer("Absent", absent)
        .operation(
            Operation::new("get", "/bells/{bell}", "get", "A bell")
                .parameter(number())
                .answers(200, bell)
                .shared_answer(404, "Absent"),
        )
        .operation(
            Operation::new("delete", "/bells/{bell}", "melt", "Melt")
                .parameter(number())
                .empty_answer(204, "Gone."),
        )
        .operation(Operation::new("get", "/bells/all", "all", "All").answers(
            200,
            Answer::new("Done.").body("text/plain", Schema::string().length(2, 9), json!("cd")),
        ));
    Checker::new(document.finish())
}

fn told(method: &str, path: &str, status: u16, content_type: &str, body: &str) -> Result<(), String> {
    let checker = checker();
    let operation = checker.operation(method, path).expect("there is one");
    checker.answer(
        operation,
        Came {
            status,
            content_type,
            body,
        },
    )
}

#[test]
fn what_the_document_says_is_accepted() {
    let table = [
        ("GET", "/bells/7", 200, "application/json", r#"{"tone":"c"}"#),
        (
            "GET",
            "/bells/7",
            200,
            "application/json; charset=utf-8",
            r#"{"tone":"d","at":"2026-03-29"}"#,
        ),
        (
            "GET",
            "/bells/7",
            404,
            "application/problem+json",
            r#"{"code":"gone"}"#,
        ),
        ("DELETE", "/bells/7", 204, "", ""),
        // The literal path, not the parameter.
        ("GET", "/bells/all", 200, "text/plain", "cd"),
    ];
    for (method, path, status, content_type, body) in table {
        assert_eq!(
            told(method, path, status, content_type, body),
            Ok(()),
            "{method} {path} {status}"
        );
    }
}

#[test]
fn anything_else_is_told() {
    let table = [
        (
            "GET",
            "/bells/7",
            201,
            "application/json",
            "{}",
            "an answer 201 is not in the document",
        ),
        ("GET", "/bells/7", 200, "text/html", "<p>", "has no media type"),
        ("GET", "/bells/7", 200, "application/json", "{", "not JSON"),
        (
            "GET",
            "/bells/7",
            200,
            "application/json",
            r#"{"tone":"e"}"#,
            "/tone",
        ),
        (
            "GET",
            "/bells/7",
            200,
            "application/json",
            r#"{"tone":"c","at":"noon"}"#,
            "/at",
        ),
        (
            "GET",
            "/bells/7",
            200,
            "application/json",
            r#"{"tone":"c","new":1}"#,
            "new",
        ),
        ("GET", "/bells/7", 404, "application/problem+json", "{}", "code"),
        ("DELETE", "/bells/7", 204, "", "gone", "has no body"),
        ("GET", "/bells/all", 200, "text/plain", "c", "shorter"),
    ];
    for (method, path, status, content_type, body, expected) in table {
        let error = told(method, path, status, content_type, body).expect_err("it is not as described");
        assert!(error.contains(expected), "{method} {path} {status}: {error}");
    }
}

#[test]
fn an_operation_is_found_by_method_and_path() {
    let checker = checker();
    let found = |method, path| {
        checker
            .operation(method, path)
            .map(|operation| operation["operationId"].clone())
    };
    assert_eq!(found("GET", "/bells/7"), Some(json!("get")));
    assert_eq!(found("GET", "/bells/all"), Some(json!("all")));
    assert_eq!(found("POST", "/bells/7"), None);
    assert_eq!(found("GET", "/bells"), None);
    assert_eq!(found("GET", "/bells/7/tone"), None);
}

#[test]
fn false_examples_are_told() {
    assert_eq!(checker().false_examples(), [""; 0]);
    let mut document = checker().document().clone();
    let mut set = |pointer: &str, value: Value| {
        *document.pointer_mut(pointer).expect("it is there") = value;
    };
    set("/paths/~1bells~1{bell}/get/parameters/0/example", json!(-1));
    set(
        "/paths/~1bells~1{bell}/get/responses/200/content/application~1json/example",
        json!({}),
    );
    set(
        "/components/responses/Absent/content/application~1problem+json/example",
        json!({}),
    );
    let told = Checker::new(document).false_examples();
    assert_eq!(told.len(), 3, "{told:?}");
}
