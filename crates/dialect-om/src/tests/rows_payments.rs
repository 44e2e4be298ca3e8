//! Rows 21 to 33: the life cycle and updates.

use serde_json::{Value, json};
use tender_engine::EntryKind;

use super::world::{CARD, CASH, World, order_id};

#[tokio::test]
async fn row_21_pending_then_confirmed() {
    let world = World::new().await;
    let created = world
        .post(&json!({"orderId": world.e, "type": "receipt", "amount": 100, "methodId": CASH}))
        .await;
    assert_eq!(created.header("tender-money-moved"), Some("no"));
    let uid = created.id();
    let item = world.item(&uid).await;
    assert_eq!(
        (&item["status"], &item["can"]),
        (&json!("pending"), &json!(["confirm"]))
    );
    assert!(item.get("completedAt").is_none());
    for (updated, made) in [
        ("updatedAt", "createdAt"),
        ("updatedVia", "createdVia"),
        ("updatedBy", "createdBy"),
    ] {
        assert_eq!(item[updated], item[made]);
    }
    world.tick();
    let confirmed = world.confirm(&uid).await;
    let item = confirmed.item(&uid);
    assert_eq!((&item["status"], &item["can"]), (&json!("complete"), &json!([])));
    assert_eq!(item["completedAt"], item["updatedAt"]);
    assert_ne!(item["completedAt"], item["createdAt"]);
    world.tick();
    assert_eq!(world.confirm(&uid).await.item(&uid), item);
    let time = item["createdAt"].as_str().expect("a time");
    assert!(
        time.len() == 24 && time.ends_with('Z') && time.as_bytes()[19] == b'.',
        "{time}"
    );
}

#[tokio::test]
async fn row_22_transitions_that_are_not() {
    let world = World::new().await;
    world
        .make(&world.e, "receipt", 1, "reversed")
        .await
        .refuses(400, "INVALID_STATUS");
    let pending = world.pay(&world.e, "receipt", 1, "pending").await;
    let progress = world.pay(&world.e, "receipt", 1, "progress").await;
    for uid in [&pending, &progress] {
        world
            .patch(uid, &json!({"status": "reversed"}))
            .await
            .refuses(400, "INVALID_STATUS");
    }
    let complete = world.pay(&world.e, "receipt", 1, "complete").await;
    for status in ["pending", "progress"] {
        world
            .patch(&complete, &json!({"status": status}))
            .await
            .refuses(400, "INVALID_STATUS");
    }
}

#[tokio::test]
async fn row_23_to_and_fro() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 60, "pending").await;
    for status in ["progress", "pending", "progress"] {
        world.patch(&uid, &json!({"status": status})).await.data();
        assert_eq!(world.item(&uid).await["status"], json!(status));
        assert_eq!(world.view(&world.e).await.order.reserved_minor, 6_000);
    }
    let answer = world.patch(&uid, &json!({"status": "complete"})).await;
    assert_eq!(answer.header("tender-money-moved"), Some("yes"));
    let order = world.view(&world.e).await.order;
    assert_eq!((order.reserved_minor, order.paid_minor()), (0, 6_000));
}

#[tokio::test]
async fn row_24_reversed() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 100, "complete").await;
    let completed_at = world.item(&uid).await["completedAt"].clone();
    world.tick();
    let answer = world.patch(&uid, &json!({"status": "reversed"})).await;
    assert_eq!(answer.header("tender-money-moved"), Some("no"));
    let item = world.item(&uid).await;
    assert_eq!(item["completedAt"], completed_at);
    assert!(item["reversedAt"].is_string());
    assert_eq!(item["can"], json!([]));
    world.pay(&world.e, "receipt", 100, "complete").await;
    world.confirm(&uid).await.refuses(400, "INVALID_STATUS");
    world
        .patch(&uid, &json!({"note": "n"}))
        .await
        .refuses(400, "INVALID_STATUS");
    world
        .patch(&uid, &json!({"status": "complete"}))
        .await
        .refuses(400, "INVALID_STATUS");
    world.tick();
    world.patch(&uid, &json!({"status": "reversed"})).await.data();
    assert_eq!(world.item(&uid).await, item);
}

