//! An embedded ledger moves to PostgreSQL.

use std::path::Path;

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Receiver, Server, binary, json_answer, run};
use tender_testkit::postgres::Cluster;
use tokio::process::Command;

use super::{id_of, until};

async fn migrate(from: &Path, to: &str) -> anyhow::Result<(Option<i32>, String)> {
    let from = format!("sqlite:{}", from.display());
    let output = Command::new(binary())
        .args(["migrate", "--from", &from, "--to", to])
        .output()
        .await?;
    Ok((
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    ))
}

async fn events(server: &Server) -> anyhow::Result<Value> {
    let (status, body) = json_answer(server.native(Method::GET, "/api/v1/events?limit=100")).await?;
    ensure!(
        status == StatusCode::OK && body["items"].as_array().is_some_and(|items| items.len() > 20),
        "{body}"
    );
    Ok(body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embedded_ledger_moves_to_postgres_with_everything() -> anyhow::Result<()> {
    let cluster = Cluster::shared();
    let to = cluster.create_database().await;
    let (old_folder, new_folder) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let receiver = Receiver::start().await?;
    let old = Server::start_in(old_folder.path(), Options::default()).await?;
    old.endpoint(&json!({"endpointId": "E", "url": receiver.url}))
        .await?;
    let order = old.open_check("20.00").await?;
    let id = id_of(&order)?;
    for number in 0..12 {
        let body = old.pay_body(&order, &format!("moved-{number}"), "E", &json!(1));
        let (status, body) = json_answer(old.kseries(Method::POST, "/o/op/1/pay").json(&body)).await?;
        ensure!(status == StatusCode::OK, "{status}: {body}");
    }
    until("the till's confirmations", async || {
        Ok(old.order(id).await?["paid"] == json!("12.00"))
    })
    .await?;
    old.behave("offline").await?;
    let body = old.pay_body(&order, "moved-open", "E", &json!(3));
    let (status, body) = json_answer(old.kseries(Method::POST, "/o/op/1/pay").json(&body)).await?;
    ensure!(status == StatusCode::OK, "{status}: {body}");
    let (before, told) = (old.order(id).await?, events(&old).await?);
    let credentials = old.credentials.clone();

    let data = old.data();
    let (code, said) = migrate(&data, &to).await?;
    ensure!(
        code == Some(4),
        "the ledger of a running server was copied: {code:?} {said}"
    );
    ensure!(old.stop().await?, "the server did not stop well");
    let (code, said) = migrate(&data, &to).await?;
    ensure!(
        code == Some(0) && said.contains("; 0 findings"),
        "the copy ended with {code:?}: {said}"
    );
    ensure!(!said.contains("numbered anew"), "{said}");
    let (code, said) = migrate(&data, &to).await?;
    ensure!(
        code == Some(1) && said.contains("not empty"),
        "a second copy ended with {code:?}: {said}"
    );

    let options = Options {
        database_url: Some(to),
        ..Options::default()
    };
    let new = Server::start_in(new_folder.path(), options).await?;
    for part in ["admin", "till", "kseries", "kounta", "om", "native"] {
        assert_eq!(new.credentials[part], credentials[part], "{part}");
    }
    assert_eq!(new.order(id).await?, before);
    // Every event with its cursor is as it was; what the start of the new server adds comes after.
    let (now, then) = (events(&new).await?, told);
    for (now, then) in now["items"]
        .as_array()
        .context("a list")?
        .iter()
        .zip(then["items"].as_array().context("a list")?)
    {
        assert_eq!(now, then);
    }
    // A reference stays used, and what was open goes on.
    let body = new.pay_body(&order, "moved-3", "E", &json!(1));
    let (status, body) = json_answer(new.kseries(Method::POST, "/o/op/1/pay").json(&body)).await?;
    ensure!(status == StatusCode::BAD_REQUEST, "{status}: {body}");
    new.behave("auto").await?;
    until("the open payment", async || {
        Ok(new.order(id).await?["paid"] == json!("15.00"))
    })
    .await?;
    new.audit().await
}

/// A newer program's commands beside running nodes: only those that serve, or are asked to migrate, change the schema.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_is_behind_is_migrated_by_nobody_who_may_not() -> anyhow::Result<()> {
    let cluster = Cluster::shared();
    let url = cluster.create_database().await;
    let folder = tempfile::tempdir()?;
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let file = folder.path().join("shop.json");
    std::fs::write(&file, json!({"merchant": {"id": 1, "name": "Shop"}}).to_string())?;
    let file = file.display().to_string();
    let at =
        async |command: &[&str]| run(&[command, &["--database-url", &url]].concat(), folder.path()).await;
    let looking: [&[&str]; 3] = [
        &["audit", "verify"],
        &["export"],
        &["token", "list", "--merchant", "1"],
    ];
    for command in looking {
        let (code, _, err) = at(command).await?;
        ensure!(
            code == 4 && err.contains("tender migrate"),
            "{command:?}: {code} {err}"
        );
    }
    let table = "SELECT to_regclass('tender_schema') IS NULL";
    ensure!(
        client.query_one(table, &[]).await?.get::<_, bool>(0),
        "somebody who looked made tables"
    );

    let import: &[&str] = &["directory", "import", &file];
    let (code, _, err) = at(import).await?;
    ensure!(code == 0, "an import into an empty database: {code} {err}");
    let version = "SELECT max(version) FROM tender_schema";
    let current: i64 = client.query_one(version, &[]).await?.get(0);
    client
        .execute("DELETE FROM tender_schema WHERE version = $1", &[&current])
        .await?;
    for command in looking.into_iter().chain([import]) {
        let (code, _, err) = at(command).await?;
        ensure!(
            code == 4 && err.contains("tender migrate"),
            "{command:?}: {code} {err}"
        );
        let found: i64 = client.query_one(version, &[]).await?.get(0);
        assert_eq!(found, current - 1, "{command:?}");
    }
    let (code, _, err) = at(&["migrate"]).await?;
    ensure!(code == 0, "{code} {err}");
    for command in looking {
        let (code, _, err) = at(command).await?;
        ensure!(code == 0, "{command:?}: {code} {err}");
    }
    Ok(())
}
