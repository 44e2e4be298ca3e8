use proptest::prelude::*;

use crate::{Json, JsonErrorKind, JsonWriter, Limits};

fn parse(text: &str) -> Result<Json<'_>, crate::JsonError> {
    Json::parse(text.as_bytes(), Limits::REQUEST)
}

/// Text in, compact text out: everything kept but white space and the spelling of escapes.
#[track_caller]
fn check(text: &str, expected: &str) {
    let json = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(json.to_text(), expected, "{text}");
}

#[track_caller]
fn check_error(bytes: &[u8], limits: Limits, kind: JsonErrorKind, line: usize, column: usize) {
    let text = String::from_utf8_lossy(bytes);
    let error = Json::parse(bytes, limits)
        .map(|json| json.to_text())
        .expect_err(&text);
    assert_eq!(
        (error.kind, error.line, error.column),
        (kind, line, column),
        "{text}"
    );
}

#[test]
fn values_are_read_as_written() {
    for (text, expected) in [
        ("null", "null"),
        (" true\n", "true"),
        ("false", "false"),
        ("0", "0"),
        ("-0", "-0"),
        ("2.50", "2.50"),
        ("2.006e1", "2.006e1"),
        ("1E+400", "1E+400"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("0.30000000000000004", "0.30000000000000004"),
        (r#""""#, r#""""#),
        (r#""a\/\u0062\n""#, r#""a/b\n""#),
        (r#""\ud83d\ude00 é""#, r#""😀 é""#),
        ("[]", "[]"),
        ("[ ]", "[]"),
        ("[1, [2.0], {}]", "[1,[2.0],{}]"),
        (
            "\t{ \"b\" : 1 ,\"a\":{\"x\":[null]} }\r\n",
            r#"{"b":1,"a":{"x":[null]}}"#,
        ),
        (r#"{"\u0061":1,"":2}"#, r#"{"a":1,"":2}"#),
        (r#"{"a":1,"a":2}"#, r#"{"a":1,"a":2}"#),
        (
            r#"{"$serde_json::private::RawValue":"1"}"#,
            r#"{"$serde_json::private::RawValue":"1"}"#,
        ),
        (
            r#"{"$serde_json::private::Number":"1"}"#,
            r#"{"$serde_json::private::Number":"1"}"#,
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn last_of_two_members_counts_and_duplicates_are_named_once() {
    let json = parse(r#"{"a":1,"b":2,"a":3,"\u0061":4,"c":{"b":1}}"#).unwrap();
    let object = json.as_object().unwrap();
    assert_eq!(object.get("a"), Some(&parse("4").unwrap()));
    assert_eq!(object.duplicates(), ["a"]);
    assert_eq!(object.len(), 5);
    assert!(object.contains("c"));
    assert!(!object.contains("d"));
    let inner = object.get("c").and_then(Json::as_object).unwrap();
    assert_eq!(inner.duplicates(), Vec::<&str>::new());
}

#[test]
fn text_without_escapes_is_not_copied() {
    use std::borrow::Cow;
    let Json::String(Cow::Borrowed(text)) = parse(r#""plain é""#).unwrap() else {
        panic!("copied");
    };
    assert_eq!(text, "plain é");
}

#[test]
fn broken_texts_name_the_place() {
    use JsonErrorKind::{Empty, Incomplete, NotUnicode, Syntax, TrailingText};
    for (text, kind, line, column) in [
        ("", Empty, 1, 1),
        (" \n ", Empty, 2, 2),
        ("{", Incomplete, 1, 1),
        ("[1,", Incomplete, 1, 3),
        ("\"abc", Incomplete, 1, 4),
        ("{\"a\":", Incomplete, 1, 5),
        ("tru", Incomplete, 1, 3),
        ("nul]", Syntax, 1, 4),
        ("1x", TrailingText, 1, 2),
        ("{} x", TrailingText, 1, 4),
        ("[1]\n]", TrailingText, 2, 1),
        ("{\"a\" 1}", Syntax, 1, 6),
        ("{a:1}", Syntax, 1, 2),
        ("{\"a\":1,}", Syntax, 1, 8),
        ("[1,]", Syntax, 1, 4),
        ("[1 2]", Syntax, 1, 4),
        ("01", Syntax, 1, 2),
        ("[01]", Syntax, 1, 3),
        ("+1", Syntax, 1, 1),
        ("1.", Syntax, 1, 2),
        (".5", Syntax, 1, 1),
        ("NaN", Syntax, 1, 1),
        ("[\n  1,\n  oops\n]", Syntax, 3, 3),
        ("{\"a\":\n[\n[1 2]]}", Syntax, 3, 4),
        ("\"a\nb\"", Syntax, 1, 2),
        ("\"\\x\"", Syntax, 1, 3),
        ("{\"a\":\"\\ud800\"}", NotUnicode, 1, 13),
        ("\u{feff}{}", Syntax, 1, 1),
        ("\u{a0}{}", Syntax, 1, 1),
    ] {
        check_error(text.as_bytes(), Limits::REQUEST, kind, line, column);
    }
    check_error(b"{\n\"a\": \"\xff\"}", Limits::REQUEST, NotUnicode, 2, 7);
}

#[test]
fn no_reason_has_words_that_make_clients_refresh_their_token() {
    use JsonErrorKind::{Empty, Incomplete, NotUnicode, Syntax, TooDeep, TooManyMembers, TrailingText};
    for kind in [
        Empty,
        Incomplete,
        Syntax,
        TrailingText,
        NotUnicode,
        TooDeep,
        TooManyMembers,
    ] {
        let reason = kind.reason();
        assert!(
            !reason.contains("invalid") && !reason.contains("expired"),
            "{reason}"
        );
    }
}

#[test]
fn errors_never_repeat_the_text() {
    let error = parse(r#"{"card":"4111111111111111" 4111111111111111}"#).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("4111"));
}

#[test]
fn shape_is_all_that_debug_shows() {
    let json = parse(r#"{"secret":"hunter2","pin":1234,"list":[true,null]}"#).unwrap();
    assert_eq!(
        format!("{json:?}"),
        r#"{"secret": string, "pin": number, "list": [bool, null]}"#
    );
}

#[test]
fn depth_is_counted_in_containers() {
    let limits = |depth_max| Limits {
        depth_max,
        members_max: 100,
    };
    let parse = |text: &'static str, depth_max| {
        Json::parse(text.as_bytes(), limits(depth_max)).map_err(|error| error.kind)
    };
    assert!(parse("1", 0).is_ok());
    assert_eq!(parse("[]", 0), Err(JsonErrorKind::TooDeep));
    assert!(parse("[]", 1).is_ok());
    assert!(parse(r#"{"a":[1]}"#, 2).is_ok());
    assert_eq!(parse(r#"{"a":[1]}"#, 1), Err(JsonErrorKind::TooDeep));
    check_error(b"[1,\n {\"a\": [1]}]", limits(2), JsonErrorKind::TooDeep, 2, 8);
}

#[test]
fn hundred_thousand_brackets_are_refused_without_recursion() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let mut text = open.repeat(100_000);
        let error = parse(&text).map(|json| json.to_text()).unwrap_err();
        assert_eq!(error.kind, JsonErrorKind::Incomplete);
        text.push('1');
        text.push_str(&close.repeat(100_000));
        // However much the caller asks for, the ceiling holds.
        for depth_max in [16, usize::MAX] {
            let limits = Limits {
                depth_max,
                members_max: usize::MAX,
            };
            let error = Json::parse(text.as_bytes(), limits)
                .map(|json| json.to_text())
                .unwrap_err();
            assert_eq!(error.kind, JsonErrorKind::TooDeep);
        }
    }
}

#[test]
fn members_and_elements_are_counted_over_the_whole_text() {
    let limits = Limits {
        depth_max: 4,
        members_max: 4,
    };
    assert!(Json::parse(br#"{"a":[1,2],"b":3}"#, limits).is_ok());
    check_error(
        br#"{"a":[1,2],"b":[3]}"#,
        limits,
        JsonErrorKind::TooManyMembers,
        1,
        17,
    );
}

#[test]
fn ten_megabytes_in_one_string_are_read() {
    let body = "x".repeat(10 * 1024 * 1024);
    let text = format!(r#"{{"a":"{body}","b":"\t{body}"}}"#);
    let json = parse(&text).unwrap();
    let object = json.as_object().unwrap();
    assert_eq!(
        object.get("a").and_then(Json::as_str).map(str::len),
        Some(body.len())
    );
    assert_eq!(
        object.get("b").and_then(Json::as_str).map(str::len),
        Some(body.len() + 1)
    );
}

/// A tree in the making: what proptest can generate, written by the writer.
#[derive(Debug, Clone)]
enum Sketch {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Array(Vec<Sketch>),
    Object(Vec<(String, Sketch)>),
}

fn number() -> impl Strategy<Value = String> {
    let integer = prop_oneof![Just("0".to_owned()), (1_u64..).prop_map(|n| n.to_string())];
    let fraction = proptest::option::of(proptest::collection::vec(0_u8..10, 1..20));
    let exponent = proptest::option::of((prop_oneof!["e", "E", "e\\+", "E-"], 0_u16..2000));
    (any::<bool>(), integer, fraction, exponent).prop_map(|(minus, integer, fraction, exponent)| {
        let mut text = String::new();
        if minus {
            text.push('-');
        }
        text.push_str(&integer);
        if let Some(digits) = fraction {
            text.push('.');
            text.extend(digits.iter().map(|digit| char::from(b'0' + digit)));
        }
        if let Some((mark, value)) = exponent {
            text.push_str(&mark);
            text.push_str(&value.to_string());
        }
        text
    })
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let leaf = prop_oneof![
        Just(Sketch::Null),
        any::<bool>().prop_map(Sketch::Bool),
        number().prop_map(Sketch::Number),
        any::<String>().prop_map(Sketch::Text),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Sketch::Array),
            proptest::collection::vec((any::<String>(), inner), 0..8).prop_map(Sketch::Object),
        ]
    })
}

fn write(sketch: &Sketch) -> String {
    fn element(array: &mut crate::ArrayWriter<'_>, sketch: &Sketch) {
        match sketch {
            Sketch::Null => array.null(),
            Sketch::Bool(value) => array.bool(*value),
            Sketch::Number(text) => array.raw(text),
            Sketch::Text(text) => array.string(text),
            Sketch::Array(elements) => array.array(|array| elements.iter().for_each(|e| element(array, e))),
            Sketch::Object(members) => {
                array.object(|object| {
                    members
                        .iter()
                        .for_each(|(name, value)| member(object, name, value))
                });
            }
        }
    }
    fn member(object: &mut crate::ObjectWriter<'_>, name: &str, sketch: &Sketch) {
        match sketch {
            Sketch::Null => object.null(name),
            Sketch::Bool(value) => object.bool(name, *value),
            Sketch::Number(text) => object.raw(name, text),
            Sketch::Text(text) => object.display(name, text),
            Sketch::Array(elements) => {
                object.array(name, |array| elements.iter().for_each(|e| element(array, e)));
            }
            Sketch::Object(members) => object.object(name, |object| {
                members
                    .iter()
                    .for_each(|(name, value)| member(object, name, value));
            }),
        }
    }
    JsonWriter::array(|array| element(array, sketch)).into_string()
}

fn is_same(sketch: &Sketch, json: &Json<'_>) -> bool {
    match (sketch, json) {
        (Sketch::Null, Json::Null) => true,
        (Sketch::Bool(a), Json::Bool(b)) => a == b,
        (Sketch::Number(a), Json::Number(b)) => a == b.as_str(),
        (Sketch::Text(a), Json::String(b)) => a == b,
        (Sketch::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Sketch::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b.iter())
                    .all(|((a_name, a), (b_name, b))| a_name == b_name && is_same(a, b))
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(sketch in sketch()) {
        let text = write(&sketch);
        let json = parse(&text).unwrap();
        let elements = json.as_array().unwrap();
        prop_assert_eq!(elements.len(), 1);
        prop_assert!(is_same(&sketch, &elements[0]), "{}", text);
        prop_assert_eq!(json.to_text(), text);
    }

    #[test]
    fn numbers_keep_their_text(text in number()) {
        prop_assert_eq!(parse(&text).unwrap().to_text(), text.clone());
        let wrapped = format!("{{\"a\":[ {text} ]}}");
        prop_assert_eq!(parse(&wrapped).unwrap().to_text(), format!("{{\"a\":[{text}]}}"));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Json::parse(&bytes, Limits::REQUEST);
    }

    /// Bytes that look like JSON reach deeper than arbitrary ones, and serde_json knows which are right.
    #[test]
    fn acceptance_agrees_with_serde_json(text in r#"[\[\]{}:," \n\\"a0-9.eE+\-tfnulrse]{0,24}"#) {
        let expected = serde_json::from_str::<serde_json::Value>(&text);
        match parse(&text) {
            Ok(_) => {
                // A float beyond its range is the one thing that only serde_json's own values mind.
                let is_out_of_range = matches!(&expected, Err(error) if error.to_string().contains("out of range"));
                prop_assert!(expected.is_ok() || is_out_of_range, "{}", text);
            }
            Err(error) => {
                prop_assert!(expected.is_err(), "{}", text);
                prop_assert!(error.line <= text.lines().count() + 1);
            }
        }
    }
}
