//! Failures: what counts as one, when the next try comes, and when no more comes.

use tender_engine::{ATTEMPTS_MAX, DeliveryState, OrderId};

use super::*;

const FIRST_DELAY_MS: u32 = 5_000;
const SECOND_DELAY_MS: u32 = 30_000;

#[tokio::test]
async fn a_message_is_sent_with_the_same_id_and_bytes_until_it_is_taken() {
    let mut elsewhere = willing().await;
    let replies = [
        Reply::Status(503),
        Reply::With(302, "location", elsewhere.url.clone()),
        Reply::Status(204),
    ];
    let mut receiver = Receiver::start(replies, Reply::Status(500)).await;
    let tender = restaurant_with(&receiver).await;
    let relay = tender.spawn_relay();
    let id = deliver(&tender, ENDPOINT, Some(OrderId(1)), 1).await;
    let first = receiver.next().await;

    assert_eq!(attempts(&tender, id, 1).await.len(), 1);
    let due = delivery(&tender, id).await.next_at;
    let early = due.0 - tender.now().0;
    assert!((1..=5_000).contains(&early), "due in {early} ms");
    tender.clock().advance(FIRST_DELAY_MS);
    let second = receiver.next().await;
    assert_eq!(attempts(&tender, id, 2).await.len(), 2);
    tender.clock().advance(SECOND_DELAY_MS);
    let third = receiver.next().await;
    let delivered = state(&tender, id, DeliveryState::Delivered).await;

    assert_eq!(delivered.attempts, 3);
    for again in [&second, &third] {
        assert_eq!(again.body, first.body);
        assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
    }
    let attempts = attempts(&tender, id, 3).await;
    let statuses: Vec<_> = attempts
        .iter()
        .map(|attempt| (attempt.number, attempt.status))
        .collect();
    assert_eq!(statuses, [(1, Some(503)), (2, Some(302)), (3, Some(204))]);
    relay.stop().await;
    assert_eq!((receiver.unread(), elsewhere.unread()), (0, 0));
}

#[tokio::test]
async fn a_silent_receiver_has_failed_when_the_time_is_over() {
    let mut receiver = Receiver::start([Reply::Silence], Reply::Status(200)).await;
    let tender = restaurant_with(&receiver).await;
    let relay = tender.spawn_relay_with(50);
    let id = deliver(&tender, ENDPOINT, Some(OrderId(1)), 1).await;
    receiver.next().await;
    let attempt = attempts(&tender, id, 1).await.remove(0);
    assert_eq!(
        (attempt.status, attempt.error.as_deref()),
        (None, Some("timeout"))
    );
    assert!(attempt.duration_ms >= 50);
    tender.clock().advance(FIRST_DELAY_MS);
    state(&tender, id, DeliveryState::Delivered).await;
    relay.stop().await;
}

#[tokio::test]
async fn nobody_listening_is_a_failure_too() {
    let receiver = willing().await;
    let tender = restaurant_with(&receiver).await;
    drop(receiver);
    let relay = tender.spawn_relay();
    let id = deliver(&tender, ENDPOINT, None, 1).await;
    let attempt = attempts(&tender, id, 1).await.remove(0);
    assert_eq!(attempt.status, None);
    let error = attempt.error.expect("a reason");
    assert!(error.to_lowercase().contains("connection refused"), "{error}");
    relay.stop().await;
}

#[tokio::test]
async fn a_receiver_may_ask_for_a_longer_wait() {
    let wait = |seconds: &str| Reply::With(429, "retry-after", seconds.to_owned());
    let mut receiver =
        Receiver::start([wait("3600"), wait("1"), wait("999999999")], Reply::Status(200)).await;
    let tender = restaurant_with(&receiver).await;
    let relay = tender.spawn_relay();
    let id = deliver(&tender, ENDPOINT, None, 1).await;
    let mut waits = Vec::new();
    for count in 1..=3 {
        receiver.next().await;
        attempts(&tender, id, count).await;
        let wait_ms = delivery(&tender, id).await.next_at.0 - tender.now().0;
        waits.push((wait_ms + 999) / 1_000);
        tender
            .clock()
            .advance(u32::try_from(wait_ms).expect("within a day"));
    }
    assert_eq!(
        waits,
        [3_600, 30, 86_400],
        "its own wish, our schedule, a day at most"
    );
    state(&tender, id, DeliveryState::Delivered).await;
    relay.stop().await;
}

