//! Rows 31 to 34: how messages are sent again, signed, held back, and what they show.

use anyhow::{Context, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use tender_e2e::{Received, Receiver, json_answer};

use super::{Scene, account};

/// The native id of a K-Series endpoint.
async fn endpoint_id(scene: &Scene, name: &str) -> anyhow::Result<String> {
    let list = scene.server.read("/api/v1/webhook-endpoints").await?;
    let found = list["items"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|endpoint| endpoint["name"] == json!(name));
    let id = found.and_then(|endpoint| endpoint["id"].as_str());
    Ok(id
        .with_context(|| format!("no endpoint {name} in {list}"))?
        .to_owned())
}

/// Rotates an endpoint's secret and answers the new one.
async fn rotate(scene: &Scene, endpoint: &str) -> anyhow::Result<String> {
    let path = format!("/api/v1/webhook-endpoints/{endpoint}/secret");
    let (status, body) = json_answer(scene.server.native(Method::POST, &path)).await?;
    ensure!(status == StatusCode::OK, "{status}: {body}");
    Ok(body["secret"]
        .as_str()
        .context("the new secret is shown")?
        .to_owned())
}

/// Whether one of a message's signatures was made with the secret, as Standard Webhooks defines it.
fn is_signed_with(message: &Received, secret: &str) -> anyhow::Result<bool> {
    let key = BASE64_STANDARD.decode(
        secret
            .strip_prefix("whsec_")
            .context("the secret begins with whsec_")?,
    )?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).context("a key")?;
    mac.update(
        format!(
            "{}.{}.",
            message.header("webhook-id"),
            message.header("webhook-timestamp")
        )
        .as_bytes(),
    );
    mac.update(&message.bytes);
    let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    Ok(message
        .header("webhook-signature")
        .split(' ')
        .any(|signature| signature == expected))
}

/// The waits before the second and the third attempt with the most jitter, in milliseconds.
const FIRST_WAITS_MS: [u64; 2] = [5_500, 33_000];
/// The waits after them: until the eleventh attempt.
const FURTHER_WAITS_MS: [u64; 8] = [
    132_000, 660_000, 1_980_000, 3_960_000, 11_880_000, 23_760_000, 47_520_000, 95_040_000,
];

/// Row 31: the same key and the same bytes on every attempt; a redirect is a failure and is not followed.
#[tokio::test]
async fn row_31_failed_attempts_come_again_with_the_same_key_and_body() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let order = scene.server.open_check("20.06").await?;
    // The partial payment's CHECK_WAS_UPDATED waits behind it.
    scene.receiver.answer_with(&[503, 302, 204]);
    scene.pay(&order, "again", json!(5), json!({})).await?;
    for (wait_ms, attempts) in FIRST_WAITS_MS.into_iter().zip(2..) {
        scene.receiver.wait_for(attempts - 1).await?;
        scene.attempted("PAYMENT", attempts - 1).await?;
        assert_eq!(scene.receiver.received().len(), attempts - 1, "it did not wait");
        scene.server.advance(wait_ms).await?;
    }
    let messages = scene.receiver.wait_for(4).await?;
    let key = messages[0].header("x-lightspeed-idempotency-key");
    let uuid = key.strip_prefix("LS1_").unwrap_or_default();
    let shape: String = uuid
        .chars()
        .map(|c| if c.is_ascii_hexdigit() { 'x' } else { c })
        .collect();
    assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "{key}");
    for message in &messages[..3] {
        assert_eq!(message.header("x-lightspeed-idempotency-key"), key);
        assert_eq!(message.bytes, messages[0].bytes);
        assert_eq!(message.header("webhook-id"), messages[0].header("webhook-id"));
        assert_eq!(message.body["type"], json!("PAYMENT"));
    }
    assert_eq!(messages[3].body["status"], json!("CHECK_WAS_UPDATED"));
    assert_ne!(messages[3].header("x-lightspeed-idempotency-key"), key);
    assert!(
        messages.iter().all(|message| message.path == "/"),
        "the redirect was followed"
    );
    scene.close().await
}

