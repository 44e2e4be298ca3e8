//! Many at once: one reference is one payment, an order is never overpaid, a task goes to one till.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use futures_util::future::join_all;

use super::place::{DEVICES, Place, Who};

const CLIENTS: usize = 64;

async fn order(place: &Place, id: &str) -> serde_json::Value {
    place
        .get(Who::Admin, &format!("/api/v1/orders/{id}"))
        .await
        .expect(200)
        .json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_reference_is_one_payment_however_often_it_is_sent() {
    let place = Place::new().await;
    let id = place.order("100").await;
    let body = r#"{"amount":"7.00","reference":"once"}"#;
    let answers = join_all((0..CLIENTS).map(|_| place.pay(&id, body))).await;
    let payments: BTreeSet<String> = answers
        .into_iter()
        .map(|answer| answer.expect(201).at("/id"))
        .collect();
    assert_eq!(payments.len(), 1);
    let order = order(&place, &id).await;
    assert_eq!(order["paid"], "7.00");
    assert_eq!(order["payments"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_with_another_request_is_refused_also_at_the_same_moment() {
    let place = Place::new().await;
    let id = place.order("1000").await;
    let path = format!("/api/v1/orders/{id}/payments");
    let requests = (1..=CLIENTS).map(|cents| {
        let body = format!(r#"{{"amount":"1.{cents:02}"}}"#);
        let (place, path) = (place.clone(), path.clone());
        async move {
            let key = [("Idempotency-Key", "one-intention")];
            place.call(Who::Admin, Method::POST, &path, &key, &body).await
        }
    });
    let answers = join_all(requests).await;
    let taken = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(taken, 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.problem(409, "key-reused");
        assert_eq!(refused.at("/field"), "amount");
    }
    assert_eq!(order(&place, &id).await["payments"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_never_overpaid() {
    let place = Place::new().await;
    let id = place.order("10.00").await;
    let modes = ["immediate", "till"];
    let requests = (0..CLIENTS).map(|number| {
        let body = format!(r#"{{"amount":"1.00","mode":"{}"}}"#, modes[number % 2]);
        let (place, id) = (place.clone(), id.clone());
        async move { place.pay(&id, &body).await }
    });
    let answers = join_all(requests).await;
    let taken = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(taken, 10);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.problem(422, "exceeds-due");
    }
    let order = order(&place, &id).await;
    assert_eq!(order["due"], "0.00");
    let numbers: BTreeSet<&str> = order["payments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|payment| payment["id"].as_str().unwrap())
        .collect();
    assert_eq!(numbers.len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_task_goes_to_one_till() {
    const TASKS: usize = 40;
    let place = Place::new().await;
    let id = place.order("1000").await;
    for number in 0..TASKS {
        place.pay_at_till(&id, "1.00", &format!("r{number}")).await;
    }
    let tills = DEVICES.map(|device| {
        let place = place.clone();
        async move {
            let mut claimed = Vec::new();
            while let Some((task, lease)) = place.claim(device).await {
                assert_eq!(lease, 1);
                let path = format!("/api/v1/till/tasks/{task}/confirm");
                let answer = place.post(Who::Till, &path, r#"{"lease":1}"#).await.expect(200);
                assert_eq!(answer.at("/outcome"), "applied");
                claimed.push(task);
            }
            claimed
        }
    });
    let claimed = join_all(tills).await;
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for task in claimed.into_iter().flatten() {
        *count.entry(task).or_default() += 1;
    }
    assert_eq!(count.len(), TASKS);
    assert!(count.values().all(|claims| *claims == 1));
    let order = order(&place, &id).await;
    assert_eq!(
        (&order["paid"], &order["reserved"]),
        (&"40.00".into(), &"0.00".into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fence_and_the_original_never_both_win() {
    let place = Place::new().await;
    let id = place.order("1000").await;
    for round in 0..16 {
        let reference = format!("race-{round}");
        let body = format!(r#"{{"amount":"1.00","mode":"till","reference":"{reference}"}}"#);
        let path = format!("/api/v1/payments/by-reference/{reference}/fence");
        let (paid, fenced) = tokio::join!(place.pay(&id, &body), place.post(Who::Admin, &path, ""));
        assert_eq!(fenced.expect(200).at("/state"), "will-never-apply");
        match paid.status {
            201 => {
                let payment = place
                    .get(Who::Admin, &format!("/api/v1/payments/{}", paid.at("/id")))
                    .await;
                assert_eq!(payment.at("/state"), "voided");
            }
            _ => paid.problem(409, "reference-fenced"),
        }
    }
    assert_eq!(order(&place, &id).await["reserved"], "0.00");
    assert!(place.claim(501).await.is_none());
}