#[tokio::test]
async fn row_25_what_a_confirm_brings_along() {
    let world = World::new().await;
    let uid = world
        .post(&json!({"orderId": world.e, "type": "receipt", "amount": 10, "attrs": {"a": 1}}))
        .await
        .id();
    let confirm = |params: Value| json!({"params": params}).to_string();
    let body = confirm(json!({"transactionRef": "T1", "attrs": {"b": 2}}));
    let item = world.confirm_with(&uid, &body).await.item(&uid);
    assert_eq!(
        (&item["attrs"], &item["transactionRef"]),
        (&json!({"a": 1, "b": 2}), &json!("T1"))
    );
    let again = world
        .confirm_with(&uid, &confirm(json!({"transactionRef": "T1"})))
        .await;
    assert_eq!((again.item(&uid), again.warnings()), (item.clone(), vec![]));
    let other = world
        .confirm_with(&uid, &confirm(json!({"transactionRef": "T2"})))
        .await;
    other.refuses(400, "INVALID_STATUS");
    let late = confirm(json!({"transactionRef": "T1", "attrs": {"c": 3}, "customerUid": "C"}));
    let late = world.confirm_with(&uid, &late).await;
    assert_eq!(late.item(&uid), item);
    let not_applied = |member: &str| ("NotApplied".to_owned(), format!("params.{member}"));
    assert_eq!(
        late.warnings(),
        [not_applied("attrs"), not_applied("customerUid")]
    );
    // What would change nothing is worth no word.
    let same = world
        .confirm_with(&uid, &confirm(json!({"attrs": {"a": 1, "z": null}})))
        .await;
    assert_eq!(same.warnings(), []);
}

#[tokio::test]
async fn row_26_bodies_of_a_confirm() {
    let world = World::new().await;
    for body in ["", "{}", r#"{"params":{}}"#] {
        let uid = world.pay(&world.e, "receipt", 1, "pending").await;
        assert_eq!(
            world.confirm_with(&uid, body).await.item(&uid)["status"],
            json!("complete")
        );
    }
    let uid = world.pay(&world.e, "receipt", 1, "pending").await;
    for body in [r#"{"params":null}"#, r#"{"params":[]}"#, "[]", "x"] {
        world
            .confirm_with(&uid, body)
            .await
            .refuses(400, "InvalidParameter");
    }
    assert_eq!(world.item(&uid).await["status"], json!("pending"));
    world.send("POST", "/v1/om/payments", "{}").await.blames("params");
    world
        .send("PATCH", &format!("/v1/om/payments/{uid}"), "{}")
        .await
        .blames("params");
}

#[tokio::test]
async fn row_27_assertions() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 10, "pending").await;
    let other = world.pay(&world.e, "receipt", 10, "pending").await;
    for (member, value) in [
        ("id", other.as_str()),
        ("id", "x"),
        ("orderId", &world.w),
        ("orderId", "x"),
    ] {
        let params = json!({(member): value});
        let field = format!("params.{member}");
        world.patch(&uid, &params).await.blames(&field);
        let body = json!({"params": params}).to_string();
        world.confirm_with(&uid, &body).await.blames(&field);
    }
    assert_eq!(world.item(&uid).await["status"], json!("pending"));
    let right = json!({"id": uid, "orderId": world.e});
    world.patch(&uid, &right).await.data();
    world
        .confirm_with(&uid, &json!({"params": right}).to_string())
        .await
        .data();
}

#[tokio::test]
async fn row_28_notes() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 10, "complete").await;
    let before = world.item(&uid).await;
    world.tick();
    let answer = world.patch(&uid, &json!({"note": "n"})).await;
    assert_eq!(answer.data(), json!({"success": true}));
    let noted = world.item(&uid).await;
    assert_eq!(noted["note"], json!("n"));
    assert_eq!(noted["createdAt"], before["createdAt"]);
    assert_ne!(noted["updatedAt"], before["updatedAt"]);
    world.tick();
    for params in [json!({}), json!({"note": "n"}), json!({"correction": true})] {
        assert_eq!(world.patch(&uid, &params).await.data(), json!({"success": true}));
        assert_eq!(world.item(&uid).await, noted);
    }
    for empty in [Value::Null, json!("")] {
        world.patch(&uid, &json!({"note": "n"})).await.data();
        world.patch(&uid, &json!({"note": empty})).await.data();
        assert!(world.item(&uid).await.get("note").is_none());
    }
    for member in [
        "amount",
        "methodId",
        "custom",
        "status",
        "attrs",
        "customerUid",
        "id",
        "orderId",
        "correction",
    ] {
        world
            .patch(&uid, &json!({(member): null}))
            .await
            .blames(&format!("params.{member}"));
    }
    world.patch(&uid, &json!({"transactionRef": "T"})).await.data();
    world
        .patch(&uid, &json!({"transactionRef": null, "sourcePaymentId": null}))
        .await
        .data();
    assert!(world.item(&uid).await.get("transactionRef").is_none());
}