/// Row 31: after the tenth retry it is given up, and what waited behind it is sent.
#[tokio::test]
async fn row_31_after_ten_retries_a_message_is_given_up() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene
        .receiver
        .answer_by(|body| (body["type"] == json!("PAYMENT")).then_some(500));
    let order = scene.server.open_check("20.06").await?;
    scene.pay(&order, "never", json!(5), json!({})).await?;
    for (wait_ms, attempts) in FIRST_WAITS_MS.into_iter().chain(FURTHER_WAITS_MS).zip(1..) {
        scene
            .receiver
            .wait_for_messages(&json!({"type": "PAYMENT"}), attempts)
            .await?;
        scene.attempted("PAYMENT", attempts).await?;
        scene.server.advance(wait_ms).await?;
    }
    scene
        .receiver
        .wait_for_messages(&json!({"type": "PAYMENT"}), 11)
        .await?;
    scene
        .receiver
        .wait_for_message(&json!({"status": "CHECK_WAS_UPDATED"}))
        .await?;
    let delivery = scene.attempted("PAYMENT", 11).await?;
    assert_eq!(delivery["state"], json!("exhausted"));
    assert_eq!(delivery["attempts"][10]["status"], json!(500));
    scene.server.advance(200_000_000).await?;
    scene.server.healthy().await?;
    assert_eq!(
        scene
            .receiver
            .wait_for_messages(&json!({"type": "PAYMENT"}), 11)
            .await?
            .len(),
        11
    );
    scene.close().await
}

/// Row 31: a receiver that takes the message and says nothing for 10 seconds has not taken it.
#[tokio::test]
async fn row_31_a_silent_receiver_has_failed_after_ten_seconds() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    // Connections wait in the listener's queue, and nobody answers them.
    let silent = std::net::TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", silent.local_addr()?);
    scene
        .server
        .endpoint(&json!({"endpointId": "S", "url": url}))
        .await?;
    let order = scene.server.open_check("20.06").await?;
    scene
        .pay(&order, "silent", json!(20.06), json!({"endpointId": "S"}))
        .await?;
    let delivery = scene.attempted("PAYMENT", 1).await?;
    let attempt = &delivery["attempts"][0];
    ensure!(
        attempt["error"].is_string() && attempt.get("status").is_none(),
        "{attempt}"
    );
    ensure!(
        attempt["duration_ms"].as_u64() >= Some(10_000),
        "it gave up early: {attempt}"
    );
    assert_eq!(delivery["state"], json!("pending"));
    scene.close().await
}

/// Row 32: Basic credentials, and signatures that verify under the new secret and, for a day, the old one.
#[tokio::test]
async fn row_32_messages_are_signed_and_carry_basic_credentials() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let second = Receiver::start().await?;
    scene.server.endpoint(&json!({
        "endpointId": "E2", "url": second.url, "withBasicAuth": true, "username": "ada", "password": "p:ss",
        "provideAccount": true, "expandTransactions": true, "expandPayments": true,
    })).await?;
    let id = endpoint_id(&scene, "E2").await?;
    let old = rotate(&scene, &id).await?;
    let new = rotate(&scene, &id).await?;
    assert_ne!(old, new);
    second.answer_with(&[500]);
    let order = scene.server.open_check("20.06").await?;
    scene
        .pay(&order, "signed", json!(5), json!({"endpointId": "E2"}))
        .await?;
    second.wait_for(1).await?;
    scene.attempted("PAYMENT", 1).await?;
    scene.server.advance(FIRST_WAITS_MS[0]).await?;
    let messages = second.wait_for(3).await?;
    for message in &messages {
        let basic = format!("Basic {}", BASE64_STANDARD.encode("ada:p:ss"));
        assert_eq!(message.header("authorization"), basic);
        ensure!(
            is_signed_with(message, &new)?,
            "the new secret does not verify: {:?}",
            message.headers
        );
        ensure!(
            is_signed_with(message, &old)?,
            "the old secret signs along for a day: {:?}",
            message.headers
        );
    }
    assert_eq!(messages[0].header("webhook-id"), messages[1].header("webhook-id"));
    assert_ne!(messages[1].header("webhook-id"), messages[2].header("webhook-id"));

    scene.server.advance(86_400_001).await?;
    scene
        .pay(&order, "next-day", json!(5), json!({"endpointId": "E2"}))
        .await?;
    let message = second
        .wait_for_message(&json!({"thirdPartyReference": "next-day"}))
        .await?;
    ensure!(
        is_signed_with(&message, &new)? && !is_signed_with(&message, &old)?,
        "the old secret still signs"
    );
    assert!(scene.receiver.received().is_empty(), "E1 has no payment here");
    scene.close().await
}

