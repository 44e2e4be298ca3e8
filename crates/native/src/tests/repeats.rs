//! Requests sent again under their key: the first answer again, whatever has happened since.

use axum::http::Method;

use tender_service::DirectoryKind;

use super::place::{MERCHANT, Place, Who};

#[tokio::test]
async fn an_order_opened_again_is_as_first_answered() {
    let place = Place::new().await;
    let body = r#"{"location_id":"101","table_number":4,"lines":[{"name":"Menu","quantity":2,"unit_amount":"10.00"}]}"#;
    let key = [("Idempotency-Key", "one-order")];
    let open = async |body: &str| {
        place
            .call(Who::Admin, Method::POST, "/api/v1/orders", &key, body)
            .await
    };
    let first = open(body).await.expect(201);
    let id = first.at("/id");
    let path = format!("/api/v1/orders/{id}");
    let lines = r#"{"lines":[{"name":"Soup","quantity":1,"unit_amount":"5.00"}]}"#;
    place
        .post(Who::Admin, &format!("{path}/lines"), lines)
        .await
        .expect(200);
    place.pay(&id, r#"{"amount":"25.00"}"#).await.expect(201);
    assert_eq!(place.get(Who::Admin, &path).await.at("/state"), "closed");
    let again = open(body).await.expect(201);
    assert_eq!(again.text, first.text);
    // Another order under the key is refused, and the order itself stands where it stood.
    open(&body.replace("10.00", "11.00"))
        .await
        .problem(409, "key-reused");
    let now = place.get(Who::Admin, &path).await.expect(200);
    assert!(now.has("/payments/0") && !now.has("/payments/1"));
    assert!(now.has("/lines/1") && !now.has("/lines/2"));
}

/// An employee leaves and a till is taken away, and a client that lost its answer asks again.
#[tokio::test]
async fn a_repeat_is_answered_whatever_has_become_of_what_it_names() {
    let place = Place::new().await;
    let order = place.order("20").await;
    let (orders, payments) = (
        "/api/v1/orders".to_owned(),
        format!("/api/v1/orders/{order}/payments"),
    );
    let paid = place.pay(&order, r#"{"amount":"5"}"#).await.expect(201).at("/id");
    let refunds = format!("/api/v1/payments/{paid}/refund");
    let at_till = r#"{"amount":"1","mode":"till","device_id":"501"}"#;
    let requests = [
        (&payments, "a", r#"{"amount":"1","staff_id":"42"}"#),
        (&payments, "b", at_till),
        (&refunds, "c", r#"{"amount":"1","staff_id":"42"}"#),
        (
            &orders,
            "d",
            r#"{"location_id":"101","lines":[],"staff_id":"42"}"#,
        ),
    ];
    let send = async |path: &str, key: &str, body: &str| {
        let key = [("Idempotency-Key", key)];
        place.call(Who::Admin, Method::POST, path, &key, body).await
    };
    let mut first = Vec::new();
    for (path, key, body) in requests {
        first.push(send(path, key, body).await.expect(201).at("/id"));
    }
    let by_reference = r#"{"amount":"1","mode":"till","device_id":"501","reference":"r"}"#;
    let referred = place.pay(&order, by_reference).await.expect(201).at("/id");
    for (kind, id) in [(DirectoryKind::Staff, 42), (DirectoryKind::Device, 501)] {
        place.tender.delete_directory(MERCHANT, kind, id).await.unwrap();
    }
    for ((path, key, body), id) in requests.iter().zip(first) {
        assert_eq!(send(path, key, body).await.expect(201).at("/id"), id, "{key}");
        // Under the same key for something else, or as something new, they are what they are.
        let other = body.replace("\"42\"", "\"43\"").replace("\"501\"", "\"999\"");
        send(path, key, &other).await.problem(409, "key-reused");
        let code = if body.contains("staff_id") {
            "staff-not-found"
        } else {
            "device-not-found"
        };
        send(path, &format!("{key}-new"), body).await.problem(422, code);
    }
    assert_eq!(
        place.pay(&order, by_reference).await.expect(201).at("/id"),
        referred
    );
    place.pay(&order, at_till).await.problem(422, "device-not-found");
}
