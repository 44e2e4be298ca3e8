//! What one delivery looks like on the wire, and that it is made once.

use std::sync::Arc;

use tender_engine::{Delivery, DeliveryState, Notice, OrderId};

use super::receiver::{Receiver, Reply};
use super::*;
use crate::relay::carry::{Found, claim};
use crate::relay::{LEASE_MS, WebhookHeaders, verify_webhook};
use crate::testing::{LOCATION, node, open_order, pay, seed, settings, store};
use crate::{Application, Endpoint, Message, Settings, WebhookEncoder, WebhookEvent};

/// Tells every notice, one message each.
#[derive(Debug)]
struct TestEncoder;

impl WebhookEncoder for TestEncoder {
    fn dialect(&self) -> &'static str {
        "test"
    }

    fn needs_full_order(&self, _: &[Notice], _: &Endpoint) -> bool {
        false
    }

    fn encode(&self, event: &WebhookEvent<'_>, _: &Endpoint) -> Vec<Message> {
        let tell = |notice: &Notice| Message {
            event: "told".to_owned(),
            body: format!(r#"{{"told":"{:?}"}}"#, notice.kind),
        };
        event.notices.iter().map(tell).collect()
    }

    fn headers(
        &self,
        delivery: &Delivery,
        endpoint: &Endpoint,
        application: Option<&Application>,
    ) -> Vec<(String, String)> {
        let application = application.map_or(0, |application| application.id);
        vec![(
            "X-Test-Key".to_owned(),
            format!("{application}/{}/{}", endpoint.id, delivery.message_id),
        )]
    }
}

#[tokio::test]
async fn a_payment_is_told_with_all_headers_and_a_signature_that_verifies() {
    let mut receiver = willing().await;
    let tender = node(&store(), settings(), vec![Arc::new(TestEncoder)]).await;
    seed(&tender).await;
    let record = endpoint_record(ENDPOINT, &receiver.url);
    put_endpoint(&tender, &record).await;
    let relay = tender.spawn_relay();
    let order = open_order(&tender, LOCATION, "20.00").await;
    assert!(receiver.next().await.text().contains("OrderOpened"));
    pay(&tender, order.id, "20.00").await;
    let told = receiver.next().await;
    assert!(told.text().contains("PaymentCompleted"), "{told:?}");
    assert_eq!(told.header("content-type"), "application/json");
    assert!(told.header("user-agent").starts_with("tender/"));
    assert_eq!(told.header("tender-sequence"), "2");
    assert_eq!(
        told.header("x-test-key"),
        format!("10/500/{}", told.header("webhook-id"))
    );
    let headers = WebhookHeaders {
        id: told.header("webhook-id"),
        timestamp: told.header("webhook-timestamp"),
        signature: told.header("webhook-signature"),
    };
    let now_s = tender.now().0.div_euclid(1_000);
    let secret = &record.secrets.first().expect("a secret").value;
    verify_webhook(secret, &headers, &told.body, now_s).expect("a genuine message");
    assert!(receiver.next().await.text().contains("OrderClosed"));
    relay.stop().await;
    assert_eq!(receiver.unread(), 0);
}

#[tokio::test]
async fn a_rotated_secret_signs_along_for_a_day() {
    let mut receiver = willing().await;
    let tender = restaurant_with(&receiver).await;
    let old = crate::testing::endpoint(&tender, ENDPOINT)
        .await
        .secrets
        .remove(0)
        .value;
    let new = tender
        .rotate_endpoint_secret(MERCHANT, ENDPOINT)
        .await
        .expect("written")
        .expect("the endpoint")
        .value;
    assert_ne!(old, new);
    let relay = tender.spawn_relay();
    let mut verified = Vec::new();
    for sequence in 1..=2 {
        deliver(&tender, ENDPOINT, None, sequence).await;
        let told = receiver.next().await;
        let headers = WebhookHeaders {
            id: told.header("webhook-id"),
            timestamp: told.header("webhook-timestamp"),
            signature: told.header("webhook-signature"),
        };
        // Receivers compare the timestamp with their own clock, which the sandbox's does not move.
        let now_s = crate::Clock::new().now().0.div_euclid(1_000);
        for secret in [&old, &new] {
            verified.push(verify_webhook(secret, &headers, &told.body, now_s).is_ok());
        }
        tender.clock().advance(24 * 3_600_000);
    }
    assert_eq!(verified, [true, true, false, true]);
    relay.stop().await;
    assert_eq!(
        tender
            .rotate_endpoint_secret(MERCHANT, EndpointId(9))
            .await
            .expect("readable"),
        None
    );
}

