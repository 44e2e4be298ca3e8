//! The shell examples of a page of the documentation, run as they stand.

use anyhow::{Context, ensure};
use tender_e2e::Server;
use tokio::process::Command;

/// The shell code of a page, block after block.
pub(super) fn script(page: &str) -> String {
    let mut code = String::new();
    let mut is_code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            is_code = line == "```sh";
        } else if is_code {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

/// Runs a script beside a server's credentials file; answers what it printed.
pub(super) async fn run(server: &Server, script: &str) -> anyhow::Result<String> {
    // `-f` makes curl fail on a refusal; everything else stays as it is printed.
    let script = script.replace("curl -s", "curl -fsS");
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(server.folder())
        .output()
        .await
        .context("bash")?;
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    ensure!(output.status.success(), "{err}\n{out}");
    Ok(out.into_owned())
}
