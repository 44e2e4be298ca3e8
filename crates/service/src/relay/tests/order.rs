//! Who waits for whom, and who for nobody.

use tender_engine::{DeliveryState, OrderId};
use tender_store::{Record, Write};

use super::*;

#[tokio::test]
async fn a_failing_message_holds_back_its_order_and_no_other() {
    let mut receiver = Receiver::start([Reply::Status(503)], Reply::Status(200)).await;
    let tender = restaurant_with(&receiver).await;
    let relay = tender.spawn_relay();
    let failing = deliver(&tender, ENDPOINT, Some(OrderId(1)), 1).await;
    receiver.next().await;
    attempts(&tender, failing, 1).await;
    let behind = deliver(&tender, ENDPOINT, Some(OrderId(1)), 2).await;
    let last = deliver(&tender, ENDPOINT, Some(OrderId(1)), 3).await;
    let other = deliver(&tender, ENDPOINT, Some(OrderId(2)), 4).await;
    let alone = deliver(&tender, ENDPOINT, None, 5).await;
    for id in [other, alone] {
        state(&tender, id, DeliveryState::Delivered).await;
    }
    let mut others = [receiver.next().await, receiver.next().await].map(|told| told.text().to_owned());
    others.sort();
    assert_eq!(others, [r#"{"sequence":4}"#, r#"{"sequence":5}"#]);
    // What waits is moved behind the one it waits for, so that it is not found again and again.
    let head = delivery(&tender, failing).await;
    eventually("the others to be put off", || async {
        let waiting = [delivery(&tender, behind).await, delivery(&tender, last).await];
        waiting
            .iter()
            .all(|waiting| waiting.next_at == head.next_at)
            .then_some(())
    })
    .await;
    assert_eq!(receiver.unread(), 0);

    tender.clock().advance(5_000);
    for expected in 1..=3 {
        assert_eq!(
            receiver.next().await.text(),
            format!(r#"{{"sequence":{expected}}}"#)
        );
    }
    state(&tender, last, DeliveryState::Delivered).await;
    relay.stop().await;
}

#[tokio::test]
async fn messages_of_an_order_go_one_at_a_time() {
    const MESSAGES: u64 = 20;
    let mut receiver = Receiver::start([], Reply::Held).await;
    let tender = restaurant_with(&receiver).await;
    for sequence in 1..=MESSAGES {
        deliver(&tender, ENDPOINT, Some(OrderId(1)), sequence).await;
    }
    let relay = tender.spawn_relay();
    for expected in 1..=MESSAGES {
        assert_eq!(
            receiver.next().await.header("tender-sequence"),
            expected.to_string()
        );
        assert_eq!(receiver.unread(), 0, "the next one may only follow the answer");
        receiver.release(1);
    }
    relay.stop().await;
}

#[tokio::test]
async fn a_slow_receiver_delays_nobody_else() {
    const BACKLOG: u64 = 200;
    let slow = Receiver::start([], Reply::Silence).await;
    let mut quick = willing().await;
    let tender = restaurant_with(&slow).await;
    put_endpoint(&tender, &endpoint_record(OTHER_ENDPOINT, &quick.url)).await;
    for sequence in 1..=BACKLOG {
        deliver(&tender, ENDPOINT, Some(OrderId(sequence)), sequence).await;
    }
    let relay = tender.spawn_relay_with(1_000);
    for sequence in 1..=BACKLOG {
        deliver(&tender, OTHER_ENDPOINT, Some(OrderId(sequence)), sequence).await;
    }
    for _ in 1..=BACKLOG {
        quick.next().await;
    }
    let page = tender
        .deliveries(MERCHANT, Some(ENDPOINT), None, 1_000)
        .await
        .expect("readable");
    let untried = page
        .items
        .iter()
        .filter(|delivery| delivery.attempts == 0)
        .count();
    assert!(untried >= 100, "the slow one has its backlog still: {untried}");
    relay.stop().await;
}

#[tokio::test]
async fn messages_of_different_orders_go_side_by_side() {
    let mut receiver = Receiver::start([], Reply::Held).await;
    let tender = restaurant_with(&receiver).await;
    let relay = tender.spawn_relay();
    for sequence in 1..=10 {
        deliver(&tender, ENDPOINT, Some(OrderId(sequence)), sequence).await;
    }
    for _ in 1..=10 {
        receiver.next().await;
    }
    receiver.release(10);
    relay.stop().await;
}

#[tokio::test]
async fn a_crowd_behind_one_order_does_not_hide_the_others() {
    const CROWD: u64 = 300;
    let mut receiver = Receiver::start([], Reply::Held).await;
    let tender = restaurant_with(&receiver).await;
    for sequence in 1..=CROWD {
        deliver(&tender, ENDPOINT, Some(OrderId(1)), sequence).await;
    }
    deliver(&tender, ENDPOINT, Some(OrderId(2)), CROWD + 1).await;
    let relay = tender.spawn_relay();
    let mut first = [receiver.next().await, receiver.next().await]
        .map(|told| told.header("tender-sequence").parse::<u64>().expect("a number"));
    first.sort_unstable();
    assert_eq!(first, [1, CROWD + 1]);
    receiver.release(usize::try_from(CROWD + 1).expect("small"));
    for _ in 1..CROWD {
        receiver.next().await;
    }
    relay.stop().await;
}

#[tokio::test]
async fn the_first_of_an_order_goes_first_even_if_it_has_waited_less() {
    let mut receiver = Receiver::start([Reply::Status(503)], Reply::Status(200)).await;
    let tender = restaurant_with(&receiver).await;
    let first = deliver(&tender, ENDPOINT, Some(OrderId(1)), 1).await;
    let second = deliver(&tender, ENDPOINT, Some(OrderId(1)), 2).await;
    let mut earlier = delivery(&tender, second).await;
    earlier.next_at = earlier.next_at.plus_ms(-10_000);
    tender
        .write_rows(vec![Write::Put(earlier.to_row())], Vec::new())
        .await
        .expect("written");
    let relay = tender.spawn_relay();
    assert_eq!(receiver.next().await.header("tender-sequence"), "1");
    attempts(&tender, first, 1).await;
    let retry_at = delivery(&tender, first).await.next_at;
    eventually("the second one to be put off", || async {
        (delivery(&tender, second).await.next_at == retry_at).then_some(())
    })
    .await;
    tender.clock().advance(5_000);
    assert_eq!(receiver.next().await.header("tender-sequence"), "1");
    assert_eq!(receiver.next().await.header("tender-sequence"), "2");
    relay.stop().await;
}

#[tokio::test]
async fn a_replayed_message_goes_before_those_of_its_order_that_wait() {
    let replies = [Reply::Status(200), Reply::Status(503)];
    let mut receiver = Receiver::start(replies, Reply::Status(200)).await;
    let tender = restaurant_with(&receiver).await;
    let relay = tender.spawn_relay();
    let first = deliver(&tender, ENDPOINT, Some(OrderId(1)), 1).await;
    state(&tender, first, DeliveryState::Delivered).await;
    let second = deliver(&tender, ENDPOINT, Some(OrderId(1)), 2).await;
    attempts(&tender, second, 1).await;
    tender
        .replay_delivery(MERCHANT, first)
        .await
        .expect("written")
        .expect("the delivery");
    state(&tender, first, DeliveryState::Delivered).await;
    assert_eq!(
        delivery(&tender, second).await.attempts,
        1,
        "what has been tried keeps to its schedule"
    );
    tender.clock().advance(5_000);
    state(&tender, second, DeliveryState::Delivered).await;
    let mut sequences = Vec::new();
    for _ in 0..4 {
        sequences.push(receiver.next().await.header("tender-sequence").to_owned());
    }
    assert_eq!(sequences, ["1", "2", "1", "2"]);
    relay.stop().await;
}
