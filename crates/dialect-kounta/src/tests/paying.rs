//! Adding payments: rows 15 to 26 of the checklist.

use tender_engine::{
    AmountSpec, Command, Direction, OrderChange, OrderSelector, PaymentSpec, Rejection, ServiceCharge,
    Settle, Via,
};
use tender_service::Failure;

use super::shop::{Bill, Call, DINAR_SITE, Shop, TOKEN_A, YEN_SITE, decimal, path, payment, payments};

#[tokio::test]
async fn row_15_a_payment_is_made_and_named() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let body = r#"{"method_id":1,"amount":5,"ref":"INV2-8M9F","order_id":7,"x":null}"#;
    let reply = shop.post(&payments(order), body).await.expect(
        201,
        &[
            ("/id", "1"),
            ("/number", "1"),
            ("/method/name", "Cash"),
            ("/method_id", "1"),
            ("/amount", "5"),
            ("/ref", "INV2-8M9F"),
            ("/tip", "0"),
            ("/credit_card_surcharge", "0"),
            ("/service_charge", "0.45"),
        ],
    );
    let location = reply.header("Location").unwrap();
    assert!(location.starts_with("http://pos.example/"), "{location}");
    assert!(location.ends_with("/payments/1.json"), "{location}");
    assert!(reply.json().get("error").is_none());
    assert_eq!(reply.header("Tender-Money-Moved"), Some("yes"));
    // The order shows it at once.
    shop.read(order).await.expect(
        200,
        &[
            ("/payments/0/number", "1"),
            ("/payments/0/ref", "INV2-8M9F"),
            ("/paid", "5"),
        ],
    );
}

#[tokio::test]
async fn row_16_without_method_id_the_callers_own_counts() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let call = Call::post(&payments(order), r#"{"amount":5}"#);
    shop.send(call.clone().by(TOKEN_A))
        .await
        .expect(201, &[("/method/id", "12")]);
    let null = Call::post(&payments(order), r#"{"amount":1,"method_id":null}"#);
    shop.send(null.by(TOKEN_A))
        .await
        .expect(201, &[("/method/id", "12")]);
    shop.send(call).await.expect(400, &[("/field", "method_id")]);
    for method in ["999", "0", "-1", "13"] {
        let body = format!(r#"{{"method_id":{method},"amount":5}}"#);
        shop.send(Call::post(&payments(order), &body).by(TOKEN_A))
            .await
            .expect(400, &[("/field", "method_id")]);
    }
}

#[tokio::test]
async fn row_17_more_than_remains_is_refused() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let reply = shop.pay(order, "11.01", "0").await;
    assert_eq!(reply.header("Tender-Money-Moved"), Some("no"));
    reply.expect(
        400,
        &[("/error", "amount exceeds the amount remaining on the order")],
    );
    assert_eq!(shop.remaining(order).await, "11");
    // What another dialect keeps pending is not to be had either.
    shop.reserve(order, "10").await;
    shop.pay(order, "1.01", "0").await.expect(
        400,
        &[("/error", "amount exceeds the amount remaining on the order")],
    );
    shop.pay(order, "1.00", "0").await.expect(201, &[]);
    assert_eq!(shop.read(order).await.at("/paid"), "1");
}

#[tokio::test]
async fn row_18_two_at_the_same_moment() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let (first, second) = tokio::join!(shop.pay(order, "6.00", "0"), shop.pay(order, "6.00", "0"));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 400]);
    assert_eq!(shop.read(order).await.at("/paid"), "6");
}

