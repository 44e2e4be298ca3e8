//! Rows 34 to 40: refunds.

use serde_json::json;
use tokio::task::JoinSet;

use super::world::{K2, O2, World};

#[tokio::test]
async fn row_34_refunds_of_a_receipt() {
    let world = World::new().await;
    let receipt = world.pay(&world.e, "receipt", 100, "complete").await;
    let first = world.refund(&world.e, &receipt, 60, "complete").await.id();
    world
        .refund(&world.e, &receipt, 50, "complete")
        .await
        .refuses(400, "LIMIT_REACHED");
    world.refund(&world.e, &receipt, 40, "complete").await.data();
    assert_eq!(world.item(&receipt).await["status"], json!("complete"));
    world.delete(&first).await.data();
    world.refund(&world.e, &receipt, 60, "complete").await.data();
    let item = world.item(&receipt).await;
    assert_eq!(item["status"], json!("complete"));
    assert!(item.get("reversedAt").is_none());
}

#[tokio::test]
async fn row_35_sources_that_do_not_qualify() {
    let world = World::new().await;
    let complete = world.pay(&world.e, "receipt", 50, "complete").await;
    let pending = world.pay(&world.e, "receipt", 10, "pending").await;
    let refund = world.refund(&world.e, &complete, 10, "complete").await.id();
    let elsewhere = world.pay(&world.w, "receipt", 5, "complete").await;
    let params = json!({"orderId": world.f, "type": "receipt", "amount": 5, "status": "complete"});
    let body = json!({"params": params}).to_string();
    let foreign = world.send_as(K2, O2, "POST", "/v1/om/payments", &body).await.id();
    let open = world.refund(&world.e, &complete, 1, "pending").await.id();
    for source in ["pay_1_1", "x", &pending, &refund, &elsewhere, &foreign, &open] {
        world
            .refund(&world.e, source, 1, "complete")
            .await
            .blames("params.sourcePaymentId");
        let patch = json!({"sourcePaymentId": source});
        world.patch(&open, &patch).await.blames("params.sourcePaymentId");
    }
    let params = json!({"orderId": world.e, "type": "receipt", "amount": 1, "sourcePaymentId": complete});
    world.post(&params).await.blames("params.sourcePaymentId");
    world
        .patch(&pending, &json!({"sourcePaymentId": complete}))
        .await
        .blames("params.sourcePaymentId");
}

#[tokio::test]
async fn row_36_receipts_with_live_refunds() {
    let world = World::new().await;
    let receipt = world.pay(&world.e, "receipt", 100, "complete").await;
    let refund = world.refund(&world.e, &receipt, 10, "pending").await.id();
    let reverse = json!({"status": "reversed"});
    world
        .patch(&receipt, &reverse)
        .await
        .refuses(400, "INVALID_STATUS");
    world.delete(&receipt).await.refuses(400, "INVALID_STATUS");
    world.delete(&refund).await.data();
    world.patch(&receipt, &reverse).await.data();
    world.delete(&receipt).await.data();
    assert_eq!(world.list(&world.e).await.data()["items"], json!([]));
}

#[tokio::test]
async fn row_37_refunds_without_a_source() {
    let world = World::new().await;
    world
        .make(&world.e, "refund", 1, "complete")
        .await
        .refuses(400, "LIMIT_REACHED");
    let unsaid = json!({"orderId": world.e, "type": "refund"});
    world.post(&unsaid).await.blames("params.amount");
    let receipt = world.pay(&world.e, "receipt", 100, "complete").await;
    world.post(&unsaid).await.blames("params.amount");
    world.pay(&world.e, "refund", 70, "complete").await;
    world
        .refund(&world.e, &receipt, 40, "complete")
        .await
        .refuses(400, "LIMIT_REACHED");
    world.refund(&world.e, &receipt, 30, "complete").await.data();
}

#[tokio::test]
async fn row_38_all_of_a_receipt() {
    let world = World::new().await;
    let receipt = world.pay(&world.e, "receipt", 100, "complete").await;
    let params = json!({"orderId": world.e, "type": "refund", "sourcePaymentId": receipt});
    let refund = world.post(&params).await.id();
    let item = world.item(&refund).await;
    assert_eq!(
        (&item["amount"], &item["sourcePaymentId"]),
        (&json!(100), &json!(receipt))
    );
    world.post(&params).await.refuses(400, "LIMIT_REACHED");
}

#[tokio::test]
async fn row_39_a_refund_makes_room_once_it_counts() {
    let world = World::new().await;
    let receipt = world.pay(&world.e, "receipt", 100, "complete").await;
    let refund = world.refund(&world.e, &receipt, 40, "pending").await.id();
    world
        .make(&world.e, "receipt", 10, "complete")
        .await
        .refuses(400, "LIMIT_REACHED");
    world.confirm(&refund).await.data();
    world.pay(&world.e, "receipt", 40, "complete").await;
    world.delete(&refund).await.refuses(400, "LIMIT_REACHED");
    world
        .patch(&refund, &json!({"status": "reversed"}))
        .await
        .refuses(400, "LIMIT_REACHED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_40_fifty_refunds_at_once() {
    let world = std::sync::Arc::new(World::new().await);
    let receipt = world.pay(&world.e, "receipt", 100, "complete").await;
    let mut calls = JoinSet::new();
    for number in 0..50 {
        let world = std::sync::Arc::clone(&world);
        let receipt = receipt.clone();
        // Some wait, some count at once.
        let status = if number % 2 == 0 { "complete" } else { "pending" };
        calls.spawn(async move { world.refund(&world.e, &receipt, 10, status).await });
    }
    let mut made = 0;
    while let Some(answer) = calls.join_next().await {
        let answer = answer.expect("a call");
        if answer.status == 200 {
            made += 1;
        } else {
            answer.refuses(400, "LIMIT_REACHED");
        }
    }
    assert_eq!(made, 10);
    assert_eq!(world.view(&world.e).await.order.refundable_minor(), 0);
}
