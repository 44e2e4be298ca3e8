//! One order, one total, one limit, whoever looks.

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Receiver, eventually};

use super::{House, number};

/// The order can be found under its id of each dialect.
async fn carries_its_ids(house: &House, order: &Value) -> anyhow::Result<()> {
    let (id, sale_id) = (&order["id"], &order["kounta"]["order_id"]);
    ensure!(order["om"]["order_id"] == *id, "{order}");
    ensure!(order["kseries"]["account_id"] == *sale_id, "{order}");
    ensure!(id.as_str() == Some(format!("ord_{sale_id}").as_str()), "{order}");
    let sale = house.kounta(order).await?;
    assert_eq!(sale["id"], *sale_id);
    let check = house.check(order).await?;
    assert_eq!(check["ikaccountId"], order["kseries"]["account_identifier"]);
    let total = order["total"].as_str().context("a total")?;
    assert_eq!(check["currentAmount"], json!(total));
    assert_eq!(sale["total"].as_f64(), number(total)?.as_f64());
    assert_eq!(house.items(order).await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn an_order_has_its_id_in_every_dialect_whichever_opened_it() -> anyhow::Result<()> {
    let house = House::open().await?;
    let native = house.order("EUR", "20.06", true).await?;
    carries_its_ids(&house, &native).await?;

    let credentials = &house.server.credentials;
    let company = &credentials["kounta"]["company_id"];
    // The demo's checks are of catalogue items, which Kounta shows as products.
    let checks = house.server.read("/api/v1/orders?state=open&limit=100").await?;
    let mut checks = checks["items"].as_array().into_iter().flatten();
    let check = checks.find(|check| {
        check["kounta"]["site_id"] == credentials["kounta"]["site_id"] && check["id"] != native["id"]
    });
    let shown = house.kounta(check.context("a check of the demo")?).await?;
    let line = json!({"product_id": shown["lines"][0]["product"]["id"], "quantity": 1});
    let sale = json!({"site_id": credentials["kounta"]["site_id"], "status": "SUBMITTED", "lines": [line]});
    let path = format!("/v1/companies/{company}/orders");
    let made = House::told(house.server.kounta(Method::POST, &path).json(&sale))
        .await?
        .ok()?;
    let opened = house.server.order(&format!("ord_{}", made["id"])).await?;
    carries_its_ids(&house, &opened).await?;

    let receiver = Receiver::start().await?;
    house
        .server
        .endpoint(&json!({"endpointId": "E2", "url": receiver.url}))
        .await?;
    let check = json!({
        "businessLocationId": credentials["kseries"]["business_location_id"],
        "endpointId": "E2",
        "thirdPartyReference": "order-1",
        "customerInfo": {"firstName": "Ada"},
        "tableNumber": "15",
        "items": [{"quantity": 2, "sku": "30"}],
    });
    let request = house
        .server
        .kseries(Method::POST, "/o/op/1/order/local")
        .json(&check);
    House::told(request).await?.ok()?;
    let members = json!({"type": "ORDER", "status": "SUCCESS", "thirdPartyReference": "order-1"});
    let told = receiver.wait_for_message(&members).await?;
    let id = told.body["ikentooAccountId"].as_str().context("an id")?;
    let opened = house.server.order(&format!("ord_{id}")).await?;
    carries_its_ids(&house, &opened).await?;
    house.close().await
}

/// Payments of all four APIs on one order, and every view's totals at once.
async fn everybody_pays(
    currency: &str,
    total: &str,
    amounts: [&str; 4],
    paid: &str,
    due: &str,
) -> anyhow::Result<()> {
    let house = House::open().await?;
    let order = house.order(currency, total, false).await?;
    let [at_till, in_kounta, in_om, natively] = amounts;
    house.kseries_pay(&order, "guest", at_till, "0").await?;
    ensure!(house.landed("guest").await?, "the till refused");
    house.kounta_pay(&order, in_kounta, "0").await?.ok()?;
    house.om_pay(&order, "receipt", in_om, "complete").await?.ok()?;
    house.native_pay(&order, natively, "0").await?.ok()?;
    let native = house.native(&order).await?;
    assert_eq!((&native["paid"], &native["due"]), (&json!(paid), &json!(due)));
    let check = house.check(&order).await?;
    assert_eq!(check["paidAmount"], json!(paid));
    let entries = check["paymentEntries"].as_array().context("entries")?;
    let shown: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry["amountPaid"].as_str())
        .collect();
    let digits = |text: &str| number(text).map(|value| value.as_f64());
    let mut values = Vec::new();
    for text in shown {
        values.push(digits(text)?);
    }
    let mut expected = Vec::new();
    for text in amounts {
        expected.push(digits(text)?);
    }
    assert_eq!(values, expected, "K-Series");
    let sale = house.kounta(&order).await?;
    assert_eq!(sale["paid"].as_f64(), digits(paid)?);
    let rows = sale["payments"].as_array().context("payments")?;
    let rows: Vec<Option<f64>> = rows.iter().map(|row| row["amount"].as_f64()).collect();
    assert_eq!(rows, expected, "Kounta");
    let items = house.items(&order).await?;
    let shown: Vec<Option<f64>> = items.iter().map(|item| item["amount"].as_f64()).collect();
    assert_eq!(shown, expected, "om");
    let via: Vec<&str> = items
        .iter()
        .filter_map(|item| item["createdVia"].as_str())
        .collect();
    assert_eq!(via, ["kseries", "kounta", "api", "native"]);
    assert!(
        items.iter().all(|item| item["status"] == json!("complete")),
        "{items:?}"
    );
    house.close().await
}

#[tokio::test]
async fn euros_paid_in_one_are_seen_in_all() -> anyhow::Result<()> {
    everybody_pays("EUR", "50.00", ["20.06", "4.1", "10.5", "0.34"], "35.00", "15.00").await
}

#[tokio::test]
async fn yen_paid_in_one_are_seen_in_all() -> anyhow::Result<()> {
    everybody_pays("JPY", "1000", ["805", "90", "100", "5"], "1000", "0").await
}

#[tokio::test]
async fn dinars_paid_in_one_are_seen_in_all() -> anyhow::Result<()> {
    everybody_pays(
        "KWD",
        "10.000",
        ["1.234", "2.005", "0.001", "6.750"],
        "9.990",
        "0.010",
    )
    .await
}

/// Too many digits are refused everywhere, each in its own way, and nothing is kept.
#[tokio::test]
async fn no_dialect_takes_a_fraction_of_a_yen() -> anyhow::Result<()> {
    let house = House::open().await?;
    let order = house.order("JPY", "1000", false).await?;
    let told = house.om_pay(&order, "receipt", "100.5", "complete").await?;
    assert_eq!(
        (told.status, told.om_code()),
        (StatusCode::BAD_REQUEST, "InvalidParameter")
    );
    assert_eq!(
        house.kounta_pay(&order, "100.5", "0").await?.status,
        StatusCode::BAD_REQUEST
    );
    let refused = house.kseries_pay(&order, "r", "100.5", "0").await;
    ensure!(refused.is_err(), "K-Series took half a yen");
    ensure!(!house.native_pay(&order, "100.5", "0").await?.is_success());
    let after = house.native(&order).await?;
    assert_eq!((&after["paid"], &after["payments"]), (&json!("0"), &json!([])));
    house.close().await
}

#[tokio::test]
async fn what_om_reserves_nobody_else_can_take() -> anyhow::Result<()> {
    for status in ["pending", "progress"] {
        let house = House::open().await?;
        let order = house.order("EUR", "20.00", false).await?;
        let held = house.om_pay(&order, "receipt", "15", status).await?.ok()?;
        let told = house.kounta_pay(&order, "5.01", "0").await?;
        assert_eq!(told.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            told.body["error"],
            json!("amount exceeds the amount remaining on the order"),
            "{}",
            told.body
        );
        house.kseries_pay(&order, "too-much", "5.01", "0").await?;
        ensure!(!house.landed("too-much").await?, "K-Series took what is reserved");
        ensure!(!house.native_pay(&order, "5.01", "0").await?.is_success());
        house.kseries_pay(&order, "fits", "2", "0").await?;
        ensure!(house.landed("fits").await?);
        house.kounta_pay(&order, "3", "0").await?.ok()?;
        let native = house.native(&order).await?;
        let sums = ["paid", "reserved", "due"].map(|name| &native[name]);
        assert_eq!(sums, [&json!("5.00"), &json!("15.00"), &json!("0.00")]);
        // What om lets go, the others can take.
        let id = held["data"]["id"].as_str().context("an id")?;
        house.om(Method::DELETE, &format!("/{id}"), None).await?.ok()?;
        house.kounta_pay(&order, "10", "0").await?.ok()?;
        house.kseries_pay(&order, "rest", "5", "0").await?;
        ensure!(house.landed("rest").await?);
        assert_eq!(house.native(&order).await?["paid"], json!("20.00"));
        house.close().await?;
    }
    Ok(())
}

/// And the other way round: a payment that waits for a till reserves against om and Kounta.
#[tokio::test]
async fn what_waits_for_a_till_nobody_else_can_take() -> anyhow::Result<()> {
    let house = House::open().await?;
    house.server.behave("offline").await?;
    let order = house.order("EUR", "20.00", false).await?;
    house.kseries_pay(&order, "waiting", "15", "0").await?;
    let told = house.om_pay(&order, "receipt", "5.01", "pending").await?;
    assert_eq!(
        (told.status, told.om_code()),
        (StatusCode::BAD_REQUEST, "LIMIT_REACHED")
    );
    assert_eq!(
        house.kounta_pay(&order, "5.01", "0").await?.status,
        StatusCode::BAD_REQUEST
    );
    house.om_pay(&order, "receipt", "2", "complete").await?.ok()?;
    house.kounta_pay(&order, "3", "0").await?.ok()?;
    house.server.advance(301_000).await?;
    ensure!(!house.landed("waiting").await?, "a payment outlived its time");
    house.om_pay(&order, "receipt", "15", "complete").await?.ok()?;
    assert_eq!(house.native(&order).await?["due"], json!("0.00"));
    house.close().await
}

#[tokio::test]
async fn refunds_are_capped_by_what_all_dialects_took() -> anyhow::Result<()> {
    let house = House::open().await?;
    let order = house.order("EUR", "30.00", false).await?;
    house.kseries_pay(&order, "guest", "10", "0").await?;
    ensure!(house.landed("guest").await?);
    house.kounta_pay(&order, "5", "2").await?.ok()?;
    let told = house.om_pay(&order, "refund", "15.01", "complete").await?;
    assert_eq!(
        (told.status, told.om_code()),
        (StatusCode::BAD_REQUEST, "LIMIT_REACHED")
    );
    assert_eq!(
        house.kounta_pay(&order, "-15.01", "0").await?.status,
        StatusCode::BAD_REQUEST
    );
    house.kounta_pay(&order, "-11", "0").await?.ok()?;
    let items = house.items(&order).await?;
    let refund = items.last().context("an item")?;
    assert_eq!(
        (&refund["type"], &refund["amount"], &refund["createdVia"]),
        (&json!("refund"), &json!(11), &json!("kounta"))
    );
    ensure!(
        !house
            .om_pay(&order, "refund", "4.01", "complete")
            .await?
            .is_success()
    );
    // A refund that waits holds its part as well.
    let held = house.om_pay(&order, "refund", "4", "pending").await?.ok()?;
    assert_eq!(
        house.kounta_pay(&order, "-0.01", "0").await?.status,
        StatusCode::BAD_REQUEST
    );
    let id = held["data"]["id"].as_str().context("an id")?;
    house
        .om(Method::PATCH, &format!("/{id}/confirm"), None)
        .await?
        .ok()?;
    assert_eq!(house.native(&order).await?["paid"], json!("0.00"));
    // The K-Series payment can be a refund's source only as far as the order has money left.
    let source = items.first().context("an item")?["id"].clone();
    let params =
        json!({"orderId": order["om"]["order_id"], "type": "refund", "amount": 1, "sourcePaymentId": source});
    assert_eq!(
        house.om(Method::POST, "", Some(params)).await?.om_code(),
        "LIMIT_REACHED"
    );
    house.close().await
}

#[tokio::test]
async fn om_confirms_what_a_till_was_to_do() -> anyhow::Result<()> {
    let house = House::open().await?;
    house.server.behave("offline").await?;
    let order = house.order("EUR", "20.00", true).await?;
    house.kseries_pay(&order, "waiting", "20", "0").await?;
    let items = eventually("pending item", async || {
        let items = house.items(&order).await?;
        Ok((!items.is_empty()).then_some(items))
    })
    .await?;
    let item = &items[0];
    assert_eq!(
        (&item["status"], &item["can"]),
        (&json!("pending"), &json!(["confirm"]))
    );
    let device = house.server.credentials["till"]["device_ids"][0]
        .as_str()
        .context("a device")?;
    let tasks = house.server.claim(device).await?;
    ensure!(tasks.len() == 1, "{tasks:?}");
    let path = format!("/{}/confirm", item["id"].as_str().context("an id")?);
    let confirmed = house.om(Method::PATCH, &path, None).await?.ok()?;
    let after = &confirmed["data"]["items"][0];
    assert_eq!(
        (&after["status"], &after["can"]),
        (&json!("complete"), &json!([]))
    );
    for _ in 0..2 {
        assert_eq!(house.server.confirm(&tasks[0]).await?, json!("superseded"));
    }
    ensure!(house.landed("waiting").await?);
    // Nothing is due any more: closed in the words of each.
    let native = house.native(&order).await?;
    assert_eq!(
        (&native["state"], &native["paid"]),
        (&json!("closed"), &json!("20.00"))
    );
    assert_eq!(house.kounta(&order).await?["status"], json!("COMPLETE"));
    ensure!(house.check(&order).await?["closeDate"].is_string());
    let told = house.om_pay(&order, "receipt", "1", "complete").await?;
    assert_eq!(told.om_code(), "ORDER_CLOSED");
    // A retry of the confirm that closed the bill does not fail.
    let again = house.om(Method::PATCH, &path, None).await?.ok()?;
    assert_eq!(again["data"], confirmed["data"]);
    house.close().await
}
