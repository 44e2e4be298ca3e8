//! Orders: made, changed, read.

use tender_engine::{OrderChange, OrderId};

use super::shop::{Bill, COMPANY, Call, Shop, TOKEN_C, YEN_SITE, path};

const ORDERS: &str = "/v1/companies/5678/orders.json";

async fn make(shop: &Shop, body: &str) -> super::shop::Reply {
    shop.post(ORDERS, body).await.expect(201, &[])
}

#[tokio::test]
async fn a_company_with_one_site_needs_no_site_id() {
    let shop = Shop::open().await;
    let smallest = r#"{"lines":[{"product_id":4,"quantity":1}]}"#;
    let call = Call::post("/v1/companies/6000/orders.json", smallest).by(TOKEN_C);
    shop.send(call).await.expect(
        201,
        &[("/site_id", "950"), ("/status", "PENDING"), ("/total", "1.5")],
    );
    shop.post(ORDERS, smallest)
        .await
        .expect(400, &[("/error", "site_id is required"), ("/field", "site_id")]);
}

#[tokio::test]
async fn statuses_go_their_way() {
    let shop = Shop::open().await;
    for (status, reads) in [
        ("PENDING", "PENDING"),
        ("SUBMITTED", "SUBMITTED"),
        ("ON_HOLD", "ON_HOLD"),
        ("ACCEPTED", "ACCEPTED"),
        ("COMPLETE", "COMPLETE"),
        ("COMPLETED", "COMPLETE"),
        ("REJECTED", "REJECTED"),
    ] {
        let body = format!(r#"{{"site_id":923,"status":"{status}"}}"#);
        assert_eq!(make(&shop, &body).await.at("/status"), reads);
    }
    let order = shop.order().await;
    for status in ["SUBMITTED", "ACCEPTED", "ON_HOLD", "PENDING", "COMPLETE"] {
        let body = format!(r#"{{"status":"{status}"}}"#);
        shop.put(&path(order), &body)
            .await
            .expect(200, &[("/status", status)]);
    }
    // A final status is left for no other, and asking for it again changes nothing.
    for status in ["PENDING", "REJECTED", "DELETED"] {
        shop.put(&path(order), &format!(r#"{{"status":"{status}"}}"#))
            .await
            .expect(400, &[("/field", "status")]);
    }
    shop.put(&path(order), r#"{"status":"COMPLETED","notes":"x"}"#)
        .await
        .expect(200, &[("/notes", "x")]);
    let rejected = shop.order().await;
    shop.put(&path(rejected), r#"{"status":"REJECTED"}"#)
        .await
        .expect(200, &[("/status", "REJECTED")]);
    shop.put(&path(rejected), r#"{"status":"REJECTED"}"#)
        .await
        .expect(200, &[]);
    shop.put(&path(rejected), r#"{"status":"COMPLETE"}"#)
        .await
        .expect(400, &[]);
}

#[tokio::test]
async fn what_a_client_sends_back_is_not_done_twice() {
    let shop = Shop::open().await;
    let body = r#"{"site_id":923,"sale_number":"s1","register_id":9231,"price_variation":0.9,
        "lines":[{"product_id":5}],"payments":[{"method_id":1,"amount":1}]}"#;
    let made = make(&shop, body).await;
    let order = OrderId(made.json()["id"].as_u64().unwrap());
    // The Ruby client saves by sending all that it has read.
    let saved = shop.put(&path(order), &made.text).await.expect(200, &[]);
    let without_times = |text: &str| {
        let mut json: serde_json::Value = serde_json::from_str(text).unwrap();
        json["updated_at"] = serde_json::Value::Null;
        json
    };
    assert_eq!(without_times(&saved.text), without_times(&made.text));
}

#[tokio::test]
async fn an_orders_multiplier_is_in_its_lines() {
    let shop = Shop::open().await;
    // The sample order of the documentation: 6 × 1.50 + 1 × 10.00 = 19.00 after a variation of 0.9.
    let body = r#"{"site_id":923,"price_variation":0.9,
        "lines":[{"product_id":6,"quantity":6,"unit_price":1.6666666666666667},
                 {"product_id":6,"unit_price":22.22222222222222,"price_variation":0.5}]}"#;
    let made = make(&shop, body).await.expect(
        201,
        &[
            ("/total", "19"),
            ("/price_variation", "0.9"),
            ("/lines/0/price_variation", "1"),
            ("/lines/1/price_variation", "0.5"),
            ("/lines/0/line_total_ex_tax", "9"),
        ],
    );
    let order = OrderId(made.json()["id"].as_u64().unwrap());
    let lines = path(order).replace(".json", "/lines.json");
    shop.post(&lines, r#"{"product_id":6}"#)
        .await
        .expect(201, &[("/unit_price", "4.5"), ("/price_variation", "1")]);
    let third = path(order).replace(".json", "/lines/3.json");
    shop.put(&third, r#"{"price_variation":0.5}"#)
        .await
        .expect(200, &[("/unit_price", "2.25"), ("/price_variation", "0.5")]);
    assert_eq!(shop.read(order).await.at("/total"), "21.25");
}

#[tokio::test]
async fn prices_have_long_tails() {
    let shop = Shop::open().await;
    let body = r#"{"site_id":923,"lines":[
        {"product_id":4,"quantity":6,"unit_price":1.3636},
        {"product_id":5,"quantity":3,"unit_price":9.666666666666666},
        {"product_id":6,"quantity":0.125,"unit_price":0.33333333333333331483,"price_variation":0.33333333333333331483}]}"#;
    make(&shop, body).await.expect(
        201,
        &[
            // 6 × 1.3636 = 8.18, tax 0.82; 29.00, tax 2.90; 0.125 × 0.333… × 0.333… = 0.01.
            ("/lines/0/line_total_ex_tax", "8.18"),
            ("/lines/0/line_total_tax", "0.82"),
            ("/lines/0/unit_price", "1.3636"),
            ("/lines/1/line_total_ex_tax", "29"),
            ("/lines/1/line_total_tax", "2.9"),
            ("/lines/2/line_total_ex_tax", "0.01"),
            ("/total", "40.91"),
            ("/total_tax", "3.72"),
        ],
    );
}

#[tokio::test]
async fn lines_are_placed_by_their_numbers() {
    let shop = Shop::open().await;
    let body = r#"{"site_id":923,"lines":[{"product_id":4},{"product_id":5,"number":1},{"product_id":6,"number":99}]}"#;
    let names = [
        "/lines/0/product/name",
        "/lines/1/product/name",
        "/lines/2/product/name",
    ];
    let made = make(&shop, body).await;
    assert_eq!(
        names.map(|name| made.at(name)),
        ["Lunch", "Flat white", "Voucher"]
    );
}

#[tokio::test]
async fn times_are_in_the_sites_zone() {
    let shop = Shop::open().await;
    let yen = shop
        .bill(Bill {
            site: YEN_SITE,
            goods: "1000",
            ..Bill::default()
        })
        .await;
    assert!(shop.read(yen).await.at("/created_at").ends_with("+09:00"));
    let order = shop.order().await;
    let reply = shop
        .put(&path(order), r#"{"fulfil_at":"2030-07-01T00:00:00Z"}"#)
        .await;
    reply.expect(200, &[("/fulfil_at", "2030-07-01T10:00:00+10:00")]);
    shop.put(&path(order), r#"{"fulfil_at":"2030-07-01T00:00:00"}"#)
        .await
        .expect(400, &[("/field", "fulfil_at")]);
}

#[tokio::test]
async fn a_write_is_read_by_the_next_request() {
    let shop = Shop::open().await;
    for number in 0..10 {
        let body = format!(r#"{{"site_id":923,"sale_number":"n{number}","lines":[{{"product_id":4}}]}}"#);
        let id = make(&shop, &body).await.at("/id");
        let found = shop
            .get(&format!("/v1/companies/5678/orders/saleid/n{number}.json"))
            .await;
        assert_eq!(found.at("/id"), id);
        let newest = shop
            .get(&format!("{ORDERS}?value_gte=1.45&value_lte=1.5500000000000003"))
            .await;
        assert_eq!(newest.json()[0]["id"].to_string(), id);
    }
}

#[tokio::test]
async fn orders_of_other_dialects_read_here() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    shop.reserve(order, "3.00").await;
    // What is pending elsewhere is neither paid nor a payment here.
    shop.read(order).await.expect(
        200,
        &[
            ("/paid", "0"),
            ("/payments", "[]"),
            ("/lines/0/product/name", "Dinner"),
        ],
    );
    let cancelled = shop.order().await;
    shop.settle(cancelled, OrderChange::Cancel).await;
    shop.read(cancelled)
        .await
        .expect(200, &[("/status", "DELETED"), ("/deleted", "true")]);
    let closing = shop
        .bill(Bill {
            close_when_paid: true,
            ..Bill::default()
        })
        .await;
    shop.pay(closing, "11", "0").await.expect(201, &[]);
    shop.read(closing).await.expect(200, &[("/status", "COMPLETE")]);
    assert!(shop.tender.order(COMPANY, closing).await.unwrap().is_some());
}

#[tokio::test]
async fn more_than_is_kept_is_refused() {
    let shop = Shop::open().await;
    let texts = [
        ("notes", 10_001),
        ("sale_number", 201),
        ("order_type", 201),
        ("callback_uri", 2_049),
    ];
    for (field, length) in texts {
        let body = format!(r#"{{"site_id":923,"{field}":"{}"}}"#, "x".repeat(length));
        shop.post(ORDERS, &body).await.expect(400, &[("/field", field)]);
    }
    let payments = vec![r#"{"method_id":1,"amount":0.01}"#; 101].join(",");
    let body = format!(r#"{{"site_id":923,"lines":[{{"product_id":5}}],"payments":[{payments}]}}"#);
    shop.post(ORDERS, &body)
        .await
        .expect(400, &[("/field", "payments")]);
    let lines = vec![r#"{"product_id":4}"#; 1_001].join(",");
    shop.post(ORDERS, &format!(r#"{{"site_id":923,"lines":[{lines}]}}"#))
        .await
        .expect(400, &[]);
    let modifiers = vec!["2"; 101].join(",");
    let body = format!(r#"{{"site_id":923,"lines":[{{"product_id":4,"modifiers":[{modifiers}]}}]}}"#);
    shop.post(ORDERS, &body)
        .await
        .expect(400, &[("/field", "lines[0].modifiers")]);
    let pairs = vec!["x=1"; 65].join("&");
    shop.get(&format!("{ORDERS}?{pairs}")).await.expect(400, &[]);
    let parts = vec!["pending"; 13].join("/");
    shop.get(&format!("/v1/companies/me/orders/{parts}.json"))
        .await
        .expect(404, &[]);
    assert!(shop.get(ORDERS).await.ids().is_empty());
}