#[tokio::test]
async fn row_19_amounts_that_are_none() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    for amount in ["1.005", "\"5\"", "0", "null", "true", "[]", "1e-3", "1e40"] {
        let body = format!(r#"{{"method_id":1,"amount":{amount}}}"#);
        shop.post(&payments(order), &body)
            .await
            .expect(400, &[("/field", "amount")]);
    }
    shop.post(&payments(order), r#"{"method_id":1}"#)
        .await
        .expect(400, &[("/field", "amount")]);
    assert_eq!(shop.remaining(order).await, "11");
    shop.pay(order, "0", "1")
        .await
        .expect(201, &[("/amount", "0"), ("/tip", "1")]);
    let order = shop.order().await;
    let body = r#"{"method_id":1,"amount":0,"credit_card_surcharge":0.20}"#;
    shop.post(&payments(order), body)
        .await
        .expect(201, &[("/credit_card_surcharge", "0.2")]);
    assert_eq!(shop.sums(order).await, ["11", "0", "0"]);
}

#[tokio::test]
async fn row_20_digits_are_the_currencys() {
    let shop = Shop::open().await;
    let yen = shop
        .bill(Bill {
            site: YEN_SITE,
            goods: "1000",
            ..Bill::default()
        })
        .await;
    shop.pay(yen, "500.5", "0").await.expect(
        400,
        &[("/error", "amount has more decimal places than JPY allows")],
    );
    shop.pay(yen, "500.0", "0")
        .await
        .expect(201, &[("/amount", "500")]);
    let dinars = shop
        .bill(Bill {
            site: DINAR_SITE,
            goods: "10.000",
            ..Bill::default()
        })
        .await;
    shop.pay(dinars, "5.001", "0")
        .await
        .expect(201, &[("/amount", "5.001")]);
    shop.pay(dinars, "5.0001", "0")
        .await
        .expect(400, &[("/field", "amount")]);
    // A number is judged by its value, however it is written.
    let order = shop.order().await;
    shop.pay(order, "4.100", "0")
        .await
        .expect(201, &[("/amount", "4.1")]);
    shop.pay(order, "1e0", "0").await.expect(201, &[("/amount", "1")]);
    shop.pay(order, "4.101", "0").await.expect(400, &[]);
}

#[tokio::test]
async fn row_21_nothing_is_lost_on_the_way() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    for _ in 0..30 {
        shop.pay(order, "0.1", "0").await.expect(201, &[]);
    }
    shop.pay(order, "8.00", "0").await.expect(201, &[]);
    assert_eq!(shop.remaining(order).await, "0");
}

