use tender_engine::Timestamp;

use super::{Day, DayError, Moment};

const HOUR_MS: i64 = 3_600_000;

fn hours(date: &str, zone: &str) -> i64 {
    let day = Day::read(date, zone).unwrap();
    (day.moments.end.0 - day.moments.start.0) / HOUR_MS
}

#[test]
fn moments_are_utc_with_milliseconds() {
    assert_eq!(Moment(Timestamp(0)).to_string(), "1970-01-01T00:00:00.000Z");
    assert_eq!(
        Moment(Timestamp(1_774_745_999_007)).to_string(),
        "2026-03-29T00:59:59.007Z"
    );
    assert_eq!(
        Moment(Timestamp(i64::MAX)).to_string().len(),
        "9999-12-30T22:00:00.999Z".len()
    );
}

#[test]
fn a_day_is_as_long_as_the_clocks_of_its_place_say() {
    assert_eq!(hours("2026-03-28", "Europe/Berlin"), 24);
    assert_eq!(hours("2026-03-29", "Europe/Berlin"), 23);
    assert_eq!(hours("2026-10-25", "Europe/Berlin"), 25);
    assert_eq!(hours("2026-10-25", "Asia/Tokyo"), 24);
}

#[test]
fn days_of_a_place_follow_each_other_without_a_gap() {
    let first = Day::read("2026-03-29", "Europe/Berlin").unwrap();
    let second = Day::read("2026-03-30", "Europe/Berlin").unwrap();
    assert_eq!(first.moments.end, second.moments.start);
    assert_eq!(
        Moment(first.moments.start).to_string(),
        "2026-03-28T23:00:00.000Z"
    );
    assert_eq!(Moment(first.moments.end).to_string(), "2026-03-29T22:00:00.000Z");
}

#[test]
fn a_moment_falls_on_the_day_that_contains_it() {
    for zone in ["Europe/Berlin", "Asia/Tokyo", "Asia/Kuwait", "UTC"] {
        for ms in [0, 1_774_745_999_007, 1_774_742_400_000, 1_793_000_000_000] {
            let date = Day::date_of(Timestamp(ms), zone).unwrap();
            let day = Day::read(&date, zone).unwrap();
            assert!(day.moments.contains(&Timestamp(ms)), "{zone} {ms} {date}");
        }
    }
}

#[test]
fn other_texts_are_no_days() {
    for text in [
        "",
        "20260329",
        "2026-3-9",
        "2026-02-30",
        "2026-03-29T00:00:00Z",
        " 2026-03-29",
        "+02026-03-29",
    ] {
        assert_eq!(Day::read(text, "UTC"), Err(DayError::Date), "{text}");
    }
    assert_eq!(Day::read("2026-03-29", "Mars/Olympus"), Err(DayError::Zone));
}
