//! The commands of docs/operations.md, run as they stand there, and what they promise: backups that restore.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Server, binary, client, json_answer};
use tender_testkit::nest::Nest;
use tender_testkit::postgres::programs;
use tokio::process::Command;

use super::{id_of, until};

/// How long a block may take.
const BLOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// The server starts again and again at one port, which has to be free each time. So it has a host that no other test listens on
/// or connects from, and nobody is given this port meanwhile.
const HOST: &str = "127.0.0.2:0";

/// The document.
const TEXT: &str = include_str!("../../../../../docs/operations.md");

/// Makes the cluster whose commands the document shows, with the settings that the document shows.
const CLUSTER: &str = r#"
mkdir cluster run backup backup/wal
initdb --no-sync --auth=trust --username=tender --encoding=UTF8 --locale=C --pgdata=cluster/data >cluster/log
cat >>cluster/data/postgresql.conf <<END
unix_socket_directories = '$PWD/run'
listen_addresses = ''
shared_buffers = 32MB
$ARCHIVE
END
pg_ctl start --wait --pgdata=cluster/data --log=cluster/log
"#;

/// A fenced block of the document: its language, its name and its text.
#[derive(Debug)]
struct Block {
    language: String,
    name: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in TEXT.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(info), None) => {
                let (language, name) = info.split_once(' ').unwrap_or((info, ""));
                open = Some(Block {
                    language: language.to_owned(),
                    name: name.to_owned(),
                    text: String::new(),
                });
            }
            (None, Some(block)) => block.text += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    blocks
}

/// The machine of the document: its folders, its PostgreSQL and the server that runs on it.
struct Machine {
    nest: Nest,
    /// The blocks that were not run yet, in their order.
    ahead: Vec<Block>,
    archive: String,
    /// Where the server listens.
    address: SocketAddr,
    /// What the blocks find in their environment beyond the ordinary.
    environment: BTreeMap<&'static str, String>,
    client: Client,
    serving: Option<Child>,
}

impl Machine {
    fn new() -> anyhow::Result<Self> {
        let blocks = blocks();
        let archive = blocks.iter().find(|block| block.name == "archive");
        let nest = Nest::new();
        for folder in ["bin", "work", "serving"] {
            let _ = nest.make_folder(folder);
        }
        // Where the account of PostgreSQL's programs can read it, wherever the workspace is.
        let program = nest.path().join("bin/tender");
        fs::copy(binary(), &program)?;
        nest.own(&program);
        let mut machine = Self {
            archive: archive.context("settings of the archive")?.text.clone(),
            ahead: blocks
                .into_iter()
                .filter(|block| block.language == "sh")
                .collect(),
            nest,
            address: TcpListener::bind(HOST)?.local_addr()?,
            environment: BTreeMap::new(),
            client: client()?,
            serving: None,
        };
        machine.archive = machine.placed(&machine.archive);
        Ok(machine)
    }

    fn path(&self, place: &str) -> PathBuf {
        self.nest.path().join(place)
    }

    /// A text of the document with this machine's places.
    fn placed(&self, text: &str) -> String {
        let nest = self.nest.path().display().to_string();
        let socket = format!("{nest}/run").replace('/', "%2F");
        text.replace("/var/lib/tender", &format!("{nest}/tender"))
            .replace("/var/lib/postgresql/restored", &format!("{nest}/restored"))
            .replace("/backup", &format!("{nest}/backup"))
            .replace("tender@db:5432", &format!("tender@{socket}:5432"))
            .replace("127.0.0.1:8080", &self.address.to_string())
    }

    fn shell(&self, script: &str, folder: &Path) -> std::process::Command {
        let mut command = self.nest.command("/bin/bash".as_ref(), folder);
        let own = self.path("bin");
        let path = format!("{}:{}:/usr/bin:/bin", own.display(), programs().display());
        command
            .args(["-euo", "pipefail", "-c", script])
            .env("PATH", path)
            .env("PGHOST", self.path("run"))
            .env("PGUSER", "tender")
            .env("ARCHIVE", &self.archive)
            .envs(&self.environment);
        command
    }

