//! `tender export`, `audit verify`, `migrate`: what is in the ledger, and whether it is still what was written.

use std::path::Path;

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use rusqlite::Connection;
use serde_json::{Value, json};
use tender_e2e::{Options, Server, json_answer, run};

/// A stopped server's ledger with a payment by each kind of life.
async fn ledger() -> anyhow::Result<Server> {
    let mut server = Server::start(Options::default()).await?;
    let order = server.open_check("20.06").await?;
    let id = order["id"].as_str().context("an id")?;
    for amount in ["10.00", "10.06"] {
        let path = format!("/api/v1/orders/{id}/payments");
        let body = json!({"amount": amount, "method_code": "CASH", "mode": "immediate", "reference": amount});
        let (status, body) = json_answer(server.native(Method::POST, &path).json(&body)).await?;
        ensure!(status == StatusCode::CREATED, "{status}: {body}");
    }
    server.audit().await?;
    server.kill().await?;
    Ok(server)
}

#[tokio::test]
async fn the_journal_is_exported_as_json_lines() -> anyhow::Result<()> {
    let server = ledger().await?;
    let data = server.data().display().to_string();
    let (code, out, err) = server.cli(&["export", "--data", &data]).await?;
    ensure!(code == 0, "{code} {err}");
    let entries: Vec<Value> = out.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let mut merchants: Vec<u64> = Vec::new();
    for entry in &entries {
        let postings = entry["postings"].as_array().context("postings")?;
        let sum: i64 = postings
            .iter()
            .filter_map(|posting| posting["amount_minor"].as_i64())
            .sum();
        assert_eq!(sum, 0, "{entry}");
        let merchant = entry["merchant_id"].as_u64().context("a merchant")?;
        if !merchants.contains(&merchant) {
            merchants.push(merchant);
        }
    }
    ensure!(merchants.len() == 2, "the demo has two merchants: {merchants:?}");
    let merchant = merchants[0].to_string();
    let (code, one, _) = server
        .cli(&["export", "--data", &data, "--merchant", &merchant])
        .await?;
    ensure!(
        code == 0 && one.lines().count() < entries.len() && out.starts_with(&one),
        "one merchant's part"
    );
    // A number mistyped must not look like a merchant without entries.
    let (code, none, err) = server
        .cli(&["export", "--data", &data, "--merchant", "1"])
        .await?;
    ensure!(
        code == 3 && none.is_empty() && err.contains("there is no merchant 1"),
        "{code} {none}{err}"
    );
    Ok(())
}

#[tokio::test]
async fn migrating_an_up_to_date_ledger_changes_nothing() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    for _ in 0..2 {
        let (code, _, err) = run(&["migrate", "--data", "fresh"], folder.path()).await?;
        ensure!(code == 0 && err.contains("up to date"), "{code} {err}");
    }
    let (code, out, _) = run(&["audit", "verify", "--data", "fresh", "--json"], folder.path()).await?;
    assert_eq!(
        (code, serde_json::from_str::<Value>(&out)?["entries"].clone()),
        (0, json!(0))
    );
    // Only the one that is asked to migrates a ledger, and nothing else makes one where there is none.
    let file = folder.path().join("shop.json");
    std::fs::write(&file, json!({"merchant": {"id": 1, "name": "Shop"}}).to_string())?;
    let file = file.display().to_string();
    let commands: [&[&str]; 5] = [
        &["audit", "verify"],
        &["export"],
        &["backup", "--to", "copy.db"],
        &["token", "list", "--merchant", "1"],
        &["directory", "import", &file],
    ];
    let ledger = Connection::open(folder.path().join("fresh/ledger.db"))?;
    let current: u32 = ledger.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    ledger.pragma_update(None, "user_version", current - 1)?;
    for command in commands {
        let (code, _, err) = run(&[command, &["--data", "fresh"]].concat(), folder.path()).await?;
        ensure!(
            code == 4 && err.contains("tender migrate"),
            "{command:?}: {code} {err}"
        );
        let found: u32 = ledger.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        assert_eq!(found, current - 1, "{command:?}");
    }
    // A ledger of a later version is left alone.
    Connection::open(folder.path().join("fresh/ledger.db"))?.pragma_update(None, "user_version", 9_999)?;
    let (code, _, err) = run(&["migrate", "--data", "fresh"], folder.path()).await?;
    ensure!(code == 4, "{code} {err}");
    Ok(())
}

