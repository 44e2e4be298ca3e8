//! A `tender` process with its credentials.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// How long a start may take before the test fails.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How often the harness looks for the credentials file.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The `tender` binary under test: `TENDER_BIN`, else the one that `cargo build` leaves in the target folder.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("TENDER_BIN") {
        return PathBuf::from(path);
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"),
        PathBuf::from,
    );
    target.join("debug/tender")
}

/// How to start a server.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Further arguments.
    pub arguments: Vec<String>,
    /// PostgreSQL instead of the embedded database.
    pub database_url: Option<String>,
}

/// A running `tender demo`. Dropping it kills the process.
#[derive(Debug)]
pub struct Server {
    process: Child,
    folder: PathBuf,
    options: Options,
    /// What the process printed on stdout goes here.
    stdout: PathBuf,
    /// The credentials file's content.
    pub credentials: Value,
    /// A client that keeps connections.
    pub client: Client,
    _temporary: Option<TempDir>,
}

impl Server {
    /// Starts a demo on a fresh folder and waits until it is ready.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let temporary = tempfile::tempdir()?;
        let folder = temporary.path().to_owned();
        let mut server = Self::start_in(&folder, options).await?;
        server._temporary = Some(temporary);
        Ok(server)
    }

    /// Starts a demo on a folder that may hold a ledger already.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_in(folder: &Path, options: Options) -> anyhow::Result<Self> {
        let file = folder.join("credentials.json");
        let _ = std::fs::remove_file(&file);
        let stdout = folder.join("stdout.txt");
        let mut command = Command::new(binary());
        command
            .args(["demo", "--listen", "127.0.0.1:0", "--credentials-file"])
            .arg(&file);
        match &options.database_url {
            Some(url) => command.args(["--database-url", url]),
            None => command.arg("--data").arg(folder.join("data")),
        };
        command
            .args(&options.arguments)
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(&stdout)?);
        command
            .stderr(std::fs::File::create(folder.join("stderr.txt"))?)
            .kill_on_drop(true);
        let mut process = command
            .spawn()
            .with_context(|| format!("cannot start {}", binary().display()))?;
        let text = wait_for_file(&file, &mut process, folder).await?;
        let credentials = serde_json::from_str(&text)?;
        let client = client()?;
        let folder = folder.to_owned();
        Ok(Self {
            process,
            folder,
            options,
            stdout,
            credentials,
            client,
            _temporary: None,
        })
    }

    /// Kills the process without warning.
    ///
    /// # Errors
    /// When it is gone already.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        Ok(())
    }

    /// Asks the process to stop and waits for its end; answers whether it ended well.
    ///
    /// # Errors
    /// When it cannot be asked or does not end.
    pub async fn stop(mut self) -> anyhow::Result<bool> {
        self.terminate().await?;
        self.ended().await
    }

    /// Starts the server again on the same ledger, after [`Server::kill`].
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(self) -> anyhow::Result<Self> {
        let Self {
            folder,
            options,
            _temporary,
            ..
        } = self;
        let mut server = Self::start_in(&folder, options).await?;
        server._temporary = _temporary;
        Ok(server)
    }

    /// The folder that commands run in: it has the credentials file and the ledger's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the ledger.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// What the process printed on stdout so far.
    ///
    /// # Errors
    /// When the file is gone.
    pub fn printed(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(&self.stdout)?)
    }

    /// What the process wrote to stderr so far.
    ///
    /// # Errors
    /// When the file is gone.
    pub fn log(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.folder.join("stderr.txt"))?)
    }

    /// A text of the credentials file.
    pub fn secret(&self, pointer: &str) -> String {
        match self.credentials.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => panic!("the credentials file has no {pointer}"),
        }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.secret("/base_url"))
    }

    /// Where the server listens, as `host:port`.
    pub fn address(&self) -> String {
        self.secret("/base_url").replace("http://", "")
    }

    /// A request without credentials.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// A native request of the administrator.
    pub fn native(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path)
            .bearer_auth(self.secret("/admin/token"))
    }

    /// A request of the tills.
    pub fn till(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path)
            .bearer_auth(self.secret("/till/token"))
            .json(body)
    }

    /// A K-Series request.
    pub fn kseries(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path)
            .bearer_auth(self.secret("/kseries/access_token"))
    }

    /// A Kounta request with Basic credentials.
    pub fn kounta(&self, method: Method, path: &str) -> RequestBuilder {
        let secret = self.secret("/kounta/client_secret");
        self.request(method, path)
            .basic_auth(self.secret("/kounta/client_id"), Some(secret))
            .header("accept", "application/json")
    }

    /// An om request.
    pub fn om(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path)
            .header("api-key", self.secret("/om/api_key"))
            .header("organization-id", self.secret("/om/organization_id"))
    }

    /// Opens an order natively.
    ///
    /// # Errors
    /// When the server does not answer 201.
    pub async fn open_order(&self, body: Value) -> anyhow::Result<Value> {
        let mut order = json!({"location_id": self.secret("/native/location_id")});
        for (name, value) in body.as_object().into_iter().flatten() {
            order[name] = value.clone();
        }
        let (status, body) = json_answer(self.native(Method::POST, "/api/v1/orders").json(&order)).await?;
        ensure!(
            status == StatusCode::CREATED,
            "opening an order answered {status}: {body}"
        );
        Ok(body)
    }

    /// Opens an order of one line with this total.
    ///
    /// # Errors
    /// When the server does not answer 201.
    pub async fn open_check(&self, total: &str) -> anyhow::Result<Value> {
        self.open_order(json!({"lines": [{"name": "Meal", "quantity": 1, "unit_amount": total}]}))
            .await
    }

    /// A native order as it stands.
    ///
    /// # Errors
    /// When the server does not answer 200.
    pub async fn order(&self, id: &str) -> anyhow::Result<Value> {
        let (status, body) = json_answer(self.native(Method::GET, &format!("/api/v1/orders/{id}"))).await?;
        ensure!(
            status == StatusCode::OK,
            "reading an order answered {status}: {body}"
        );
        Ok(body)
    }

    /// Sets the behaviour of all virtual tills of the euro location.
    ///
    /// # Errors
    /// When the server does not accept it.
    pub async fn behave(&self, behaviour: &str) -> anyhow::Result<()> {
        for device in self.credentials["till"]["device_ids"]
            .as_array()
            .into_iter()
            .flatten()
        {
            self.behave_one(device.as_str().unwrap_or_default(), behaviour)
                .await?;
        }
        Ok(())
    }

    /// Sets the behaviour of one virtual till.
    ///
    /// # Errors
    /// When the server does not accept it.
    pub async fn behave_one(&self, device: &str, behaviour: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/sandbox/tills/{device}");
        let request = self
            .native(Method::PUT, &path)
            .json(&json!({"behaviour": behaviour}));
        let (status, body) = json_answer(request).await?;
        ensure!(status.is_success(), "setting a till answered {status}: {body}");
        Ok(())
    }

    /// Moves the server's clock.
    ///
    /// # Errors
    /// When the server does not accept it.
    pub async fn advance(&self, ms: u64) -> anyhow::Result<()> {
        let request = self
            .native(Method::POST, "/api/v1/sandbox/clock")
            .json(&json!({"advance_ms": ms}));
        let (status, body) = json_answer(request).await?;
        ensure!(status.is_success(), "moving the clock answered {status}: {body}");
        Ok(())
    }

    /// Makes a K-Series webhook endpoint.
    ///
    /// # Errors
    /// When the server does not answer 200.
    pub async fn endpoint(&self, body: &Value) -> anyhow::Result<()> {
        let request = self.kseries(Method::PUT, "/o/wh/1/webhook").json(body);
        let (status, body) = json_answer(request).await?;
        ensure!(
            status == StatusCode::OK,
            "making an endpoint answered {status}: {body}"
        );
        Ok(())
    }

    /// A K-Series `/pay` body for a check.
    pub fn pay_body(&self, order: &Value, reference: &str, endpoint: &str, amount: &Value) -> Value {
        json!({
            "iKaccountIdentifier": order["kseries"]["account_identifier"],
            "thirdPartyPaymentReference": reference,
            "endpointId": endpoint,
            "businessLocationId": self.credentials["kseries"]["business_location_id"],
            "paymentMethod": self.credentials["kseries"]["payment_method"],
            "paymentAmount": amount,
        })
    }

    /// Makes a K-Series payment.
    ///
    /// # Errors
    /// When the server does not answer 200.
    pub async fn pay(&self, body: &Value) -> anyhow::Result<()> {
        let (status, answer) = json_answer(self.kseries(Method::POST, "/o/op/1/pay").json(body)).await?;
        let is_accepted = status == StatusCode::OK && answer == json!({"status": "ok"});
        ensure!(is_accepted, "paying {body} answered {status}: {answer}");
        Ok(())
    }

    /// Claims tasks for a device without waiting for any.
    ///
    /// # Errors
    /// When the server does not answer 200.
    pub async fn claim(&self, device: &str) -> anyhow::Result<Vec<Value>> {
        let claim = json!({"device_id": device, "max": 10, "wait_ms": 0});
        let (status, body) = json_answer(self.till("/api/v1/till/claim", &claim)).await?;
        ensure!(status == StatusCode::OK, "claiming answered {status}: {body}");
        Ok(body["tasks"].as_array().cloned().unwrap_or_default())
    }

    /// Confirms a claimed task and answers the outcome.
    ///
    /// # Errors
    /// When the server does not answer 200.
    pub async fn confirm(&self, task: &Value) -> anyhow::Result<Value> {
        let path = format!(
            "/api/v1/till/tasks/{}/confirm",
            task["id"].as_str().unwrap_or_default()
        );
        let (status, body) = json_answer(self.till(&path, &json!({"lease": task["lease"]}))).await?;
        ensure!(status == StatusCode::OK, "confirming answered {status}: {body}");
        Ok(body["outcome"].clone())
    }

    /// A native list or record.
    ///
    /// # Errors
    /// When the server does not answer 200.
    pub async fn read(&self, path: &str) -> anyhow::Result<Value> {
        let (status, body) = json_answer(self.native(Method::GET, path)).await?;
        ensure!(
            status == StatusCode::OK,
            "reading {path} answered {status}: {body}"
        );
        Ok(body)
    }

    /// Asks the process to stop, and does not wait.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn terminate(&self) -> anyhow::Result<()> {
        let id = self.process.id().context("the process is gone already")?;
        let told = Command::new("kill")
            .args(["-TERM", &id.to_string()])
            .status()
            .await?;
        ensure!(told.success(), "kill failed");
        Ok(())
    }

    /// Waits for the process's end after [`Server::terminate`]; answers whether it ended well.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn ended(&mut self) -> anyhow::Result<bool> {
        let status = tokio::time::timeout(START_TIMEOUT, self.process.wait()).await??;
        Ok(status.success())
    }

    /// The process is well: it answers, and none of its tasks has panicked.
    ///
    /// # Errors
    /// When it is not.
    pub async fn healthy(&self) -> anyhow::Result<()> {
        let answer = self.request(Method::GET, "/healthz").send().await?;
        ensure!(
            answer.status() == StatusCode::OK,
            "/healthz answered {}",
            answer.status()
        );
        let log = self.log()?;
        ensure!(!log.contains("panicked"), "something panicked:\n{log}");
        Ok(())
    }

    /// Runs a `tender` command and answers its exit code, stdout and stderr.
    ///
    /// # Errors
    /// When it cannot be run.
    pub async fn cli(&self, arguments: &[&str]) -> anyhow::Result<(i32, String, String)> {
        run(arguments, &self.folder).await
    }

    /// Checks the books with the command line.
    ///
    /// # Errors
    /// When the auditor finds something or cannot run.
    pub async fn audit(&self) -> anyhow::Result<()> {
        let data = self.data();
        let store = match &self.options.database_url {
            Some(url) => ["--database-url".to_owned(), url.clone()],
            None => ["--data".to_owned(), data.display().to_string()],
        };
        let (code, out, err) = self.cli(&["audit", "verify", &store[0], &store[1]]).await?;
        ensure!(code == 0, "the audit ended with {code}:\n{out}\n{err}");
        Ok(())
    }
}