/// Row 33: one order's messages wait for each other, and for nobody else's.
#[tokio::test]
async fn row_33_a_refused_message_holds_back_its_own_order_only() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene
        .receiver
        .answer_by(|body| (body["thirdPartyReference"] == json!("held")).then_some(500));
    let held = scene.server.open_check("20.06").await?;
    let free = scene.server.open_check("20.06").await?;
    scene.pay(&held, "held", json!(20.06), json!({})).await?;
    scene.receiver.wait_for(1).await?;
    scene.pay(&free, "free", json!(20.06), json!({})).await?;
    scene
        .receiver
        .wait_for_message(&json!({"status": "CLOSED", "ikentooAccountIdentifier": account(&free)}))
        .await?;
    let of_held = || -> Vec<Value> {
        let of_held = |message: &Received| message.body["ikentooAccountIdentifier"] == json!(account(&held));
        scene
            .receiver
            .received()
            .into_iter()
            .filter(of_held)
            .map(|message| message.body["type"].clone())
            .collect()
    };
    assert_eq!(of_held(), ["PAYMENT"]);
    scene.attempted_of("held", 1).await?;
    scene.receiver.answer_by(|_| None);
    scene.server.advance(FIRST_WAITS_MS[0]).await?;
    scene
        .receiver
        .wait_for_message(&json!({"status": "CLOSED", "ikentooAccountIdentifier": account(&held)}))
        .await?;
    assert_eq!(of_held(), ["PAYMENT", "PAYMENT", "ORDER"]);
    scene.close().await
}

/// Row 34: the account of a closing payment, for who asked for it.
#[tokio::test]
async fn row_34_the_account_is_told_to_who_asked_for_it() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let second = Receiver::start().await?;
    scene
        .server
        .endpoint(&json!({
            "endpointId": "E2", "url": second.url,
            "provideAccount": true, "expandTransactions": true, "expandPayments": true,
        }))
        .await?;
    let order = scene.server.open_check("20.06").await?;
    scene.pay(&order, "plain", json!(10), json!({})).await?;
    scene.told("plain").await?;
    scene
        .pay(
            &order,
            "full",
            json!(10.06),
            json!({"endpointId": "E2", "tipAmount": 1}),
        )
        .await?;
    let told = second.wait_for_message(&json!({"status": "CLOSED"})).await?.body;
    assert_eq!(told["ikentooAccountId"], order["kseries"]["account_id"]);
    assert!(told["ikentooAccountId"].is_number());
    let shown = &told["account"];
    assert_eq!(
        (&shown["paidAmount"], &shown["currentAmount"]),
        (&json!("20.06"), &json!("20.06"))
    );
    assert_eq!(shown["ikaccountId"], json!(account(&order)));
    assert_eq!(
        (
            &shown["salesEntries"][0]["itemName"],
            &shown["salesEntries"][0]["unitAmount"]
        ),
        (&json!("Meal"), &json!("20.06"))
    );
    let paid: Vec<_> = shown["paymentEntries"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| &entry["amountPaid"])
        .collect();
    assert_eq!(paid, [&json!("10.00"), &json!("10.06")]);
    let plain = scene
        .receiver
        .wait_for_message(&json!({"status": "CLOSED"}))
        .await?
        .body;
    assert!(plain.get("account").is_none(), "{plain}");
    assert_eq!(
        plain["thirdPartyReference"],
        json!("plain"),
        "each is told its own reference"
    );
    scene.close().await
}
