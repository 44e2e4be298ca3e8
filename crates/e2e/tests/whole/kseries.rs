//! The K-Series acceptance list against the real binary: payments with their webhooks and tills.

mod docs;
mod hooks;
mod money;
mod orders;
mod rows;
mod tills;

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Receiver, Server, eventually, json_answer};

/// A server with one plain endpoint `E1`.
struct Scene {
    server: Server,
    receiver: Receiver,
}

impl Scene {
    async fn start() -> anyhow::Result<Self> {
        let receiver = Receiver::start().await?;
        let server = Server::start(Options::default()).await?;
        server
            .endpoint(&json!({"endpointId": "E1", "url": receiver.url}))
            .await?;
        Ok(Self { server, receiver })
    }

    /// A `/pay` body for `E1` with further members; `null` takes one away.
    fn body(&self, order: &Value, reference: &str, amount: &Value, members: &Value) -> Value {
        let mut body = self.server.pay_body(order, reference, "E1", amount);
        for (name, value) in members.as_object().into_iter().flatten() {
            match (value, body.as_object_mut()) {
                (Value::Null, Some(body)) => drop(body.remove(name)),
                _ => body[name] = value.clone(),
            }
        }
        body
    }

    /// Pays as [`Scene::body`] says.
    async fn pay(&self, order: &Value, reference: &str, amount: Value, members: Value) -> anyhow::Result<()> {
        self.server
            .pay(&self.body(order, reference, &amount, &members))
            .await
    }

    /// The exact text of the PAYMENT message of a reference.
    async fn told(&self, reference: &str) -> anyhow::Result<String> {
        let members = json!({"type": "PAYMENT", "thirdPartyReference": reference});
        Ok(String::from_utf8(
            self.receiver.wait_for_message(&members).await?.bytes,
        )?)
    }

    /// The check as K-Series shows it.
    async fn check(&self, order: &Value) -> anyhow::Result<Value> {
        let location = &order["kseries"]["business_location_id"];
        let account = account(order);
        let path = format!("/o/op/1/order/accounts/{account}?businessLocationId={location}");
        let (status, body) = json_answer(self.server.kseries(Method::GET, &path)).await?;
        ensure!(status == StatusCode::OK, "{status}: {body}");
        Ok(body)
    }

    /// The order as the native API shows it.
    async fn order(&self, order: &Value) -> anyhow::Result<Value> {
        self.server
            .order(order["id"].as_str().context("an order has an id")?)
            .await
    }

    /// Waits until a till has leased the payment's task.
    async fn leased(&self, reference: &str) -> anyhow::Result<()> {
        let found = self
            .server
            .read(&format!("/api/v1/payments/by-reference/{reference}"))
            .await?;
        let id = found["payment"]["id"]
            .as_str()
            .context("a payment has an id")?
            .to_owned();
        let path = format!("/api/v1/payments/{id}/timeline");
        eventually("lease", async || {
            let timeline = self.server.read(&path).await?;
            Ok(timeline["task"]["leased_to"].is_string().then_some(()))
        })
        .await
    }

    /// Waits until the first delivery of this kind (`PAYMENT`, `ORDER`) has had so many attempts, and answers it.
    async fn attempted(&self, kind: &str, attempts: usize) -> anyhow::Result<Value> {
        self.delivery(&format!("\"type\":\"{kind}\""), attempts).await
    }

    /// Waits until the first delivery about a reference has had so many attempts, and answers it.
    async fn attempted_of(&self, reference: &str, attempts: usize) -> anyhow::Result<Value> {
        self.delivery(&format!("\"thirdPartyReference\":\"{reference}\""), attempts)
            .await
    }

