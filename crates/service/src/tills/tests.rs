//! Tills over a real database: who gets what, and who is woken by what.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use tender_engine::{FailureCode, PaymentState, TaskState};
use tender_store::{Record, Write};

use super::*;
use crate::testing::{
    LOCATION, MERCHANT, OTHER_LOCATION, caller, eventually, open_order, pay_at_till, put_device, restaurant,
    soon,
};

const TTL_MS: i64 = 300_000;
const LEASE_MS: u32 = 30_000;

async fn devices(tender: &Tender, count: u64) -> Vec<DeviceId> {
    let devices: Vec<DeviceId> = (1..=count).map(|number| DeviceId(9_000 + number)).collect();
    for device in &devices {
        put_device(tender, LOCATION, *device, None).await;
    }
    devices
}

async fn claim(tender: &Tender, device: DeviceId, wait_ms: u64) -> Vec<Task> {
    tender
        .claim_tasks(&caller(), LOCATION, device, 10, wait_ms)
        .await
        .expect("a claim")
}

/// Starts a long poll and waits until it does.
async fn waiting(tender: &Tender, device: DeviceId) -> tokio::task::JoinHandle<Vec<Task>> {
    let before = tender.inner().tills.waiting.free_places();
    let claiming = tender.clone();
    let claimed = tokio::spawn(async move { claim(&claiming, device, CLAIM_WAIT_MS_MAX).await });
    eventually("the long poll", || async {
        (tender.inner().tills.waiting.free_places() < before).then_some(())
    })
    .await;
    claimed
}

#[tokio::test]
async fn of_twelve_devices_that_claim_at_once_each_task_goes_to_exactly_one() {
    const TASKS: usize = 40;
    let tender = restaurant().await;
    let devices = devices(&tender, 12).await;
    let order = open_order(&tender, LOCATION, "100.00").await;
    for _ in 0..TASKS {
        pay_at_till(&tender, order.id, "1.00", TTL_MS, None).await;
    }
    let claims = join_all(devices.iter().map(|device| claim(&tender, *device, 0))).await;
    let mut got = BTreeSet::new();
    for (tasks, device) in claims.iter().zip(&devices) {
        assert!(tasks.len() <= 10, "no more than asked for");
        assert!(tasks.is_sorted_by_key(|task| task.id), "oldest first");
        for task in tasks {
            assert!(got.insert(task.id), "{task:?} was given twice");
            assert_eq!((task.leased_to, task.lease), (Some(*device), 1));
        }
    }
    assert_eq!(got.len(), TASKS);
}

#[tokio::test]
async fn a_waiting_till_is_woken_by_a_new_task_of_its_location() {
    let tender = restaurant().await;
    let device = devices(&tender, 1).await.remove(0);
    let claimed = waiting(&tender, device).await;
    let elsewhere = open_order(&tender, OTHER_LOCATION, "5.00").await;
    pay_at_till(&tender, elsewhere.id, "5.00", TTL_MS, None).await;
    let order = open_order(&tender, LOCATION, "5.00").await;
    let payment = pay_at_till(&tender, order.id, "5.00", TTL_MS, None).await;
    let tasks = soon("the task", claimed).await.expect("no panic");
    assert_eq!(
        tasks.iter().map(|task| task.payment).collect::<Vec<_>>(),
        [Some(payment.id)]
    );
}

/// As when the node that took the payment died before it could tell others.
#[tokio::test]
async fn a_waiting_till_finds_a_task_that_nobody_told_it_of() {
    let tender = restaurant().await;
    let devices = devices(&tender, 2).await;
    let order = open_order(&tender, LOCATION, "100.00").await;
    let payment = pay_at_till(&tender, order.id, "1.00", TTL_MS, Some(devices[0])).await;
    let task = payment.task.expect("a task");
    let claimed = waiting(&tender, devices[1]).await;
    // For the waiting device after all, and no word of it.
    let mut moved = tender
        .task(MERCHANT, task)
        .await
        .expect("read")
        .expect("the task");
    moved.device = Some(devices[1]);
    tender
        .write_rows(vec![Write::Put(moved.to_row())], Vec::new())
        .await
        .expect("written");
    let tasks = soon("a claim without a wake", claimed).await.expect("a claim");
    assert_eq!(tasks.iter().map(|task| task.id).collect::<Vec<_>>(), [task]);
}

