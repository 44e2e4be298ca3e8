//! One attempt's effect on its delivery, as a table.

use tender_engine::{MerchantId, OrderId};

use super::*;

const CLAIMED_AT: i64 = 1_000_000;
const NOW: Timestamp = Timestamp(CLAIMED_AT + 2_000);

fn pending(attempts: u32, next_at: i64) -> Delivery {
    Delivery {
        id: DeliveryId(1),
        merchant: MerchantId(1),
        endpoint: EndpointId(1),
        order: Some(OrderId(1)),
        message_id: "m".to_owned(),
        event: "e".to_owned(),
        body: "{}".to_owned(),
        sequence: 1,
        state: DeliveryState::Pending,
        attempts,
        next_at: Timestamp(next_at),
        created_at: Timestamp(0),
    }
}

fn answer(status: u16, retry_after_ms: Option<i64>) -> Answer {
    Answer {
        status: Some(status),
        error: None,
        duration_ms: 5,
        retry_after_ms,
    }
}

fn after(answer: &Answer, claimed: &Delivery, current: &Delivery) -> (DeliveryState, u32, i64) {
    let step = Step {
        at: Timestamp(CLAIMED_AT),
        answer,
        now: NOW,
        jitter: 0,
        jitter_percent: 0,
    };
    let after = step.after(claimed, current);
    (after.state, after.attempts, after.next_at.0)
}

#[test]
fn a_success_counts_whoever_made_it_and_a_failure_only_for_the_holder() {
    use DeliveryState::{Delivered, Dropped, Exhausted, Pending};
    let lease = CLAIMED_AT + LEASE_MS;
    let with_state = |state| Delivery {
        state,
        ..pending(3, lease)
    };
    let cases = [
        ("ours, taken", 200, pending(3, lease), (Delivered, 4, lease)),
        (
            "ours, failed",
            500,
            pending(3, lease),
            (Pending, 4, NOW.0 + 600_000),
        ),
        (
            "claimed by another, taken",
            200,
            pending(3, lease + 9),
            (Delivered, 4, lease + 9),
        ),
        (
            "claimed by another, failed",
            500,
            pending(3, lease + 9),
            (Pending, 3, lease + 9),
        ),
        (
            "replayed meanwhile, failed",
            500,
            pending(0, NOW.0),
            (Pending, 0, NOW.0),
        ),
        (
            "dropped meanwhile, taken",
            200,
            with_state(Dropped),
            (Dropped, 3, lease),
        ),
        (
            "dropped meanwhile, failed",
            500,
            with_state(Dropped),
            (Dropped, 3, lease),
        ),
        (
            "delivered by another",
            500,
            with_state(Delivered),
            (Delivered, 3, lease),
        ),
        (
            "given up by another, taken after all",
            200,
            with_state(Exhausted),
            (Delivered, 4, lease),
        ),
        (
            "given up by another",
            500,
            with_state(Exhausted),
            (Exhausted, 3, lease),
        ),
    ];
    for (name, status, current, expected) in cases {
        let claimed = pending(3, lease);
        assert_eq!(
            after(&answer(status, None), &claimed, &current),
            expected,
            "{name}"
        );
    }
}

#[test]
fn the_eleventh_failure_is_the_last() {
    let lease = CLAIMED_AT + LEASE_MS;
    for (attempts, expected) in [
        (9, DeliveryState::Pending),
        (10, DeliveryState::Exhausted),
        (11, DeliveryState::Exhausted),
    ] {
        let claimed = pending(attempts, lease);
        let (state, count, _) = after(&answer(500, None), &claimed, &claimed);
        assert_eq!((state, count), (expected, attempts + 1));
    }
}

#[test]
fn the_longer_of_schedule_and_wish_counts() {
    let claimed = pending(0, CLAIMED_AT + LEASE_MS);
    for (wish_ms, expected) in [(None, 5_000), (Some(4_999), 5_000), (Some(5_001), 5_001)] {
        let (_, _, next_at) = after(&answer(503, wish_ms), &claimed, &claimed);
        assert_eq!(next_at - NOW.0, expected);
    }
}

#[test]
fn what_stood_behind_is_taken_unless_it_has_a_schedule_or_a_lease_of_its_own() {
    let decided = pending(0, CLAIMED_AT + LEASE_MS);
    let lease = decided.next_at.0;
    let cases = [
        ("due", pending(0, NOW.0), true),
        ("due again", pending(4, NOW.0), true),
        ("put off until the decided one's lease", pending(0, lease), true),
        (
            "put off until the decided one's last retry",
            pending(0, lease - 5),
            true,
        ),
        (
            "leased by another after the decision",
            pending(0, lease + 1),
            false,
        ),
        ("tried before, waiting", pending(1, NOW.0 + 1), false),
    ];
    for (name, next, expected) in cases {
        assert_eq!(is_free(&next, &decided, NOW), expected, "{name}");
    }
}
