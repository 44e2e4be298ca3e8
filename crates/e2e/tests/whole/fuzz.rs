//! Schemathesis, which makes requests out of the OpenAPI documents: no answer is a failure of the server, has a status, a header
//! or a body that the document does not have; nothing malformed is accepted, nobody unknown is served, no method is answered
//! that is not there, and what was deleted is gone.
//!
//! Which checks and phases, with the reasons for those left out, is in `fuzz/schemathesis.toml`.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use tender_e2e::{Options, Server};
use tokio::process::Command;

use crate::examples::made::Made;

/// Names the tool; `cargo xtask test` installs it and sets this.
const VARIABLE: &str = "TENDER_SCHEMATHESIS";
/// The number of the order that the descriptions' examples name.
const EXAMPLE: &str = "488078791696384";
/// Phases that go through each operation by itself.
const EACH_ALONE: [&str; 2] = ["--phases", "examples,coverage,fuzzing"];
/// The least number of requests per operation that a run makes. Far fewer would be a tool that found nothing to do.
const REQUESTS_PER_OPERATION_MIN: usize = 8;

/// Writes an API's document into the server's folder. It is the one that is served, but for the order of its examples, and so
/// their payment, which are there: else most of what is tried would end with nothing found.
async fn write_document(server: &Server, api: &str) -> anyhow::Result<PathBuf> {
    let path = format!("/openapi/{api}.json");
    let document = server.request(Method::GET, &path).send().await?.text().await?;
    let payment = Made::OmPending.make(server).await?;
    let payment = payment["id"].as_str().context("a payment")?;
    let order = payment
        .strip_prefix("pay_")
        .and_then(|rest| rest.strip_suffix("_1"));
    let file = server.folder().join(format!("{api}.json"));
    std::fs::write(
        &file,
        document.replace(EXAMPLE, order.context("the first payment of an order")?),
    )?;
    Ok(file)
}

/// Runs the tool over the description of an API of a fresh server. `headers` say who asks; `filter` chooses operations.
async fn fuzz(api: &str, headers: impl Fn(&Server) -> Vec<String>, filter: &[&str]) -> anyhow::Result<()> {
    let tool = std::env::var_os(VARIABLE).map(PathBuf::from);
    let tool = tool.with_context(|| {
        format!("{VARIABLE} is not set: `cargo xtask setup` installs Schemathesis and names it")
    })?;
    let server = Server::start(Options::default()).await?;
    let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/whole/fuzz/schemathesis.toml");
    let mut command = Command::new(tool);
    command.arg("--config-file").arg(configuration);
    command
        .args(["--no-color", "run"])
        .arg(write_document(&server, api).await?);
    command.args(["--url", &server.url("/")]).args(filter);
    for header in headers(&server) {
        command.args(["--header", &header]);
    }
    // What the tool leaves behind goes where the server's data is, and with it.
    let output = command
        .current_dir(server.folder())
        .kill_on_drop(true)
        .output()
        .await
        .context("Schemathesis")?;
    let printed = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "{printed}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let number = |before: &str| number_after(&printed, before);
    let (tested, requests) = (number("Tested:"), number("Test cases:"));
    ensure!(
        tested > 0 && requests >= tested * REQUESTS_PER_OPERATION_MIN,
        "Schemathesis made {requests} requests for {tested} operations:\n{printed}"
    );
    server.healthy().await?;
    server.audit().await
}

/// The first number after a text; zero if there is none.
fn number_after(printed: &str, before: &str) -> usize {
    let rest = printed.split_once(before).map_or("", |(_, rest)| rest);
    let digits: String = rest
        .trim_start()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap_or_default()
}

fn bearer(server: &Server, pointer: &str) -> Vec<String> {
    vec![format!("Authorization: Bearer {}", server.secret(pointer))]
}

/// Who administers, and wants events as a page, not as a stream without an end.
fn administrator(server: &Server) -> Vec<String> {
    let mut headers = bearer(server, "/admin/token");
    headers.push("Accept: application/json".to_owned());
    headers
}

#[tokio::test]
async fn native_answers_as_described() -> anyhow::Result<()> {
    let without = [
        "--exclude-operation-id",
        "claimTasks",
        "--exclude-operation-id",
        "streamTasks",
    ];
    let without_clock = ["--exclude-path", "/api/v1/sandbox/clock"];
    fuzz("native", administrator, &[&without[..], &without_clock].concat()).await
}

/// Years ahead every token has ended, and then there is nothing more to see of anything else.
#[tokio::test]
async fn the_sandbox_clock_answers_as_described() -> anyhow::Result<()> {
    let clock = ["--include-path", "/api/v1/sandbox/clock"];
    fuzz("native", administrator, &[&clock[..], &EACH_ALONE].concat()).await
}

/// These wait for tasks when they name a device that is there. The tool learns names of devices from other operations, so each
/// of these has a run of its own.
#[tokio::test]
async fn what_waits_for_tasks_answers_as_described() -> anyhow::Result<()> {
    for operation in ["claimTasks", "streamTasks"] {
        let waiting = ["--include-operation-id", operation];
        fuzz("native", administrator, &[&waiting[..], &EACH_ALONE].concat()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn kseries_answers_as_described() -> anyhow::Result<()> {
    let headers = |server: &Server| bearer(server, "/kseries/access_token");
    fuzz("kseries", headers, &[]).await
}

#[tokio::test]
async fn kounta_answers_as_described() -> anyhow::Result<()> {
    let basic = |server: &Server| {
        let pair = format!(
            "{}:{}",
            server.secret("/kounta/client_id"),
            server.secret("/kounta/client_secret")
        );
        vec![format!("Authorization: Basic {}", BASE64_STANDARD.encode(pair))]
    };
    fuzz("kounta", basic, &[]).await
}

#[tokio::test]
async fn om_answers_as_described() -> anyhow::Result<()> {
    let key = |server: &Server| {
        vec![
            format!("api-key: {}", server.secret("/om/api_key")),
            format!("organization-id: {}", server.secret("/om/organization_id")),
        ]
    };
    fuzz("om", key, &[]).await
}