#[tokio::test]
async fn row_22_final_orders() {
    let shop = Shop::open().await;
    for change in [OrderChange::Reject, OrderChange::Delete] {
        let order = shop.order().await;
        shop.settle(order, change).await;
        for amount in ["1.00", "-1.00"] {
            shop.pay(order, amount, "0").await.expect(400, &[]);
        }
    }
    let order = shop.order().await;
    shop.pay(order, "11.00", "0").await.expect(201, &[]);
    shop.put(&path(order), r#"{"status":"COMPLETE"}"#)
        .await
        .expect(200, &[("/status", "COMPLETE")]);
    shop.pay(order, "1.00", "0").await.expect(400, &[]);
    // A late tip is neither positive nor a refund.
    shop.pay(order, "0", "1.00").await.expect(201, &[]);
    shop.pay(order, "-4.00", "0")
        .await
        .expect(201, &[("/amount", "-4")]);
    assert_eq!(shop.sums(order).await, ["4", "7", "1"]);
}

#[tokio::test]
async fn row_23_a_lock_is_for_tills() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    shop.put(&path(order), r#"{"lock":["PAYMENTS"]}"#)
        .await
        .expect(200, &[("/lock/0", "PAYMENTS")]);
    shop.pay(order, "5.00", "0").await.expect(201, &[]);
    let till = || {
        let spec = PaymentSpec::new(
            OrderSelector::Id(order),
            Direction::Receipt,
            AmountSpec::Exact(decimal("1.00")),
            Settle::Immediate,
        );
        shop.elsewhere(Via::Till, Command::Pay(Box::new(spec)))
    };
    assert_eq!(till().await, Err(Failure::Rejected(Rejection::PaymentsLocked)));
    shop.put(&path(order), r#"{"lock":[]}"#)
        .await
        .expect(200, &[("/lock", "[]")]);
    assert!(till().await.is_ok());
}

#[tokio::test]
async fn row_24_complete_when_paid() {
    let shop = Shop::open().await;
    let create = |wanted: &str| format!(r#"{{"site_id":923,"lines":[{{"product_id":5}}]{wanted}}}"#);
    for (wanted, status) in [
        (r#","complete_when_paid":true"#, "COMPLETE"),
        (r#","complete_when_paid":false"#, "PENDING"),
        ("", "PENDING"),
    ] {
        let made = shop
            .post("/v1/companies/5678/orders.json", &create(wanted))
            .await
            .expect(201, &[]);
        let order = tender_engine::OrderId(made.json()["id"].as_u64().unwrap());
        shop.pay(order, "10.99", "0").await.expect(201, &[]);
        assert_eq!(shop.read(order).await.at("/status"), "PENDING");
        shop.pay(order, "0.01", "0").await.expect(201, &[]);
        assert_eq!(shop.read(order).await.at("/status"), status, "{wanted}");
    }
    // Asked for later, when nothing remains, it takes effect at once.
    let order = shop.order().await;
    shop.pay(order, "11", "0").await.expect(201, &[]);
    shop.put(&path(order), r#"{"complete_when_paid":true}"#)
        .await
        .expect(200, &[("/status", "COMPLETE")]);
}

#[tokio::test]
async fn row_25_payments_that_come_with_an_order() {
    let shop = Shop::open().await;
    let orders = "/v1/companies/5678/orders.json";
    let body = |amount: &str| {
        format!(
            r#"{{"site_id":923,"status":"COMPLETE","lines":[{{"product_id":5}}],
               "payments":[{{"method_id":1,"amount":{amount},"ref":"a"}}]}}"#
        )
    };
    let made = shop.post(orders, &body("5.50")).await.expect(
        201,
        &[
            ("/payments/0/number", "1"),
            ("/paid", "5.5"),
            ("/status", "COMPLETE"),
            ("/payments/0/ref", "a"),
        ],
    );
    let id = made.at("/id");
    assert_eq!(
        made.header("Location"),
        Some(format!("http://pos.example/v1/companies/5678/orders/{id}.json").as_str())
    );
    assert_eq!(made.header("Tender-Money-Moved"), Some("yes"));
    shop.post(orders, &body("11.01")).await.expect(
        400,
        &[("/error", "amount exceeds the amount remaining on the order")],
    );
    assert_eq!(shop.get(orders).await.ids().len(), 1);
    // In the order of the array, each seeing what those before it left.
    let two = r#"{"site_id":923,"lines":[{"product_id":5}],
        "payments":[{"method_id":1,"amount":11,"ref":"x"},{"method_id":1,"amount":-1}]}"#;
    shop.post(orders, two)
        .await
        .expect(201, &[("/payments/1/amount", "-1"), ("/paid", "10")]);
    let reversed = r#"{"site_id":923,"lines":[{"product_id":5}],
        "payments":[{"method_id":1,"amount":-1},{"method_id":1,"amount":11}]}"#;
    shop.post(orders, reversed).await.expect(400, &[]);
}

#[tokio::test]
async fn row_26_methods_that_are_not_there() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    for (method, path, allow) in [
        ("GET", payment(order, 1), "PUT"),
        ("DELETE", payment(order, 1), "PUT"),
        ("PATCH", payment(order, 1), "PUT"),
        ("GET", payments(order), "POST"),
        ("PUT", payments(order), "POST"),
        ("DELETE", payments(order), "POST"),
        ("PATCH", payments(order), "POST"),
        (
            "GET",
            path(order).replace(".json", "/lines/1.json"),
            "PUT, DELETE",
        ),
        ("GET", path(order).replace(".json", "/lines.json"), "POST"),
        ("DELETE", path(order), "GET, PUT"),
        ("POST", "/v1/companies/me/payment_methods.json".to_owned(), "GET"),
    ] {
        let reply = shop.send(Call::new(method, &path)).await;
        assert_eq!(
            (reply.status, reply.header("Allow")),
            (405, Some(allow)),
            "{method} {path}"
        );
    }
    // Also for the client that follows the location of its own payment.
    let made = shop.pay(order, "1", "0").await;
    let location = made
        .header("Location")
        .unwrap()
        .strip_prefix("http://pos.example")
        .unwrap()
        .to_owned();
    let followed = shop.get(&location).await;
    assert_eq!((followed.status, followed.header("Allow")), (405, Some("PUT")));
}

#[tokio::test]
async fn a_surcharge_counts_nowhere() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let body = r#"{"method_id":1,"amount":11,"credit_card_surcharge":1.50}"#;
    shop.post(&payments(order), body).await.expect(
        201,
        &[("/credit_card_surcharge", "1.5"), ("/service_charge", "1")],
    );
    assert_eq!(shop.sums(order).await, ["0", "11", "0"]);
}

#[tokio::test]
async fn a_reference_is_kept_as_it_is_and_is_not_unique() {
    let shop = Shop::open().await;
    let order = shop.bill(Bill::of("10.00", ServiceCharge::None)).await;
    let text = "{\\\"status\\\":\\\"APPROVED\\\",\\\"n\\\":1.0} \\u00e9\\n";
    let body = format!(r#"{{"method_id":1,"amount":1,"ref":"{text}"}}"#);
    for number in ["1", "2"] {
        let reply = shop
            .post(&payments(order), &body)
            .await
            .expect(201, &[("/number", number)]);
        assert_eq!(reply.at("/ref"), "{\"status\":\"APPROVED\",\"n\":1.0} é\n");
    }
    let long = format!(
        r#"{{"method_id":1,"amount":1,"ref":"{}"}}"#,
        "x".repeat(16 * 1024 + 1)
    );
    shop.post(&payments(order), &long)
        .await
        .expect(400, &[("/field", "ref")]);
}
