//! Webhooks of every interested dialect fire once each, in their own shape, whichever dialect made the payment.

use anyhow::ensure;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Receiver, Server, json_answer};

/// What the receivers of one order heard, by their dialects' own words.
fn heard(receiver: &Receiver, words: impl Fn(&Value) -> String) -> Vec<String> {
    receiver
        .received()
        .iter()
        .map(|message| words(&message.body))
        .collect()
}

#[tokio::test]
async fn every_interested_dialect_hears_once_in_its_own_shape() -> anyhow::Result<()> {
    let (kseries, kounta, native) = (
        Receiver::start().await?,
        Receiver::start().await?,
        Receiver::start().await?,
    );
    let server = Server::start(Options::default()).await?;
    server
        .endpoint(&json!({"endpointId": "K", "url": kseries.url}))
        .await?;
    let company = server.secret("/kounta/company_id");
    let hook = json!({"topic": "orders/updated", "address": kounta.url, "format": "json"});
    let (status, body) = json_answer(
        server
            .kounta(Method::POST, &format!("/v1/companies/{company}/webhooks"))
            .json(&hook),
    )
    .await?;
    ensure!(status == StatusCode::CREATED, "{status}: {body}");
    let hook = json!({"url": native.url});
    let (status, body) = json_answer(
        server
            .native(Method::POST, "/api/v1/webhook-endpoints")
            .json(&hook),
    )
    .await?;
    ensure!(status == StatusCode::CREATED, "{status}: {body}");

    let order = server.open_check("20.00").await?;
    let body = server.pay_body(&order, "first", "K", &json!(5));
    let (status, body) = json_answer(server.kseries(Method::POST, "/o/op/1/pay").json(&body)).await?;
    ensure!(status == StatusCode::OK, "{status}: {body}");
    kseries.wait_for(2).await?;
    kounta.wait_for(1).await?;

    let payments = format!(
        "/v1/companies/{company}/orders/{}/payments",
        order["kounta"]["order_id"]
    );
    let body = json!({"method_id": 1, "amount": 3});
    let (status, body) = json_answer(server.kounta(Method::POST, &payments).json(&body)).await?;
    ensure!(status == StatusCode::CREATED, "{status}: {body}");
    kseries.wait_for(3).await?;
    kounta.wait_for(2).await?;

    let body = json!({"params": {"orderId": order["om"]["order_id"], "type": "receipt", "status": "complete", "amount": 12}});
    let (status, body) = json_answer(server.om(Method::POST, "/v1/om/payments").json(&body)).await?;
    ensure!(status == StatusCode::OK, "{status}: {body}");
    kseries.wait_for(4).await?;
    kounta.wait_for(3).await?;
    native.wait_for(8).await?;

    // What else might come comes in the wake of one more event, so that nothing has to be slept for.
    let other = server.open_check("1.00").await?;
    let body = server.pay_body(&other, "last", "K", &json!(1));
    json_answer(server.kseries(Method::POST, "/o/op/1/pay").json(&body)).await?;
    kseries.wait_for(6).await?;
    kounta.wait_for(4).await?;

    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = heard(&kseries, |body| {
        format!("{} {}", text(&body["type"]), text(&body["status"]))
    });
    assert_eq!(
        told.iter().take(4).collect::<Vec<_>>(),
        [
            "PAYMENT SUCCESS",
            "ORDER CHECK_WAS_UPDATED",
            "ORDER CHECK_WAS_UPDATED",
            "ORDER CLOSED"
        ]
    );
    let told = heard(&kounta, |body| {
        format!("{} {}", text(&body["status"]), body["paid"])
    });
    assert_eq!(
        told.iter().take(3).collect::<Vec<_>>(),
        ["PENDING 5", "PENDING 8", "COMPLETE 20"]
    );
    let of_order = native.received();
    let told: Vec<String> = of_order
        .iter()
        .filter(|message| message.body["order"]["id"] == order["id"])
        .map(|message| text(&message.body["type"]))
        .collect();
    assert_eq!(
        told,
        [
            "order.opened",
            "payment.accepted",
            "payment.completed",
            "order.updated",
            "payment.completed",
            "order.updated",
            "payment.completed",
            "order.closed"
        ]
    );
    server.audit().await
}