#[tokio::test]
async fn row_29_attributes() {
    let world = World::new().await;
    let uid = world
        .post(&json!({"orderId": world.e, "type": "receipt", "amount": 1, "attrs": {"a": 1, "b": 2}}))
        .await
        .id();
    world
        .patch(&uid, &json!({"attrs": {"a": null, "c": 3}}))
        .await
        .data();
    assert_eq!(world.item(&uid).await["attrs"], json!({"b": 2, "c": 3}));
    world
        .patch(&uid, &json!({"attrs": null}))
        .await
        .blames("params.attrs");
    let half = "x".repeat(9_000);
    world.patch(&uid, &json!({"attrs": {"d": half}})).await.data();
    let before = world.item(&uid).await;
    world
        .patch(&uid, &json!({"attrs": {"e": half}}))
        .await
        .blames("params.attrs");
    let body = json!({"params": {"attrs": {"e": half}}}).to_string();
    world.confirm_with(&uid, &body).await.blames("params.attrs");
    assert_eq!(world.item(&uid).await, before);
    world
        .patch(&uid, &json!({"attrs": {"d": null, "e": half}}))
        .await
        .data();
}

#[tokio::test]
async fn row_30_corrections() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 50, "complete").await;
    for params in [
        json!({"amount": 40}),
        json!({"note": "n", "amount": 40}),
        json!({"methodId": CARD}),
        json!({"custom": true}),
        json!({"amount": 40, "correction": false}),
    ] {
        world.patch(&uid, &params).await.refuses(400, "INVALID_STATUS");
    }
    assert!(world.item(&uid).await.get("note").is_none());
    let params = json!({"note": "n", "amount": 40, "methodId": CARD, "custom": true, "correction": true});
    world.patch(&uid, &params).await.data();
    let item = world.item(&uid).await;
    assert_eq!((&item["amount"], &item["note"]), (&json!(40), &json!("n")));
    assert_eq!(
        (&item["methodUid"], &item["custom"]),
        (&json!(CARD), &json!(true))
    );
    assert!(item.get("correction").is_none());
    let chain = world
        .tender
        .chain(super::world::O1, order_id(&world.e))
        .await
        .expect("a chain");
    let entry = chain
        .iter()
        .rfind(|entry| entry.kind == EntryKind::PaymentAmended)
        .expect("an entry");
    assert!(format!("{entry:?}").contains("correction"), "{entry:?}");
}

#[tokio::test]
async fn row_31_limits_of_corrections() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 50, "complete").await;
    let correct = |amount: i64| json!({"amount": amount, "correction": true});
    world
        .patch(&uid, &correct(101))
        .await
        .refuses(400, "LIMIT_REACHED");
    world.refund(&world.e, &uid, 30, "complete").await.data();
    world
        .patch(&uid, &correct(29))
        .await
        .refuses(400, "LIMIT_REACHED");
    world.patch(&uid, &correct(30)).await.data();
    assert_eq!(world.item(&uid).await["amount"], json!(30));
}

#[tokio::test]
async fn row_32_amount_and_status_at_once() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 60, "pending").await;
    world
        .patch(&uid, &json!({"amount": 50, "status": "complete"}))
        .await
        .data();
    let item = world.item(&uid).await;
    assert_eq!(
        (&item["amount"], &item["status"]),
        (&json!(50), &json!("complete"))
    );
    let order = world.view(&world.e).await.order;
    assert_eq!((order.paid_minor(), order.reserved_minor), (5_000, 0));
}

#[tokio::test]
async fn row_33_what_never_changes() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 60, "pending").await;
    let before = world.item(&uid).await;
    world.tick();
    let answer = world
        .patch(&uid, &json!({"type": "refund", "invoiceId": "i"}))
        .await;
    assert_eq!(answer.data(), json!({"success": true}));
    let unknown = |member: &str| ("UnknownParameter".to_owned(), format!("params.{member}"));
    assert_eq!(answer.warnings(), [unknown("invoiceId"), unknown("type")]);
    assert_eq!(world.item(&uid).await, before);
}
