//! Virtual tills against the real service, on a clock that the tests move.

use tender_engine::{FailureCode, Payment, PaymentState};

use super::*;
use crate::testing::{
    LOCATION, MERCHANT, OTHER_LOCATION, eventually, node, open_order, pay_at_till, put_device, restaurant,
    seed, settings, store,
};

const TTL_MS: i64 = 300_000;
const LEASE_MS: u32 = 30_000;
const TILL: DeviceId = DeviceId(1);
const OTHER_TILL: DeviceId = DeviceId(2);

async fn pay_soup(tender: &Tender, location: LocationId) -> Payment {
    let order = open_order(tender, location, "5.00").await;
    pay_at_till(tender, order.id, "5.00", TTL_MS, None).await
}

async fn now(tender: &Tender, payment: &Payment) -> Payment {
    tender
        .payment(MERCHANT, payment.id)
        .await
        .expect("readable")
        .expect("the payment")
}

async fn ended(tender: &Tender, payment: &Payment) -> Payment {
    eventually("the payment to end", || async {
        let payment = now(tender, payment).await;
        (!payment.state.is_open()).then_some(payment)
    })
    .await
}

/// Waits until a device holds the task of a payment.
async fn leased(tender: &Tender, payment: &Payment) {
    let task = payment.task.expect("a task");
    eventually("the task to be taken", || async move {
        let task = tender
            .task(MERCHANT, task)
            .await
            .expect("readable")
            .expect("the task");
        task.leased_to.map(drop)
    })
    .await;
}

