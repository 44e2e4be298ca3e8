//! Commands that speak to a running server: `pay`, `till`, `listen`, `replay`, `doctor`.

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Receiver, Server, eventually, json_answer};

use super::Running;

const CREDENTIALS: [&str; 2] = ["--credentials-file", "credentials.json"];

async fn tender(server: &Server, verb: &str, arguments: &[&str]) -> anyhow::Result<(i32, String, String)> {
    server.cli(&[&[verb][..], &CREDENTIALS, arguments].concat()).await
}

/// The open check at a table of the demo.
async fn at_table(server: &Server, table: &str) -> anyhow::Result<Value> {
    let location = server.secret("/native/location_id");
    let path = format!("/api/v1/orders?location_id={location}&table_number={table}&state=open");
    Ok(server.read(&path).await?["items"][0].clone())
}

/// Waits until an order has been paid this much.
async fn paid(server: &Server, order: &Value, amount: &str) -> anyhow::Result<()> {
    let id = order["id"].as_str().context("an id")?;
    eventually(&format!("{amount} paid"), async || {
        let order = server.order(id).await?;
        Ok((order["paid"] == json!(amount)).then_some(()))
    })
    .await
}

#[tokio::test]
async fn pay_speaks_every_dialect() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let ids = [
        ("native", "/id"),
        ("kseries", "/kseries/account_identifier"),
        ("kounta", "/kounta/order_id"),
        ("om", "/om/order_id"),
    ];
    for ((dialect, pointer), table) in ids.into_iter().zip(["1", "2", "3", "4"]) {
        let order = at_table(&server, table).await?;
        let base = ["--dialect", dialect, "--amount", "1.25"];
        let (code, out, err) = tender(&server, "pay", &[&base[..], &["--table", table]].concat()).await?;
        ensure!(
            code == 0 && out.contains("1.25") && out.contains("reference cli-"),
            "{dialect} at a table: {code} {out}{err}"
        );
        paid(&server, &order, "1.25").await?;
        let id = order
            .pointer(pointer)
            .map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        let id = id.context("the order's id in the dialect")?;
        let rest = ["--order", &id, "--json", "--reference", "twice"];
        let (code, out, err) = tender(&server, "pay", &[&base[..], &rest].concat()).await?;
        ensure!(code == 0, "{dialect} by id {id}: {code} {err}");
        serde_json::from_str::<Value>(&out).with_context(|| format!("{dialect} prints {out}"))?;
        paid(&server, &order, "2.50").await?;
        if dialect != "om" {
            let tip: &[&str] = &["--table", table, "--tip", "0.75"];
            let (code, _, err) = tender(&server, "pay", &[&base[..], tip].concat()).await?;
            ensure!(code == 0, "{dialect} with a tip: {code} {err}");
            paid(&server, &order, "3.75").await?;
        }
    }
    // Without an amount, all that is due.
    let order = at_table(&server, "5").await?;
    let (code, _, err) = tender(&server, "pay", &["--table", "5"]).await?;
    ensure!(code == 0, "{code} {err}");
    let total = order["total"].as_str().context("a total")?.to_owned();
    paid(&server, &order, &total).await?;
    let account = server.open_check("7.30").await?;
    let identifier = account["kseries"]["account_identifier"]
        .as_str()
        .context("an account")?;
    let (code, _, err) = tender(&server, "pay", &["--dialect", "kseries", "--order", identifier]).await?;
    ensure!(code == 0, "{code} {err}");
    paid(&server, &account, "7.30").await?;

    let refused: [&[&str]; 4] = [
        &["--table", "99"],
        &["--order", "ord_1"],
        &["--table", "1", "--amount", "100000"],
        &[
            "--dialect",
            "kseries",
            "--table",
            "1",
            "--amount",
            "1",
            "--endpoint",
            "none",
        ],
    ];
    for arguments in refused {
        let (code, out, err) = tender(&server, "pay", arguments).await?;
        ensure!(code == 3 && out.is_empty(), "{arguments:?}: {code} {out}{err}");
    }
    for dialect in ["native", "kseries", "kounta", "om"] {
        for amount in ["abc", "NaN", "1,5", ""] {
            let arguments = ["--dialect", dialect, "--table", "1", "--amount", amount];
            let (code, _, err) = tender(&server, "pay", &arguments).await?;
            ensure!(code == 2, "{arguments:?}: {code} {err}");
        }
    }
    let (code, _, err) = tender(&server, "pay", &["--dialect", "om", "--table", "1", "--tip", "1"]).await?;
    ensure!(code == 2, "{code} {err}");
    server.audit().await?;
    server.healthy().await
}

#[tokio::test]
async fn a_terminal_is_a_till() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    server.behave("offline").await?;
    let order = server.open_check("20.06").await?;
    for reference in ["a", "b"] {
        server
            .pay(&server.pay_body(&order, reference, "demo", &json!(2)))
            .await?;
    }
    let (code, out, err) = tender(&server, "till", &["--auto", "--count", "2"]).await?;
    ensure!(
        code == 0 && out.matches("-> applied").count() == 2,
        "{code} {out}{err}"
    );
    paid(&server, &order, "4.00").await?;
    server
        .pay(&server.pay_body(&order, "c", "demo", &json!(2)))
        .await?;
    let device = server.secret("/till/device_ids/1");
    let refuse = ["--device", &device, "--refuse", "UPDATE_FAILED", "--count", "1"];
    let (code, out, err) = tender(&server, "till", &refuse).await?;
    ensure!(code == 0 && out.contains("-> refused"), "{code} {out}{err}");
    let found = server.read("/api/v1/payments/by-reference/c").await?;
    assert_eq!(found["state"], json!("will-never-apply"));
    // Nobody is there to ask.
    server
        .pay(&server.pay_body(&order, "d", "demo", &json!(2)))
        .await?;
    let (code, _, err) = tender(&server, "till", &["--count", "1"]).await?;
    ensure!(code == 2, "{code} {err}");
    for wrong in [&["--device", "99", "--auto"][..], &["--token", "wrong", "--auto"]] {
        let (code, _, err) = tender(&server, "till", wrong).await?;
        ensure!(code == 3, "{wrong:?}: {code} {err}");
    }
    server.healthy().await
}