#[tokio::test]
async fn without_work_a_claim_answers_empty_after_its_wait() {
    let tender = restaurant().await;
    let device = devices(&tender, 1).await.remove(0);
    assert_eq!(claim(&tender, device, 0).await, []);
    assert_eq!(soon("the end of the wait", claim(&tender, device, 20)).await, []);
}

#[tokio::test]
async fn a_lapsed_lease_wakes_whoever_waits() {
    let tender = restaurant().await;
    let devices = devices(&tender, 2).await;
    let order = open_order(&tender, LOCATION, "5.00").await;
    let payment = pay_at_till(&tender, order.id, "5.00", TTL_MS, None).await;
    let first = claim(&tender, devices[0], 0).await.remove(0);
    let claimed = waiting(&tender, devices[1]).await;
    tender.clock().advance(LEASE_MS);
    let second = soon("the task", claimed).await.expect("no panic").remove(0);
    assert_eq!((second.id, second.lease), (first.id, 2));

    let by = caller();
    let resolve = |lease| tender.resolve_task(&by, LOCATION, first.id, lease, TaskAnswer::Confirm);
    let resolved = resolve(2).await.expect("an answer");
    assert_eq!(resolved.outcome, TaskOutcome::Applied);
    assert_eq!(
        resolved.payment.map(|payment| payment.state),
        Some(PaymentState::Complete)
    );
    assert_eq!(
        resolve(2).await.expect("an answer").outcome,
        TaskOutcome::Applied,
        "repeated"
    );
    assert_eq!(
        resolve(1).await.expect("an answer").outcome,
        TaskOutcome::Superseded
    );
    assert_eq!(resolve(3).await.map(drop), Err(Rejection::TaskNotFound.into()));
    let stored = tender
        .payment(MERCHANT, payment.id)
        .await
        .expect("readable")
        .expect("the payment");
    assert_eq!(stored.state, PaymentState::Complete);
}

#[tokio::test]
async fn a_refusal_fails_the_payment_in_the_tills_words() {
    let tender = restaurant().await;
    let device = devices(&tender, 1).await.remove(0);
    let order = open_order(&tender, LOCATION, "5.00").await;
    pay_at_till(&tender, order.id, "5.00", TTL_MS, None).await;
    let task = claim(&tender, device, 0).await.remove(0);
    let failure = tender_engine::Failure {
        code: FailureCode::Unknown,
        message: Some("no paper".to_owned()),
    };
    let answer = TaskAnswer::Refuse(failure.clone());
    let resolved = tender
        .resolve_task(&caller(), LOCATION, task.id, task.lease, answer)
        .await
        .expect("an answer");
    assert_eq!(resolved.outcome, TaskOutcome::Refused);
    assert_eq!(resolved.task.state, TaskState::Refused(failure.clone()));
    assert_eq!(
        resolved.payment.and_then(|payment| payment.failure),
        Some(failure)
    );
}

#[tokio::test]
async fn a_task_for_one_device_goes_to_no_other() {
    let tender = restaurant().await;
    let devices = devices(&tender, 2).await;
    let order = open_order(&tender, LOCATION, "5.00").await;
    let payment = pay_at_till(&tender, order.id, "5.00", TTL_MS, Some(devices[1])).await;
    assert_eq!(claim(&tender, devices[0], 0).await, []);
    assert_eq!(
        claim(&tender, devices[1], 0).await.remove(0).payment,
        Some(payment.id)
    );
}

