//! Changing payments: rows 27 to 31 of the checklist.

use tender_engine::{EntryKind, OrderChange, OrderId};

use super::shop::{COMPANY, Shop, payment, payments};

/// The order of the checklist with a payment of 5.00 by cash, number 1.
async fn paid(shop: &Shop) -> OrderId {
    let order = shop.order().await;
    shop.pay(order, "5.00", "0")
        .await
        .expect(201, &[("/number", "1")]);
    order
}

#[tokio::test]
async fn row_27_a_reference_replaces_the_last_one() {
    let shop = Shop::open().await;
    let order = paid(&shop).await;
    shop.put(&payment(order, 1), r#"{"ref":"R2"}"#)
        .await
        .expect(200, &[("/number", "1"), ("/ref", "R2")]);
    let reply = shop
        .put(&payment(order, 1), r#"{"ref":"R3"}"#)
        .await
        .expect(200, &[("/ref", "R3")]);
    assert_eq!(reply.header("Tender-Money-Moved"), Some("no"));
    // Not given is not cleared.
    shop.put(&payment(order, 1), r#"{"ref":null}"#)
        .await
        .expect(200, &[("/ref", "R3")]);
    // On any order.
    shop.pay(order, "-5.00", "0").await.expect(201, &[]);
    shop.settle(order, OrderChange::Delete).await;
    shop.put(&payment(order, 1), r#"{"ref":"R4"}"#)
        .await
        .expect(200, &[("/ref", "R4")]);
    shop.put(&payment(order, 1), r#"{"tip":1}"#)
        .await
        .expect(400, &[]);
    shop.put(&payment(order, 1), r#"{"credit_card_surcharge":1}"#)
        .await
        .expect(400, &[]);
}

#[tokio::test]
async fn row_28_and_29_tips_are_rows_of_their_own() {
    let shop = Shop::open().await;
    let order = paid(&shop).await;
    shop.put(&payment(order, 1), r#"{"tip":0.30}"#).await.expect(
        200,
        &[
            ("/number", "2"),
            ("/id", "2"),
            ("/amount", "0"),
            ("/tip", "0.3"),
            ("/method/name", "Cash"),
            ("/service_charge", "0.3"),
        ],
    );
    assert_eq!(shop.sums(order).await, ["5.7", "5.3", "0"]);
    shop.put(&payment(order, 1), r#"{"tip":0.40}"#)
        .await
        .expect(200, &[("/number", "3")]);
    assert_eq!(shop.sums(order).await, ["5.45", "5.55", "0.15"]);
}

#[tokio::test]
async fn row_28_a_tip_is_a_new_row() {
    let shop = Shop::open().await;
    let order = paid(&shop).await;
    let reply = shop
        .put(&payment(order, 1), r#"{"tip":0.30,"ref":"r"}"#)
        .await
        .expect(200, &[("/number", "2")]);
    assert_eq!(reply.header("Tender-Money-Moved"), Some("yes"));
    // The reference goes to the row that was named.
    shop.read(order).await.expect(
        200,
        &[
            ("/payments/0/ref", "r"),
            ("/payments/1/ref", "null"),
            ("/payments/0/tip", "0"),
        ],
    );
    shop.put(&payment(order, 1), r#"{"tip":0}"#)
        .await
        .expect(200, &[("/number", "1")]);
    assert_eq!(
        shop.read(order).await.json()["payments"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn row_29_repeated_tips_add_further_rows() {
    let shop = Shop::open().await;
    let order = paid(&shop).await;
    for (tip, number) in [("0.30", "2"), ("0.40", "3"), ("0.40", "4")] {
        shop.put(&payment(order, 1), &format!(r#"{{"tip":{tip}}}"#))
            .await
            .expect(200, &[("/number", number)]);
    }
    assert_eq!(shop.sums(order).await, ["5.45", "5.55", "0.55"]);
}

#[tokio::test]
async fn row_30_a_surcharge_is_set_and_journaled() {
    let shop = Shop::open().await;
    let order = paid(&shop).await;
    let entries = async || {
        let chain = shop.tender.chain(COMPANY, order).await.unwrap();
        chain
            .iter()
            .filter(|entry| entry.kind == EntryKind::PaymentAmended)
            .count()
    };
    for surcharge in ["0.25", "0.30"] {
        let body = format!(r#"{{"credit_card_surcharge":{surcharge}}}"#);
        shop.put(&payment(order, 1), &body)
            .await
            .expect(200, &[("/number", "1")]);
    }
    shop.read(order).await.expect(
        200,
        &[("/payments/0/credit_card_surcharge", "0.3"), ("/paid", "5")],
    );
    assert_eq!(shop.remaining(order).await, "6");
    assert_eq!(entries().await, 2);
    for body in [
        r#"{"credit_card_surcharge":-1}"#,
        r#"{"credit_card_surcharge":0.001}"#,
        r#"{"tip":"1"}"#,
        r#"{"tip":-1}"#,
    ] {
        shop.put(&payment(order, 1), body).await.expect(400, &[]);
    }
}

#[tokio::test]
async fn row_31_everything_else_is_ignored() {
    let shop = Shop::open().await;
    let order = paid(&shop).await;
    let body = r#"{"order_id":1,"method_id":1,"amount":99,"ref":"z"}"#;
    shop.put(&payment(order, 1), body)
        .await
        .expect(200, &[("/amount", "5"), ("/ref", "z")]);
    shop.put(&payment(order, 1), "{}")
        .await
        .expect(200, &[("/number", "1")]);
    shop.put(&payment(order, 9), "{}").await.expect(404, &[]);
    // A payment that another dialect has pending is none here.
    let pending = shop.reserve(order, "1").await;
    shop.put(&payment(order, pending.number), "{}")
        .await
        .expect(404, &[]);
    assert_eq!(
        shop.read(order).await.json()["payments"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    shop.post(&payments(order), r#"{"method_id":1,"amount":1}"#)
        .await
        .expect(201, &[("/number", "3")]);
}
