use tender_engine::{MerchantId, Timestamp};
use tender_service::FeedPosition;

use super::{JournalMarks, MARKS_MAX, Marks, Wanted, read};
use crate::tests::place::{EUR, JPY, MERCHANT, Place};

fn at(position: i64) -> FeedPosition {
    FeedPosition { epoch: 0, position }
}

#[test]
fn a_mark_is_used_only_when_nothing_before_it_can_be_of_the_day() {
    let mut marks = Marks::default();
    marks.leave(at(10), Timestamp(100));
    marks.leave(at(20), Timestamp(200));
    // A clock that went back leaves the latest moment as it was.
    marks.leave(at(30), Timestamp(200));
    assert_eq!(
        marks.before(Timestamp(100)),
        (FeedPosition::default(), Timestamp(i64::MIN))
    );
    assert_eq!(marks.before(Timestamp(101)), (at(10), Timestamp(100)));
    assert_eq!(marks.before(Timestamp(200)), (at(10), Timestamp(100)));
    assert_eq!(marks.before(Timestamp(201)), (at(30), Timestamp(200)));
}

#[test]
fn marks_are_thinned_out() {
    let mut marks = Marks::default();
    for number in 0..10_000_i64 {
        marks.leave(at(number), Timestamp(number));
        assert!(marks.0.len() <= MARKS_MAX);
    }
    let (position, latest) = marks.before(Timestamp(9_000));
    assert!(position.position > 8_000 && latest < Timestamp(9_000));
}

#[tokio::test]
async fn every_entry_of_the_day_is_shown_once_with_marks_or_without() {
    let place = Place::new().await;
    let mut days = Vec::new();
    for _ in 0..3 {
        let start = place.tender.now();
        for _ in 0..400 {
            place.order("1").await;
        }
        place.order_at(JPY, "1").await;
        days.push(start..place.tender.now().plus_ms(1));
        place.tender.clock().advance(86_400_000);
    }
    let marks = JournalMarks::default();
    for _ in 0..2 {
        for day in &days {
            let wanted = Wanted {
                merchant: MERCHANT,
                location: EUR,
                moments: day.clone(),
            };
            let mut shown = Vec::new();
            read(&place.tender, &marks, &wanted, |entry| shown.push(entry.order))
                .await
                .unwrap();
            let count = shown.len();
            shown.sort();
            shown.dedup();
            assert_eq!((count, shown.len()), (400, 400));
        }
    }
    // The first page of the feed, a thousand entries, has left its mark in the third day: of use to whoever asks later.
    let (position, latest) = marks.before(MERCHANT, days[2].end);
    assert!(position > FeedPosition::default() && days[2].contains(&latest));
    assert_eq!(marks.before(MERCHANT, days[2].start).0, FeedPosition::default());
    assert_eq!(
        marks.before(MerchantId(1), days[2].end).0,
        FeedPosition::default()
    );
}
