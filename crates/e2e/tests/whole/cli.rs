//! Every command of the command line, and its exit codes.

mod books;
mod remote;
mod stop;
mod token;

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Server, binary, client, eventually, json_answer, run};
use tokio::process::{Child, Command};

/// A started `tender` command, with its output in files of a folder.
struct Running {
    process: Child,
    folder: std::path::PathBuf,
    name: &'static str,
}

impl Running {
    fn start(folder: &Path, name: &'static str, arguments: &[&str]) -> anyhow::Result<Self> {
        let file = |kind: &str| std::fs::File::create(folder.join(format!("{name}.{kind}")));
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(folder).kill_on_drop(true);
        command
            .stdin(Stdio::null())
            .stdout(file("out")?)
            .stderr(file("err")?);
        let process = command.spawn().context("tender starts")?;
        Ok(Self {
            process,
            folder: folder.to_owned(),
            name,
        })
    }

    fn text(&self, kind: &str) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(
            self.folder.join(format!("{}.{kind}", self.name)),
        )?)
    }

    /// The address that the command says it is at.
    async fn address(&self) -> anyhow::Result<String> {
        eventually("address on stderr", async || {
            let text = self.text("err")?;
            let found = text
                .split_whitespace()
                .find(|word| word.starts_with("http://127.0.0.1:"));
            Ok(found.map(|word| word.trim_end_matches([';', '/']).to_owned()))
        })
        .await
    }

    /// Waits for the end; answers the exit code and stdout.
    async fn end(mut self) -> anyhow::Result<(i32, String)> {
        let ended = tokio::time::timeout(std::time::Duration::from_secs(30), self.process.wait()).await;
        let code = ended
            .with_context(|| format!("tender {} does not end", self.name))??
            .code();
        Ok((code.unwrap_or(-1), self.text("out")?))
    }

    async fn terminate(&self) -> anyhow::Result<()> {
        let id = self.process.id().context("the process is gone already")?;
        let told = Command::new("kill")
            .args(["-TERM", &id.to_string()])
            .status()
            .await?;
        ensure!(told.success(), "kill failed");
        Ok(())
    }
}

/// Wrong usage is 2, whatever the command.
#[tokio::test]
async fn wrong_usage_is_exit_code_2() -> anyhow::Result<()> {
    let folder = tempfile_folder()?;
    let wrong: [&[&str]; 12] = [
        &[],
        &["nonsense"],
        &["serve", "--nonsense"],
        &["serve", "--ttl-ms", "1"],
        &["demo", "--listen", "somewhere"],
        &["pay"],
        &["pay", "--table", "1"],
        &["pay", "--dialect", "other", "--table", "1"],
        &["token", "create", "--merchant", "1"],
        &["token", "--data", "d", "revoke", "not-an-id"],
        &["replay"],
        &["completions", "no-shell"],
    ];
    for arguments in wrong {
        let (code, out, err) = run(arguments, folder.path()).await?;
        ensure!(code == 2, "{arguments:?} ended with {code}: {out}{err}");
        ensure!(
            !err.is_empty() && !err.contains("panicked"),
            "{arguments:?} says: {err}"
        );
    }
    Ok(())
}