/// A backup is whole, and never in the place of something else.
#[tokio::test]
async fn a_backup_is_a_ledger_and_overwrites_nothing() -> anyhow::Result<()> {
    let server = ledger().await?;
    let data = server.data().display().to_string();
    let copy = server.folder().join("copy");
    std::fs::create_dir(&copy)?;
    let to = copy.join("ledger.db").display().to_string();
    let backup = ["backup", "--data", data.as_str(), "--to", to.as_str()];
    let (code, out, err) = server.cli(&backup).await?;
    ensure!(
        code == 0 && out.is_empty() && err.contains(&to),
        "{code} {out} {err}"
    );
    let (code, report, _) = server
        .cli(&["audit", "verify", "--data", &copy.display().to_string(), "--json"])
        .await?;
    assert_eq!(
        (code, serde_json::from_str::<Value>(&report)?["payments"].clone()),
        (0, json!(2))
    );
    let before = std::fs::read(&to)?;
    let (code, _, err) = server.cli(&backup).await?;
    ensure!(code == 1 && err.contains("no backup was made"), "{code} {err}");
    ensure!(std::fs::read(&to)? == before, "the first backup was touched");
    let (code, _, err) = server
        .cli(&["backup", "--data", "nowhere", "--to", "nothing.db"])
        .await?;
    ensure!(
        code == 4 && !server.folder().join("nothing.db").exists(),
        "{code} {err}"
    );
    Ok(())
}

/// Whoever changes the ledger behind the server's back is found out.
#[tokio::test]
async fn the_audit_finds_what_was_changed_behind_its_back() -> anyhow::Result<()> {
    let server = ledger().await?;
    let data = server.data();
    let (code, out, _) = server
        .cli(&["audit", "verify", "--data", &data.display().to_string(), "--json"])
        .await?;
    let report: Value = serde_json::from_str(&out)?;
    assert_eq!(
        (code, &report["findings"], &report["payments"]),
        (0, &json!([]), &json!(2))
    );
    let last = "position = (select max(position) from journal)";
    let swap = "update journal set seq = 1000 - seq where order_id = (select max(order_id) from journal where seq > 2)";
    let tampering = [
        // An amount in the journal, and the detail beside it.
        "update journal set doc = replace(doc, '1006', '1007') where doc like '%1006%'".to_owned(),
        // An entry is gone, the last one of its order too.
        "delete from journal where position = (select min(position) from journal where seq = 2)".to_owned(),
        format!("delete from journal where {last}"),
        // The order of entries.
        swap.to_owned(),
        // Sums and states of records.
        "update orders set doc = replace(doc, '\"received_minor\":2006', '\"received_minor\":2005')"
            .to_owned(),
        "update payments set doc = replace(doc, '\"amount_minor\":1006', '\"amount_minor\":1005')".to_owned(),
        "delete from payments where number = 2".to_owned(),
        // The key of a payment, so that its reference could be used again.
        "delete from keys where doc like '%10.06%'".to_owned(),
        // The hash itself.
        format!("update journal set doc = replace(doc, '\"hash\":\"', '\"hash\":\"A') where {last}"),
    ];
    for (number, statement) in tampering.iter().enumerate() {
        let copy = server.folder().join(format!("copy-{number}"));
        copy_ledger(&data, &copy)?;
        let changed = Connection::open(copy.join("ledger.db"))?.execute(statement, [])?;
        ensure!(changed > 0, "nothing was changed by: {statement}");
        let (code, out, err) = server
            .cli(&["audit", "verify", "--data", &copy.display().to_string()])
            .await?;
        // A record that cannot even be read is no clean book either.
        let found = code == 5 && !out.is_empty();
        let unreadable = code == 1 && !err.is_empty() && !err.contains("panicked");
        ensure!(
            found || (unreadable && statement.contains("hash")),
            "{statement} ended with {code}:\n{out}\n{err}"
        );
    }
    Ok(())
}

fn copy_ledger(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for file in std::fs::read_dir(from)? {
        let file = file?;
        std::fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(())
}
