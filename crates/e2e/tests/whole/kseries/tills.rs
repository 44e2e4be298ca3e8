//! Row 23, and tills that refuse, are slow, or lose what they said.

use anyhow::ensure;
use serde_json::{Value, json};

use super::{Scene, errors_of, failure, success};

fn devices(scene: &Scene) -> Vec<String> {
    (0..3)
        .map(|index| scene.server.secret(&format!("/till/device_ids/{index}")))
        .collect()
}

fn number(device: &str) -> Value {
    json!(device.parse::<u64>().expect("device ids are numbers"))
}

/// Row 23: a payment for one device goes there only.
#[tokio::test]
async fn a_payment_for_a_device_goes_to_that_device() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.server.behave("offline").await?;
    let devices = devices(&scene);
    let order = scene.server.open_check("20.06").await?;
    scene
        .pay(
            &order,
            "targeted",
            json!(5),
            json!({"deviceId": number(&devices[1])}),
        )
        .await?;
    ensure!(
        scene.server.claim(&devices[0]).await?.is_empty(),
        "another device got the task"
    );
    let tasks = scene.server.claim(&devices[1]).await?;
    ensure!(tasks.len() == 1, "the device got {tasks:?}");
    let payment = &tasks[0]["payment"];
    assert_eq!(
        (&payment["amount"], &payment["reference"]),
        (&json!("5.00"), &json!("targeted"))
    );
    assert_eq!(scene.server.confirm(&tasks[0]).await?, json!("applied"));
    assert_eq!(scene.told("targeted").await?, success(&order, "targeted"));

    scene.pay(&order, "anybody", json!(5), json!({})).await?;
    let (left, right) = tokio::join!(scene.server.claim(&devices[0]), scene.server.claim(&devices[2]));
    let tasks = [left?, right?].concat();
    ensure!(tasks.len() == 1, "two devices at once got {tasks:?}");
    assert_eq!(scene.server.confirm(&tasks[0]).await?, json!("applied"));
    assert_eq!(scene.told("anybody").await?, success(&order, "anybody"));
    scene.close().await
}

/// A task for a device that does not exist is nobody's, and ends with its time.
#[tokio::test]
async fn a_payment_for_an_unknown_device_times_out() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let order = scene.server.open_check("20.06").await?;
    scene
        .pay(
            &order,
            "nowhere",
            json!(5),
            json!({"deviceId": 99, "taskTtlInMs": 60000}),
        )
        .await?;
    scene.server.advance(60_001).await?;
    let told = scene.told("nowhere").await?;
    ensure!(told.contains("errors.payment.pos.task_timeout"), "{told}");
    scene.close().await
}

#[tokio::test]
async fn a_till_s_refusal_is_told_in_its_code_or_its_words() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let order = scene.server.open_check("20.06").await?;
    let location = &order["kseries"]["business_location_id"];
    scene.server.behave("refuse:UPDATE_FAILED").await?;
    scene.pay(&order, "code", json!(5), json!({})).await?;
    let told = scene.told("code").await?;
    ensure!(
        told.contains(&errors_of("UPDATE_FAILED")) && told.contains(r#"{"reason":""#),
        "{told}"
    );
    scene.server.behave("refuse:Drawer is locked").await?;
    scene.pay(&order, "words", json!(5), json!({})).await?;
    let expected = failure(
        location,
        "words",
        "Drawer is locked",
        &errors_of("UNKNOWN"),
        Some(&order),
    );
    assert_eq!(scene.told("words").await?, expected);
    assert_eq!(scene.order(&order).await?["due"], json!("20.06"));
    scene.close().await
}

#[tokio::test]
async fn a_slow_till_holds_the_amount_until_it_is_done() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.server.behave("slow:20000").await?;
    let order = scene.server.open_check("20.06").await?;
    scene.pay(&order, "slow", json!(5), json!({})).await?;
    scene.leased("slow").await?;
    assert_eq!(scene.order(&order).await?["reserved"], json!("5.00"));
    scene.server.advance(20_000).await?;
    assert_eq!(scene.told("slow").await?, success(&order, "slow"));
    scene.close().await
}

/// A confirm that got lost comes again when the lease has lapsed; nobody else was there, so it counts.
#[tokio::test]
async fn a_lost_confirm_counts_when_it_comes_at_last() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let devices = devices(&scene);
    scene.server.behave("offline").await?;
    scene.server.behave_one(&devices[0], "lose-confirm").await?;
    let order = scene.server.open_check("20.06").await?;
    scene.pay(&order, "lost", json!(5), json!({})).await?;
    scene.leased("lost").await?;
    scene.server.advance(30_000).await?;
    assert_eq!(scene.order(&order).await?["reserved"], json!("5.00"));
    scene.server.advance(1_000).await?;
    assert_eq!(scene.told("lost").await?, success(&order, "lost"));
    assert_eq!(scene.server.read("/api/v1/cases").await?["items"], json!([]));
    scene.close().await
}

/// The app was told "failed", then the till says that it took the money: nothing changes, and a person is asked.
#[tokio::test]
async fn a_confirm_after_the_end_changes_nothing_and_opens_a_case() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.server.behave("offline").await?;
    let devices = devices(&scene);
    let order = scene.server.open_check("20.06").await?;
    scene
        .pay(&order, "late", json!(5), json!({"taskTtlInMs": 60000}))
        .await?;
    let tasks = scene.server.claim(&devices[0]).await?;
    ensure!(tasks.len() == 1, "claimed {tasks:?}");
    scene.server.advance(60_001).await?;
    let told = scene.told("late").await?;
    ensure!(told.contains(r#""status":"FAILURE""#), "{told}");
    for _ in 0..2 {
        assert_eq!(
            scene.server.confirm(&tasks[0]).await?,
            json!("superseded"),
            "a repeat answers the same"
        );
    }
    let after = scene.order(&order).await?;
    assert_eq!(
        (&after["paid"], &after["reserved"]),
        (&json!("0.00"), &json!("0.00"))
    );
    let cases = scene.server.read("/api/v1/cases?open=true").await?;
    let cases = cases["items"].as_array().cloned().unwrap_or_default();
    ensure!(cases.len() == 1, "{cases:?}");
    let case = ["order_id", "amount", "currency", "state"].map(|name| &cases[0][name]);
    assert_eq!(
        case,
        [&order["id"], &json!("5.00"), &json!("EUR"), &json!("open")]
    );
    scene.close().await
}
