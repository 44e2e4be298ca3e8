//! Rows 41 to 44: methods and lists.

use serde_json::json;
use tender_engine::EntryKind;

use super::world::{BARE, CARD, CASH, K3, O1, OLD, World, order_id};

#[tokio::test]
async fn row_41_methods() {
    let world = World::new().await;
    for method in ["mth_99", "cash", "mth_01", "CASH"] {
        let params = json!({"orderId": world.e, "type": "receipt", "amount": 1, "methodId": method});
        world.post(&params).await.refuses(400, "MethodNotFound");
    }
    let order = world.open_bare().await;
    let params = json!({"orderId": order, "type": "receipt", "amount": 1, "methodId": CASH});
    let body = json!({"params": params}).to_string();
    let bare = world.send_as(K3, BARE, "POST", "/v1/om/payments", &body).await;
    bare.refuses(400, "MethodNotFound");
    let params = json!({"orderId": world.e, "type": "receipt", "amount": 1, "methodId": OLD});
    world.post(&params).await.data();
    let list = world.list(&world.e).await;
    assert_eq!(list.data()["paymentMethods"][0]["visible"], json!(false));
    assert_eq!(list.methods(), [OLD]);
    let params = json!({"orderId": world.w, "type": "receipt", "amount": 1});
    let uid = world.post(&params).await.id();
    let list = world.list(&world.w).await;
    assert!(list.item(&uid).get("methodUid").is_none());
    assert_eq!(list.data()["paymentMethods"], json!([]));
    world
        .patch(&uid, &json!({"methodId": "mth_99"}))
        .await
        .refuses(400, "MethodNotFound");
}

#[tokio::test]
async fn row_42_deleting() {
    let world = World::new().await;
    let first = world.pay(&world.e, "receipt", 10, "complete").await;
    let params =
        json!({"orderId": world.e, "type": "receipt", "amount": 10, "methodId": CARD, "status": "progress"});
    let second = world.post(&params).await.id();
    let answer = world.delete(&first).await;
    assert_eq!(
        (answer.ids(), answer.methods()),
        (vec![second.clone()], vec![CARD.to_owned()])
    );
    assert_eq!(answer.header("tender-money-moved"), Some("no"));
    let answer = world.delete(&second).await;
    assert_eq!(answer.data(), json!({"items": [], "paymentMethods": []}));
    for uid in [&first, &second] {
        world.delete(uid).await.refuses(404, "PAYMENT_NOT_FOUND");
        world
            .patch(uid, &json!({"note": "n"}))
            .await
            .refuses(404, "PAYMENT_NOT_FOUND");
        world.confirm(uid).await.refuses(404, "PAYMENT_NOT_FOUND");
    }
    let chain = world.tender.chain(O1, order_id(&world.e)).await.expect("a chain");
    let count = |kind: EntryKind| chain.iter().filter(|entry| entry.kind == kind).count();
    assert_eq!(
        (count(EntryKind::PaymentReversed), count(EntryKind::PaymentVoided)),
        (1, 1)
    );
}

#[tokio::test]
async fn row_43_order_of_the_lists() {
    let world = World::new().await;
    let mut made = Vec::new();
    for method in [CARD, CASH, CARD] {
        let params = json!({"orderId": world.e, "type": "receipt", "amount": 10, "methodId": method});
        made.push(world.post(&params).await.id());
        world.tick();
    }
    let list = world.list(&world.e).await;
    assert_eq!(
        (list.ids(), list.methods()),
        (made, vec![CARD.to_owned(), CASH.to_owned()])
    );
}

#[tokio::test]
async fn row_44_reading() {
    let world = World::new().await;
    let uid = world.pay(&world.e, "receipt", 10, "pending").await;
    let confirmed = world.confirm(&uid).await;
    assert_eq!(world.list(&world.e).await.data(), confirmed.data());
    for query in ["", "?orderId=", "?orderId=%20", "?order=x"] {
        let answer = world.send("GET", &format!("/v1/om/payments{query}"), "").await;
        answer.blames("orderId");
        assert_eq!(answer.json()["service"], json!("listPayments"));
    }
    for order in ["ord_4711", "x", world.f.as_str()] {
        world.list(order).await.refuses(400, "ORDER_NOT_FOUND");
    }
    assert_eq!(world.list(&world.c).await.ids(), std::slice::from_ref(&world.r0));
    assert_eq!(
        world.list(&world.x).await.data(),
        json!({"items": [], "paymentMethods": []})
    );
    let catalogue = world.send("GET", "/v1/om/payment-methods", "").await;
    let data = catalogue.data();
    let methods = data["paymentMethods"].as_array().expect("methods");
    let ids: Vec<&str> = methods
        .iter()
        .filter_map(|method| method["id"].as_str())
        .collect();
    assert_eq!(ids, [CASH, CARD, OLD]);
    for method in methods {
        assert_eq!(method.as_object().expect("a method").len(), 9, "{method}");
    }
    assert_eq!(
        methods[0]["locales"],
        json!({
            "ar": {"name": "نقد", "description": "Notes and coins"},
            "en": {"name": "Cash", "description": "Notes and coins"},
        })
    );
    assert_eq!(
        methods[1]["locales"],
        json!({"ar": {"name": "Card"}, "en": {"name": "Card"}})
    );
}
