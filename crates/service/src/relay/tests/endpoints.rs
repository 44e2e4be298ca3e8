//! Endpoints that are deleted, disabled, or fail for long.

use tender_engine::{DeliveryState, EntryKind, OrderId};
use tender_store::FeedPosition;

use super::*;
use crate::DirectoryKind;
use crate::relay::health::DISABLE_AFTER_MS;
use crate::testing::endpoint;

#[tokio::test]
async fn deleting_an_endpoint_drops_what_is_pending_for_it() {
    let mut receiver = Receiver::start([], Reply::Status(500)).await;
    let tender = restaurant_with(&receiver).await;
    let relay = tender.spawn_relay();
    let mut ids = Vec::new();
    for sequence in 1..=3 {
        ids.push(deliver(&tender, ENDPOINT, Some(OrderId(1)), sequence).await);
    }
    receiver.next().await;
    attempts(&tender, ids[0], 1).await;
    tender
        .delete_directory(MERCHANT, DirectoryKind::Endpoint, ENDPOINT.0)
        .await
        .expect("deleted");
    for id in ids {
        state(&tender, id, DeliveryState::Dropped).await;
    }
    relay.stop().await;
    assert_eq!(receiver.unread(), 0);
}

#[tokio::test]
async fn what_is_pending_for_a_disabled_endpoint_waits_until_it_is_enabled() {
    let mut receiver = willing().await;
    let tender = restaurant_with(&receiver).await;
    let mut record = endpoint(&tender, ENDPOINT).await;
    record.disabled = true;
    put_endpoint(&tender, &record).await;
    let relay = tender.spawn_relay();
    let id = deliver(&tender, ENDPOINT, Some(OrderId(1)), 1).await;
    let mut quick = willing().await;
    put_endpoint(&tender, &endpoint_record(OTHER_ENDPOINT, &quick.url)).await;
    deliver(&tender, OTHER_ENDPOINT, None, 1).await;
    quick.next().await;
    assert_eq!(delivery(&tender, id).await.attempts, 0);

    record.disabled = false;
    put_endpoint(&tender, &record).await;
    receiver.next().await;
    state(&tender, id, DeliveryState::Delivered).await;
    relay.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_fails_for_five_days_is_disabled_and_the_journal_says_so() {
    let mut receiver = Receiver::start([], Reply::Status(500)).await;
    let tender = restaurant_with(&receiver).await;
    let relay = tender.spawn_relay();
    let first = deliver(&tender, ENDPOINT, Some(OrderId(1)), 1).await;
    receiver.next().await;
    attempts(&tender, first, 1).await;
    assert_eq!(
        endpoint(&tender, ENDPOINT).await.failing_since_ms,
        None,
        "a hiccup is not worth a word"
    );

    tender.clock().advance(2 * 3_600_000);
    receiver.next().await;
    attempts(&tender, first, 2).await;
    let since = endpoint(&tender, ENDPOINT)
        .await
        .failing_since_ms
        .expect("written down after an hour");
    tender
        .clock()
        .advance(u32::try_from(DISABLE_AFTER_MS).expect("small"));
    receiver.next().await;
    let disabled = eventually("the endpoint to be disabled", || async {
        let record = endpoint(&tender, ENDPOINT).await;
        record.disabled.then_some(record)
    })
    .await;
    assert_eq!(disabled.failing_since_ms, Some(since));
    attempts(&tender, first, 3).await;
    relay.stop().await;

    let entries = tender
        .feed(MERCHANT, FeedPosition::default(), 1_000)
        .await
        .expect("readable");
    let told: Vec<_> = entries
        .iter()
        .filter(|(_, entry)| entry.kind == EntryKind::EndpointDisabled)
        .collect();
    assert_eq!(told.len(), 1);
    let (_, entry) = told[0];
    assert_eq!(entry.fact("endpoint"), Some("500"));
    assert_eq!(entry.hash, entry.computed_hash());
}

#[tokio::test]
async fn a_success_ends_a_recorded_failure() {
    let mut receiver = Receiver::start([Reply::Status(500), Reply::Status(500)], Reply::Status(200)).await;
    let tender = restaurant_with(&receiver).await;
    let relay = tender.spawn_relay();
    let id = deliver(&tender, ENDPOINT, None, 1).await;
    for count in 1..=2 {
        receiver.next().await;
        attempts(&tender, id, count).await;
        tender.clock().advance(2 * 3_600_000);
    }
    receiver.next().await;
    state(&tender, id, DeliveryState::Delivered).await;
    let record = endpoint(&tender, ENDPOINT).await;
    assert_eq!((record.failing_since_ms, record.disabled), (None, false));
    relay.stop().await;
}
