//! The till protocol, from the till's side.

use axum::http::Method;
use tender_engine::{Command, ExpireTask, Via};
use tender_service::Caller;

use super::place::{Answer, MERCHANT, Place, Who};
use crate::ids;

async fn answer(place: &Place, task: &str, verb: &str, body: &str) -> Answer {
    place
        .post(Who::Till, &format!("/api/v1/till/tasks/{task}/{verb}"), body)
        .await
}

/// Moves the clock by a request, as scripts do.
async fn advance(place: &Place, ms: u32) {
    let body = format!(r#"{{"advance_ms":{ms}}}"#);
    place
        .post(Who::Admin, "/api/v1/sandbox/clock", &body)
        .await
        .expect(200);
}

/// What the worker for expiry does.
async fn expire(place: &Place, task: &str) {
    let command = Command::ExpireTask(ExpireTask {
        task: ids::read_task(task).unwrap(),
    });
    let caller = Caller {
        merchant: MERCHANT,
        application: tender_engine::ApplicationId(0),
        via: Via::Server,
    };
    place.tender.execute(&caller, command).await.unwrap();
}

#[tokio::test]
async fn a_repeated_answer_is_answered_as_the_first_time() {
    let place = Place::new().await;
    let order = place.order("10").await;
    place.pay_at_till(&order, "4", "a").await;
    place.pay_at_till(&order, "5", "b").await;
    let (first, _) = place.claim(501).await.unwrap();
    let (second, _) = place.claim(502).await.unwrap();
    let confirmed = answer(&place, &first, "confirm", r#"{"lease":1}"#)
        .await
        .expect(200);
    assert_eq!(
        (confirmed.at("/outcome"), confirmed.at("/payment/state")),
        ("applied".into(), "complete".into())
    );
    assert_eq!(
        answer(&place, &first, "confirm", r#"{"lease":1}"#)
            .await
            .expect(200)
            .text,
        confirmed.text
    );
    let refusal = r#"{"lease":1,"reason":"update_failed","message":"printer on fire"}"#;
    let refused = answer(&place, &second, "refuse", refusal).await.expect(200);
    assert_eq!(
        (refused.at("/outcome"), refused.at("/payment/state")),
        ("refused".into(), "failed".into())
    );
    assert_eq!(refused.at("/payment/failure/code"), "UPDATE_FAILED");
    assert_eq!(refused.at("/payment/failure/message"), "printer on fire");
    assert_eq!(
        answer(&place, &second, "refuse", refusal).await.expect(200).text,
        refused.text
    );
    // The other answer to a task that is over changes nothing.
    let late = answer(&place, &first, "refuse", r#"{"lease":1,"reason":"OVERPAID"}"#)
        .await
        .expect(200);
    assert_eq!(
        (late.at("/outcome"), late.at("/payment/state")),
        ("superseded".into(), "complete".into())
    );
}

#[tokio::test]
async fn a_lapsed_lease_is_superseded_by_the_next_one() {
    let place = Place::new().await;
    let order = place.order("10").await;
    place.pay_at_till(&order, "4", "a").await;
    let (task, lease) = place.claim(501).await.unwrap();
    assert!(place.claim(502).await.is_none());
    advance(&place, 30_001).await;
    let (same, next_lease) = place.claim(502).await.unwrap();
    assert_eq!((&same, lease, next_lease), (&task, 1, 2));
    let applied = answer(&place, &task, "confirm", r#"{"lease":2}"#)
        .await
        .expect(200);
    assert_eq!(applied.at("/outcome"), "applied");
    let late = answer(&place, &task, "confirm", r#"{"lease":1}"#)
        .await
        .expect(200);
    assert_eq!(
        (late.at("/outcome"), late.at("/money_moved")),
        ("superseded".into(), "yes".into())
    );
    let cases = place.get(Who::Admin, "/api/v1/cases?open=true").await.expect(200);
    assert_eq!(cases.at("/items/0/reason"), "confirmed-twice");
    assert_eq!(cases.at("/items/0/task_id"), task);
    answer(&place, &task, "confirm", r#"{"lease":1}"#)
        .await
        .expect(200);
    let cases = place.get(Who::Admin, "/api/v1/cases?open=true").await.expect(200);
    assert!(!cases.has("/items/1"), "one case per task");
}

#[tokio::test]
async fn a_confirm_after_the_time_is_over_opens_a_case() {
    let place = Place::new().await;
    let order = place.order("10").await;
    let payment = place.pay_at_till(&order, "4", "a").await;
    let (task, _) = place.claim(501).await.unwrap();
    advance(&place, 60_001).await;
    expire(&place, &task).await;
    let path = format!("/api/v1/payments/{payment}");
    let failed = place.get(Who::Admin, &path).await.expect(200);
    assert_eq!(
        (failed.at("/failure/code"), failed.at("/money_moved")),
        ("TIMEOUT".into(), "no".into())
    );
    let late = answer(&place, &task, "confirm", r#"{"lease":1}"#)
        .await
        .expect(200);
    assert_eq!(
        (late.at("/outcome"), late.at("/money_moved")),
        ("superseded".into(), "unknown".into())
    );
    assert_eq!(late.at("/payment/money_moved"), "unknown");
    assert_eq!(place.get(Who::Admin, &path).await.at("/money_moved"), "unknown");
    let reference = place
        .get(Who::Admin, "/api/v1/payments/by-reference/a")
        .await
        .expect(200);
    assert_eq!(
        (reference.at("/state"), reference.at("/money_moved")),
        ("will-never-apply".into(), "unknown".into())
    );
    let case = place
        .get(Who::Admin, "/api/v1/cases?open=true")
        .await
        .at("/items/0/id");
    let resolve = format!("/api/v1/cases/{case}/resolve");
    let resolved = place
        .post(Who::Admin, &resolve, r#"{"resolution":"Given back in cash."}"#)
        .await
        .expect(200);
    assert_eq!(resolved.at("/state"), "resolved");
    assert_eq!(place.get(Who::Admin, &path).await.at("/money_moved"), "no");
}

#[tokio::test]
async fn a_task_for_a_device_goes_there_only() {
    let place = Place::new().await;
    let order = place.order("10").await;
    place
        .pay(&order, r#"{"amount":"4","mode":"till","device_id":"507"}"#)
        .await
        .expect(201);
    assert!(place.claim(501).await.is_none());
    assert!(place.claim(507).await.is_some());
}

#[tokio::test]
async fn leases_that_were_never_given_are_not_found() {
    let place = Place::new().await;
    let order = place.order("10").await;
    place.pay_at_till(&order, "4", "a").await;
    let (task, _) = place.claim(501).await.unwrap();
    answer(&place, &task, "confirm", r#"{"lease":2}"#)
        .await
        .problem(404, "task-not-found");
    answer(&place, "tsk_1", "confirm", r#"{"lease":1}"#)
        .await
        .problem(404, "task-not-found");
    answer(&place, &task, "confirm", r#"{"lease":0}"#)
        .await
        .problem(400, "invalid-field");
    answer(&place, &task, "confirm", "{}")
        .await
        .problem(400, "missing-field");
    answer(&place, &task, "refuse", r#"{"lease":1}"#)
        .await
        .problem(400, "missing-field");
    let admin = place
        .post(
            Who::Admin,
            &format!("/api/v1/till/tasks/{task}/confirm"),
            r#"{"lease":1}"#,
        )
        .await;
    assert_eq!(admin.expect(200).at("/outcome"), "applied");
}

#[tokio::test]
async fn a_waiting_claim_gets_a_task_that_is_made_meanwhile() {
    let place = Place::new().await;
    let order = place.order("10").await;
    let waiting = {
        let place = place.clone();
        tokio::spawn(async move {
            let body = r#"{"device_id":"501","max":3,"wait_ms":60000}"#;
            place.post(Who::Till, "/api/v1/till/claim", body).await
        })
    };
    let body =
        r#"{"amount":"4","tip":"1","mode":"till","reference":"a","method_code":"APM","staff_id":"42"}"#;
    place.pay(&order, body).await.expect(201);
    let claimed = waiting.await.unwrap().expect(200);
    assert_eq!(claimed.at("/tasks/0/kind"), "payment");
    assert_eq!(claimed.at("/tasks/0/order/id"), order);
    let payment = &claimed.json()["tasks"][0]["payment"];
    let members = [
        "amount",
        "tip",
        "method_code",
        "reference",
        "staff_id",
        "printer_profile_id",
    ];
    let found: Vec<&str> = members
        .iter()
        .map(|name| payment[name].as_str().unwrap())
        .collect();
    assert_eq!(found, ["4.00", "1.00", "APM", "a", "42", "7"]);
}

#[tokio::test]
async fn a_till_that_speaks_is_online() {
    let place = Place::new().await;
    let device = "/api/v1/devices?location_id=101&limit=1";
    assert_eq!(
        place
            .get(Who::Admin, device)
            .await
            .expect(200)
            .at("/items/0/online"),
        "false"
    );
    let beat = place
        .post(Who::Till, "/api/v1/till/heartbeat", r#"{"device_id":"501"}"#)
        .await
        .expect(200);
    assert_eq!(beat.at("/location_id"), "101");
    assert_eq!(
        place
            .get(Who::Admin, device)
            .await
            .expect(200)
            .at("/items/0/online"),
        "true"
    );
    advance(&place, 60_001).await;
    assert_eq!(
        place
            .get(Who::Admin, device)
            .await
            .expect(200)
            .at("/items/0/online"),
        "false"
    );
    // A token for one device need not name it.
    assert_eq!(
        place
            .post(Who::OneTill, "/api/v1/till/heartbeat", "")
            .await
            .expect(200)
            .at("/device_id"),
        "501"
    );
}

#[tokio::test]
async fn the_sandbox_scripts_virtual_tills() {
    let place = Place::new().await;
    let set = async |device: &str, body: &str| {
        place
            .call(
                Who::Admin,
                Method::PUT,
                &format!("/api/v1/sandbox/tills/{device}"),
                &[],
                body,
            )
            .await
    };
    for behaviour in ["auto", "offline", "refuse:OVERPAID", "slow:1500", "lose-confirm"] {
        let set = set("501", &format!(r#"{{"behaviour":"{behaviour}"}}"#))
            .await
            .expect(200);
        assert_eq!(set.at("/behaviour"), behaviour);
    }
    let directory = place.tender.directory(MERCHANT).await.unwrap().unwrap();
    assert_eq!(directory.devices[&501].behaviour.as_deref(), Some("lose-confirm"));
    set("501", r#"{"behaviour":"sulk"}"#)
        .await
        .problem(400, "invalid-field");
    set("999", r#"{"behaviour":"auto"}"#)
        .await
        .problem(404, "device-not-found");
}