    /// Runs a script and gives what it printed.
    async fn run_script(&self, what: &str, script: &str, folder: &Path) -> anyhow::Result<String> {
        let mut command = Command::from(self.shell(script, folder));
        let output = tokio::time::timeout(BLOCK_TIMEOUT, command.kill_on_drop(true).output())
            .await
            .with_context(|| format!("{what} does not end:\n{script}"))??;
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        );
        ensure!(
            output.status.success(),
            "{what}: {}\n{script}\n{out}\n{err}",
            output.status
        );
        Ok(out)
    }

    /// The next block of the document, which has this name.
    fn next(&mut self, name: &str) -> anyhow::Result<String> {
        ensure!(!self.ahead.is_empty(), "the document has no block {name}");
        let block = self.ahead.remove(0);
        ensure!(
            block.name == name,
            "after what was run comes {} and not {name}:\n{}",
            block.name,
            block.text
        );
        Ok(self.placed(&block.text))
    }

    /// Runs the next block and gives what it printed.
    async fn run(&mut self, name: &str) -> anyhow::Result<String> {
        let script = self.next(name)?;
        let ran = self.run_script(name, &script, &self.path("work")).await;
        ran.with_context(|| fs::read_to_string(self.path("restored/start.log")).unwrap_or_default())
    }

    /// Starts a server with a script and waits until it is ready.
    async fn serve(&mut self, script: &str) -> anyhow::Result<()> {
        self.stop()?;
        let folder = self.path("serving");
        let log = fs::File::create(folder.join("log"))?;
        let mut command = self.shell(script, &folder);
        self.serving = Some(command.stdout(Stdio::null()).stderr(log).spawn()?);
        let url = format!("http://{}/readyz", self.address);
        let client = self.client.clone();
        let ready = until("the server", async || {
            let answer = client.get(&url).send().await;
            Ok(answer.is_ok_and(|answer| answer.status() == StatusCode::OK))
        })
        .await;
        ready.with_context(|| fs::read_to_string(folder.join("log")).unwrap_or_default())
    }

    /// Ends the server, as a machine that is lost would.
    fn stop(&mut self) -> anyhow::Result<()> {
        if let Some(mut serving) = self.serving.take() {
            self.nest.end(&self.path("serving"));
            serving.wait()?;
        }
        Ok(())
    }

    /// Serves the ledger of a database.
    async fn serve_database(&mut self, database: &str) -> anyhow::Result<()> {
        let script = format!(
            "tender serve --listen 127.0.0.1:8080 --database-url postgres://tender@db:5432/{database}"
        );
        self.serve(&self.placed(&script)).await
    }

    fn native(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        let token = self.environment.get("TENDER_TOKEN").cloned().unwrap_or_default();
        self.client.request(method, url).bearer_auth(token)
    }

    /// Pays 1.00 of an order under a reference.
    async fn pay(&self, order: &str, reference: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/orders/{order}/payments");
        let body = json!({"amount": "1.00", "mode": "immediate", "reference": reference});
        let (status, answer) = json_answer(self.native(Method::POST, &path).json(&body)).await?;
        ensure!(status == StatusCode::CREATED, "{reference}: {status} {answer}");
        Ok(())
    }

    /// The order has the payments of these references, and no others.
    async fn expect(&self, order: &str, references: &[&str]) -> anyhow::Result<()> {
        let (_, answer) = json_answer(self.native(Method::GET, &format!("/api/v1/orders/{order}"))).await?;
        let payments = answer["payments"]
            .as_array()
            .with_context(|| answer.to_string())?;
        let found: Vec<&Value> = payments.iter().map(|payment| &payment["reference"]).collect();
        assert_eq!(found, references);
        assert_eq!(answer["paid"], json!(format!("{}.00", references.len())));
        Ok(())
    }

    /// Asks the database one thing.
    async fn ask(&self, question: &str) -> anyhow::Result<String> {
        let script = format!("psql --dbname=tender --no-align --tuples-only --command=\"{question}\"");
        let answer = self.run_script(question, &script, &self.path("work")).await?;
        Ok(answer.trim().to_owned())
    }

    /// Waits until everything that was committed so far is in the archive.
    async fn archive_all(&self) -> anyhow::Result<()> {
        let segment = self.ask("SELECT pg_walfile_name(pg_switch_wal())").await?;
        until("the archive", async || {
            Ok(self.path("backup/wal").join(&segment).exists())
        })
        .await
    }
}