#[tokio::test]
async fn after_eleven_attempts_a_message_is_given_up_and_the_next_of_its_order_goes_on() {
    let eleven = (0..ATTEMPTS_MAX).map(|_| Reply::Status(500));
    let mut receiver = Receiver::start(eleven, Reply::Status(200)).await;
    let tender = restaurant_with(&receiver).await;
    let relay = tender.spawn_relay();
    let id = deliver(&tender, ENDPOINT, Some(OrderId(1)), 1).await;
    let behind = deliver(&tender, ENDPOINT, Some(OrderId(1)), 2).await;
    for count in 1..=11 {
        assert!(receiver.next().await.text().contains('1'));
        attempts(&tender, id, count).await;
        let wait_ms = delivery(&tender, id).await.next_at.0 - tender.now().0;
        tender.clock().advance(u32::try_from(wait_ms).unwrap_or_default());
    }
    let given_up = state(&tender, id, DeliveryState::Exhausted).await;
    assert_eq!(given_up.attempts, 11);
    assert!(receiver.next().await.text().contains('2'));
    state(&tender, behind, DeliveryState::Delivered).await;
    relay.stop().await;
}

#[tokio::test]
async fn a_replay_sends_the_same_message_again_and_numbers_its_attempts_on() {
    let mut receiver = Receiver::start([Reply::Status(200), Reply::Status(500)], Reply::Status(200)).await;
    let tender = restaurant_with(&receiver).await;
    let relay = tender.spawn_relay();
    let id = deliver(&tender, ENDPOINT, Some(OrderId(1)), 1).await;
    let first = receiver.next().await;
    state(&tender, id, DeliveryState::Delivered).await;

    let replayed = tender
        .replay_delivery(MERCHANT, id)
        .await
        .expect("written")
        .expect("the delivery");
    assert_eq!((replayed.state, replayed.attempts), (DeliveryState::Pending, 0));
    let again = receiver.next().await;
    assert_eq!(
        (again.header("webhook-id"), &again.body),
        (first.header("webhook-id"), &first.body)
    );
    attempts(&tender, id, 2).await;
    tender.clock().advance(FIRST_DELAY_MS);
    receiver.next().await;
    let delivered = state(&tender, id, DeliveryState::Delivered).await;
    assert_eq!(delivered.attempts, 2, "counted from the replay");
    let numbers: Vec<u32> = attempts(&tender, id, 3)
        .await
        .iter()
        .map(|attempt| attempt.number)
        .collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(
        tender
            .replay_delivery(MERCHANT, DeliveryId(1))
            .await
            .expect("readable"),
        None
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_range_is_replayed_from_its_first_to_its_last() {
    let mut receiver = willing().await;
    let tender = restaurant_with(&receiver).await;
    let relay = tender.spawn_relay();
    let mut ids = Vec::new();
    for sequence in 1..=5 {
        let id = deliver(&tender, ENDPOINT, Some(OrderId(sequence)), sequence).await;
        receiver.next().await;
        state(&tender, id, DeliveryState::Delivered).await;
        ids.push(id);
    }
    let (from, to) = (ids[1], ids[3]);
    let replayed = tender
        .replay_range(MERCHANT, ENDPOINT, from, to)
        .await
        .expect("written");
    assert_eq!((replayed.count, replayed.next), (3, None));
    let mut sequences = Vec::new();
    for _ in 0..3 {
        sequences.push(receiver.next().await.header("tender-sequence").to_owned());
    }
    sequences.sort();
    assert_eq!(sequences, ["2", "3", "4"]);
    let nothing = tender
        .replay_range(MERCHANT, OTHER_ENDPOINT, from, to)
        .await
        .expect("readable");
    assert_eq!(
        nothing.count, 0,
        "another endpoint's messages are not in the range"
    );
    relay.stop().await;
}
