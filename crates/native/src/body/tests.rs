use tender_money::Decimal;
use tender_wire::{Json, Limits};

use super::Fields;

fn with<T>(text: &str, read: impl FnOnce(Fields<'_, '_>) -> T) -> T {
    let json = Json::parse(text.as_bytes(), Limits::REQUEST).unwrap();
    read(Fields::of(&json, &["x"]).unwrap())
}

#[test]
fn null_counts_as_absent() {
    with(r#"{"x":null}"#, |fields| {
        assert_eq!(fields.text("x", 10), Ok(None));
        assert_eq!(fields.decimal("x"), Ok(None));
        assert_eq!(fields.quantity("x"), Ok(None));
        assert_eq!(fields.plain_id("x"), Ok(None));
        assert_eq!(fields.count("x"), Ok(None));
        assert_eq!(fields.flag("x"), Ok(None));
        assert_eq!(fields.texts("x", 0..=1), Ok(None));
        assert!(fields.object("x", &[]).unwrap().is_none());
    });
}

#[test]
fn amounts_are_strings_and_quantities_may_be_numbers() {
    let two_and_a_half = Decimal::parse("2.5").unwrap();
    with(r#"{"x":"2.50"}"#, |fields| {
        assert_eq!(fields.decimal("x"), Ok(Some(two_and_a_half)))
    });
    with(r#"{"x":2.50}"#, |fields| assert!(fields.decimal("x").is_err()));
    for text in [r#"{"x":"2.5"}"#, r#"{"x":2.5}"#, r#"{"x":25e-1}"#] {
        with(text, |fields| {
            assert_eq!(fields.quantity("x"), Ok(Some(two_and_a_half)))
        });
    }
}

#[test]
fn ids_may_be_texts_or_integers() {
    with(r#"{"x":"101"}"#, |fields| {
        assert_eq!(fields.plain_id("x"), Ok(Some(Some(101))))
    });
    with(r#"{"x":101}"#, |fields| {
        assert_eq!(fields.plain_id("x"), Ok(Some(Some(101))))
    });
    for text in [r#"{"x":"0101"}"#, r#"{"x":1.5}"#, r#"{"x":-1}"#, r#"{"x":""}"#] {
        with(text, |fields| {
            assert_eq!(fields.plain_id("x"), Ok(Some(None)), "{text}")
        });
    }
    with(r#"{"x":true}"#, |fields| assert!(fields.plain_id("x").is_err()));
}

#[test]
fn counts_are_above_zero() {
    with(r#"{"x":1}"#, |fields| assert_eq!(fields.count("x"), Ok(Some(1))));
    for text in [
        r#"{"x":0}"#,
        r#"{"x":-1}"#,
        r#"{"x":2147483648}"#,
        r#"{"x":1.0}"#,
        r#"{"x":"1"}"#,
    ] {
        with(text, |fields| assert!(fields.count("x").is_err(), "{text}"));
    }
}
