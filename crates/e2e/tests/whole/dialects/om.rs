//! The examples of the om page work as they stand, and there is one of every call.

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use tender_e2e::{Options, Server, json_answer};

use super::page::{run, script};

const PAGE: &str = include_str!("../../../../../docs/om.md");

/// Whether the page shows a call.
fn shows(script: &str, method: &str, path: &str) -> bool {
    let url = path.replace("/v1/om", "$om").replace("{uid}", "$receipt");
    script.replace("\\\n", " ").lines().any(|line| {
        let Some((_, curl)) = line.split_once("curl ") else {
            return false;
        };
        let asked = curl
            .split_once("-X ")
            .and_then(|(_, rest)| rest.split(' ').next())
            .unwrap_or("GET");
        let target = curl
            .split_once("\"$om")
            .and_then(|(_, rest)| rest.split(['"', '?']).next());
        let target = target.map(|path| format!("$om{}", path.replace("$rest", "$receipt")));
        asked == method && target == Some(url.clone())
    })
}

#[tokio::test]
async fn the_page_has_an_example_of_every_call() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let (_, document) = json_answer(server.request(Method::GET, "/openapi/om.json")).await?;
    let script = script(PAGE);
    let mut missing = Vec::new();
    for (path, item) in document["paths"].as_object().context("paths")? {
        for method in item.as_object().into_iter().flatten().map(|(method, _)| method) {
            let method = method.to_uppercase();
            if !shows(&script, &method, path) {
                missing.push(format!("{method} {path}"));
            }
        }
    }
    ensure!(missing.is_empty(), "the page has no example of {missing:#?}");
    Ok(())
}

#[tokio::test]
async fn the_examples_of_the_page_work_as_they_stand() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let out = run(&server, &script(PAGE)).await?;
    let answers = serde_json::Deserializer::from_str(&out).into_iter::<Value>();
    let answers: Vec<Value> = answers.collect::<Result<_, _>>()?;
    let named = |service: &str| {
        let found = answers.iter().rfind(|answer| answer["service"] == service);
        found.with_context(|| format!("no answer of {service} in {out}"))
    };
    let items = &named("listPayments")?["data"]["items"];
    let shown: Vec<Value> = items
        .as_array()
        .context("items")?
        .iter()
        .map(|item| {
            json!([
                item["type"],
                item["status"],
                item["amount"],
                item["transactionRef"]
            ])
        })
        .collect();
    ensure!(
        shown
            == [
                json!(["receipt", "complete", 28, "TX-1"]),
                json!(["refund", "complete", 5, null])
            ],
        "{items:#}"
    );
    let again = named("confirmPayment")?;
    ensure!(again["data"]["items"][0]["status"] == "complete", "{again:#}");
    Ok(())
}
