//! What is not yours is answered exactly as if it did not exist.

use axum::http::Method;

use super::place::{EUR, JPY, Place, Who};

/// Requests about `{order}`, `{payment}`, `{task}`, `{endpoint}`, `{delivery}`, `{case}` and `{device}`.
const REQUESTS: [(&str, &str, &str); 20] = [
    ("GET", "/api/v1/orders/{order}", ""),
    (
        "POST",
        "/api/v1/orders/{order}/lines",
        r#"{"lines":[{"name":"x","quantity":1,"unit_amount":"1"}]}"#,
    ),
    ("POST", "/api/v1/orders/{order}/close", ""),
    ("POST", "/api/v1/orders/{order}/cancel", ""),
    ("POST", "/api/v1/orders/{order}/payments", r#"{"amount":"1"}"#),
    (
        "POST",
        "/api/v1/orders/{order}/payments?dry_run=true",
        r#"{"amount":"1"}"#,
    ),
    ("GET", "/api/v1/payments/{payment}", ""),
    ("GET", "/api/v1/payments/{payment}/timeline", ""),
    ("POST", "/api/v1/payments/{payment}/confirm", ""),
    ("POST", "/api/v1/payments/{payment}/void", ""),
    ("POST", "/api/v1/payments/{payment}/void?dry_run=true", ""),
    ("POST", "/api/v1/payments/{payment}/refund", ""),
    ("GET", "/api/v1/payments/by-reference/isolated", ""),
    ("GET", "/api/v1/webhook-endpoints/{endpoint}", ""),
    ("DELETE", "/api/v1/webhook-endpoints/{endpoint}", ""),
    ("POST", "/api/v1/webhook-endpoints/{endpoint}/secret", ""),
    ("GET", "/api/v1/deliveries/{delivery}", ""),
    ("POST", "/api/v1/deliveries/{delivery}/replay", ""),
    ("POST", "/api/v1/till/tasks/{task}/confirm", r#"{"lease":1}"#),
    ("POST", "/api/v1/till/claim", r#"{"device_id":"{device}"}"#),
];

struct Ids {
    pairs: Vec<(&'static str, String, &'static str)>,
}

impl Ids {
    fn real(&self, text: &str) -> String {
        self.pairs
            .iter()
            .fold(text.to_owned(), |text, (name, real, _)| text.replace(name, real))
    }

    fn made_up(&self, text: &str) -> String {
        self.pairs
            .iter()
            .fold(text.to_owned(), |text, (name, _, made_up)| {
                text.replace(name, made_up)
            })
    }
}

async fn prepare(place: &Place) -> Ids {
    let hook = r#"{"url":"https://example.com/hook"}"#;
    let endpoint = place
        .post(Who::Admin, "/api/v1/webhook-endpoints", hook)
        .await
        .expect(201)
        .at("/id");
    let order = place.order("10").await;
    let payment = place.pay_at_till(&order, "4", "isolated").await;
    let (task, _) = place.claim(501).await.unwrap();
    let deliveries = place.get(Who::Admin, "/api/v1/deliveries").await.expect(200);
    let delivery = deliveries.at("/items/0/id");
    Ids {
        pairs: vec![
            ("{order}", order, "ord_1"),
            ("{payment}", payment, "pay_1_1"),
            ("{task}", task, "tsk_1"),
            ("{endpoint}", endpoint, "whe_1"),
            ("{delivery}", delivery, "dlv_1"),
            ("{device}", "501".to_owned(), "999"),
        ],
    }
}

async fn snapshot(place: &Place) -> String {
    let mut text = String::new();
    for path in ["orders", "events", "webhook-endpoints", "deliveries", "cases"] {
        text.push_str(
            &place
                .get(Who::Admin, &format!("/api/v1/{path}"))
                .await
                .expect(200)
                .text,
        );
    }
    text
}

#[tokio::test]
async fn another_merchant_sees_and_changes_nothing() {
    let place = Place::new().await;
    let ids = prepare(&place).await;
    let before = snapshot(&place).await;
    for (method, path, body) in REQUESTS {
        let method: Method = method.parse().unwrap();
        let (real_path, real_body) = (ids.real(path), ids.real(body));
        let real = place
            .call(Who::Other, method.clone(), &real_path, &[], &real_body)
            .await;
        let (path, body) = (ids.made_up(path), ids.made_up(body));
        let made_up = place.call(Who::Other, method, &path, &[], &body).await;
        assert_eq!(real.status, 404, "{real_path}: {}", real.text);
        assert_eq!(real.text, made_up.text, "{real_path}");
    }
    for list in [
        "orders",
        "events",
        "webhook-endpoints",
        "deliveries",
        "cases",
        "devices",
    ] {
        let answer = place
            .get(Who::Other, &format!("/api/v1/{list}"))
            .await
            .expect(200);
        assert_eq!(
            answer.json()["items"].as_array().unwrap().len(),
            0,
            "{list}: {}",
            answer.text
        );
    }
    assert_eq!(snapshot(&place).await, before);
}

#[tokio::test]
async fn a_token_of_one_location_reaches_no_other() {
    let place = Place::new().await;
    let order = place.order_at(JPY, "1000").await;
    let paid = place
        .pay(&order, r#"{"amount":"100","reference":"yen"}"#)
        .await
        .expect(201);
    let payment = paid.at("/id");
    let path = format!("/api/v1/orders/{order}");
    for who in [Who::EurApp, Who::Till] {
        place.get(who, &path).await.problem(404, "order-not-found");
        let list = place.get(who, "/api/v1/orders").await.expect(200);
        assert_eq!(list.at("/items"), "[]");
        let other = format!("/api/v1/orders?location_id={}", JPY.0);
        place.get(who, &other).await.problem(404, "location-not-found");
    }
    let who = Who::EurApp;
    let pay = r#"{"amount":"100"}"#;
    place
        .post(who, &format!("{path}/payments"), pay)
        .await
        .problem(404, "order-not-found");
    place
        .post(who, &format!("{path}/close"), "")
        .await
        .problem(404, "order-not-found");
    place
        .get(who, &format!("/api/v1/payments/{payment}"))
        .await
        .problem(404, "payment-not-found");
    place
        .post(who, &format!("/api/v1/payments/{payment}/refund"), "")
        .await
        .problem(404, "payment-not-found");
    place
        .get(who, "/api/v1/payments/by-reference/yen")
        .await
        .problem(404, "reference-not-found");
    assert_eq!(
        place.get(who, "/api/v1/events").await.expect(200).at("/items"),
        "[]"
    );
    let open = format!(r#"{{"location_id":"{}","lines":[]}}"#, JPY.0);
    place
        .post(who, "/api/v1/orders", &open)
        .await
        .problem(404, "location-not-found");
    let locations = place.get(who, "/api/v1/locations").await.expect(200);
    assert_eq!(locations.at("/items/0/id"), EUR.0.to_string());
    assert!(!locations.has("/items/1"));
}

#[tokio::test]
async fn an_application_sees_its_own_endpoints_and_their_deliveries() {
    let place = Place::new().await;
    let hook = r#"{"url":"https://example.com/hook"}"#;
    let theirs = place
        .post(Who::Admin, "/api/v1/webhook-endpoints", hook)
        .await
        .expect(201)
        .at("/id");
    let path = format!("/api/v1/webhook-endpoints/{theirs}");
    place
        .get(Who::App, &path)
        .await
        .problem(404, "endpoint-not-found");
    assert_eq!(
        place
            .get(Who::App, "/api/v1/webhook-endpoints")
            .await
            .expect(200)
            .at("/items"),
        "[]"
    );
    place.order("10").await;
    assert_eq!(
        place
            .get(Who::App, "/api/v1/deliveries")
            .await
            .expect(200)
            .at("/items"),
        "[]"
    );
    let own = place
        .post(Who::App, "/api/v1/webhook-endpoints", hook)
        .await
        .expect(201)
        .at("/id");
    place.order("20").await;
    let deliveries = place.get(Who::App, "/api/v1/deliveries").await.expect(200);
    assert_eq!(deliveries.at("/items/0/endpoint_id"), own);
    assert!(!deliveries.has("/items/1"));
    let all = place.get(Who::Admin, "/api/v1/deliveries").await.expect(200);
    assert!(all.has("/items/2") && !all.has("/items/3"));
}

#[tokio::test]
async fn a_token_of_one_device_speaks_for_no_other() {
    let place = Place::new().await;
    let order = place.order("10").await;
    place.pay_at_till(&order, "4", "r").await;
    let claim = |device: u64| format!(r#"{{"device_id":"{device}"}}"#);
    let path = "/api/v1/till/claim";
    place
        .post(Who::OneTill, path, &claim(502))
        .await
        .problem(404, "device-not-found");
    place
        .post(Who::Till, path, &claim(601))
        .await
        .problem(404, "device-not-found");
    let claimed = place.post(Who::OneTill, path, &claim(501)).await.expect(200);
    assert!(claimed.has("/tasks/0"));
}
