//! Schemathesis, which makes requests out of the OpenAPI documents: no answer is a failure of the server, has an
//! undocumented status or another body than the document says.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tender_e2e::{Options, Server};
use tokio::process::Command;

/// Names the tool; `cargo xtask test` installs it and sets this.
const VARIABLE: &str = "TENDER_SCHEMATHESIS";
/// Requests per operation that are made up, beside the document's examples and the edges of its schemas.
const EXAMPLES_MAX: &str = "10";
/// The same requests in every run, so that a failure is one of the change that was made.
const SEED: &str = "1";
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Runs the tool over a document of a fresh server. `headers` says who asks; `without` are paths that are left alone.
async fn fuzz(
    document: &str,
    headers: impl Fn(&Server) -> Vec<String>,
    without: &[&str],
) -> anyhow::Result<()> {
    let tool = std::env::var_os(VARIABLE).map(PathBuf::from);
    let tool = tool.with_context(|| {
        format!("{VARIABLE} is not set: `cargo xtask setup` installs Schemathesis and names it")
    })?;
    let server = Server::start(Options::default()).await?;
    let mut command = Command::new(tool);
    command.args([
        "run",
        &server.url(document),
        "--checks",
        CHECKS,
        "--max-examples",
        EXAMPLES_MAX,
        "--seed",
        SEED,
    ]);
    command.args([
        "--phases",
        "examples,coverage,fuzzing",
        "--no-shrink",
        "--no-color",
        "--suppress-health-check",
        "all",
    ]);
    command.args([
        "--continue-on-failure",
        "--warnings",
        "off",
        "--request-timeout",
        "10",
    ]);
    for header in headers(&server) {
        command.args(["--header", &header]);
    }
    for path in without {
        command.args(["--exclude-path", path]);
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
    ensure!(
        printed.contains("generated"),
        "Schemathesis did nothing:\n{printed}"
    );
    server.healthy().await?;
    server.audit().await
}

fn bearer(server: &Server, pointer: &str) -> Vec<String> {
    vec![format!("Authorization: Bearer {}", server.secret(pointer))]
}

#[tokio::test]
async fn native_answers_as_described() -> anyhow::Result<()> {
    let without = [
        // A clock that runs years ahead ends every token, and then there is nothing more to see.
        "/api/v1/sandbox/clock",
        // These wait for tasks, as long as the request says or for ever; the tests of tills look at them.
        "/api/v1/till/claim",
        "/api/v1/till/tasks",
    ];
    let headers = |server: &Server| {
        let mut headers = bearer(server, "/admin/token");
        // Events come as a page, not as a stream without an end.
        headers.push("Accept: application/json".to_owned());
        headers
    };
    fuzz("/api/v1/openapi.json", headers, &without).await
}

#[tokio::test]
async fn kseries_answers_as_described() -> anyhow::Result<()> {
    fuzz(
        "/openapi/kseries.json",
        |server| bearer(server, "/kseries/access_token"),
        &[],
    )
    .await
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
    fuzz("/openapi/kounta.json", basic, &[]).await
}

#[tokio::test]
async fn om_answers_as_described() -> anyhow::Result<()> {
    let key = |server: &Server| {
        vec![
            format!("api-key: {}", server.secret("/om/api_key")),
            format!("organization-id: {}", server.secret("/om/organization_id")),
        ]
    };
    fuzz("/openapi/om.json", key, &[]).await
}
