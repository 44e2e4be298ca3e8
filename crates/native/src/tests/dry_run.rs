//! A dry run says what would happen, exactly, and leaves nothing behind.

use axum::http::Method;
use serde_json::Value;

use super::place::{Answer, Place, Who};

/// Everything that there is to see.
async fn everything(place: &Place) -> String {
    let mut text = String::new();
    for path in ["orders", "events?limit=1000", "deliveries", "cases"] {
        text.push_str(
            &place
                .get(Who::Admin, &format!("/api/v1/{path}"))
                .await
                .expect(200)
                .text,
        );
    }
    text + &free_tasks(place).await
}

/// The tasks that nobody has, which are leased by looking.
async fn free_tasks(place: &Place) -> String {
    let mut text = String::new();
    for device in [501, 512] {
        let body = format!(r#"{{"device_id":"{device}","max":100}}"#);
        text.push_str(
            &place
                .post(Who::Till, "/api/v1/till/claim", &body)
                .await
                .expect(200)
                .text,
        );
    }
    text
}

/// What may differ between a dry run and the real thing: moments, and the task's id.
fn comparable(answer: &Answer) -> Value {
    let mut json = answer.json();
    let members = json.as_object_mut().unwrap();
    for name in [
        "dry_run",
        "order",
        "task_id",
        "created_at",
        "updated_at",
        "completed_at",
        "expires_at",
    ] {
        members.remove(name);
    }
    json
}

/// Runs a request dry, then for real: the answers agree, the order is as announced, and the dry run left nothing.
async fn agree(place: &Place, order: &str, path: &str, body: &str) {
    free_tasks(place).await;
    let before = everything(place).await;
    let dry = place
        .post(Who::Admin, &format!("{path}?dry_run=true"), body)
        .await;
    assert_eq!(everything(place).await, before, "{path} {body} left something");
    let real = place.post(Who::Admin, path, body).await;
    let expected = if real.status < 400 { 200 } else { real.status };
    assert_eq!(dry.status, expected, "{path} {body}: {} {}", dry.text, real.text);
    if dry.status >= 400 {
        assert_eq!(dry.text, real.text);
        return;
    }
    assert_eq!(dry.at("/dry_run"), "true");
    assert_eq!(comparable(&dry), comparable(&real), "{path} {body}");
    assert_eq!(
        dry.header("tender-money-moved"),
        real.header("tender-money-moved")
    );
    let now = place
        .get(Who::Admin, &format!("/api/v1/orders/{order}"))
        .await
        .expect(200)
        .json();
    let announced = &dry.json()["order"];
    for name in [
        "id",
        "state",
        "total",
        "due",
        "paid",
        "reserved",
        "refunded",
        "tips",
        "surcharges",
        "service_charge",
    ] {
        assert_eq!(announced[name], now[name], "{name} after {path} {body}");
    }
}

#[tokio::test]
async fn a_dry_run_announces_exactly_what_the_real_one_does() {
    let place = Place::new().await;
    let hook = r#"{"url":"https://example.com/hook"}"#;
    place
        .post(Who::Admin, "/api/v1/webhook-endpoints", hook)
        .await
        .expect(201);
    let body = r#"{"location_id":"101","lines":[{"name":"Menu","quantity":1,"unit_amount":"50"}],
        "service_charge":{"rate":"0.1"}}"#;
    let order = place
        .post(Who::Admin, "/api/v1/orders", body)
        .await
        .expect(201)
        .at("/id");
    let path = format!("/api/v1/orders/{order}/payments");
    let pay = async |body: &str| agree(&place, &order, &path, body).await;
    pay(r#"{"amount":"20.00","tip":"2.00","surcharge":"0.20","method_code":"CASH"}"#).await;
    pay(r#"{"amount":"5.00","mode":"till","reference":"by-till","ttl_ms":60000}"#).await;
    pay(r#"{"amount":"6.00","mode":"till","device_id":"501","staff_id":"42"}"#).await;
    pay(r#"{"amount":"1000.00"}"#).await;
    pay(r#"{"amount":"1.00","reference":"by-till"}"#).await;
    let number = order.strip_prefix("ord_").unwrap();
    let payment = |payment: u32, verb: &str| format!("/api/v1/payments/pay_{number}_{payment}/{verb}");
    for (number, verb, body) in [
        (2, "confirm", ""),
        (3, "void", ""),
        (3, "void", ""),
        (3, "confirm", ""),
        (1, "refund", r#"{"amount":"1.50"}"#),
        (1, "refund", r#"{"amount":"100"}"#),
        (1, "refund", "{}"),
        (1, "refund", "{}"),
        (9, "void", ""),
    ] {
        agree(&place, &order, &payment(number, verb), body).await;
    }
    // The last payment closes the order, and the dry run says so.
    let due = place
        .get(Who::Admin, &format!("/api/v1/orders/{order}"))
        .await
        .at("/due");
    pay(&format!(r#"{{"amount":"{due}"}}"#)).await;
    pay(r#"{"amount":"1.00"}"#).await;
    assert_eq!(
        place
            .get(Who::Admin, &format!("/api/v1/orders/{order}"))
            .await
            .at("/state"),
        "closed"
    );
}

#[tokio::test]
async fn a_dry_run_uses_up_no_key_and_answers_a_used_one_as_the_first_time() {
    let place = Place::new().await;
    let order = place.order("10").await;
    let path = format!("/api/v1/orders/{order}/payments");
    let dry_path = format!("{path}?dry_run=true");
    let key = [("Idempotency-Key", "k")];
    let call = async |path: &str, body: &str| place.call(Who::App, Method::POST, path, &key, body).await;
    call(&dry_path, r#"{"amount":"1"}"#).await.expect(200);
    let first = call(&path, r#"{"amount":"2"}"#).await.expect(201);
    let again = call(&dry_path, r#"{"amount":"2"}"#).await.expect(200);
    assert_eq!(again.at("/id"), first.at("/id"));
    assert_eq!(again.at("/created_at"), first.at("/created_at"));
    call(&dry_path, r#"{"amount":"1"}"#)
        .await
        .problem(409, "key-reused");
}

#[tokio::test]
async fn a_dry_confirm_of_a_failed_payment_opens_no_case() {
    let place = Place::new().await;
    let order = place.order("10").await;
    let payment = place.pay_at_till(&order, "1", "r").await;
    let (task, lease) = place.claim(501).await.unwrap();
    let refuse = format!(r#"{{"lease":{lease},"reason":"OVERPAID"}}"#);
    place
        .post(Who::Till, &format!("/api/v1/till/tasks/{task}/refuse"), &refuse)
        .await
        .expect(200);
    let confirm = format!("/api/v1/payments/{payment}/confirm");
    place
        .post(Who::Admin, &format!("{confirm}?dry_run=true"), "")
        .await
        .problem(409, "invalid-state");
    assert_eq!(place.get(Who::Admin, "/api/v1/cases").await.at("/items"), "[]");
    place
        .post(Who::Admin, &confirm, "")
        .await
        .problem(409, "invalid-state");
    let cases = place.get(Who::Admin, "/api/v1/cases?open=true").await.expect(200);
    assert_eq!(cases.at("/items/0/payment_id"), payment);
    // The guest may have paid, and the payment says so from now on.
    let payment = format!("/api/v1/payments/{payment}");
    assert_eq!(
        place.get(Who::Admin, &payment).await.at("/money_moved"),
        "unknown"
    );
    let resolve = format!("/api/v1/cases/{}/resolve", cases.at("/items/0/id"));
    place
        .post(
            Who::Admin,
            &resolve,
            r#"{"resolution":"The guest had not paid."}"#,
        )
        .await
        .expect(200);
    assert_eq!(place.get(Who::Admin, &payment).await.at("/money_moved"), "no");
}
