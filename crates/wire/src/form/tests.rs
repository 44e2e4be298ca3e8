use crate::{Form, TooManyPairs};

#[test]
fn pairs_are_decoded_in_order() {
    let form = Form::parse(
        b"grant_type=refresh_token&a=1%202+3&a=2&empty=&bare&%C3%A9=%e2%82%ac",
        10,
    )
    .unwrap();
    let pairs: Vec<_> = form.iter().collect();
    assert_eq!(
        pairs,
        [
            ("grant_type", "refresh_token"),
            ("a", "1 2 3"),
            ("a", "2"),
            ("empty", ""),
            ("bare", ""),
            ("é", "€")
        ]
    );
    assert_eq!(form.get("a"), Some("1 2 3"));
    assert_eq!(form.get("empty"), Some(""));
    assert_eq!(form.get("missing"), None);
}

#[test]
fn bytes_that_are_not_text_do_no_harm() {
    let form = Form::parse(b"a=%ff&b=%zz&&=x", 10).unwrap();
    assert_eq!(form.get("a"), Some("\u{fffd}"));
    assert_eq!(form.get("b"), Some("%zz"));
    assert_eq!(form.get(""), Some("x"));
    assert_eq!(Form::parse(b"", 0), Ok(Form::default()));
}

#[test]
fn number_of_pairs_is_bounded() {
    assert!(Form::parse(b"a=1&b=2", 2).is_ok());
    assert_eq!(Form::parse(b"a=1&b=2&c=3", 2), Err(TooManyPairs));
}

#[test]
fn names_are_all_that_debug_shows() {
    let form = Form::parse(b"client_secret=hunter2", 10).unwrap();
    assert_eq!(format!("{form:?}"), r#"{"client_secret"}"#);
}
