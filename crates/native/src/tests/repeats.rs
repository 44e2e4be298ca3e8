//! Requests sent again under their key: the first answer again, whatever has happened since.

use axum::http::Method;

use super::place::{Place, Who};

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
