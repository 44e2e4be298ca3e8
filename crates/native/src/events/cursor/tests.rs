use tender_service::FeedPosition;

use super::{read, write};

#[test]
fn places_are_read_as_they_are_written() {
    for (epoch, position) in [(0, 0), (0, 17), (812, 3), (i64::MAX, i64::MAX)] {
        let place = FeedPosition { epoch, position };
        assert_eq!(read(&write(place)), Some(place));
    }
}

#[test]
fn other_texts_are_no_places() {
    for text in [
        "",
        "-",
        "1",
        "1-",
        "-1",
        "1--1",
        "+1-1",
        "01-1",
        "1-1-1",
        "9223372036854775808-0",
        "a-b",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}
