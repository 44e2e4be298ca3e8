//! The evaluation order of spec om 8.3: of two faults in one request, the earlier step's is told.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tender_engine::OrderChange;

use super::world::{Answer, CASH, K1, World, sandbox, scratch, set_quota};

/// A request from its headers and body.
async fn raw(world: &World, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned()));
    world.call(request.expect("a request")).await
}

#[tokio::test]
async fn steps_before_the_ledger() {
    let settings = tender_service::Settings {
        rate_limits: true,
        ..sandbox()
    };
    let world = World::on(scratch(), settings).await;
    let key = ("api-key", K1);
    let wrong_key = ("api-key", "made-up");
    let organization = ("organization-id", "org_1");
    let wrong_organization = ("organization-id", "org_2");
    let text = ("content-type", "text/plain");
    let json = ("content-type", "application/json");
    let large = "x".repeat(70_000);
    let post = "/v1/om/payments";
    // The key comes before the organisation, even a wrong one before a missing one.
    raw(&world, "POST", post, &[text], &large)
        .await
        .refuses(401, "MISSING_TOKEN");
    raw(&world, "POST", post, &[wrong_key, text], &large)
        .await
        .refuses(401, "INVALID_TOKEN");
    raw(&world, "POST", post, &[key, text], &large)
        .await
        .blames("organization-id");
    let answer = raw(&world, "POST", post, &[key, wrong_organization, text], &large).await;
    answer.refuses(403, "UNAUTHORIZED");
    // None of these used any quota.
    set_quota(&world.tender, 4).await;
    raw(&world, "POST", post, &[key, organization, text], &large)
        .await
        .refuses(415, "InvalidParameter");
    raw(&world, "POST", post, &[key, organization, json], &large)
        .await
        .refuses(413, "InvalidParameter");
    raw(&world, "POST", post, &[key, organization, json], "{")
        .await
        .refuses(400, "InvalidParameter");
    let path = format!("{post}/pay_1_1");
    let faulty = r#"{"params":{"amount":0}}"#;
    raw(&world, "PATCH", &path, &[key, organization, json], faulty)
        .await
        .blames("params.amount");
    raw(&world, "POST", post, &[key, organization, text], &large)
        .await
        .refuses(429, "ServerError");
}

#[tokio::test]
async fn steps_in_the_ledger() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 10, "pending").await;
    // 8 before 9: a payment that is not there, whatever is asserted about it.
    let absent = json!({"id": "x", "orderId": "y", "amount": 1.234, "methodId": "mth_99"});
    world
        .patch("pay_4711_1", &absent)
        .await
        .refuses(404, "PAYMENT_NOT_FOUND");
    world
        .patch("nonsense", &absent)
        .await
        .refuses(404, "PAYMENT_NOT_FOUND");
    let body = json!({"params": {"id": "x"}}).to_string();
    world
        .confirm_with("nonsense", &body)
        .await
        .refuses(404, "PAYMENT_NOT_FOUND");
    // 8 before 10 and 11: an order that is not there.
    let lost = json!({"orderId": "ord_4711", "type": "receipt", "amount": 1.234, "status": "reversed"});
    world.post(&lost).await.refuses(400, "ORDER_NOT_FOUND");
    // 9 before 10.
    world
        .patch(&uid, &json!({"id": "x", "amount": 1.234}))
        .await
        .blames("params.id");
    world
        .patch(&uid, &json!({"orderId": "x", "amount": 1.234}))
        .await
        .blames("params.orderId");
    // `id` before `orderId`.
    world
        .patch(&uid, &json!({"id": "x", "orderId": "x"}))
        .await
        .blames("params.id");
    // 10 before 13 and 14.
    let closed = json!({"orderId": world.c, "type": "receipt", "amount": 1.234, "status": "reversed"});
    world.post(&closed).await.blames("params.amount");
    // 10 before 11.
    let keyed = |amount: Value| json!({"orderId": world.e, "type": "receipt", "amount": amount}).to_string();
    world.post_keyed("k", &keyed(json!(5))).await.data();
    world
        .post_keyed("k", &keyed(json!(5.001)))
        .await
        .blames("params.amount");
    // 13 before 14, 15, 16, 17.
    let everything = |order: &str| {
        json!({
            "orderId": order, "type": "receipt", "amount": 1_000_000, "status": "reversed", "methodId": "mth_99",
            "sourcePaymentId": "x",
        })
    };
    world
        .post(&everything(&world.c))
        .await
        .refuses(400, "ORDER_CLOSED");
    world
        .post(&everything(&world.x))
        .await
        .refuses(400, "ORDER_CANCELED");
    // 14 before 15.
    let mut params = everything(&world.e);
    world.post(&params).await.refuses(400, "INVALID_STATUS");
    let complete = world.pay(&world.e, "receipt", 10, "complete").await;
    let patch = json!({"methodId": "mth_99", "amount": 1_000_000, "sourcePaymentId": "x"});
    world
        .patch(&complete, &patch)
        .await
        .refuses(400, "INVALID_STATUS");
    // 15 before 16.
    params["status"] = json!("pending");
    world.post(&params).await.refuses(400, "MethodNotFound");
    world.patch(&uid, &patch).await.refuses(400, "MethodNotFound");
    // 16 before 17.
    params["methodId"] = json!(CASH);
    world.post(&params).await.blames("params.sourcePaymentId");
    let patch = json!({"amount": 1_000_000, "sourcePaymentId": "x"});
    world.patch(&uid, &patch).await.blames("params.sourcePaymentId");
    params
        .as_object_mut()
        .expect("an object")
        .remove("sourcePaymentId");
    world.post(&params).await.refuses(400, "LIMIT_REACHED");
    assert_eq!(world.list(&world.e).await.ids().len(), 3);
}

/// Step 11 before 13: a key gives its first answer whatever became of the order.
#[tokio::test]
async fn keys_before_the_state_of_the_order() {
    let world = World::new().await;
    let params =
        json!({"orderId": world.e, "type": "receipt", "amount": 5, "status": "complete"}).to_string();
    let uid = world.post_keyed("k", &params).await.id();
    world.settle(&world.e, OrderChange::Close).await;
    assert_eq!(world.post_keyed("k", &params).await.id(), uid);
    let other = params
        .replace('5', "6")
        .replace(&world.e.replace('5', "6"), &world.e);
    world.post_keyed("k", &other).await.refuses(409, "CONFLICT");
    // A refusal of step 13 is an answer, one of step 10 is none.
    let late = json!({"orderId": world.e, "type": "receipt", "amount": 1}).to_string();
    world.post_keyed("l", &late).await.refuses(400, "ORDER_CLOSED");
    let other = json!({"orderId": world.e, "type": "receipt", "amount": 2}).to_string();
    world.post_keyed("l", &other).await.refuses(409, "CONFLICT");
}

/// Row 25 comes before L8, and L9 before all of the ledger.
#[tokio::test]
async fn undoing() {
    let world = World::new().await;
    let receipt = world.pay(&world.e, "receipt", 60, "complete").await;
    let other = world.pay(&world.e, "receipt", 40, "complete").await;
    world.refund(&world.e, &receipt, 10, "complete").await.data();
    world.pay(&world.e, "refund", 70, "complete").await;
    let reverse = json!({"status": "reversed"});
    world
        .patch(&receipt, &reverse)
        .await
        .refuses(400, "INVALID_STATUS");
    world.delete(&receipt).await.refuses(400, "INVALID_STATUS");
    world.patch(&other, &reverse).await.refuses(400, "LIMIT_REACHED");
    world.delete(&other).await.refuses(400, "LIMIT_REACHED");
}
