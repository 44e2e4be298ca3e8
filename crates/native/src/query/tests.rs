use axum::response::IntoResponse;

use super::QueryText;

fn query(text: &str) -> QueryText {
    QueryText(text.to_owned())
}

#[test]
fn unknown_and_repeated_parameters_are_refused() {
    for text in ["limt=1", "limit=1&limit=2", "limit=1&x=", "Limit=1"] {
        let query = query(text);
        let refused = query.read(&["limit"]);
        assert_eq!(refused.unwrap_err().into_response().status(), 400, "{text}");
    }
    assert!(query("limit=1").read(&["limit", "after"]).is_ok());
    assert!(query("").read(&[]).is_ok());
}

#[test]
fn numbers_are_whole_and_within_their_range() {
    for text in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=+1",
        "limit=1.0",
        "limit=x",
        "limit=99999999999",
    ] {
        let text = query(text);
        assert!(text.read(&["limit"]).unwrap().limit(20, 100).is_err(), "{text:?}");
    }
    assert_eq!(
        query("limit=100").read(&["limit"]).unwrap().limit(20, 100),
        Ok(100)
    );
    assert_eq!(query("limit=").read(&["limit"]).unwrap().limit(20, 100), Ok(20));
}

#[test]
fn a_switch_is_true_or_false() {
    assert_eq!(
        query("dry_run=true").read(&["dry_run"]).unwrap().flag("dry_run"),
        Ok(true)
    );
    assert_eq!(
        query("dry_run=false").read(&["dry_run"]).unwrap().flag("dry_run"),
        Ok(false)
    );
    assert!(
        query("dry_run=1")
            .read(&["dry_run"])
            .unwrap()
            .flag("dry_run")
            .is_err()
    );
}
