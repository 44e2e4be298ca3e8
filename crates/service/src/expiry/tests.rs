//! Expiry over a real database, on a clock that the tests move.

use tender_engine::{DeviceId, FailureCode, Payment, PaymentState, TaskState};

use super::*;
use crate::testing::{
    LOCATION, MERCHANT, eventually, node, open_order, pay_at_till, put_device, restaurant, seed, settings,
    store,
};

const TTL_MS: i64 = 60_000;

async fn ended(tender: &Tender, payment: &Payment) -> Payment {
    eventually("the payment to end", || async {
        let payment = tender
            .payment(MERCHANT, payment.id)
            .await
            .expect("readable")
            .expect("the payment");
        (!payment.state.is_open()).then_some(payment)
    })
    .await
}

fn was_late(payment: &Payment) -> bool {
    payment.state == PaymentState::Failed
        && payment
            .failure
            .as_ref()
            .is_some_and(|failure| failure.code == FailureCode::Timeout)
}

#[tokio::test]
async fn a_task_ends_when_its_time_is_over_and_not_before() {
    let tender = restaurant().await;
    let sweeper = tender.spawn_expiry();
    let order = open_order(&tender, LOCATION, "20.00").await;
    let early = pay_at_till(&tender, order.id, "5.00", TTL_MS, None).await;
    let late = pay_at_till(&tender, order.id, "5.00", 3 * TTL_MS, None).await;
    tender.clock().advance(u32::try_from(TTL_MS).expect("small"));
    assert!(was_late(&ended(&tender, &early).await));
    let task = tender
        .task(MERCHANT, early.task.expect("a task"))
        .await
        .expect("readable")
        .expect("the task");
    assert_eq!(task.state, TaskState::Expired);
    let order_now = tender
        .order_head(MERCHANT, order.id)
        .await
        .expect("readable")
        .expect("the order");
    assert_eq!(
        order_now.reserved_minor, 500,
        "what the first one held is free again"
    );
    let waiting = tender
        .payment(MERCHANT, late.id)
        .await
        .expect("readable")
        .expect("the payment");
    assert!(waiting.state.is_open());
    tender.clock().advance(u32::try_from(2 * TTL_MS).expect("small"));
    assert!(was_late(&ended(&tender, &late).await));
    sweeper.stop().await;
}

#[tokio::test]
async fn real_time_passes_too() {
    let tender = restaurant().await;
    let sweeper = tender.spawn_expiry();
    let order = open_order(&tender, LOCATION, "20.00").await;
    let payment = pay_at_till(&tender, order.id, "5.00", 30, None).await;
    assert!(was_late(&ended(&tender, &payment).await));
    sweeper.stop().await;
}

#[tokio::test]
async fn what_expired_while_nobody_ran_ends_at_the_start_and_many_at_once() {
    let store = store();
    let before = node(&store, settings(), Vec::new()).await;
    seed(&before).await;
    let order = open_order(&before, LOCATION, "1000.00").await;
    let mut payments = Vec::new();
    for _ in 0..SWEEP_MAX + 10 {
        payments.push(pay_at_till(&before, order.id, "1.00", TTL_MS, None).await);
    }
    let after = node(&store, settings(), Vec::new()).await;
    after.clock().advance(u32::try_from(TTL_MS).expect("small"));
    let sweepers = [after.spawn_expiry(), after.spawn_expiry()];
    for payment in &payments {
        assert!(was_late(&ended(&after, payment).await));
    }
    let chain = after.chain(MERCHANT, order.id).await.expect("readable");
    let failures = chain
        .iter()
        .filter(|entry| entry.kind == tender_engine::EntryKind::PaymentFailed)
        .count();
    assert_eq!(failures, payments.len(), "two sweepers end every task once");
    for sweeper in sweepers {
        sweeper.stop().await;
    }
    // As by a node that had looked before the others were done.
    let again = Expiring {
        merchant: MERCHANT,
        task: payments[0].task.expect("a task"),
    };
    expire(&after, vec![again], &mut HashMap::new()).await;
    let counted = after.inner().metrics.expired.get();
    assert_eq!(counted, u64::from(SWEEP_MAX) + 10, "each is counted once");
}

#[tokio::test]
async fn a_claimed_task_expires_as_well() {
    let tender = restaurant().await;
    put_device(&tender, LOCATION, DeviceId(1), None).await;
    let sweeper = tender.spawn_expiry();
    let order = open_order(&tender, LOCATION, "20.00").await;
    let payment = pay_at_till(&tender, order.id, "5.00", TTL_MS, None).await;
    let claimed = tender
        .claim_tasks(&crate::testing::caller(), LOCATION, DeviceId(1), 1, 0)
        .await
        .expect("a claim");
    assert_eq!(claimed.len(), 1);
    tender.clock().advance(u32::try_from(TTL_MS).expect("small"));
    assert!(was_late(&ended(&tender, &payment).await));
    sweeper.stop().await;
}
