//! Rows 17 to 20: orders.

use serde_json::json;
use tender_engine::OrderChange;

use super::world::{World, sandbox, scratch};

#[tokio::test]
async fn row_17_unknown_orders() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for order in ["ord_4711", world.f.as_str(), "nonsense", "ord_007", "Tisch 5"] {
        let answer = world.make(order, "receipt", 1, "pending").await;
        answer.refuses(400, "ORDER_NOT_FOUND");
        answers.push(answer.but_for_request_id());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn row_18_a_closed_order() {
    let world = World::new().await;
    let (c, r0) = (world.c.clone(), world.r0.clone());
    world
        .make(&c, "receipt", 1, "pending")
        .await
        .refuses(400, "ORDER_CLOSED");
    world
        .patch(&r0, &json!({"note": "n"}))
        .await
        .refuses(400, "ORDER_CLOSED");
    world
        .patch(&r0, &json!({"status": "reversed"}))
        .await
        .refuses(400, "ORDER_CLOSED");
    world.delete(&r0).await.refuses(400, "ORDER_CLOSED");
    let other = json!({"params": {"transactionRef": "other"}}).to_string();
    world.confirm_with(&r0, &other).await.refuses(400, "ORDER_CLOSED");
    world.refund(&c, &r0, 20, "complete").await.data();
    let pending = world.refund(&c, &r0, 10, "pending").await.id();
    assert_eq!(world.item(&pending).await["can"], json!(["confirm"]));
    world.confirm(&pending).await.data();
    world
        .refund(&c, &r0, 21, "complete")
        .await
        .refuses(400, "LIMIT_REACHED");
}

#[tokio::test]
async fn row_19_a_cancelled_order() {
    let world = World::new().await;
    for kind in ["receipt", "refund"] {
        world
            .make(&world.x, kind, 1, "pending")
            .await
            .refuses(400, "ORDER_CANCELED");
    }
}

#[tokio::test]
async fn row_20_a_confirm_again_after_the_order_was_closed() {
    let store = scratch();
    let world = World::on(store.clone(), sandbox()).await;
    let uid = world.pay(&world.e, "receipt", 100, "pending").await;
    let first = world.confirm(&uid).await;
    assert_eq!(first.header("tender-money-moved"), Some("yes"));
    world.settle(&world.e, OrderChange::Close).await;
    world.tick();
    let again = world.confirm(&uid).await;
    assert_eq!(first.but_for_request_id(), again.but_for_request_id());
    assert_ne!(first.json()["requestId"], again.json()["requestId"]);
    assert_eq!(
        first.headers.get("tender-money-moved"),
        again.headers.get("tender-money-moved")
    );
    // A same-status update and an empty one are repeats too.
    for params in [json!({}), json!({"status": "complete"}), json!({"amount": 100})] {
        world.patch(&uid, &params).await.data();
    }
}