/// What cannot be reached is 4.
#[tokio::test]
async fn what_is_away_is_exit_code_4() -> anyhow::Result<()> {
    let folder = tempfile_folder()?;
    // Port 1 is nobody's.
    let url = "http://127.0.0.1:1";
    let away: [&[&str]; 9] = [
        &["till", "--url", url, "--token", "x", "--device", "1", "--auto"],
        &["replay", "--url", url, "--token", "x", "dlv_1"],
        &["export", "--data", "none"],
        &["audit", "verify", "--data", "none"],
        &["token", "--data", "none", "list", "--merchant", "1"],
        &["backup", "--data", "none", "--to", "copy.db"],
        &["migrate", "--database-url", "postgres://u:p@127.0.0.1:1/none"],
        &[
            "audit",
            "verify",
            "--database-url",
            "postgres://u:p@127.0.0.1:1/none",
        ],
        &[
            "serve",
            "--database-url",
            "postgres://u:p@127.0.0.1:1/none",
            "--listen",
            "127.0.0.1:0",
        ],
    ];
    for arguments in away {
        let (code, out, err) = run(arguments, folder.path()).await?;
        ensure!(code == 4, "{arguments:?} ended with {code}: {out}{err}");
        ensure!(
            err.starts_with("tender: ") || arguments[0] == "till",
            "{arguments:?} says: {err}"
        );
        ensure!(!err.contains("u:p@"), "a password is shown: {err}");
    }
    ensure!(!folder.path().join("none").exists(), "reading made a folder");
    let busy = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = busy.local_addr()?.to_string();
    for arguments in [
        &["serve", "--listen", &address, "--data", "d"][..],
        &["listen", "--listen", &address],
    ] {
        let (code, _, err) = run(arguments, folder.path()).await?;
        ensure!(code == 4, "{arguments:?} ended with {code}: {err}");
        ensure!(
            err.contains("port 0 takes a free one"),
            "{arguments:?} says: {err}"
        );
    }
    Ok(())
}

/// What is refused says what was wrong, and what to do.
#[tokio::test]
async fn refusals_name_what_is_wrong_and_what_to_do() -> anyhow::Result<()> {
    let mut server = Server::start(Options::default()).await?;
    let pay = [
        "pay",
        "--credentials-file",
        "credentials.json",
        "--table",
        "1",
        "--reference",
        "mine",
    ];
    let (code, _, err) = server.cli(&[&pay[..], &["--amount", "9999"]].concat()).await?;
    ensure!(code == 3 && err.contains("due"), "{code} {err}");
    let (code, out, err) = server
        .cli(&["pay", "--credentials-file", "none.json", "--table", "1"])
        .await?;
    ensure!(
        code == 1 && err.contains("tender demo --credentials-file"),
        "{code} {out}{err}"
    );
    let till = ["till", "--token", "wrong", "--device", "1", "--auto"];
    let url = server.url("");
    let (code, _, err) = server.cli(&[&till[..], &["--url", &url]].concat()).await?;
    ensure!(
        code == 3 && err.contains("There is no such token."),
        "{code} {err}"
    );
    let away = ["--url", "http://127.0.0.1:1"];
    let (code, _, err) = server.cli(&[&till[..], &away].concat()).await?;
    ensure!(code == 4 && err.contains("is the server running"), "{code} {err}");
    let replay = ["replay", "--credentials-file", "credentials.json", "dlv_1"];
    let (code, _, err) = server.cli(&replay).await?;
    ensure!(
        code == 3 && err.contains("dlv_1 is not sent again"),
        "{code} {err}"
    );
    let data = server.data().display().to_string();
    let list = ["token", "--data", &data, "list", "--merchant", "1"];
    let (code, _, err) = server.cli(&list).await?;
    ensure!(
        code == 4 && err.contains("is a server running on it?"),
        "{code} {err}"
    );
    server.kill().await?;
    let (code, _, err) = server.cli(&list).await?;
    ensure!(
        code == 3 && err.contains("there is no merchant 1"),
        "{code} {err}"
    );
    Ok(())
}

fn tempfile_folder() -> anyhow::Result<tempfile::TempDir> {
    Ok(tempfile::tempdir()?)
}

