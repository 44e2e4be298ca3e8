//! A receiver that is down, and how much waits for it: what that costs everybody else, and what happens when it is back.

use std::collections::HashMap;

use tender_engine::{DeliveryState, OrderId};

use super::counted::{Counted, Looks};
use super::*;
use crate::relay::pace::{FAILURES_MAX, PAUSE_MS_MAX};
use crate::testing::{LOCATION, node, open_order, seed, settings, store};

/// Messages written in one commit.
const WRITTEN_AT_ONCE: u64 = 500;

/// Messages of a backlog, three for each order, written without waking anybody.
async fn backlog(tender: &Tender, count: u64) {
    let now = tender.now();
    let mut rows = Vec::new();
    for sequence in 1..=count {
        let id = DeliveryId(tender.new_id());
        let delivery = Delivery {
            id,
            merchant: MERCHANT,
            endpoint: ENDPOINT,
            order: Some(OrderId(sequence.div_ceil(3))),
            message_id: format!("message-{}", id.0),
            event: "test.happened".to_owned(),
            body: format!(r#"{{"sequence":{sequence}}}"#),
            sequence,
            state: DeliveryState::Pending,
            attempts: 0,
            next_at: now,
            created_at: now,
        };
        rows.push(Write::Put(delivery.to_row()));
        if sequence % WRITTEN_AT_ONCE == 0 || sequence == count {
            let rows = std::mem::take(&mut rows);
            tender.write_rows(rows, Vec::new()).await.expect("written");
        }
    }
}

/// Waits until the receiver has refused so often that only single messages go out, and no more do for the moment.
async fn down(receiver: &mut Receiver, looks: &Looks) {
    for _ in 0..FAILURES_MAX {
        receiver.next().await;
    }
    assert!(looks.take().0 > 0, "looks of the relay are not recognised");
    eventually("the relay to leave the receiver alone", || async {
        looks.take();
        // Longer than a lane needs to look again, if it were going to.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        (looks.take().0 == 0).then_some(())
    })
    .await;
}

/// What a hundred payments cost beside a backlog: looks at the endpoint that is down, rows these answered, and messages
/// tried there.
async fn cost_beside(messages: u64) -> (usize, usize, usize) {
    const NEWS: u64 = 100;
    let mut dead = Receiver::start([], Reply::Status(503)).await;
    let mut well = willing().await;
    let (store, looks) = Counted::around(store(), ENDPOINT);
    let tender = node(&store, settings(), Vec::new()).await;
    seed(&tender).await;
    put_endpoint(&tender, &endpoint_record(ENDPOINT, &dead.url)).await;
    put_endpoint(&tender, &endpoint_record(OTHER_ENDPOINT, &well.url)).await;
    backlog(&tender, messages).await;
    let relay = tender.spawn_relay();
    down(&mut dead, &looks).await;
    let tried = dead.unread();
    // Every payment is told to both, and the one that is down has news with every commit.
    for sequence in 1..=NEWS {
        let order = open_order(&tender, LOCATION, "20.00").await;
        crate::testing::pay(&tender, order.id, "20.00").await;
        deliver(&tender, ENDPOINT, Some(order.id), messages + sequence).await;
        deliver(&tender, OTHER_ENDPOINT, Some(order.id), sequence).await;
        well.next().await;
    }
    relay.stop().await;
    let (count, rows) = looks.take();
    (count, rows, dead.unread() - tried)
}

#[tokio::test]
async fn what_waits_for_a_receiver_that_is_down_costs_others_nothing_however_much_it_is() {
    for messages in [300, 6_000] {
        let (looks, rows, tried) = cost_beside(messages).await;
        // The pauses are real time and grow: a test that takes its full patience sees six of them.
        assert!(looks <= 8, "{looks} looks beside {messages} messages");
        assert!(rows <= 8 * 32, "{rows} rows beside {messages} messages");
        assert!(tried <= 8, "{tried} attempts beside {messages} messages");
    }
}

#[tokio::test]
async fn a_receiver_that_is_back_gets_all_that_waited_in_order() {
    const MESSAGES: u64 = 600;
    let mut receiver = Receiver::start([], Reply::Status(503)).await;
    let (store, looks) = Counted::around(store(), ENDPOINT);
    let tender = node(&store, settings(), Vec::new()).await;
    seed(&tender).await;
    put_endpoint(&tender, &endpoint_record(ENDPOINT, &receiver.url)).await;
    backlog(&tender, MESSAGES).await;
    let relay = tender.spawn_relay();
    down(&mut receiver, &looks).await;
    while receiver.unread() > 0 {
        receiver.next().await;
    }
    receiver.answer(Reply::Status(204));
    // One pause later it is seen to be back, and what has failed once or twice is due again.
    tender
        .clock()
        .advance(u32::try_from(PAUSE_MS_MAX).expect("small"));
    let mut latest: HashMap<u64, u64> = HashMap::new();
    for _ in 0..MESSAGES {
        let told = receiver.next().await;
        let sequence: u64 = told.header("tender-sequence").parse().expect("a number");
        let before = latest.insert(sequence.div_ceil(3), sequence);
        assert!(before < Some(sequence), "{sequence} came after {before:?}");
    }
    relay.stop().await;
    assert_eq!(receiver.unread(), 0);
    let page = tender
        .deliveries(MERCHANT, Some(ENDPOINT), None, 1_000)
        .await
        .expect("readable");
    let arrived = (page.items.iter())
        .filter(|delivery| delivery.state == DeliveryState::Delivered)
        .count();
    assert_eq!(arrived, usize::try_from(MESSAGES).expect("small"));
}

#[tokio::test]
async fn a_new_address_is_tried_at_once() {
    let mut dead = Receiver::start([], Reply::Status(503)).await;
    let mut elsewhere = willing().await;
    let (store, looks) = Counted::around(store(), ENDPOINT);
    let tender = node(&store, settings(), Vec::new()).await;
    seed(&tender).await;
    let mut record = endpoint_record(ENDPOINT, &dead.url);
    put_endpoint(&tender, &record).await;
    backlog(&tender, 300).await;
    let relay = tender.spawn_relay();
    down(&mut dead, &looks).await;
    record.url = elsewhere.url.clone();
    put_endpoint(&tender, &record).await;
    // Far fewer single messages than this would go out in the pauses that a receiver gets which is down.
    for _ in 0..150 {
        elsewhere.next().await;
    }
    relay.stop().await;
}
