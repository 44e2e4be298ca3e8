//! Requests sent twice: rows 54 and 55 of the checklist.

use super::shop::{Bill, Call, Reply, Shop, TOKEN_A, YEN_SITE, payment, payments};

fn first_answer(reply: &Reply) -> (u16, Option<String>, String) {
    (
        reply.status,
        reply.header("Location").map(str::to_owned),
        reply.text.clone(),
    )
}

#[tokio::test]
async fn row_54_the_same_request_again() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let pay = |body: &str| Call::post(&payments(order), body).key("k1");
    let first = shop
        .send(pay(r#"{"method_id":1,"amount":5}"#))
        .await
        .expect(201, &[]);
    for body in [
        r#"{"amount":5.00,"method_id":1}"#,
        r#"{"x":1,"amount":5.0,"tip":0,"method_id":1,"ref":null}"#,
        r#"{"amount":0.5e1,"method_id":1}"#,
    ] {
        let again = shop.send(pay(body)).await;
        assert_eq!(first_answer(&again), first_answer(&first), "{body}");
    }
    assert_eq!(shop.remaining(order).await, "6");
    // The first answer, even when the payment has changed since.
    shop.put(&payment(order, 1), r#"{"ref":"later"}"#)
        .await
        .expect(200, &[]);
    let again = shop.send(pay(r#"{"method_id":1,"amount":5}"#)).await;
    assert_eq!(first_answer(&again), first_answer(&first));
    // Without a key every request counts, and so does another application's.
    shop.post(&payments(order), r#"{"method_id":1,"amount":1}"#)
        .await
        .expect(201, &[("/number", "2")]);
    shop.send(pay(r#"{"method_id":1,"amount":1}"#).by(TOKEN_A))
        .await
        .expect(201, &[("/number", "3")]);
}

#[tokio::test]
async fn row_55_another_request_under_the_key() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let pay = |body: &str| Call::post(&payments(order), body).key("k1");
    shop.send(pay(r#"{"method_id":1,"amount":5}"#))
        .await
        .expect(201, &[]);
    for (body, field) in [
        (r#"{"method_id":1,"amount":6}"#, "amount"),
        (r#"{"method_id":12,"amount":6}"#, "method_id"),
        (r#"{"method_id":1,"amount":5,"ref":"x"}"#, "ref"),
        (r#"{"method_id":1,"amount":5,"tip":1}"#, "tip"),
        (
            r#"{"method_id":1,"amount":5,"credit_card_surcharge":1}"#,
            "credit_card_surcharge",
        ),
    ] {
        let refused = shop.send(pay(body)).await;
        assert_eq!(refused.header("Tender-Money-Moved"), Some("no"));
        refused.expect(409, &[("/field", field)]);
    }
    assert_eq!(shop.remaining(order).await, "6");
    // Another order, and another kind of request, differ too.
    let other = shop.order().await;
    shop.send(Call::post(&payments(other), r#"{"method_id":1,"amount":5}"#).key("k1"))
        .await
        .expect(409, &[("/field", "order_id")]);
    shop.send(Call::put(&payment(order, 1), r#"{"ref":"x"}"#).key("k1"))
        .await
        .expect(409, &[("/field", "request")]);

    let made = r#"{"site_id":923,"complete_when_paid":true,"lines":[{"product_id":5}]}"#;
    let made = shop
        .post("/v1/companies/me/orders.json", made)
        .await
        .expect(201, &[]);
    let order = tender_engine::OrderId(made.json()["id"].as_u64().unwrap());
    let completing = Call::post(&payments(order), r#"{"method_id":1,"amount":11}"#).key("k2");
    let first = shop.send(completing.clone()).await.expect(201, &[]);
    assert_eq!(shop.read(order).await.at("/status"), "COMPLETE");
    assert_eq!(first_answer(&shop.send(completing).await), first_answer(&first));
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let pay = |amount: &str| {
        Call::post(
            &payments(order),
            &format!(r#"{{"method_id":1,"amount":{amount}}}"#),
        )
        .key("k")
    };
    shop.send(pay("12")).await.expect(400, &[]);
    shop.send(pay("11")).await.expect(201, &[]);
}

#[tokio::test]
async fn keys_of_changes_and_orders() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    shop.pay(order, "5", "0").await.expect(201, &[]);
    let tip = |body: &str| Call::put(&payment(order, 1), body).key("t");
    let first = shop
        .send(tip(r#"{"tip":0.30}"#))
        .await
        .expect(200, &[("/number", "2")]);
    let again = shop.send(tip(r#"{"tip":0.3,"amount":99}"#)).await;
    assert_eq!(first_answer(&again), first_answer(&first));
    shop.send(tip(r#"{"tip":0.31}"#))
        .await
        .expect(409, &[("/field", "tip")]);
    shop.send(tip(r#"{"tip":0.3,"credit_card_surcharge":0}"#))
        .await
        .expect(409, &[("/field", "credit_card_surcharge")]);
    assert_eq!(
        shop.read(order).await.json()["payments"]
            .as_array()
            .unwrap()
            .len(),
        2
    );

    let make = |body: &str| Call::post("/v1/companies/me/orders.json", body).key("o");
    let body = r#"{"site_id":923,"sale_number":"7","lines":[{"product_id":4,"quantity":2}],"payments":[{"method_id":1,"amount":1}]}"#;
    let first = shop.send(make(body)).await.expect(201, &[]);
    let same = r#"{"payments":[{"amount":1.0,"method_id":1,"x":2}],"lines":[{"quantity":2.000,"product_id":4,"price_variation":1}],"sale_number":"7","site_id":923}"#;
    let again = shop.send(make(same)).await;
    assert_eq!(first_answer(&again), first_answer(&first));
    for (from, to, field) in [
        ("\"7\"", "\"8\"", "sale_number"),
        ("\"quantity\":2", "\"quantity\":3", "lines[0].quantity"),
        ("\"amount\":1", "\"amount\":2", "payments[0].amount"),
        (
            "{\"product_id\":4,\"quantity\":2}",
            "{\"product_id\":4,\"quantity\":2},{\"product_id\":5}",
            "lines[1].product_id",
        ),
    ] {
        shop.send(make(&body.replace(from, to)))
            .await
            .expect(409, &[("/field", field)]);
    }
    assert_eq!(
        shop.get("/v1/companies/me/orders/saleid/7.json").await.at("/id"),
        first.at("/id")
    );
}

#[tokio::test]
async fn an_order_made_again_is_as_first_answered() {
    let shop = Shop::open().await;
    let body = r#"{"site_id":923,"notes":"n","lines":[{"product_id":4,"quantity":2}],"payments":[{"method_id":1,"amount":1}]}"#;
    let make = Call::post("/v1/companies/me/orders.json", body).key("o");
    let first = shop.send(make.clone()).await.expect(201, &[]);
    let order = tender_engine::OrderId(first.json()["id"].as_u64().unwrap());
    let one = format!("/v1/companies/me/orders/{}.json", order.0);
    shop.post(
        &format!("/v1/companies/me/orders/{}/lines.json", order.0),
        r#"{"product_id":5}"#,
    )
    .await
    .expect(201, &[]);
    shop.put(&payment(order, 1), r#"{"ref":"later"}"#)
        .await
        .expect(200, &[]);
    shop.put(&one, r#"{"notes":"later","status":"SUBMITTED"}"#)
        .await
        .expect(200, &[]);
    shop.pay(order, "1", "0").await.expect(201, &[]);
    let now = shop.get(&one).await;
    assert_eq!(now.json()["payments"].as_array().map(Vec::len), Some(2));
    assert_ne!(now.text, first.text);
    let again = shop.send(make).await;
    assert_eq!(first_answer(&again), first_answer(&first));
    assert_eq!(shop.get(&one).await.text, now.text);
}

#[tokio::test]
async fn keys_are_of_a_site() {
    let shop = Shop::open().await;
    let dollars = shop.order().await;
    let yen = shop
        .bill(Bill {
            site: YEN_SITE,
            goods: "1000",
            ..Bill::default()
        })
        .await;
    for order in [dollars, yen] {
        let call = Call::post(&payments(order), r#"{"method_id":1,"amount":5}"#).key("k");
        shop.send(call).await.expect(201, &[]);
    }
}

#[tokio::test]
async fn keys_that_cannot_be_kept() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    for key in ["", &"k".repeat(256)] {
        let call = Call::post(&payments(order), r#"{"method_id":1,"amount":5}"#).key(key);
        shop.send(call)
            .await
            .expect(400, &[("/field", "Idempotency-Key")]);
    }
    let longest = Call::post(&payments(order), r#"{"method_id":1,"amount":5}"#).key(&"k".repeat(255));
    shop.send(longest).await.expect(201, &[]);
}