#[tokio::test]
async fn help_version_and_completions_are_printed() -> anyhow::Result<()> {
    let folder = tempfile_folder()?;
    let (code, out, _) = run(&["--help"], folder.path()).await?;
    let verbs = [
        "serve",
        "demo",
        "till",
        "listen",
        "pay",
        "token",
        "replay",
        "export",
        "audit",
        "migrate",
        "doctor",
        "completions",
    ];
    for verb in verbs {
        ensure!(code == 0 && out.contains(verb), "the help lacks {verb}: {out}");
        let (code, out, _) = run(&[verb, "--help"], folder.path()).await?;
        ensure!(code == 0 && out.contains("Usage:"), "{verb} has no help");
        // What people come for first shows how it is called.
        let is_everyday = !["audit", "migrate", "completions"].contains(&verb);
        ensure!(
            !is_everyday || out.contains("Examples:"),
            "{verb} has no examples: {out}"
        );
    }
    let (code, out, _) = run(&["--version"], folder.path()).await?;
    ensure!(code == 0 && out.starts_with("tender "), "{out}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, out, _) = run(&["completions", shell], folder.path()).await?;
        ensure!(code == 0 && out.contains("doctor"), "{shell} has no completions");
    }
    Ok(())
}

/// A reader that has seen enough (`| head`) is no failure.
#[tokio::test]
async fn a_reader_may_leave_at_any_time() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let data = server.data().display().to_string();
    let commands: [&[&str]; 5] = [
        &["export", "--data", &data],
        &["audit", "verify", "--data", &data, "--json"],
        &["completions", "bash"],
        &["doctor", "--credentials-file", "credentials.json"],
        &[
            "pay",
            "--credentials-file",
            "credentials.json",
            "--table",
            "1",
            "--amount",
            "1",
        ],
    ];
    for arguments in commands {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .current_dir(server.folder())
            .kill_on_drop(true);
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        drop(process.stdout.take());
        let ended = process.wait_with_output().await?;
        let said = String::from_utf8_lossy(&ended.stderr);
        ensure!(
            ended.status.success() && !said.contains("panicked"),
            "{arguments:?}: {} {said}",
            ended.status
        );
    }
    server.healthy().await
}

/// `serve` on a ledger that exists: the same tokens, none of the sandbox.
#[tokio::test]
async fn serve_has_no_sandbox_unless_told() -> anyhow::Result<()> {
    let mut server = Server::start(Options::default()).await?;
    server.kill().await?;
    let data = server.data().display().to_string();
    let client = client()?;
    for sandbox in [false, true] {
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--data", &data];
        if sandbox {
            arguments.push("--sandbox");
        }
        let serving = Running::start(server.folder(), "serve", &arguments)?;
        let url = serving.address().await?;
        eventually("readiness", async || {
            let ready = client.get(format!("{url}/readyz")).send().await;
            Ok(ready
                .is_ok_and(|answer| answer.status() == StatusCode::OK)
                .then_some(()))
        })
        .await?;
        let native = |method: Method, path: &str| {
            client
                .request(method, format!("{url}{path}"))
                .bearer_auth(server.secret("/admin/token"))
        };
        let (status, _) = json_answer(native(Method::GET, "/api/v1/orders")).await?;
        assert_eq!(status, StatusCode::OK, "the ledger's tokens work");
        let clock = native(Method::POST, "/api/v1/sandbox/clock").json(&json!({"advance_ms": 1}));
        let till = native(
            Method::PUT,
            &format!("/api/v1/sandbox/tills/{}", server.secret("/till/device_ids/0")),
        );
        let till = till.json(&json!({"behaviour": "auto"}));
        let expected = if sandbox {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        };
        for request in [clock, till, native(Method::GET, "/api/v1/sandbox/clock")] {
            let (status, body) = json_answer(request).await?;
            assert_eq!(status, expected, "{body}");
        }
        // Without the permission, webhooks to this machine are refused.
        let endpoint = json!({"endpointId": "loop", "url": "http://127.0.0.1:9/"});
        let put = client
            .put(format!("{url}/o/wh/1/webhook"))
            .bearer_auth(server.secret("/kseries/access_token"));
        let (status, body): (_, Value) = json_answer(put.json(&endpoint)).await?;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        serving.terminate().await?;
        let said = serving.text("err")?;
        let (code, _) = serving.end().await?;
        ensure!(
            code == 0 && !said.contains("panicked"),
            "serve ended with {code}: {said}"
        );
    }
    Ok(())
}
