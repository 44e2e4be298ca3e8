//! Rows 14 and 15 with webhooks: yen has no digits, dinar has three.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tender_e2e::json_answer;

use super::{Scene, success};

#[tokio::test]
async fn yen_and_dinar_are_paid_to_their_last_digit() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let locations = scene.server.credentials["native"]["locations"].clone();
    let cases = [
        ("JPY", "805", json!(805), json!(805.5), "805"),
        ("KWD", "1.250", json!(1.234), json!(1.2345), "1.234"),
    ];
    for (currency, total, amount, too_fine, paid) in cases {
        let location = locations
            .as_array()
            .into_iter()
            .flatten()
            .find(|place| place["currency"] == json!(currency));
        let location = location.expect("the demo has the location")["id"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let order = scene
            .server
            .open_order(json!({
                "location_id": location,
                "lines": [{"name": "Meal", "quantity": 1, "unit_amount": total}],
            }))
            .await?;
        let here = json!({"businessLocationId": order["kseries"]["business_location_id"]});
        let body = scene.body(&order, currency, &too_fine, &here);
        let (status, answer) =
            json_answer(scene.server.kseries(Method::POST, "/o/op/1/pay").json(&body)).await?;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        assert!(
            answer["message"]
                .as_str()
                .is_some_and(|message| message.contains("paymentAmount")),
            "{answer}"
        );
        scene.pay(&order, currency, amount, here).await?;
        assert_eq!(scene.told(currency).await?, success(&order, currency));
        let check = scene.check(&order).await?;
        assert_eq!(
            (&check["paidAmount"], &check["currentAmount"]),
            (&json!(paid), &json!(total))
        );
    }
    scene.close().await
}