/// Runs a `tender` command in a folder and answers its exit code, stdout and stderr.
///
/// # Errors
/// When it cannot be run or does not end.
pub async fn run(arguments: &[&str], folder: &Path) -> anyhow::Result<(i32, String, String)> {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(START_TIMEOUT, command.output()).await??;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    ))
}

/// Looks again and again until there is something to see.
///
/// # Errors
/// When looking fails, or nothing shows in time.
pub async fn eventually<T, F>(what: &str, mut look: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<Option<T>>>,
{
    let looking = async {
        loop {
            if let Some(seen) = look().await? {
                return anyhow::Ok(seen);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(START_TIMEOUT, looking)
        .await
        .with_context(|| format!("no {what} in time"))?
}

/// Sends a request and reads its JSON answer; an empty body is `null`.
///
/// # Errors
/// When the server cannot be reached.
pub async fn json_answer(request: RequestBuilder) -> anyhow::Result<(StatusCode, Value)> {
    let answer = request.send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    let body = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    };
    Ok((status, body))
}

async fn wait_for_file(file: &Path, process: &mut Child, folder: &Path) -> anyhow::Result<String> {
    let waiting = async {
        loop {
            if let Ok(text) = std::fs::read_to_string(file) {
                return Ok(text);
            }
            if let Some(status) = process.try_wait()? {
                let log = std::fs::read_to_string(folder.join("stderr.txt")).unwrap_or_default();
                bail!("tender ended with {status} before it was ready:\n{log}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(START_TIMEOUT, waiting)
        .await
        .context("tender was not ready in time")?
}

/// A client that goes through no proxy and does not wait for ever.
///
/// # Errors
/// When it cannot be made.
pub fn client() -> anyhow::Result<Client> {
    // Built with the whole workspace, the client comes with TLS but without a provider for it. A second installation fails, and
    // changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().no_proxy().timeout(Duration::from_secs(60));
    Ok(builder.build()?)
}
