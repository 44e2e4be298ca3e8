//! `tender token`: on a ledger that no server holds.

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Server, client, eventually, json_answer, run};

use super::Running;

fn lines(text: &str) -> anyhow::Result<Vec<Value>> {
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

#[tokio::test]
async fn tokens_are_made_listed_and_revoked() -> anyhow::Result<()> {
    let mut server = Server::start(Options::default()).await?;
    let data = server.data().display().to_string();
    let (merchant, location) = (
        server.secret("/kounta/company_id"),
        server.secret("/native/location_id"),
    );
    let store = ["token", "--data", &data];
    let create = ["create", "--merchant", &merchant, "--json", "--for"];
    let (code, _, err) = server.cli(&[&store[..], &create, &["admin"]].concat()).await?;
    ensure!(code == 4, "a token was made under a running server: {code} {err}");
    server.kill().await?;

    let mut made = Vec::new();
    for purpose in ["admin", "till", "om", "application"] {
        let rest = [purpose, "--location", &location, "--label", "made here"];
        let (code, out, err) = server.cli(&[&store[..], &create, &rest].concat()).await?;
        ensure!(code == 0, "{purpose}: {code} {err}");
        made.push(lines(&out)?.remove(0));
    }
    let token = |index: usize| made[index]["token"].as_str().unwrap_or_default().to_owned();
    let list = ["list", "--merchant", &merchant, "--json"];
    let (code, out, err) = server.cli(&[&store[..], &list].concat()).await?;
    ensure!(code == 0, "{code} {err}");
    for (index, made) in made.iter().enumerate() {
        ensure!(!out.contains(&token(index)), "the list shows a token");
        let listed = lines(&out)?
            .into_iter()
            .find(|listed| listed["id"] == made["id"])
            .context("it is listed")?;
        assert_eq!(
            (&listed["label"], &listed["state"]),
            (&json!("made here"), &json!("live"))
        );
    }
    let refused: [&[&str]; 3] = [
        &["create", "--merchant", "1", "--for", "admin"],
        &[
            "create",
            "--merchant",
            &merchant,
            "--for",
            "till",
            "--location",
            "1",
        ],
        &["revoke", "00000000000000000000000000000000"],
    ];
    for arguments in refused {
        let (code, out, err) = server.cli(&[&store[..], arguments].concat()).await?;
        ensure!(
            [2, 3].contains(&code) && out.is_empty(),
            "{arguments:?}: {code} {out}{err}"
        );
    }

    let mut server = server.restart().await?;
    let status = async |server: &Server, method: Method, path: &str, token: &str| {
        let body = json!({"device_id": server.secret("/till/device_ids/0"), "max": 1, "wait_ms": 0});
        let request = server.request(method.clone(), path).bearer_auth(token);
        let request = if method == Method::POST {
            request.json(&body)
        } else {
            request
        };
        anyhow::Ok(json_answer(request).await?.0)
    };
    let orders = format!("/api/v1/orders?location_id={location}");
    assert_eq!(
        status(&server, Method::GET, &orders, &token(0)).await?,
        StatusCode::OK
    );
    assert_eq!(
        status(&server, Method::POST, "/api/v1/till/claim", &token(1)).await?,
        StatusCode::OK
    );
    assert_eq!(
        status(&server, Method::GET, &orders, &token(3)).await?,
        StatusCode::OK
    );
    let om = server
        .request(Method::GET, "/v1/om/payment-methods")
        .header("api-key", token(2));
    let (om, body) = json_answer(om.header("organization-id", server.secret("/om/organization_id"))).await?;
    ensure!(om == StatusCode::OK, "{om}: {body}");
    // A till's token is no administrator's.
    let cases = status(&server, Method::GET, "/api/v1/webhook-endpoints", &token(1)).await?;
    assert_eq!(cases, StatusCode::FORBIDDEN);
    server.kill().await?;

    let id = made[0]["id"].as_str().context("an id")?;
    let (code, _, err) = server.cli(&[&store[..], &["revoke", id]].concat()).await?;
    ensure!(code == 0 && err.contains("revoked"), "{code} {err}");
    let server = server.restart().await?;
    assert_eq!(
        status(&server, Method::GET, &orders, &token(0)).await?,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        status(&server, Method::GET, &orders, &token(3)).await?,
        StatusCode::OK
    );
    server.healthy().await
}

/// A merchant of one's own: imported, given a token, served.
#[tokio::test]
async fn a_directory_is_imported_and_served() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("shop.json");
    let import = ["directory", "import", "shop.json", "--data", "ledger"];
    let shop = |currency: &str| {
        json!({
            "merchant": {"id": 1, "name": "Chez Nous", "time_zone": "Europe/Paris"},
            "locations": [{"id": 11, "name": "Paris", "currency": currency, "time_zone": "Europe/Paris", "station": 1}],
            "methods": [{"id": 1, "code": "CASH", "name": "Cash", "visible": true, "active": true}],
            "devices": [{"id": 111, "location": 11, "name": "Till 1"}],
        })
    };
    std::fs::write(&file, shop("EURO").to_string())?;
    let (code, _, err) = run(&import, folder.path()).await?;
    ensure!(
        code == 2 && err.contains("EURO"),
        "a wrong currency ended with {code}: {err}"
    );
    std::fs::write(&file, shop("EUR").to_string())?;
    let (code, _, err) = run(&import, folder.path()).await?;
    ensure!(code == 0 && err.contains("4 records"), "{code}: {err}");
    let create = [
        "token",
        "create",
        "--merchant",
        "1",
        "--for",
        "admin",
        "--data",
        "ledger",
    ];
    let (code, token, err) = run(&create, folder.path()).await?;
    ensure!(code == 0, "{code}: {err}");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", "ledger"];
    let serving = Running::start(folder.path(), "serve", &serve)?;
    let url = serving.address().await?;
    let client = client()?;
    let order =
        json!({"location_id": "11", "lines": [{"name": "Lunch", "quantity": 1, "unit_amount": "12.00"}]});
    let opened = eventually("an order", async || {
        let request = client
            .post(format!("{url}/api/v1/orders"))
            .bearer_auth(token.trim())
            .json(&order);
        Ok(request.send().await.ok().map(|answer| answer.status()))
    })
    .await?;
    assert_eq!(opened, StatusCode::CREATED);
    Ok(())
}