#[tokio::test]
async fn what_was_claimed_by_a_carrier_that_died_is_sent_when_its_lease_ends() {
    let mut receiver = willing().await;
    let tender = restaurant_with(&receiver).await;
    let id = deliver(&tender, ENDPOINT, Some(OrderId(1)), 1).await;
    let pending = delivery(&tender, id).await;
    let found = Found {
        row: pending.to_row(),
        delivery: pending,
    };
    claim(&tender, found.clone())
        .await
        .expect("written")
        .expect("the claim");
    assert_eq!(
        claim(&tender, found).await.expect("written"),
        None,
        "a second claim of the same row"
    );

    let relay = tender.spawn_relay();
    let other = deliver(&tender, ENDPOINT, Some(OrderId(2)), 2).await;
    assert!(
        receiver.next().await.text().contains('2'),
        "only the other one may go"
    );
    state(&tender, other, DeliveryState::Delivered).await;
    tender.clock().advance(u32::try_from(LEASE_MS).expect("small"));
    assert!(receiver.next().await.text().contains('1'));
    let delivered = state(&tender, id, DeliveryState::Delivered).await;
    assert_eq!(delivered.attempts, 1);
    relay.stop().await;
}

#[tokio::test]
async fn two_nodes_on_one_database_send_every_message_once() {
    const MESSAGES: u64 = 60;
    let mut receiver = willing().await;
    let store = store();
    let first = node(&store, settings(), Vec::new()).await;
    seed(&first).await;
    put_endpoint(&first, &endpoint_record(ENDPOINT, &receiver.url)).await;
    let second = node(&store, settings(), Vec::new()).await;
    let relays = [first.spawn_relay(), second.spawn_relay()];
    let mut ids = Vec::new();
    for sequence in 1..=MESSAGES {
        ids.push(deliver(&first, ENDPOINT, Some(OrderId(sequence % 7 + 1)), sequence).await);
    }
    for id in ids {
        state(&second, id, DeliveryState::Delivered).await;
        assert_eq!(first.attempts(MERCHANT, id).await.expect("readable").len(), 1);
    }
    for relay in relays {
        relay.stop().await;
    }
    assert_eq!(receiver.unread(), usize::try_from(MESSAGES).expect("small"));
    let mut last_of_chain = std::collections::HashMap::new();
    for _ in 0..MESSAGES {
        let told = receiver.next().await;
        let sequence: u64 = told.header("tender-sequence").parse().expect("a number");
        let last = last_of_chain.insert(sequence % 7, sequence);
        assert!(last < Some(sequence), "{sequence} came after {last:?}");
    }
}

#[tokio::test]
async fn a_relay_that_stops_finishes_what_is_under_way() {
    let mut receiver = Receiver::start([], Reply::Held).await;
    let tender = restaurant_with(&receiver).await;
    let relay = tender.spawn_relay();
    let first = deliver(&tender, ENDPOINT, Some(OrderId(1)), 1).await;
    let second = deliver(&tender, ENDPOINT, Some(OrderId(1)), 2).await;
    receiver.next().await;
    let stopping = tokio::spawn(relay.stop());
    receiver.release(1);
    crate::testing::soon("the relay's end", stopping)
        .await
        .expect("a clean end");
    assert_eq!(delivery(&tender, first).await.state, DeliveryState::Delivered);
    let waiting = delivery(&tender, second).await;
    assert_eq!((waiting.state, waiting.attempts), (DeliveryState::Pending, 0));
    assert!(
        waiting.next_at <= tender.now(),
        "it is free for whoever relays next"
    );

    let relay = tender.spawn_relay();
    receiver.release(1);
    state(&tender, second, DeliveryState::Delivered).await;
    relay.stop().await;
}

#[tokio::test]
async fn private_addresses_are_not_called_unless_the_settings_say_so() {
    let mut receiver = willing().await;
    let tender = node(
        &store(),
        Settings {
            private_webhooks: false,
            ..settings()
        },
        Vec::new(),
    )
    .await;
    seed(&tender).await;
    let by_name = receiver.url.replace("127.0.0.1", "localhost");
    let urls = [
        receiver.url.clone(),
        by_name,
        receiver.url.replace("http://", "http://user:pass@"),
    ];
    let expected = [
        "the address is not public (loopback)",
        "the address is not public (loopback)",
        "credentials in the URL",
    ];
    let relay = tender.spawn_relay();
    for (number, (url, expected)) in (1..).zip(urls.iter().zip(expected)) {
        put_endpoint(&tender, &endpoint_record(EndpointId(number), url)).await;
        let id = deliver(&tender, EndpointId(number), None, 1).await;
        let attempt = attempts(&tender, id, 1).await.remove(0);
        assert_eq!(
            (attempt.status, attempt.error.as_deref()),
            (None, Some(expected)),
            "{url}"
        );
        assert_eq!(
            delivery(&tender, id).await.state,
            DeliveryState::Pending,
            "it is tried again"
        );
    }
    relay.stop().await;
    assert_eq!(receiver.unread(), 0);
}
