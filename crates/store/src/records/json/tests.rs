use proptest::char::range;
use proptest::collection::vec;
use proptest::prelude::*;

use super::Json;

fn written(write: impl FnOnce(&mut Json)) -> String {
    let mut json = Json::new();
    write(&mut json);
    json.into_text()
}

/// Texts with many of the characters that must be escaped, and with some of any other kind.
fn awkward() -> impl Strategy<Value = String> {
    let odd = prop_oneof![
        range('\0', '"'),
        Just('\\'),
        Just('/'),
        Just('{'),
        Just('['),
        any::<char>()
    ];
    vec(odd, 0..40).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn texts_are_written_as_serde_writes_them(text in awkward()) {
        prop_assert_eq!(written(|to| to.text(&text)), serde_json::to_string(&text).expect("JSON"));
    }

    #[test]
    fn numbers_are_written_as_serde_writes_them(whole in any::<i64>(), natural in any::<u64>()) {
        prop_assert_eq!(written(|to| to.number(whole)), whole.to_string());
        prop_assert_eq!(written(|to| to.number(natural)), natural.to_string());
    }

    #[test]
    fn pairs_are_written_as_serde_writes_them(pairs in vec((awkward(), awkward()), 0..4)) {
        let text = written(|to| to.array(&pairs, |(first, second), to| to.pair(first, second)));
        prop_assert_eq!(text, serde_json::to_string(&pairs).expect("JSON"));
    }
}

#[test]
fn commas_stand_between_and_nowhere_else() {
    let text = written(|to| {
        to.object(|to| {
            to.name("none");
            to.null();
            to.name("inner");
            to.object(|to| to.member("opening", &"{[".to_owned()));
            to.name("nothing");
            to.object(|_| {});
            to.name("list");
            to.array([1_u64, 2, 3], |number, to| to.number(number));
            to.name("empty");
            to.array(std::iter::empty::<u64>(), |number, to| to.number(number));
            to.member("pair", &("[".to_owned(), "{".to_owned()));
            to.member("flag", &true);
        });
    });
    assert_eq!(
        text,
        r#"{"none":null,"inner":{"opening":"{["},"nothing":{},"list":[1,2,3],"empty":[],"pair":["[","{"],"flag":true}"#
    );
}