async fn online(tender: &Tender, location: LocationId, expected: bool) {
    eventually("the device", || async move {
        (tender.device_online(location) == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn auto_confirms_at_once() {
    let tender = restaurant().await;
    put_device(&tender, LOCATION, TILL, Some("auto")).await;
    let tills = tender.spawn_virtual_tills();
    for _ in 0..3 {
        let payment = pay_soup(&tender, LOCATION).await;
        let ended = ended(&tender, &payment).await;
        assert_eq!(
            (ended.state, ended.device),
            (PaymentState::Complete, payment.device)
        );
    }
    tills.stop().await;
}

#[tokio::test]
async fn refuse_gives_its_reason() {
    let tender = restaurant().await;
    put_device(&tender, LOCATION, TILL, Some("refuse:UPDATE_FAILED")).await;
    put_device(&tender, OTHER_LOCATION, OTHER_TILL, Some("refuse:out of paper")).await;
    let tills = tender.spawn_virtual_tills();
    let coded = pay_soup(&tender, LOCATION).await;
    let worded = pay_soup(&tender, OTHER_LOCATION).await;
    let coded = ended(&tender, &coded).await.failure.expect("a reason");
    assert_eq!((coded.code, coded.message), (FailureCode::UpdateFailed, None));
    let worded = ended(&tender, &worded).await.failure.expect("a reason");
    assert_eq!(
        (worded.code, worded.message.as_deref()),
        (FailureCode::Unknown, Some("out of paper"))
    );
    tills.stop().await;
}

#[tokio::test]
async fn an_offline_till_takes_nothing_and_a_change_applies_at_once() {
    let tender = restaurant().await;
    put_device(&tender, LOCATION, TILL, Some("auto")).await;
    let tills = tender.spawn_virtual_tills();
    online(&tender, LOCATION, true).await;
    put_device(&tender, LOCATION, TILL, Some("offline")).await;
    online(&tender, LOCATION, false).await;
    let payment = pay_soup(&tender, LOCATION).await;
    put_device(&tender, OTHER_LOCATION, OTHER_TILL, Some("auto")).await;
    let elsewhere = pay_soup(&tender, OTHER_LOCATION).await;
    assert_eq!(ended(&tender, &elsewhere).await.state, PaymentState::Complete);
    assert!(now(&tender, &payment).await.state.is_open());

    put_device(&tender, LOCATION, TILL, Some("auto")).await;
    assert_eq!(ended(&tender, &payment).await.state, PaymentState::Complete);
    put_device(&tender, LOCATION, TILL, None).await;
    online(&tender, LOCATION, false).await;
    tills.stop().await;
}

#[tokio::test]
async fn a_slow_till_confirms_when_the_clock_says_so() {
    let tender = restaurant().await;
    put_device(&tender, LOCATION, TILL, Some("slow:20000")).await;
    let tills = tender.spawn_virtual_tills();
    let payment = pay_soup(&tender, LOCATION).await;
    leased(&tender, &payment).await;
    tender.clock().advance(19_000);
    assert!(now(&tender, &payment).await.state.is_open());
    assert!(tender.device_online(LOCATION));
    tender.clock().advance(1_000);
    assert_eq!(ended(&tender, &payment).await.state, PaymentState::Complete);
    tills.stop().await;
}

#[tokio::test]
async fn a_till_that_loses_its_confirm_applies_the_payment_late() {
    let tender = restaurant().await;
    put_device(&tender, LOCATION, TILL, Some("lose-confirm")).await;
    let tills = tender.spawn_virtual_tills();
    let payment = pay_soup(&tender, LOCATION).await;
    leased(&tender, &payment).await;
    tender.clock().advance(LEASE_MS);
    assert!(now(&tender, &payment).await.state.is_open());
    tender.clock().advance(1_000);
    assert_eq!(ended(&tender, &payment).await.state, PaymentState::Complete);
    let task = tender
        .task(MERCHANT, payment.task.expect("a task"))
        .await
        .expect("readable")
        .expect("the task");
    assert_eq!((task.lease, task.has_case), (1, false));
    tills.stop().await;
}

#[tokio::test]
async fn a_lost_confirm_is_superseded_where_another_till_took_over() {
    let tender = restaurant().await;
    put_device(&tender, LOCATION, TILL, Some("lose-confirm")).await;
    let tills = tender.spawn_virtual_tills();
    let payment = pay_soup(&tender, LOCATION).await;
    leased(&tender, &payment).await;
    put_device(&tender, LOCATION, OTHER_TILL, Some("auto")).await;
    tender.clock().advance(LEASE_MS);
    assert_eq!(ended(&tender, &payment).await.state, PaymentState::Complete);
    tender.clock().advance(1_000);
    let cases = eventually("the case", || async {
        let cases = tender
            .cases(MERCHANT, true, None, 10)
            .await
            .expect("readable")
            .items;
        (!cases.is_empty()).then_some(cases)
    })
    .await;
    assert_eq!((cases.len(), cases[0].order), (1, payment.id.order));
    tills.stop().await;
}

#[tokio::test]
async fn work_in_hand_is_ended_as_it_was_begun() {
    let tender = restaurant().await;
    put_device(&tender, LOCATION, TILL, Some("slow:10000")).await;
    let tills = tender.spawn_virtual_tills();
    let payment = pay_soup(&tender, LOCATION).await;
    leased(&tender, &payment).await;
    put_device(&tender, LOCATION, TILL, Some("refuse:UNKNOWN")).await;
    tender.clock().advance(10_000);
    assert_eq!(ended(&tender, &payment).await.state, PaymentState::Complete);
    let next = pay_soup(&tender, LOCATION).await;
    assert_eq!(ended(&tender, &next).await.state, PaymentState::Failed);
    tills.stop().await;
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_slow_till() {
    let tender = restaurant().await;
    put_device(&tender, LOCATION, TILL, Some("slow:3600000")).await;
    let tills = tender.spawn_virtual_tills();
    let payment = pay_soup(&tender, LOCATION).await;
    leased(&tender, &payment).await;
    crate::testing::soon("the end of the tills", tills.stop()).await;
    assert!(now(&tender, &payment).await.state.is_open());
    assert!(!tender.device_online(LOCATION));
}

#[tokio::test]
async fn tills_that_are_configured_already_play_from_the_start() {
    let store = store();
    let before = node(&store, settings(), Vec::new()).await;
    seed(&before).await;
    put_device(&before, LOCATION, TILL, Some("auto")).await;
    put_device(&before, LOCATION, OTHER_TILL, Some("no such behaviour")).await;
    let payment = pay_soup(&before, LOCATION).await;
    let after = node(&store, settings(), Vec::new()).await;
    let tills = after.spawn_virtual_tills();
    assert_eq!(ended(&after, &payment).await.state, PaymentState::Complete);
    tills.stop().await;
}