#[tokio::test]
async fn listen_receives_and_verifies() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let first = Running::start(
        server.folder(),
        "first",
        &["listen", "--listen", "127.0.0.1:0", "--count", "2"],
    )?;
    let url = first.address().await?;
    server
        .endpoint(&json!({"endpointId": "L", "url": format!("{url}/")}))
        .await?;
    let order = server.open_check("20.06").await?;
    server
        .pay(&server.pay_body(&order, "plain", "L", &json!(2)))
        .await?;
    let (code, out) = first.end().await?;
    ensure!(
        code == 0 && out.contains("signature not checked") && out.contains("CHECK_WAS_UPDATED"),
        "{code} {out}"
    );

    let endpoints = server.read("/api/v1/webhook-endpoints").await?;
    let endpoint = endpoints["items"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|it| it["name"] == json!("L"));
    let id = endpoint
        .and_then(|it| it["id"].as_str())
        .context("the endpoint")?;
    let path = format!("/api/v1/webhook-endpoints/{id}/secret");
    let (status, body) = json_answer(server.native(Method::POST, &path)).await?;
    ensure!(status == StatusCode::OK, "{status}: {body}");
    let secret = body["secret"].as_str().context("a secret")?;
    let wrong = "whsec_d3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmc=";
    for (name, given, verified) in [("right", secret, true), ("wrong", wrong, false)] {
        let arguments = [
            "listen",
            "--listen",
            "127.0.0.1:0",
            "--count",
            "1",
            "--json",
            "--secret",
            given,
        ];
        let listening = Running::start(server.folder(), name, &arguments)?;
        let url = listening.address().await?;
        server
            .endpoint(&json!({"endpointId": "L", "url": format!("{url}/")}))
            .await?;
        let order = server.open_check("20.06").await?;
        server.pay(&server.pay_body(&order, name, "L", &json!(2))).await?;
        let (code, out) = listening.end().await?;
        let message: Value = serde_json::from_str(out.trim())?;
        assert_eq!((code, &message["verified"]), (0, &json!(verified)), "{message}");
        assert_eq!(message["body"]["thirdPartyReference"], json!(name));
    }
    server.healthy().await
}

#[tokio::test]
async fn replay_sends_a_delivery_again() -> anyhow::Result<()> {
    let receiver = Receiver::start().await?;
    let server = Server::start(Options::default()).await?;
    server
        .endpoint(&json!({"endpointId": "R", "url": receiver.url}))
        .await?;
    let order = server.open_check("20.06").await?;
    server
        .pay(&server.pay_body(&order, "again", "R", &json!(20.06)))
        .await?;
    receiver.wait_for(2).await?;
    let deliveries = eventually("delivered messages", async || {
        let list = server.read("/api/v1/deliveries").await?;
        let done: Vec<_> = list["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|it| it["state"] == json!("delivered"))
            .cloned()
            .collect();
        Ok((done.len() == 2).then_some(done))
    })
    .await?;
    let ids: Vec<&str> = deliveries.iter().filter_map(|it| it["id"].as_str()).collect();
    let (code, out, err) = tender(&server, "replay", &ids).await?;
    ensure!(
        code == 0 && out.lines().eq(ids.iter().copied()),
        "{code} {out}{err}"
    );
    let messages = receiver.wait_for(4).await?;
    let keys = |messages: &[tender_e2e::Received]| {
        let mut keys: Vec<_> = messages
            .iter()
            .map(|it| it.header("x-lightspeed-idempotency-key").to_owned())
            .collect();
        keys.sort();
        keys
    };
    assert_eq!(
        keys(&messages[..2]),
        keys(&messages[2..4]),
        "a replay has the same key"
    );
    let (code, _, err) = tender(&server, "replay", &["dlv_1"]).await?;
    ensure!(code == 3, "{code} {err}");
    server.healthy().await
}

#[tokio::test]
async fn doctor_finds_tills_that_are_away() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let fine = eventually("tills that are online", async || {
        let (code, out, _) = tender(&server, "doctor", &["--json"]).await?;
        Ok((code == 0).then_some(out))
    })
    .await?;
    for line in fine.lines() {
        let finding: Value = serde_json::from_str(line)?;
        assert_eq!(finding["ok"], json!(true), "{finding}");
    }
    let devices = server.read("/api/v1/devices").await?;
    for device in devices["items"].as_array().into_iter().flatten() {
        server
            .behave_one(device["id"].as_str().unwrap_or_default(), "offline")
            .await?;
    }
    server.advance(600_000).await?;
    let found = eventually("finding", async || {
        let (code, out, _) = tender(&server, "doctor", &[]).await?;
        Ok((code == 5).then_some(out))
    })
    .await?;
    ensure!(found.contains("FAIL tills: 0 of "), "{found}");
    let (code, out, err) = tender(&server, "doctor", &["--token", "wrong"]).await?;
    ensure!(code == 5 && out.contains("FAIL credentials"), "{code} {out}{err}");
    let (code, out, err) = server
        .cli(&["doctor", "--url", "http://127.0.0.1:1", "--token", "x"])
        .await?;
    ensure!(code == 5 && out.contains("FAIL server"), "{code} {out}{err}");
    Ok(())
}
