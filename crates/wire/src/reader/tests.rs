use crate::{
    FIELD_ERRORS_MAX, FieldError, FieldErrors, FromJson, Items, Json, Kind, Limits, Presence, Reader,
    Tolerance,
};
use tender_money::Decimal;

fn parse(text: &str) -> Json<'_> {
    Json::parse(text.as_bytes(), Limits::REQUEST).unwrap()
}

/// Reads member `x` of `{"x":<text>}` and shows the outcome in a word.
fn outcome<T>(text: &str, tolerance: Tolerance, show: fn(T) -> String) -> String
where
    T: for<'j> FromJson<'j>,
{
    let body = format!("{{\"x\":{text}}}");
    let json = parse(&body);
    match Reader::root(&json).unwrap().tolerating(tolerance).read::<T>("x") {
        Ok(Presence::Value(value)) => show(value),
        Ok(Presence::Null) => "null".to_owned(),
        Ok(Presence::Absent) => "absent".to_owned(),
        Err(error) => format!("{:?}", error.found),
    }
}

#[test]
fn integers() {
    for (text, strict, lenient) in [
        ("42", "42", "42"),
        ("-1", "-1", "-1"),
        ("-0", "0", "0"),
        ("0", "0", "0"),
        (
            "9223372036854775807",
            "9223372036854775807",
            "9223372036854775807",
        ),
        ("9223372036854775808", "OutOfRange", "OutOfRange"),
        (
            "-9223372036854775808",
            "-9223372036854775808",
            "-9223372036854775808",
        ),
        ("42.0", "Number", "42"),
        ("4.2e1", "Number", "42"),
        ("42.5", "Number", "Number"),
        ("1e40", "Number", "OutOfRange"),
        ("1e-40", "Number", "TooManyDigits"),
        (r#""45454565682155""#, "String", "45454565682155"),
        (r#""-7""#, "String", "-7"),
        (r#""42.0""#, "String", "42"),
        (r#""9223372036854775808""#, "String", "OutOfRange"),
        (r#""""#, "String", "String"),
        (r#"" 42""#, "String", "String"),
        (r#""+42""#, "String", "String"),
        (r#""007""#, "String", "String"),
        (r#""42x""#, "String", "String"),
        (r#""٣""#, "String", "String"),
        ("true", "Bool", "Bool"),
        ("[]", "Array", "Array"),
        ("{}", "Object", "Object"),
        ("null", "null", "null"),
    ] {
        assert_eq!(
            outcome::<i64>(text, Tolerance::Strict, |n| n.to_string()),
            strict,
            "{text}"
        );
        assert_eq!(
            outcome::<i64>(text, Tolerance::NumericText, |n| n.to_string()),
            lenient,
            "{text}"
        );
    }
}

#[test]
fn small_integers_have_their_own_range() {
    for (text, expected) in [
        ("2147483647", "2147483647"),
        ("-2147483648", "-2147483648"),
        ("2147483648", "OutOfRange"),
        ("9223372036854775808", "OutOfRange"),
        ("1.5", "Number"),
    ] {
        assert_eq!(
            outcome::<i32>(text, Tolerance::Strict, |n| n.to_string()),
            expected
        );
    }
}

#[test]
fn decimals() {
    for (text, strict, lenient) in [
        ("20.06", "20.06", "20.06"),
        ("20.060", "20.06", "20.06"),
        ("2.006e1", "20.06", "20.06"),
        ("90071992547409.93", "90071992547409.93", "90071992547409.93"),
        (
            "0.30000000000000004",
            "0.30000000000000004",
            "0.30000000000000004",
        ),
        ("1e40", "OutOfRange", "OutOfRange"),
        ("1e-40", "TooManyDigits", "TooManyDigits"),
        (r#""20.06""#, "String", "20.06"),
        (r#""1e2""#, "String", "100"),
        (r#""x""#, "String", "String"),
        (r#""1,5""#, "String", "String"),
        ("null", "null", "null"),
        ("true", "Bool", "Bool"),
    ] {
        let show: fn(Decimal) -> String = |d| d.to_string();
        assert_eq!(outcome(text, Tolerance::Strict, show), strict, "{text}");
        assert_eq!(outcome(text, Tolerance::NumericText, show), lenient, "{text}");
    }
}

#[test]
fn tolerance_reaches_no_other_type() {
    for tolerance in [Tolerance::Strict, Tolerance::NumericText] {
        assert_eq!(outcome::<bool>("true", tolerance, |b| b.to_string()), "true");
        assert_eq!(
            outcome::<bool>(r#""true""#, tolerance, |b| b.to_string()),
            "String"
        );
        assert_eq!(outcome::<bool>("1", tolerance, |b| b.to_string()), "Integer");
    }
    let json = parse(r#"{"x":5,"y":"5","z":null}"#);
    let reader = Reader::root(&json).unwrap().tolerating(Tolerance::NumericText);
    assert_eq!(reader.string("x").unwrap_err().found, Kind::Integer);
    assert_eq!(reader.string("y"), Ok(Presence::Value("5")));
    assert_eq!(reader.string_or_number("x"), Ok(Presence::Value("5")));
    assert_eq!(reader.string_or_number("z"), Ok(Presence::Null));
    assert_eq!(reader.string_or_number("w"), Ok(Presence::Absent));
}

#[test]
fn absent_and_null_are_told_apart() {
    let json = parse(r#"{"a":null,"b":1}"#);
    let reader = Reader::root(&json).unwrap();
    assert_eq!(reader.i64("a"), Ok(Presence::Null));
    assert_eq!(reader.i64("b"), Ok(Presence::Value(1)));
    assert_eq!(reader.i64("c"), Ok(Presence::Absent));
    assert!(reader.i64("a").unwrap().is_given());
    assert!(!reader.i64("c").unwrap().is_given());
    assert_eq!(reader.i64("b").unwrap().map(|n| n + 1).value(), Some(2));
    assert_eq!(reader.require::<i64>("a").unwrap_err().found, Kind::Null);
    let absent = reader.require::<i64>("c").unwrap_err();
    assert_eq!((absent.found, absent.expected), (Kind::Absent, Kind::Integer));
    assert!(absent.is_missing());
    assert_eq!(reader.require::<i64>("b"), Ok(1));
}

#[test]
fn paths_lead_to_the_field() {
    let json =
        parse(r#"{"params":{"lines":[{"q":1},{"q":"x","tags":[1,null,"a"]}],"tip":1,"note":2,"tip":3}}"#);
    let root = Reader::root(&json).unwrap();
    let params = root.require_object("params").unwrap();
    assert_eq!(params.path_of("amount"), "params.amount");
    assert_eq!(
        params.unknown(&["lines", "note"]).collect::<Vec<_>>(),
        ["tip", "tip"]
    );
    assert_eq!(params.members().duplicates(), ["tip"]);
    let lines = params.array("lines").unwrap().value().unwrap();
    assert_eq!(lines.len(), 2);
    let mut errors = FieldErrors::new();
    for line in lines.iter() {
        let reader = line.object().unwrap();
        errors.keep(reader.i64("q"));
        if let Some(tags) = reader.array("tags").unwrap().value() {
            for tag in tags.iter() {
                errors.ok(tag.read::<&str>());
                errors.ok(tag.object().map(|reader| reader.members().len()));
            }
        }
    }
    let shown: Vec<String> = errors.as_slice().iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "params.lines[1].q: expected an integer, found a string",
            "params.lines[1].tags[0]: expected a string, found an integer",
            "params.lines[1].tags[0]: expected an object, found an integer",
            "params.lines[1].tags[1]: expected a string, found null",
            "params.lines[1].tags[1]: expected an object, found null",
            "params.lines[1].tags[2]: expected an object, found a string",
        ]
    );
}

#[test]
fn tolerance_is_inherited() {
    let json = parse(r#"{"o":{"a":[{"n":"1"}]}}"#);
    let root = Reader::root(&json).unwrap().tolerating(Tolerance::NumericText);
    let object = root.object("o").unwrap().value().unwrap();
    let items = object.array("a").unwrap().value().unwrap();
    let item = items.iter().next().unwrap();
    assert_eq!(item.path(), "o.a[0]");
    assert_eq!(item.object().unwrap().i64("n"), Ok(Presence::Value(1)));
}

#[test]
fn body_of_another_kind_has_an_empty_path() {
    let array = parse("[1]");
    let error = Reader::root(&array).unwrap_err();
    assert_eq!(
        error,
        FieldError {
            path: String::new(),
            expected: Kind::Object,
            found: Kind::Array
        }
    );
    assert_eq!(error.to_string(), "the body: expected an object, found an array");
    assert_eq!(Items::root(&array).unwrap().len(), 1);
    let object = parse("{}");
    assert_eq!(Items::root(&object).unwrap_err().found, Kind::Object);
}

#[test]
fn errors_never_hold_the_value() {
    let json = parse(r#"{"secret":"hunter2"}"#);
    let error = Reader::root(&json).unwrap().i64("secret").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[test]
fn dialects_read_their_own_types() {
    #[derive(Debug, PartialEq)]
    struct Shout(String);
    impl<'j> FromJson<'j> for Shout {
        const EXPECTED: Kind = Kind::String;
        fn from_json(value: &'j Json<'j>, tolerance: Tolerance) -> Result<Self, Kind> {
            <&str>::from_json(value, tolerance).map(|text| Shout(text.to_uppercase()))
        }
    }
    let json = parse(r#"{"a":"x","b":1}"#);
    let reader = Reader::root(&json).unwrap();
    assert_eq!(reader.read("a"), Ok(Presence::Value(Shout("X".to_owned()))));
    assert_eq!(reader.read::<Shout>("b").unwrap_err().found, Kind::Integer);
    assert_eq!(
        reader.read::<&Json<'_>>("b"),
        Ok(Presence::Value(json.as_object().unwrap().get("b").unwrap()))
    );
}

#[test]
fn number_of_kept_errors_is_bounded() {
    let json = parse(r#"{"a":"x"}"#);
    let reader = Reader::root(&json).unwrap();
    let mut errors = FieldErrors::new();
    for _ in 0..=FIELD_ERRORS_MAX {
        assert_eq!(errors.keep(reader.i64("a")), Presence::Absent);
    }
    assert_eq!(errors.into_vec().len(), FIELD_ERRORS_MAX);
}
