use axum::http::{HeaderMap, HeaderValue, Uri, header::CONTENT_TYPE};

use super::{Members, Query, check_media_type, parse, reference_chain};
use crate::errors::Refusal;

fn message(refusal: Refusal) -> String {
    match refusal {
        Refusal::Fault(fault) => fault.to_string(),
        other => panic!("not envelope A: {other:?}"),
    }
}

#[test]
fn a_byte_order_mark_is_read_over() {
    assert!(parse(b"\xef\xbb\xbf{}").is_ok());
    assert_eq!(
        message(parse(b"\xef\xbb\xbf").expect_err("nothing else")),
        "Required request body is missing"
    );
}

#[test]
fn unreadable_bodies_say_what_and_where() {
    for (body, expected) in [
        ("", "Required request body is missing"),
        ("null", "Required request body is missing"),
        (
            "{\n\"a\":",
            "JSON parse error: Unexpected end-of-input at [line: 2, column: 4]",
        ),
        (
            "{a}",
            "JSON parse error: Unexpected character at [line: 1, column: 2]",
        ),
        (
            "{} x",
            "JSON parse error: Trailing token found after value at [line: 1, column: 4]",
        ),
    ] {
        assert_eq!(
            message(parse(body.as_bytes()).expect_err(body)),
            expected,
            "{body}"
        );
    }
}

#[test]
fn nesting_is_bounded() {
    let body = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    let text = message(parse(body.as_bytes()).expect_err("deep"));
    assert!(
        text.starts_with("JSON parse error: Document nesting depth"),
        "{text}"
    );
}

#[test]
fn a_wrong_type_names_the_member_and_not_the_value() {
    let json = parse(br#"{"items":[{"quantity":"secret"}]}"#).expect("JSON");
    let root = Members::root(&json, "localOrder").expect("an object");
    let mismatch = root
        .objects("items", |item| item.int("quantity"))
        .expect_err("no number");
    assert_eq!(
        message(mismatch.refusal("localOrder")),
        "JSON parse error: Cannot deserialize value of type `java.lang.Integer` from String value (token \
         `JsonToken.VALUE_STRING`) (through reference chain: localOrder[\"items\"]->[0]->[\"quantity\"])"
    );
}

#[test]
fn an_array_is_no_object() {
    let json = parse(b"[]").expect("JSON");
    let refusal = Members::root(&json, "standalonePayment").expect_err("an array");
    assert_eq!(
        message(refusal),
        "JSON parse error: Cannot deserialize value of type `java.lang.Object` from Array value (token \
         `JsonToken.START_ARRAY`) (through reference chain: standalonePayment)"
    );
}

#[test]
fn numbers_are_read_from_strings_too() {
    let json = parse(br#"{"a":"45454565682155","b":42.0,"c":"","d":null,"e":"2.006e1"}"#).expect("JSON");
    let root = Members::root(&json, "x").expect("an object");
    assert_eq!(root.long("a").expect("a"), Some(45_454_565_682_155));
    assert_eq!(root.long("b").expect("b"), Some(42));
    assert_eq!(root.long("c").expect("c"), None);
    assert_eq!(root.long("d").expect("d"), None);
    assert_eq!(root.long("absent").expect("absent"), None);
    let exact = root.decimal("e").expect("e").expect("there");
    assert_eq!(exact.to_string(), "20.06");
}

#[test]
fn chains_name_every_step() {
    assert_eq!(reference_chain("x", ""), "through reference chain: x");
    assert_eq!(
        reference_chain("x", "a.b[1].c"),
        "through reference chain: x[\"a\"]->[\"b\"]->[1]->[\"c\"]"
    );
}

#[test]
fn the_location_of_a_query_is_told_in_spring_s_words() {
    let told = |uri: &'static str| {
        message(
            Query::of(&Uri::from_static(uri))
                .expect("query")
                .location()
                .expect_err(uri),
        )
    };
    assert_eq!(
        told("/x"),
        "Required request parameter 'businessLocationId' for method parameter type Long is not present"
    );
    assert_eq!(
        told("/x?businessLocationId="),
        "Required request parameter 'businessLocationId' for method parameter type Long is present but converted to null"
    );
    assert!(told("/x?businessLocationId=abc").contains("For input string: \"abc\""));
}

#[test]
fn json_is_taken_with_or_without_a_charset() {
    let check = |value: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
        check_media_type(&headers)
    };
    assert!(check("application/json").is_ok());
    assert!(check("application/json;charset=UTF-8").is_ok());
    assert!(check("Application/Vnd.shop+JSON").is_ok(), "JSON underneath");
    assert!(check("text/json").is_err());
    assert_eq!(
        message(check("text/plain;charset=UTF-8").expect_err("text")),
        "Content type 'text/plain;charset=UTF-8' not supported"
    );
    assert_eq!(
        message(check_media_type(&HeaderMap::new()).expect_err("nothing")),
        "Content type 'application/octet-stream' not supported"
    );
}
