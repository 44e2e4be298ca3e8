use tender_engine::Timestamp;

use super::{Span, Zone, parse_moment};

/// 2026-05-29T01:14:06.789Z
const MOMENT: Timestamp = Timestamp(1_780_017_246_789);

#[test]
fn times_have_the_offset_of_the_place_and_whole_seconds() {
    for (zone, text) in [
        ("Australia/Sydney", "2026-05-29T11:14:06+10:00"),
        ("Asia/Kolkata", "2026-05-29T06:44:06+05:30"),
        ("America/New_York", "2026-05-28T21:14:06-04:00"),
        ("UTC", "2026-05-29T01:14:06+00:00"),
        ("Nowhere/At_all", "2026-05-29T01:14:06+00:00"),
    ] {
        assert_eq!(Zone::named(zone).show(MOMENT), text);
    }
    assert_eq!(
        Zone::named("Australia/Sydney").offset(Timestamp(1_704_067_200_000)),
        "+11:00"
    );
    // The ends of time are shown as something, and panic nowhere.
    for at in [i64::MIN, i64::MAX] {
        assert_eq!(
            Zone::named("UTC").show(Timestamp(at)).len(),
            "2026-05-29T01:14:06+00:00".len()
        );
    }
}

/// Brussels was 17 minutes and 30 seconds ahead; RFC 3339 has no offset with seconds.
#[test]
fn an_offset_of_old_times_has_no_seconds() {
    let at = parse_moment("1344-11-23T16:42:37Z").unwrap();
    let shown = Zone::named("Europe/Brussels").show(at);
    assert_eq!(shown, "1344-11-23T16:59:37+00:17");
    assert_eq!(parse_moment(&shown), Some(at));
    let at = parse_moment("1844-11-23T16:42:37Z").unwrap();
    assert_eq!(
        Zone::named("America/New_York").show(at),
        "1844-11-23T11:46:37-04:56"
    );
}

#[test]
fn moments_have_an_offset() {
    for text in [
        "2026-05-29T01:14:06.789Z",
        "2026-05-29T11:14:06.789+10:00",
        "2026-05-29T11:14:06.789 10:00",
    ] {
        assert_eq!(parse_moment(text), Some(MOMENT), "{text}");
    }
    for text in [
        "2026-05-29",
        "2026-05-29T01:14:06",
        "yesterday",
        "",
        "2026-13-29T01:14:06Z",
        "1780017246",
    ] {
        assert_eq!(parse_moment(text), None, "{text}");
    }
}

#[test]
fn a_filter_means_a_day_or_a_second() {
    let sydney = Zone::named("Australia/Sydney");
    let hours = |span: Span| (span.until_ms - span.from_ms) / 3_600_000;
    let day = sydney.parse_span("2026-05-29").unwrap();
    assert!(day.from_ms <= MOMENT.0 && MOMENT.0 < day.until_ms);
    assert_eq!(
        (sydney.show(Timestamp(day.from_ms)).as_str(), hours(day)),
        ("2026-05-29T00:00:00+10:00", 24)
    );
    // The day on which the clocks go back has an hour more.
    assert_eq!(hours(sydney.parse_span("2026-04-05").unwrap()), 25);
    let second = sydney.parse_span("2026-05-29T01:14:06Z").unwrap();
    assert_eq!(
        (second.from_ms, second.until_ms),
        (1_780_017_246_000, 1_780_017_247_000)
    );
    assert_eq!(sydney.parse_span("2026-05-29T01:14:06.999Z"), Some(second));
    for text in [
        "",
        "2026-02-30",
        "29.5.2026",
        "2026-05-29T01:14:06",
        "9999-12-31T99:00:00Z",
    ] {
        assert_eq!(sydney.parse_span(text), None, "{text}");
    }
}