    async fn delivery(&self, part: &str, attempts: usize) -> anyhow::Result<Value> {
        eventually("delivery with the attempts", async || {
            let list = self.server.read("/api/v1/deliveries?limit=100").await?;
            // The newest comes first.
            for delivery in list["items"].as_array().into_iter().flatten().rev() {
                let id = delivery["id"].as_str().unwrap_or_default();
                let delivery = self.server.read(&format!("/api/v1/deliveries/{id}")).await?;
                let is_it = delivery["body"].as_str().is_some_and(|body| body.contains(part));
                if is_it {
                    let enough = delivery["attempts"]
                        .as_array()
                        .is_some_and(|tried| tried.len() >= attempts);
                    return Ok(enough.then_some(delivery));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Nothing is wrong with the books, and nothing panicked.
    async fn close(self) -> anyhow::Result<()> {
        self.server.audit().await?;
        self.server.healthy().await
    }
}

fn account(order: &Value) -> &str {
    order["kseries"]["account_identifier"]
        .as_str()
        .unwrap_or_default()
}

/// The exact text of a PAYMENT success.
fn success(order: &Value, reference: &str) -> String {
    let (location, id) = (
        &order["kseries"]["business_location_id"],
        &order["kseries"]["account_id"],
    );
    format!(
        r#"{{"thirdPartyReference":"{reference}","businessLocationId":{location},"status":"SUCCESS","ikentooAccountId":"{id}","ikentooAccountIdentifier":"{}","type":"PAYMENT"}}"#,
        account(order)
    )
}

/// The exact text of a PAYMENT failure; without a check when there is none to name.
fn failure(location: &Value, reference: &str, reason: &str, errors: &str, order: Option<&Value>) -> String {
    let account = order.map(|order| format!(r#""ikentooAccountIdentifier":"{}","#, account(order)));
    format!(
        r#"{{"reason":"{reason}","thirdPartyReference":"{reference}","businessLocationId":{location},"status":"FAILURE","errors":{errors},{}"type":"PAYMENT"}}"#,
        account.unwrap_or_default()
    )
}

/// The exact text of an ORDER notification to an endpoint without account.
fn order_told(order: &Value, reference: &str, status: &str) -> String {
    let (location, id) = (
        &order["kseries"]["business_location_id"],
        &order["kseries"]["account_id"],
    );
    format!(
        r#"{{"thirdPartyReference":"{reference}","businessLocationId":{location},"status":"{status}","ikentooAccountId":{id},"ikentooAccountIdentifier":"{}","type":"ORDER"}}"#,
        account(order)
    )
}

fn errors_of(kind: &str) -> String {
    format!(r#"{{"account":{{"type":"{kind}"}}}}"#)
}

/// Rows 1 and 3: the published sample, then the same again.
#[tokio::test]
async fn the_published_body_is_paid_told_and_not_taken_twice() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let order = scene
        .server
        .open_order(json!({
            "table_number": 3,
            "lines": [{"name": "Meal", "quantity": 1, "unit_amount": "20.06"}],
        }))
        .await?;
    // The seed's text with the account and the endpoint of this scene; everything else to the letter.
    let body = format!(
        r#"{{"iKaccountId":0,"iKaccountIdentifier":"{}","thirdPartyPaymentReference":"12345678901234","endpointId":"E1",
 "businessLocationId":45454565682155,"taskTtlInMs":60000,"staffId":42,"deviceId":12345678980,"paymentMethod":"OOPAYMENT",
 "paymentAmount":20.06,"tipAmount":2.5,"targetPrinterProfileId":1773881235}}"#,
        account(&order)
    );
    let post = || {
        let request = scene
            .server
            .kseries(Method::POST, "/o/op/1/pay")
            .header("content-type", "application/json");
        request.body(body.clone())
    };
    let answer = post().send().await?;
    assert_eq!(
        (answer.status(), answer.text().await?.as_str()),
        (StatusCode::OK, r#"{"status":"ok"}"#)
    );
    let messages = scene.receiver.wait_for(2).await?;
    let texts: Vec<_> = messages
        .iter()
        .map(|message| String::from_utf8_lossy(&message.bytes))
        .collect();
    assert_eq!(texts[0], success(&order, "12345678901234"));
    assert_eq!(texts[1], order_told(&order, "12345678901234", "CLOSED"));
    let check = scene.check(&order).await?;
    assert_eq!(
        (&check["paidAmount"], &check["currentAmount"]),
        (&json!("20.06"), &json!("20.06"))
    );
    assert!(check["closeDate"].is_string(), "{check}");
    let after = scene.order(&order).await?;
    assert_eq!(
        (&after["state"], &after["tips"]),
        (&json!("closed"), &json!("2.50"))
    );

    let events = scene.server.read("/api/v1/events?limit=500").await?;
    let again = post().send().await?;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    let again = again.text().await?;
    let (start, rest) = again.split_once(r#","status""#).context("a status")?;
    assert_eq!(
        rest,
        r#":400,"error":"Bad Request","message":"reference has already been used 12345678901234","path":"/o/op/1/pay"}"#
    );
    let timestamp = start
        .strip_prefix(r#"{"timestamp":""#)
        .and_then(|rest| rest.strip_suffix('"'));
    let timestamp = timestamp.context("the timestamp comes first")?;
    let digits: String = timestamp
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(digits.trim_end_matches('0').len() + 4, digits.len());
    assert_eq!(digits, "0000-00-00T00:00:00.000+0000");
    assert_eq!(
        scene.server.read("/api/v1/events?limit=500").await?,
        events,
        "a repeat left a trace"
    );
    assert_eq!(scene.receiver.received().len(), 2);
    scene.close().await
}

/// Rows 12, 18 and 21: everything that is accepted and then told as a failure.
#[tokio::test]
async fn what_cannot_be_paid_is_accepted_and_told_as_a_failure() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let location = scene.server.credentials["kseries"]["business_location_id"].clone();
    let order = scene.server.open_check("20.06").await?;
    let closed = scene.server.open_check("1.00").await?;
    scene.pay(&closed, "closes", json!(1), json!({})).await?;
    scene.told("closes").await?;
    scene
        .receiver
        .wait_for_message(&json!({"status": "CLOSED"}))
        .await?;
    let no_account = json!({"iKaccountIdentifier": null, "tableNumber": 3});
    let zero = json!({"iKaccountIdentifier": null, "iKaccountId": 0});
    let unknown = json!({"iKaccountIdentifier": "A9.9"});
    let cases = [
        (
            "none",
            &order,
            json!(1),
            no_account,
            "Invalid task",
            "INVALID_TASK",
            false,
        ),
        (
            "zero",
            &order,
            json!(1),
            zero,
            "Invalid task",
            "INVALID_TASK",
            false,
        ),
        (
            "over",
            &order,
            json!(20.07),
            json!({}),
            "the payment amount is greater than the amount due",
            "OVERPAID",
            true,
        ),
        (
            "unknown",
            &order,
            json!(1),
            unknown,
            "Account not found",
            "ACCOUNT_NOT_FOUND",
            false,
        ),
        (
            "late",
            &closed,
            json!(1),
            json!({}),
            "Account already closed",
            "ACCOUNT_ALREADY_CLOSED",
            true,
        ),
        (
            "method",
            &order,
            json!(1),
            json!({"paymentMethod": "XX"}),
            "Payment method not found",
            "PAYMENT_METHOD_NOT_FOUND",
            true,
        ),
        (
            "staff",
            &order,
            json!(1),
            json!({"staffId": 43}),
            "Staff not found",
            "STAFF_NOT_FOUND",
            true,
        ),
    ];
    for (reference, order, amount, members, reason, kind, names_check) in cases {
        scene.pay(order, reference, amount, members).await?;
        let told = scene.told(reference).await?;
        let named = names_check.then_some(order);
        assert_eq!(
            told,
            failure(&location, reference, reason, &errors_of(kind), named)
        );
    }
    let after = scene.order(&order).await?;
    assert_eq!(
        (&after["paid"], &after["reserved"]),
        (&json!("0.00"), &json!("0.00"))
    );
    scene.close().await
}

/// Rows 19 and 20: two guests at once, and a bill in two parts.
#[tokio::test]
async fn partial_payments_add_up_and_never_exceed_the_bill() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let location = scene.server.credentials["kseries"]["business_location_id"].clone();
    let order = scene.server.open_check("20.06").await?;
    let (left, right) = tokio::join!(
        scene.pay(&order, "left", json!(15.00), json!({})),
        scene.pay(&order, "right", json!(15.00), json!({})),
    );
    left?;
    right?;
    let told = [scene.told("left").await?, scene.told("right").await?];
    let overpaid = "the payment amount is greater than the amount due";
    let expected = |won: usize| {
        ["left", "right"].map(|reference| {
            if (reference == "left") == (won == 0) {
                success(&order, reference)
            } else {
                failure(
                    &location,
                    reference,
                    overpaid,
                    &errors_of("OVERPAID"),
                    Some(&order),
                )
            }
        })
    };
    ensure!(told == expected(0) || told == expected(1), "{told:?}");

    let order = scene.server.open_check("20.06").await?;
    scene.pay(&order, "first", json!(10.00), json!({})).await?;
    assert_eq!(scene.told("first").await?, success(&order, "first"));
    let updated = json!({"status": "CHECK_WAS_UPDATED", "ikentooAccountIdentifier": account(&order)});
    let updated = scene.receiver.wait_for_message(&updated).await?;
    assert_eq!(
        String::from_utf8_lossy(&updated.bytes),
        order_told(&order, "first", "CHECK_WAS_UPDATED")
    );
    let check = scene.check(&order).await?;
    assert_eq!(
        (&check["paidAmount"], &check["currentAmount"]),
        (&json!("10.00"), &json!("20.06"))
    );
    scene.pay(&order, "second", json!(10.06), json!({})).await?;
    assert_eq!(scene.told("second").await?, success(&order, "second"));
    let closed = json!({"status": "CLOSED", "ikentooAccountIdentifier": account(&order)});
    let closed = scene.receiver.wait_for_message(&closed).await?;
    assert_eq!(
        String::from_utf8_lossy(&closed.bytes),
        order_told(&order, "second", "CLOSED")
    );
    let check = scene.check(&order).await?;
    assert_eq!(
        (&check["paidAmount"], &check["currentAmount"]),
        (&json!("20.06"), &json!("20.06"))
    );
    let of_order: Vec<_> = scene
        .receiver
        .received()
        .into_iter()
        .filter(|message| message.body["ikentooAccountIdentifier"] == json!(account(&order)))
        .map(|message| message.body["status"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(of_order, ["SUCCESS", "CHECK_WAS_UPDATED", "SUCCESS", "CLOSED"]);
    scene.close().await
}

/// Row 24: without a method the payment is an `APM` one.
#[tokio::test]
async fn a_payment_without_a_method_is_an_api_payment() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let order = scene.server.open_check("20.06").await?;
    scene
        .pay(&order, "plain", json!(5), json!({"paymentMethod": null}))
        .await?;
    scene.told("plain").await?;
    let check = scene.check(&order).await?;
    let entry = &check["paymentEntries"][0];
    let shown = [
        "paymentMethodCode",
        "paymentMethodDescription",
        "externalReference",
        "amountPaid",
    ]
    .map(|name| &entry[name]);
    assert_eq!(
        shown,
        ["APM", "API Payment", "plain", "5.00"]
            .map(Value::from)
            .each_ref()
    );
    scene.close().await
}

/// Row 22: nobody takes it; the reference stays used, the amount is free again.
#[tokio::test]
async fn a_payment_that_no_till_takes_ends_and_frees_its_amount() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.server.behave("offline").await?;
    let order = scene.server.open_check("20.06").await?;
    scene
        .pay(&order, "asleep", json!(20.06), json!({"taskTtlInMs": 60000}))
        .await?;
    assert_eq!(scene.order(&order).await?["reserved"], json!("20.06"));
    scene.server.advance(60_001).await?;
    let message = "Not processed before validity ended";
    let errors =
        format!(r#"{{"timeout":{{"errorKey":"errors.payment.pos.task_timeout","message":"{message}"}}}}"#);
    let location = &order["kseries"]["business_location_id"];
    assert_eq!(
        scene.told("asleep").await?,
        failure(location, "asleep", message, &errors, Some(&order))
    );
    assert_eq!(scene.order(&order).await?["reserved"], json!("0.00"));
    let (status, again) = json_answer(
        scene
            .server
            .kseries(Method::POST, "/o/op/1/pay")
            .json(&scene.body(&order, "asleep", &json!(20.06), &json!({}))),
    )
    .await?;
    assert_eq!(
        (status, &again["message"]),
        (
            StatusCode::BAD_REQUEST,
            &json!("reference has already been used asleep")
        )
    );
    scene.server.behave("auto").await?;
    scene.pay(&order, "awake", json!(20.06), json!({})).await?;
    assert_eq!(scene.told("awake").await?, success(&order, "awake"));
    scene.close().await
}
