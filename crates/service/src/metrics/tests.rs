use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tender_engine::{DeliveryState, DeviceId, EndpointId, FailureCode, TaskAnswer, TaskOutcome, Timestamp};
use tender_store::StoreError;

use super::{Metrics, note};
use crate::relay::tests::{deliver, endpoint_record};
use crate::testing::{LOCATION, caller, open_order, pay_at_till, put_device, put_endpoint, restaurant};
use crate::{Endpoint, Limit, Tender};

fn text(metrics: &Metrics) -> String {
    let mut registry = Registry::default();
    metrics.register(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).expect("a text");
    text
}

/// Whether a line is there, word for word.
fn says(metrics: &Metrics, line: &str) -> bool {
    text(metrics).lines().any(|given| given == line)
}

#[test]
fn every_series_is_there_before_anything_has_happened() {
    let metrics = Metrics::new();
    for line in [
        "commands_waiting 0",
        "commit_commands_count 0",
        "commit_duration_seconds_count 0",
        "commit_retries_total 0",
        "commit_failures_total 0",
        "database_connected 1",
        "till_tasks_total{outcome=\"claimed\"} 0",
        "till_tasks_total{outcome=\"confirmed\"} 0",
        "till_tasks_total{outcome=\"refused\"} 0",
        "till_tasks_total{outcome=\"superseded\"} 0",
        "till_tasks_total{outcome=\"expired\"} 0",
        "till_tasks_open 0",
        "webhook_attempts_total{outcome=\"success\"} 0",
        "webhook_attempts_total{outcome=\"failure\"} 0",
        "webhook_deliveries_total{outcome=\"delivered\"} 0",
        "webhook_deliveries_total{outcome=\"exhausted\"} 0",
        "webhook_deliveries_total{outcome=\"dropped\"} 0",
        "webhook_lag_seconds_count 0",
        "webhook_deliveries_pending 0",
        "webhook_overdue_seconds 0",
        "rate_limited_requests_total{window=\"minute\"} 0",
        "rate_limited_requests_total{window=\"day\"} 0",
    ] {
        assert!(says(&metrics, line), "{line} is not in\n{}", text(&metrics));
    }
}

#[test]
fn how_a_commit_is_counted() {
    let took = Duration::from_millis(3);
    let away = StoreError::Unavailable("away".to_owned());
    let twice = StoreError::Duplicate { table: "keys" };
    // Commands, runs, error: commits, retries, failures, connected.
    let cases = [
        (4, 1, None, [1, 0, 0, 1]),
        (4, 3, None, [1, 2, 0, 1]),
        (4, 1, Some(&away), [0, 0, 1, 0]),
        (4, 1, Some(&twice), [0, 1, 0, 1]),
        (1, 1, Some(&twice), [0, 0, 1, 1]),
    ];
    for (commands, runs, error, [commits, retries, failures, connected]) in cases {
        let metrics = Metrics::new();
        metrics.committed(commands, runs, took, error);
        for line in [
            format!("commit_commands_count {commits}"),
            format!("commit_duration_seconds_count {commits}"),
            format!("commit_retries_total {retries}"),
            format!("commit_failures_total {failures}"),
            format!("database_connected {connected}"),
        ] {
            assert!(says(&metrics, &line), "{line}: {commands} {runs} {error:?}");
        }
    }
}

#[test]
fn a_delivery_is_counted_once_it_is_decided_with_the_time_it_took() {
    let metrics = Metrics::new();
    for state in [
        DeliveryState::Pending,
        DeliveryState::Delivered,
        DeliveryState::Exhausted,
    ] {
        metrics.decided(state, Timestamp(1_000), Timestamp(3_000));
    }
    for line in [
        "webhook_deliveries_total{outcome=\"delivered\"} 1",
        "webhook_deliveries_total{outcome=\"exhausted\"} 1",
        "webhook_lag_seconds_sum 2.0",
        "webhook_lag_seconds_count 1",
    ] {
        assert!(says(&metrics, line), "{line} is not in\n{}", text(&metrics));
    }
}

