//! Lines of orders.

use tender_engine::{OrderChange, OrderId, ServiceCharge};

use super::shop::{Bill, Call, SITE, Shop, YEN_SITE, path};

fn lines(order: OrderId) -> String {
    path(order).replace(".json", "/lines.json")
}

fn line(order: OrderId, number: u32) -> String {
    path(order).replace(".json", &format!("/lines/{number}.json"))
}

#[tokio::test]
async fn a_line_is_added_where_it_is_wanted() {
    let shop = Shop::open().await;
    let order = shop.bill(Bill::of("10.00", ServiceCharge::None)).await;
    let added = shop
        .post(&lines(order), r#"{"product_id":5,"modifiers":[2,-7]}"#)
        .await
        .expect(
            201,
            &[
                ("/number", "2"),
                ("/product/id", "5"),
                ("/unit_price", "10"),
                ("/unit_tax", "1"),
                ("/modifiers", "[2,-7]"),
            ],
        );
    assert_eq!(
        added.header("Location"),
        Some(format!("http://pos.example{}", line(order, 2)).as_str())
    );
    assert!(added.json()["id"].is_u64());
    shop.post(&lines(order), r#"{"product_id":4,"number":1}"#)
        .await
        .expect(201, &[("/number", "1")]);
    shop.read(order)
        .await
        .expect(200, &[("/lines/1/product/name", "Dinner"), ("/total", "22.5")]);
    // A wrong number far behind the end is the end.
    shop.post(&lines(order), r#"{"product_id":6,"number":99}"#)
        .await
        .expect(201, &[("/number", "4")]);
    shop.post(&lines(order), r#"{"product_id":999}"#)
        .await
        .expect(400, &[("/field", "product_id")]);
    // Sold at another site only.
    shop.post(&lines(order), r#"{"product_id":104}"#)
        .await
        .expect(400, &[("/field", "product_id")]);
    assert_eq!(SITE.0, 923);
    let yen = shop
        .bill(Bill {
            site: YEN_SITE,
            goods: "1000",
            ..Bill::default()
        })
        .await;
    shop.post(&lines(yen), r#"{"product_id":105}"#)
        .await
        .expect(201, &[]);
}

#[tokio::test]
async fn a_line_changes_and_moves() {
    let shop = Shop::open().await;
    let order = shop.bill(Bill::of("10.00", ServiceCharge::None)).await;
    let body = r#"{"product_id":5,"unit_price":8,"modifiers":[2,3],"line_id":"mine","notes":"n"}"#;
    shop.post(&lines(order), body)
        .await
        .expect(201, &[("/line_id", "mine")]);
    // Naming its own product changes nothing: the price of its own stays.
    shop.put(&line(order, 2), r#"{"product_id":5,"quantity":2}"#)
        .await
        .expect(
            200,
            &[
                ("/unit_price", "8"),
                ("/quantity", "2"),
                ("/line_total_ex_tax", "16"),
                ("/notes", "n"),
            ],
        );
    shop.put(&line(order, 2), r#"{"modifiers":[-3],"notes":null,"number":1}"#)
        .await
        .expect(
            200,
            &[
                ("/modifiers", "[-3]"),
                ("/notes", "null"),
                ("/number", "1"),
                ("/line_id", "mine"),
            ],
        );
    shop.put(&line(order, 1), r#"{"product_id":6}"#).await.expect(
        200,
        &[
            ("/product/name", "Voucher"),
            ("/unit_price", "5"),
            ("/quantity", "2"),
            ("/line_id", "mine"),
        ],
    );
    shop.put(&line(order, 1), r#"{"line_id":"other"}"#)
        .await
        .expect(400, &[("/field", "line_id")]);
    shop.post(&lines(order), r#"{"product_id":4,"line_id":"mine"}"#)
        .await
        .expect(400, &[("/field", "line_id")]);
    // A price with a long tail makes room when the quantity gets digits.
    shop.put(&line(order, 1), r#"{"unit_price":9.666666666666666}"#)
        .await
        .expect(200, &[]);
    shop.put(
        &line(order, 1),
        r#"{"quantity":0.125,"price_variation":0.123456}"#,
    )
    .await
    .expect(200, &[("/line_total_ex_tax", "0.15")]);
    shop.put(&line(order, 1), "{}")
        .await
        .expect(200, &[("/quantity", "0.125")]);
}

#[tokio::test]
async fn a_line_is_removed() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    shop.post(&lines(order), r#"{"product_id":5}"#)
        .await
        .expect(201, &[]);
    let call = Call::delete(&line(order, 1)).header("Content-Type", "application/json");
    assert_eq!(shop.send(call).await.status, 204);
    shop.read(order).await.expect(
        200,
        &[
            ("/lines/0/product/name", "Lunch"),
            ("/lines/0/number", "1"),
            ("/total", "12.1"),
        ],
    );
    shop.send(Call::delete(&line(order, 2))).await.expect(404, &[]);
    shop.pay(order, "12", "0").await.expect(201, &[]);
    shop.send(Call::delete(&line(order, 1))).await.expect(400, &[]);
    shop.put(&line(order, 1), r#"{"quantity":0.5}"#)
        .await
        .expect(400, &[]);
}

#[tokio::test]
async fn lines_are_fixed_once_staff_have_accepted() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let all = async |status: u16| {
        shop.post(&lines(order), r#"{"product_id":4}"#)
            .await
            .expect(status, &[]);
        shop.put(&line(order, 1), r#"{"quantity":2}"#)
            .await
            .expect(status, &[]);
        assert_eq!(shop.send(Call::delete(&line(order, 1))).await.status, status);
    };
    for status in ["ACCEPTED", "COMPLETE"] {
        shop.put(&path(order), &format!(r#"{{"status":"{status}"}}"#))
            .await
            .expect(200, &[]);
        all(400).await;
    }
    for change in [OrderChange::Reject, OrderChange::Delete] {
        let order = shop.order().await;
        shop.settle(order, change).await;
        shop.post(&lines(order), r#"{"product_id":4}"#)
            .await
            .expect(400, &[]);
    }
    for status in ["SUBMITTED", "ON_HOLD"] {
        let order = shop.order().await;
        shop.put(&path(order), &format!(r#"{{"status":"{status}"}}"#))
            .await
            .expect(200, &[]);
        shop.post(&lines(order), r#"{"product_id":4}"#)
            .await
            .expect(201, &[]);
    }
}
