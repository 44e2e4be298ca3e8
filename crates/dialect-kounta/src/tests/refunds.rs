//! Refunds: rows 46 to 48 of the checklist.

use super::shop::{Shop, payments};

#[tokio::test]
async fn row_46_no_more_than_was_paid() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    shop.pay(order, "-1.00", "0")
        .await
        .expect(400, &[("/field", "amount")]);
    shop.pay(order, "5.00", "0").await.expect(201, &[]);
    shop.pay(order, "-2.00", "0").await.expect(
        201,
        &[("/amount", "-2"), ("/service_charge", "-0.18"), ("/number", "2")],
    );
    assert_eq!(shop.sums(order).await, ["8", "3", "0"]);
    shop.pay(order, "-3.01", "0").await.expect(400, &[]);
    shop.pay(order, "-3.00", "0")
        .await
        .expect(201, &[("/service_charge", "-0.27")]);
    assert_eq!(shop.sums(order).await, ["11", "0", "0"]);
}

#[tokio::test]
async fn row_47_nothing_stays_contributed() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    for (amount, contributes) in [
        ("3.67", "0.33"),
        ("3.67", "0.33"),
        ("3.66", "0.34"),
        ("-3.67", "-0.33"),
        ("-3.67", "-0.33"),
        ("-3.66", "-0.34"),
    ] {
        shop.pay(order, amount, "0")
            .await
            .expect(201, &[("/service_charge", contributes)]);
    }
    assert_eq!(shop.remaining(order).await, "11");
}

#[tokio::test]
async fn row_48_the_refund_of_everything_gives_all_service_back() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    shop.pay(order, "4.00", "2.00").await.expect(201, &[]);
    shop.pay(order, "-5.00", "0")
        .await
        .expect(201, &[("/service_charge", "-1")]);
    assert_eq!(shop.sums(order).await, ["11", "0", "1"]);
}

#[tokio::test]
async fn a_refund_has_no_extras() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    shop.pay(order, "5.00", "0").await.expect(201, &[]);
    shop.pay(order, "-1.00", "0.10")
        .await
        .expect(400, &[("/field", "tip")]);
    let body = r#"{"method_id":1,"amount":-1,"credit_card_surcharge":0.1}"#;
    shop.post(&payments(order), body)
        .await
        .expect(400, &[("/field", "credit_card_surcharge")]);
    let body = r#"{"method_id":1,"amount":-1,"credit_card_surcharge":0,"tip":0}"#;
    shop.post(&payments(order), body)
        .await
        .expect(201, &[("/amount", "-1")]);
}
