//! The console in a real browser: somebody signs in, and sees a payment that is made meanwhile without loading again.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tender_e2e::{Options, Server, client, eventually};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The member that names an element in answers of the WebDriver protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser, driven over the WebDriver protocol. It ends with the driver, which ends with this.
struct Browser {
    driver: Child,
    client: Client,
    session: String,
}

fn program(variable: &str, usual: &str) -> anyhow::Result<String> {
    let program = std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
    ensure!(
        Path::new(&program).exists(),
        "there is no {program}; {variable} says where it is"
    );
    Ok(program)
}

impl Browser {
    async fn start() -> anyhow::Result<Self> {
        let chromium = program("TENDER_CHROMIUM", "/usr/bin/chromium")?;
        let mut command = Command::new(program("TENDER_CHROMEDRIVER", "/usr/bin/chromedriver")?);
        command
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut driver = command.spawn()?;
        let stdout = driver.stdout.take().context("the driver's stdout is piped")?;
        let port = tokio::time::timeout(Duration::from_secs(30), port(stdout)).await??;
        let client = client()?;
        let mut browser = Self {
            driver,
            client,
            session: format!("http://127.0.0.1:{port}/session"),
        };
        let options = json!({"binary": chromium, "args": ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1100,900"]});
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = browser.call(Method::POST, "", &capabilities).await?;
        let id = session["sessionId"].as_str().context("the session has an id")?;
        browser.session = format!("{}/{id}", browser.session);
        Ok(browser)
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self
            .client
            .request(method.clone(), format!("{}{path}", self.session));
        let request = if method == Method::POST {
            request.json(body)
        } else {
            request
        };
        let answer: Value = request.send().await?.json().await?;
        let value = answer["value"].clone();
        if value.get("error").is_some() {
            bail!("the browser says: {}", value["message"]);
        }
        Ok(value)
    }

    async fn element(&self, selector: &str) -> anyhow::Result<String> {
        let by = json!({"using": "css selector", "value": selector});
        let element = self.call(Method::POST, "/element", &by).await?;
        Ok(element[ELEMENT].as_str().context("an element")?.to_owned())
    }

    async fn write(&self, selector: &str, text: &str) -> anyhow::Result<()> {
        let path = format!("/element/{}/value", self.element(selector).await?);
        self.call(Method::POST, &path, &json!({"text": text}))
            .await
            .map(drop)
    }

    async fn click(&self, selector: &str) -> anyhow::Result<()> {
        let path = format!("/element/{}/click", self.element(selector).await?);
        self.call(Method::POST, &path, &json!({})).await.map(drop)
    }

    async fn run(&self, script: &str) -> anyhow::Result<Value> {
        self.call(
            Method::POST,
            "/execute/sync",
            &json!({"script": script, "args": []}),
        )
        .await
    }

    async fn text(&self) -> anyhow::Result<String> {
        Ok(self
            .run("return document.body.innerText")
            .await?
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        self.call(Method::DELETE, "", &Value::Null).await?;
        self.driver.kill().await?;
        Ok(())
    }
}

/// The port that the driver chose, as it says when it listens.
async fn port(stdout: impl tokio::io::AsyncRead + Unpin) -> anyhow::Result<u16> {
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return Ok(port.trim_end_matches('.').parse()?);
        }
    }
    bail!("the driver ended before it listened")
}

#[tokio::test]
async fn an_open_page_shows_a_payment_made_meanwhile() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let browser = Browser::start().await?;
    let overview = server.secret("/console_url");
    browser
        .call(Method::POST, "/url", &json!({"url": overview}))
        .await?;
    browser.write("#name", &server.secret("/person/name")).await?;
    browser
        .write("#password", &server.secret("/person/password"))
        .await?;
    browser.click("button.main").await?;
    let seen = eventually("overview", async || {
        let text = browser.text().await?;
        Ok(text.contains("Paid today").then_some(text))
    })
    .await?;
    ensure!(!seen.contains("12.34 EUR"), "{seen}");
    // The mark of a live page shows that it listens; from here on nothing loads the page again but its script.
    eventually("live mark", async || {
        let shown = browser
            .run("return !document.getElementById('live-mark').hidden")
            .await?;
        Ok((shown == json!(true)).then_some(()))
    })
    .await?;
    browser.run("window.isTheSamePage = true").await?;

    let order = server.open_check("12.34").await?;
    let order = order["id"].as_str().context("an id")?;
    let payment = server.native(Method::POST, &format!("/api/v1/orders/{order}/payments"));
    let payment = payment
        .json(&json!({"amount": "12.34", "mode": "immediate", "reference": "seen-live"}))
        .send()
        .await?;
    ensure!(
        payment.status().is_success(),
        "paying answered {}",
        payment.status()
    );
    eventually("payment on the open page", async || {
        Ok(browser.text().await?.contains("12.34 EUR").then_some(()))
    })
    .await?;
    ensure!(
        browser.run("return window.isTheSamePage").await? == json!(true),
        "the page was loaded again"
    );

    browser
        .call(
            Method::POST,
            "/url",
            &json!({"url": server.url("/console/find?q=seen-live")}),
        )
        .await?;
    let text = browser.text().await?;
    ensure!(text.contains("Yes, the money was taken"), "{text}");
    // Who asks at the counter has no id in hand, but a table.
    let location = server.secret("/native/location_id");
    let table = server.url(&format!("/console/find?q=table+3&location={location}"));
    browser.call(Method::POST, "/url", &json!({"url": table})).await?;
    let text = browser.text().await?;
    ensure!(
        text.contains("Main room Table 3") && text.contains("Not paid: 66.32 EUR is due"),
        "{text}"
    );
    let complaints = browser
        .call(Method::POST, "/se/log", &json!({"type": "browser"}))
        .await?;
    let complaints: Vec<&Value> = complaints
        .as_array()
        .into_iter()
        .flatten()
        .filter(|line| !line["message"].as_str().unwrap_or_default().contains("favicon"))
        .collect();
    ensure!(complaints.is_empty(), "the browser complains: {complaints:?}");
    browser.stop().await?;
    server.healthy().await?;
    Ok(())
}
