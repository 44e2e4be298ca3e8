//! Rows 10 to 16: money and balance.

use serde_json::json;
use tokio::task::JoinSet;

use super::world::World;

async fn create_text(world: &World, order: &str, amount: &str) -> super::world::Answer {
    let params = format!(r#"{{"orderId":"{order}","type":"receipt","amount":{amount}}}"#);
    world.post_text(&params).await
}

/// The amount of a payment as the answer spells it.
async fn spelled(world: &World, order: &str, uid: &str) -> String {
    let list = world.list(order).await.body;
    let item = list
        .split(r#"{"type":"#)
        .find(|item| item.contains(uid))
        .expect("the item");
    let (_, rest) = item.split_once(r#""amount":"#).expect("an amount");
    rest.split(',').next().expect("a value").to_owned()
}

#[tokio::test]
async fn row_10_three_digits() {
    let world = World::new().await;
    let uid = create_text(&world, &world.w, "1.234").await.id();
    assert_eq!(spelled(&world, &world.w, &uid).await, "1.234");
    create_text(&world, &world.w, "1.2345")
        .await
        .blames("params.amount");
}

#[tokio::test]
async fn row_11_spellings() {
    let world = World::new().await;
    for amount in ["10.5", "10.50", "10.500", "1.05e1", "1050e-2", "0.105E+2"] {
        let uid = create_text(&world, &world.e, amount).await.id();
        assert_eq!(spelled(&world, &world.e, &uid).await, "10.5", "{amount}");
    }
    let uid = create_text(&world, &world.e, "1e1").await.id();
    assert_eq!(spelled(&world, &world.e, &uid).await, "10");
    create_text(&world, &world.e, "10.501")
        .await
        .blames("params.amount");
    let uid = create_text(&world, &world.j, "100").await.id();
    assert_eq!(spelled(&world, &world.j, &uid).await, "100");
    create_text(&world, &world.j, "1.00e2").await.data();
    create_text(&world, &world.j, "100.5")
        .await
        .blames("params.amount");
    // What the ledger's integer cannot hold is no amount, whatever is due.
    for amount in ["92233720368547758.08", "1e17", "1e30"] {
        create_text(&world, &world.e, amount)
            .await
            .blames("params.amount");
    }
}

#[tokio::test]
async fn row_12_tenths() {
    let world = World::new().await;
    for _ in 0..10 {
        world.pay(&world.e, "receipt", 0.1, "complete").await;
    }
    world.pay(&world.e, "receipt", 99, "complete").await;
    world
        .make(&world.e, "receipt", 0.01, "complete")
        .await
        .refuses(400, "LIMIT_REACHED");
}

#[tokio::test]
async fn row_13_what_is_due() {
    let world = World::new().await;
    world.pay(&world.e, "receipt", 30, "pending").await;
    let rest = json!({"orderId": world.e, "type": "receipt"});
    let uid = world.post(&rest).await.id();
    let item = world.item(&uid).await;
    assert_eq!((&item["amount"], &item["custom"]), (&json!(70), &json!(false)));
    world.post(&rest).await.refuses(400, "LIMIT_REACHED");
}

#[tokio::test]
async fn row_14_what_is_reserved() {
    for status in ["pending", "progress"] {
        let world = World::new().await;
        let first = world.pay(&world.e, "receipt", 60, status).await;
        world
            .make(&world.e, "receipt", 50, status)
            .await
            .refuses(400, "LIMIT_REACHED");
        world.pay(&world.e, "receipt", 40, status).await;
        world.delete(&first).await.data();
        world.pay(&world.e, "receipt", 60, status).await;
    }
}

#[tokio::test]
async fn row_15_raised() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 60, "pending").await;
    world
        .patch(&uid, &json!({"amount": 101}))
        .await
        .refuses(400, "LIMIT_REACHED");
    world.patch(&uid, &json!({"amount": 100})).await.data();
    assert_eq!(world.item(&uid).await["amount"], json!(100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_16_fifty_receipts_at_once() {
    let world = std::sync::Arc::new(World::new().await);
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let world = std::sync::Arc::clone(&world);
        calls.spawn(async move { world.make(&world.e, "receipt", 10, "pending").await });
    }
    let (mut made, mut refused) = (0, 0);
    while let Some(answer) = calls.join_next().await {
        let answer = answer.expect("a call");
        if answer.status == 200 {
            made += 1;
        } else {
            answer.refuses(400, "LIMIT_REACHED");
            refused += 1;
        }
    }
    assert_eq!((made, refused), (10, 40));
    assert_eq!(world.view(&world.e).await.order.due_minor(), 0);
}