/// A ledger of the demo's, opened by a demo that has ended, with an order of 100.00; answers the order's id.
async fn seed(machine: &mut Machine) -> anyhow::Result<String> {
    let folder = machine.path("seed");
    fs::create_dir(&folder)?;
    let demo = Server::start_in(&folder, Options::default()).await?;
    let order = demo.open_check("100.00").await?;
    let token = demo.secret("/admin/token");
    machine.environment.insert("TENDER_TOKEN", token);
    let data = demo.data();
    ensure!(demo.stop().await?, "the demo did not stop well");
    fs::rename(data, machine.path("tender"))?;
    machine.nest.own(&machine.path("tender"));
    Ok(id_of(&order)?.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_of_the_operations_page_works_as_shown() -> anyhow::Result<()> {
    let mut machine = Machine::new()?;
    let order = seed(&mut machine).await?;

    let serve_sqlite = machine.next("serve-sqlite")?;
    machine.serve(&serve_sqlite).await?;
    machine.pay(&order, "embedded").await?;

    machine
        .run_script("a cluster", CLUSTER, machine.nest.path())
        .await?;
    machine.run("create-database").await?;
    let serve_postgres = machine.next("serve-postgres")?;
    machine.serve(&serve_postgres).await?;
    let connections = machine.run("connections").await?;
    ensure!(
        connections.contains("100") && connections.contains("idle"),
        "{connections}"
    );

    machine.stop()?;
    machine.run("migrate-ledger").await?;

    // SQLite: what was paid before the backup survives the loss of the folder, what was paid after it does not.
    machine.serve(&serve_sqlite).await?;
    machine.pay(&order, "before").await?;
    machine.run("backup-sqlite").await?;
    machine.pay(&order, "after").await?;
    machine.stop()?;
    fs::remove_dir_all(machine.path("tender"))?;
    machine.run("restore-sqlite").await?;
    machine.serve(&serve_sqlite).await?;
    machine.expect(&order, &["embedded", "before"]).await?;
    machine.pay(&order, "later").await?;

    // PostgreSQL, logically: the copy of the ledger above goes on without what was paid on SQLite since.
    machine.serve(&serve_postgres).await?;
    machine.pay(&order, "before").await?;
    machine.run("backup-logical").await?;
    machine.pay(&order, "after").await?;
    machine.stop()?;
    machine.run("restore-logical").await?;
    machine.serve_database("restored").await?;
    machine.expect(&order, &["embedded", "before"]).await?;
    machine.pay(&order, "later").await?;

    // Physically, to a moment between two payments after the backup.
    machine.serve(&serve_postgres).await?;
    machine.run("backup-physical").await?;
    machine.pay(&order, "kept").await?;
    let moment = machine.ask("SELECT clock_timestamp()").await?;
    machine.environment.insert("MOMENT", moment);
    machine.pay(&order, "lost").await?;
    machine.archive_all().await?;
    machine.stop()?;
    machine.nest.end(&machine.path("cluster"));
    // With the machine go the socket and its lock, which would count as taken until somebody has waited for the dead.
    for lost in ["cluster", "run"] {
        fs::remove_dir_all(machine.path(lost))?;
    }
    let _ = machine.nest.make_folder("run");
    machine.run("restore-physical").await?;
    machine.serve(&serve_postgres).await?;
    machine
        .expect(&order, &["embedded", "before", "after", "kept"])
        .await?;
    machine.pay(&order, "later").await?;

    machine.run("upgrade").await?;
    let watched = machine.run("watch").await?;
    ensure!(watched.contains("tender_http_requests_total"), "{watched}");
    machine.run("watch-database").await?;
    machine.run("nightly").await?;
    let left: Vec<&str> = machine.ahead.iter().map(|block| block.name.as_str()).collect();
    ensure!(left.is_empty(), "blocks that were not run: {left:?}");
    Ok(())
}
