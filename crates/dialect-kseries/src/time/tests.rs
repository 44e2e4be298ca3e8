use tender_engine::Timestamp;

use super::{TimeForm, Written, read};

#[test]
fn the_three_forms_differ_in_their_end_only() {
    let at = Timestamp(1_699_398_020_075);
    let written = |form| Written(at, form).to_string();
    assert_eq!(written(TimeForm::Offset), "2023-11-07T23:00:20.075+0000");
    assert_eq!(written(TimeForm::Zulu), "2023-11-07T23:00:20.075Z");
    assert_eq!(written(TimeForm::Colon), "2023-11-07T23:00:20.075+00:00");
}

#[test]
fn milliseconds_are_always_written() {
    assert_eq!(
        Written(Timestamp(0), TimeForm::Zulu).to_string(),
        "1970-01-01T00:00:00.000Z"
    );
}

#[test]
fn a_moment_outside_of_the_calendar_does_not_panic() {
    assert!(
        Written(Timestamp(i64::MAX), TimeForm::Zulu)
            .to_string()
            .starts_with("9999-12-3")
    );
    assert!(
        Written(Timestamp(i64::MIN), TimeForm::Zulu)
            .to_string()
            .ends_with('Z')
    );
}

#[test]
fn any_offset_is_read() {
    let at = Some(Timestamp(1_699_398_020_000));
    for text in [
        "2023-11-07T23:00:20Z",
        "2023-11-07T23:00:20.000+00:00",
        "2023-11-07T23:00:20+0000",
        "2023-11-08T01:00:20+02:00",
        "2023-11-07T18:00:20.000-0500",
    ] {
        assert_eq!(read(text), at, "{text}");
    }
    for text in ["", "2023-11-07", "2023-11-07T23:00:20", "soon"] {
        assert_eq!(read(text), None, "{text}");
    }
}
