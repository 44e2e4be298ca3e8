//! The calls on the dialect's page of the documentation work as they stand there, and none is missing.

use anyhow::{Context, ensure};
use serde_json::Value;
use tender_e2e::{Options, Server};
use tokio::process::Command;

const PAGE: &str = include_str!("../../../../../docs/kseries.md");
const DESCRIPTION: &str = include_str!("../../../../../docs/openapi/kseries.json");

/// The shell blocks of the page, one after another.
fn script() -> String {
    let blocks = PAGE.split("```sh\n").skip(1);
    blocks.filter_map(|rest| rest.split("```").next()).collect()
}

/// Pasted into a shell beside the credentials, every call succeeds.
#[tokio::test]
async fn the_calls_of_the_page_work_as_they_stand() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script()])
        .current_dir(server.folder())
        .output()
        .await
        .context("bash")?;
    let answers = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{errors}\nafter\n{answers}");
    server.audit().await?;
    server.healthy().await
}

/// Every call of the published description has its example on the page.
#[test]
fn the_page_has_every_call() -> anyhow::Result<()> {
    let script = script();
    let calls: Vec<(String, Vec<String>)> = script.lines().filter_map(call).collect();
    let description: Value = serde_json::from_str(DESCRIPTION)?;
    let paths = description["paths"].as_object().context("paths")?;
    for (path, operations) in paths {
        let wanted: Vec<&str> = path.split('/').skip(1).collect();
        for method in operations
            .as_object()
            .into_iter()
            .flatten()
            .map(|(method, _)| method)
        {
            let has_it = calls.iter().any(|(called, segments)| {
                called.eq_ignore_ascii_case(method)
                    && segments.len() == wanted.len()
                    && segments
                        .iter()
                        .zip(&wanted)
                        .all(|(segment, wanted)| wanted.starts_with('{') || segment == wanted)
            });
            ensure!(has_it, "the page has no example of {method} {path}");
        }
    }
    Ok(())
}

/// The method and the segments of the path that a line calls, if it calls.
fn call(line: &str) -> Option<(String, Vec<String>)> {
    let (before, after) = line.split_once("$URL/")?;
    let method = before
        .split_once("-X ")
        .and_then(|(_, rest)| rest.split(' ').next())
        .unwrap_or("GET");
    let path = after.split(['"', '?', ' ']).next()?;
    Some((method.to_owned(), path.split('/').map(str::to_owned).collect()))
}
