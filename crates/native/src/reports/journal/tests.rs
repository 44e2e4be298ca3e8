use super::{Wanted, read};
use crate::tests::place::{EUR, JPY, MERCHANT, Place};

#[tokio::test]
async fn every_entry_of_the_day_is_shown_once_and_no_other() {
    let place = Place::new().await;
    let mut days = Vec::new();
    for count in [3, 1_200, 0] {
        let start = place.tender.now();
        for _ in 0..count {
            place.order("1").await;
        }
        place.order_at(JPY, "1").await;
        days.push((count, start..place.tender.now().plus_ms(1)));
        place.tender.clock().advance(86_400_000);
    }
    for (count, day) in days {
        let wanted = Wanted {
            merchant: MERCHANT,
            location: EUR,
            moments: day,
        };
        let mut shown = Vec::new();
        read(&place.tender, &wanted, |entry| shown.push(entry.order))
            .await
            .unwrap();
        let total = shown.len();
        shown.sort();
        shown.dedup();
        assert_eq!((total, shown.len()), (count, count));
    }
}
