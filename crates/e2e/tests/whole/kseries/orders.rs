//! Rows 39 to 42: orders that apps make, change and pay.

use anyhow::Context;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::json_answer;

use super::{Scene, success};

impl Scene {
    async fn send(&self, kind: &str, reference: &str, members: Value) -> anyhow::Result<(StatusCode, Value)> {
        let mut body = json!({
            "businessLocationId": self.server.credentials["kseries"]["business_location_id"],
            "endpointId": "E1",
            "thirdPartyReference": reference,
            "customerInfo": {"firstName": "Ada"},
        });
        for (name, value) in members.as_object().into_iter().flatten() {
            match (value, body.as_object_mut()) {
                (Value::Null, Some(body)) => drop(body.remove(name)),
                _ => body[name] = value.clone(),
            }
        }
        json_answer(
            self.server
                .kseries(Method::POST, &format!("/o/op/1/order/{kind}"))
                .json(&body),
        )
        .await
    }

    /// The native order behind an ORDER SUCCESS, whose exact text is checked.
    async fn made(&self, reference: &str) -> anyhow::Result<Value> {
        let members = json!({"type": "ORDER", "status": "SUCCESS", "thirdPartyReference": reference});
        let told = self.receiver.wait_for_message(&members).await?;
        let (id, account) = (
            &told.body["ikentooAccountId"],
            &told.body["ikentooAccountIdentifier"],
        );
        let expected = format!(
            r#"{{"status":"SUCCESS","ikentooAccountId":{id},"ikentooAccountIdentifier":{account},"thirdPartyReference":"{reference}","type":"ORDER"}}"#
        );
        assert_eq!(String::from_utf8_lossy(&told.bytes), expected);
        let id = id.as_str().context("the legacy id is a string here")?;
        self.server.order(&format!("ord_{id}")).await
    }
}

fn accepted() -> (StatusCode, Value) {
    (StatusCode::OK, json!({"status": "ok"}))
}

/// Row 39: made, told, at its table, paid, closed. Row 40: its reference once.
#[tokio::test]
async fn an_order_is_made_at_its_table_and_paid() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let items = json!([{"quantity": 2, "sku": "30"}, {"quantity": 1, "sku": "21"}]);
    let order = json!({"tableNumber": "15", "clientCount": 2, "items": items});
    assert_eq!(scene.send("local", "order-1", order.clone()).await?, accepted());
    let made = scene.made("order-1").await?;
    let check = scene.check(&made).await?;
    assert_eq!(
        (
            &check["tableNumber"],
            &check["clientCount"],
            &check["currentAmount"]
        ),
        (&json!(15), &json!(2), &json!("25.60"))
    );
    let (status, again) = scene.send("local", "order-1", order).await?;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(
        again.to_string(),
        r#"{"msg":"reference has already been used order-1","status":"fail"}"#
    );
    // A payment may have the order's reference: they are separate spaces.
    scene.pay(&made, "order-1", json!(25.60), json!({})).await?;
    assert_eq!(scene.told("order-1").await?, success(&made, "order-1"));
    let closed = scene
        .receiver
        .wait_for_message(&json!({"status": "CLOSED"}))
        .await?;
    assert_eq!(closed.body["thirdPartyReference"], json!("order-1"));
    assert!(scene.check(&made).await?["closeDate"].is_string());
    scene.close().await
}

/// Row 40: refused at once, in the form of the framework.
#[tokio::test]
async fn an_order_lacking_something_is_refused_at_once() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    for (kind, object) in [("local", "localOrder"), ("toGo", "toGoOrder")] {
        let (status, body) = scene.send(kind, "r", json!({"customerInfo": null})).await?;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(
            body["message"],
            json!(format!("Validation failed for object='{object}'. Error count: 1"))
        );
        let error = ["field", "code", "objectName"].map(|name| &body["errors"][0][name]);
        assert_eq!(error, [&json!("customerInfo"), &json!("NotNull"), &json!(object)]);
        let long = "x".repeat(49);
        let (status, body) = scene.send(kind, &long, json!({})).await?;
        assert_eq!(
            (status, &body["errors"][0]["code"]),
            (StatusCode::BAD_REQUEST, &json!("Size"))
        );
        assert_eq!(body["errors"][0]["rejectedValue"], json!(long));
    }
    assert_eq!(scene.receiver.received().len(), 0);
    scene.close().await
}

/// What fails later is told as ORDER FAILURE, which has no type.
#[tokio::test]
async fn an_order_of_something_unknown_is_told_as_a_failure() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let items = json!([{"quantity": 1, "sku": "none-such"}]);
    assert_eq!(
        scene
            .send("local", "odd", json!({"tableNumber": "5", "items": items}))
            .await?,
        accepted()
    );
    let told = scene
        .receiver
        .wait_for_message(&json!({"thirdPartyReference": "odd"}))
        .await?
        .body;
    let names: Vec<_> = told.as_object().context("an object")?.keys().collect();
    assert_eq!(names, ["reason", "status", "thirdPartyReference"]);
    assert_eq!(told["status"], json!("FAILURE"));
    scene.close().await
}

/// Row 41: lines are added; the table and the covers stay.
#[tokio::test]
async fn a_check_takes_more_lines_and_keeps_its_table() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let first = json!({"tableNumber": "15", "clientCount": 2, "items": [{"quantity": 1, "sku": "10"}]});
    assert_eq!(scene.send("local", "first", first).await?, accepted());
    let made = scene.made("first").await?;
    let more = json!({
        "accountIdentifier": made["kseries"]["account_identifier"],
        "tableNumber": "16", "clientCount": 9, "items": [{"quantity": 1, "sku": "31"}],
    });
    assert_eq!(scene.send("local", "more", more).await?, accepted());
    scene
        .receiver
        .wait_for_message(&json!({"status": "CHECK_WAS_UPDATED"}))
        .await?;
    let check = scene.check(&made).await?;
    assert_eq!(
        (
            &check["tableNumber"],
            &check["clientCount"],
            &check["currentAmount"]
        ),
        (&json!(15), &json!(2), &json!("10.50"))
    );
    scene.close().await
}

/// Row 42: paid with its order; the amount includes the tip.
#[tokio::test]
async fn an_order_to_go_is_paid_when_it_is_made() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let order = json!({
        "items": [{"quantity": 1, "sku": "90", "customItemName": "Box", "customItemPrice": 12.00}],
        "payment": {"paymentAmount": 14.0, "tipAmount": 2.0, "paymentMethod": "OOPAYMENT"},
        "collectionCode": " ",
    });
    assert_eq!(scene.send("toGo", "to-go", order).await?, accepted());
    let made = scene.made("to-go").await?;
    let check = scene.check(&made).await?;
    assert_eq!(
        (&check["paidAmount"], &check["currentAmount"]),
        (&json!("12.00"), &json!("12.00"))
    );
    assert!(
        check["closeDate"].is_string() && check.get("tableNumber").is_none(),
        "{check}"
    );
    assert_eq!(check["paymentEntries"][0]["externalReference"], json!("to-go"));
    let made = scene.order(&made).await?;
    assert_eq!(
        (&made["state"], &made["tips"]),
        (&json!("closed"), &json!("2.00"))
    );
    scene.close().await
}
