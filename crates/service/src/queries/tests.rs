//! Lists that are merged from several, and a location's time read in pieces.

use tender_engine::{ApplicationId, DeliveryState, EndpointId, EntryKind, Via};
use tender_store::Write;

use super::*;
use crate::testing::{APP, LOCATION, MERCHANT, OTHER_LOCATION, open_order, pay, restaurant};

/// An entry that says nothing.
fn entry(order: u64, location: LocationId, at: i64) -> JournalEntry {
    let mut entry = JournalEntry {
        merchant: MERCHANT,
        order: OrderId(order),
        seq: 1,
        location,
        kind: EntryKind::OrderUpdated,
        at: Timestamp(at),
        by: ApplicationId(APP.0),
        via: Via::Native,
        payment: None,
        task: None,
        currency: tender_money::Currency::from_code("EUR").expect("a currency"),
        postings: Vec::new(),
        detail: Vec::new(),
        previous: [0; 32],
        hash: [0; 32],
    };
    entry.hash = entry.computed_hash();
    entry
}

#[tokio::test]
async fn a_locations_time_is_read_in_pieces_that_part_no_moment() {
    let tender = restaurant().await;
    let mut rows = Vec::new();
    // More at one moment than any piece holds, and before and after it a few.
    let moments = [(4, 3), (5, 50), (6, 12), (9, 1)];
    let mut order = 0;
    for (at, count) in moments {
        for _ in 0..count {
            order += 1;
            rows.push(Write::Put(entry(order, LOCATION, at).to_row()));
        }
    }
    rows.push(Write::Put(entry(900, OTHER_LOCATION, 5).to_row()));
    tender.write_rows(rows, Vec::new()).await.expect("written");
    let mut pieces = Vec::new();
    let mut from = Timestamp(4);
    loop {
        let (entries, next) = tender
            .journal_of(MERCHANT, LOCATION, from..Timestamp(9), 10)
            .await
            .expect("readable");
        assert!(entries.is_sorted_by_key(|entry| (entry.at, entry.order)));
        pieces.push(entries.len());
        match next {
            Some(next) => from = next,
            None => break,
        }
    }
    assert_eq!(pieces.iter().sum::<usize>(), 3 + 50 + 12, "{pieces:?}");
    // The second piece reaches further, until it holds all of the crowded moment.
    assert_eq!(pieces, [3, 62]);
    let newest = tender.newest_of(MERCHANT, LOCATION, 3).await.expect("readable");
    let moments: Vec<i64> = newest.iter().map(|entry| entry.at.0).collect();
    assert_eq!(moments, [9, 6, 6]);
}

#[tokio::test]
async fn merged_lists_of_orders_are_what_one_scan_of_all_would_find() {
    let tender = restaurant().await;
    for number in 0..24 {
        let location = if number % 3 == 0 { OTHER_LOCATION } else { LOCATION };
        let order = open_order(&tender, location, "20.00").await;
        if number % 2 == 0 {
            pay(&tender, order.id, "20.00").await;
        }
    }
    let all = tender
        .order_heads(MERCHANT, &OrderFilter::default(), 0, 100)
        .await
        .expect("readable")
        .items;
    assert_eq!(all.len(), 24);
    for location in [None, Some(LOCATION), Some(OTHER_LOCATION)] {
        for state in [
            None,
            Some(OrderState::Open),
            Some(OrderState::Closed),
            Some(OrderState::Rejected),
        ] {
            for oldest_first in [false, true] {
                let mut filter = OrderFilter {
                    oldest_first,
                    ..OrderFilter::default()
                };
                if let Some(location) = location {
                    filter = filter.with(Field::Location, Op::Eq, location.to_i64());
                }
                if let Some(state) = state {
                    filter = filter.with(Field::State, Op::Eq, state.number());
                }
                let mut expected: Vec<&Order> = (all.iter())
                    .filter(|order| location.is_none_or(|location| order.location == location))
                    .filter(|order| state.is_none_or(|state| order.state == state))
                    .collect();
                expected.sort_by_key(|order| order.id);
                if !oldest_first {
                    expected.reverse();
                }
                let page = tender
                    .order_heads(MERCHANT, &filter, 2, 3)
                    .await
                    .expect("readable");
                let shown: Vec<&Order> = expected.iter().skip(2).take(3).copied().collect();
                assert_eq!(page.items.iter().collect::<Vec<_>>(), shown, "{filter:?}");
                assert_eq!(page.more, expected.len() > 5, "{filter:?}");
                for cap in [4, 100] {
                    let counted = tender
                        .count_orders(MERCHANT, &filter, cap)
                        .await
                        .expect("readable");
                    assert_eq!(counted, expected.len().min(cap as usize) as u64, "{filter:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn messages_about_an_order_are_found_among_any_number_of_others() {
    let tender = restaurant().await;
    let mut rows = Vec::new();
    for number in 1..=300_u64 {
        let delivery = Delivery {
            id: DeliveryId(number),
            merchant: MERCHANT,
            endpoint: EndpointId(500 + number % 2),
            order: Some(OrderId(number % 100)).filter(|order| order.0 > 0),
            message_id: number.to_string(),
            event: "test.happened".to_owned(),
            body: "{}".to_owned(),
            sequence: number,
            state: DeliveryState::Delivered,
            attempts: 1,
            next_at: Timestamp(0),
            created_at: Timestamp(0),
        };
        rows.push(Write::Put(delivery.to_row()));
    }
    tender.write_rows(rows, Vec::new()).await.expect("written");
    for (limit, expected, more) in [(2, vec![207, 107], true), (3, vec![207, 107, 7], false)] {
        let page = tender
            .deliveries_about(MERCHANT, OrderId(7), limit)
            .await
            .expect("readable");
        let found: Vec<u64> = page.items.iter().map(|delivery| delivery.id.0).collect();
        assert_eq!((found, page.more), (expected, more));
    }
}
