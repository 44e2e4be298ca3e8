//! The calls that the demo prints work as printed.

use anyhow::{Context, ensure};
use tender_e2e::{Options, Server};
use tokio::process::Command;

/// Every printed call, pasted into a shell as it stands, succeeds.
#[tokio::test]
async fn printed_calls_work_as_printed() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let printed = server.printed()?;
    let calls: Vec<&str> = printed
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("curl "))
        .collect();
    ensure!(calls.len() >= 8, "the demo prints too little:\n{printed}");
    for call in calls {
        // `-f` makes curl fail on a refusal; everything else stays as printed.
        let pasted = call.replacen("curl -s", "curl -sf", 1);
        let output = Command::new("bash")
            .args(["-c", &pasted])
            .output()
            .await
            .context("bash")?;
        let answer = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "this failed: {call}\n{answer}");
        ensure!(
            answer.starts_with('{') || answer.starts_with('['),
            "no JSON came from: {call}\n{answer}"
        );
    }
    Ok(())
}

/// A restart prints the same credentials, and a second server on the same ledger is refused.
#[tokio::test]
async fn a_restart_keeps_credentials_and_one_ledger_has_one_server() -> anyhow::Result<()> {
    let mut server = Server::start(Options::default()).await?;
    let before = server.credentials.clone();
    let data = server.data().display().to_string();
    let (code, _, err) = server
        .cli(&["demo", "--listen", "127.0.0.1:0", "--data", &data])
        .await?;
    ensure!(
        code == 4,
        "a second server on the same ledger ended with {code}: {err}"
    );
    server.kill().await?;
    let server = server.restart().await?;
    let mut after = server.credentials.clone();
    // The port is free to change, and so is everything made of it.
    after["base_url"] = before["base_url"].clone();
    after["console_url"] = before["console_url"].clone();
    assert_eq!(after, before);
    ensure!(server.stop().await?, "the server did not stop well");
    Ok(())
}