#[tokio::test]
async fn a_device_of_another_place_is_not_found() {
    let tender = restaurant().await;
    put_device(&tender, OTHER_LOCATION, DeviceId(1), None).await;
    for (merchant, location, device) in [
        (MERCHANT, LOCATION, DeviceId(1)),
        (MERCHANT, LOCATION, DeviceId(2)),
        (MERCHANT, LocationId(999), DeviceId(1)),
        (MerchantId(2), OTHER_LOCATION, DeviceId(1)),
    ] {
        let caller = Caller { merchant, ..caller() };
        let claimed = tender.claim_tasks(&caller, location, device, 1, 0).await;
        assert_eq!(
            claimed,
            Err(Rejection::TaskNotFound.into()),
            "{device:?} at {location:?}"
        );
        assert!(!tender.device_online(location));
    }
}

#[tokio::test]
async fn when_all_places_are_taken_a_waiting_claim_is_told_to_come_later() {
    let tender = restaurant().await;
    let device = devices(&tender, 1).await.remove(0);
    let tills = &tender.inner().tills;
    let places: Vec<_> = std::iter::from_fn(|| tills.waiting.take_place()).collect();
    assert_eq!(places.len(), WAITERS_MAX);
    let claimed = tender.claim_tasks(&caller(), LOCATION, device, 1, 1_000).await;
    assert_eq!(
        claimed,
        Err(Failure::Busy {
            retry_after_s: BUSY_RETRY_S
        })
    );
    assert_eq!(
        claim(&tender, device, 0).await,
        [],
        "who does not wait needs no place"
    );
    let order = open_order(&tender, LOCATION, "5.00").await;
    pay_at_till(&tender, order.id, "5.00", TTL_MS, None).await;
    assert_eq!(
        claim(&tender, device, 1_000).await.len(),
        1,
        "nor who finds work at once"
    );
}

#[tokio::test]
async fn a_till_that_goes_away_leaves_no_trace_among_those_who_wait() {
    let tender = restaurant().await;
    let device = devices(&tender, 1).await.remove(0);
    let claimed = waiting(&tender, device).await;
    assert_eq!(tender.inner().tills.waiting.locations(), 1);
    claimed.abort();
    assert!(claimed.await.expect_err("aborted").is_cancelled());
    assert_eq!(tender.inner().tills.waiting.locations(), 0);
    assert_eq!(tender.inner().tills.waiting.free_places(), WAITERS_MAX);
}

#[tokio::test]
async fn a_device_is_on_line_for_a_minute_after_it_was_heard_of_and_while_it_waits() {
    let tender = restaurant().await;
    let device = devices(&tender, 1).await.remove(0);
    assert!(!tender.device_online(LOCATION));
    tender.heartbeat(LOCATION, device);
    assert!(tender.device_online(LOCATION));
    assert!(!tender.device_online(OTHER_LOCATION));
    tender.clock().advance(60_000);
    assert!(!tender.device_online(LOCATION));

    let claimed = waiting(&tender, device).await;
    tender.clock().advance(3_600_000);
    assert!(tender.device_online(LOCATION), "it is waiting right now");
    claimed.abort();
    let _ = claimed.await;
    assert!(
        !tender.device_online(LOCATION),
        "the clock was moved while it waited"
    );
    claim(&tender, device, 0).await;
    assert!(tender.device_online(LOCATION));
}

#[tokio::test]
async fn several_nodes_share_the_tasks_of_one_database() {
    let store = crate::testing::store();
    let first = crate::testing::node(&store, crate::testing::settings(), Vec::new()).await;
    crate::testing::seed(&first).await;
    let devices = devices(&first, 2).await;
    let second = crate::testing::node(&Arc::clone(&store), crate::testing::settings(), Vec::new()).await;
    let claimed = waiting(&second, devices[1]).await;
    let order = open_order(&first, LOCATION, "5.00").await;
    pay_at_till(&first, order.id, "5.00", TTL_MS, None).await;
    assert_eq!(
        soon("the task", claimed).await.expect("no panic").len(),
        1,
        "woken by the other node's commit"
    );
    assert_eq!(claim(&first, devices[0], 0).await, []);
}