async fn noted(tender: &Tender, line: &str) {
    note(tender).await;
    let metrics = &tender.inner().metrics;
    assert!(says(metrics, line), "{line} is not in\n{}", text(metrics));
}

/// A till, and two payments that wait for it.
async fn two_for_a_till(tender: &Tender) -> DeviceId {
    let device = DeviceId(31);
    put_device(tender, LOCATION, device, None).await;
    let order = open_order(tender, LOCATION, "30").await.id;
    for _ in 0..2 {
        pay_at_till(tender, order, "10", 60_000, None).await;
    }
    device
}

#[tokio::test]
async fn tasks_limits_and_the_queue_are_counted_where_they_happen() {
    let tender = restaurant().await;
    let device = two_for_a_till(&tender).await;
    noted(&tender, "till_tasks_open 2").await;
    let tasks = tender
        .claim_tasks(&caller(), LOCATION, device, 2, 0)
        .await
        .expect("tasks");
    let task = tasks.first().expect("a task");
    tender
        .resolve_task(&caller(), LOCATION, task.id, task.lease, TaskAnswer::Confirm)
        .await
        .expect("confirmed");
    noted(&tender, "till_tasks_open 1").await;
    noted(&tender, "till_tasks_total{outcome=\"claimed\"} 2").await;
    noted(&tender, "till_tasks_total{outcome=\"confirmed\"} 1").await;
    let quota = Limit::per_day(crate::testing::MERCHANT, 1);
    for _ in 0..3 {
        tender.take(quota).await.expect("a standing");
    }
    noted(&tender, "rate_limited_requests_total{window=\"day\"} 2").await;
    noted(&tender, "commands_waiting 0").await;
}

#[tokio::test]
async fn an_answer_that_a_till_repeats_is_counted_once() {
    let tender = restaurant().await;
    let device = two_for_a_till(&tender).await;
    let claimed = tender.claim_tasks(&caller(), LOCATION, device, 2, 0).await;
    let tasks = claimed.expect("tasks");
    let refusal = tender_engine::Failure::new(FailureCode::Unknown);
    let answers = [
        (TaskAnswer::Confirm, TaskOutcome::Applied),
        (TaskAnswer::Refuse(refusal), TaskOutcome::Refused),
    ];
    for (task, (answer, outcome)) in tasks.iter().zip(answers) {
        for _ in 0..3 {
            let resolved = tender
                .resolve_task(&caller(), LOCATION, task.id, task.lease, answer.clone())
                .await;
            assert_eq!(resolved.expect("an answer").outcome, outcome);
        }
    }
    noted(&tender, "till_tasks_total{outcome=\"confirmed\"} 1").await;
    noted(&tender, "till_tasks_total{outcome=\"refused\"} 1").await;
    noted(&tender, "till_tasks_total{outcome=\"superseded\"} 0").await;
}

#[tokio::test]
async fn what_waits_for_an_endpoint_that_is_switched_off_is_not_overdue() {
    let tender = restaurant().await;
    let (off, on) = (EndpointId(500), EndpointId(501));
    let record = Endpoint {
        disabled: true,
        ..endpoint_record(off, "https://off.example/")
    };
    put_endpoint(&tender, &record).await;
    put_endpoint(&tender, &endpoint_record(on, "https://on.example/")).await;
    deliver(&tender, off, None, 1).await;
    tender.clock().advance(1_000_000);
    // Some of the time that passes is real.
    let overdue_s = async || {
        note(&tender).await;
        tender.inner().metrics.overdue.get()
    };
    assert_eq!(overdue_s().await, 0);
    noted(&tender, "webhook_deliveries_pending 1").await;
    deliver(&tender, on, None, 1).await;
    tender.clock().advance(90_000);
    assert!((90..1_000).contains(&overdue_s().await));
    put_endpoint(&tender, &endpoint_record(off, "https://off.example/")).await;
    assert!(overdue_s().await >= 1_090);
}
