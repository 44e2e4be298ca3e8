//! Every example of a request in the published descriptions is sent to the real server, succeeds, and is answered as the
//! description says.
//!
//! An operation's example is its parameters' examples (path, query and header) and its body's. They are sent as they are
//! published, because they name what `tender demo` has. Only what a server numbers by itself is replaced, by the table
//! [`AT_RUN_TIME`]. No operation is left out.

pub mod made;

use anyhow::{Context, bail, ensure};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tender_e2e::{Options, Server, json_answer};
use tender_openapi::{Came, Checker};

use made::Made;

/// What is replaced in the examples of some operations.
struct Row {
    api: &'static str,
    operations: &'static [&'static str],
    /// Parameters and members of the body with this name, wherever they stand.
    replaced: &'static [&'static str],
    /// What is made for each of the operations afresh, and gives the values.
    by: Made,
}

#[rustfmt::skip]
const AT_RUN_TIME: &[Row] = &[
    Row { api: "native", operations: &["getOrder", "addLines", "closeOrder", "cancelOrder", "pay"], replaced: &["id"], by: Made::Order },
    Row { api: "native", operations: &["getPayment", "getTimeline", "refundPayment"], replaced: &["id"], by: Made::Paid },
    Row { api: "native", operations: &["confirmPayment", "voidPayment"], replaced: &["id"], by: Made::Pending },
    Row { api: "native", operations: &["getEndpoint", "updateEndpoint", "deleteEndpoint", "rotateSecret"], replaced: &["id"], by: Made::Endpoint },
    Row { api: "native", operations: &["getDelivery", "replayDelivery"], replaced: &["id"], by: Made::Delivery },
    Row { api: "native", operations: &["replayDeliveries"], replaced: &["endpoint_id", "from", "to"], by: Made::Delivery },
    Row { api: "native", operations: &["claimTasks"], replaced: &[], by: Made::Pending },
    Row { api: "native", operations: &["confirmTask", "refuseTask"], replaced: &["id"], by: Made::Task },
    Row { api: "native", operations: &["getCase", "resolveCase"], replaced: &["id"], by: Made::Case },
    Row { api: "kseries", operations: &["getSale"], replaced: &[], by: Made::Sale },
    Row { api: "kounta", operations: &["getOrder", "updateOrder", "addLine", "changeLine", "removeLine", "addPayment"], replaced: &["order"], by: Made::KountaOrder },
    Row { api: "kounta", operations: &["amendPayment"], replaced: &["order"], by: Made::KountaPaid },
    Row { api: "kounta", operations: &["getWebhook", "changeWebhook", "deleteWebhook"], replaced: &["webhook"], by: Made::Webhook },
    Row { api: "om", operations: &["createPayment", "listPayments"], replaced: &["orderId"], by: Made::Order },
    Row { api: "om", operations: &["updatePayment", "confirmPayment", "deletePayment"], replaced: &["uid"], by: Made::OmPending },
];

/// Operations whose effect the examples of others name: these come first.
const FIRST: [&str; 5] = ["openOrder", "pay", "createEndpoint", "associate", "createPayment"];
/// Operations that take away, or change, what the examples of others need: these come last, in this order.
const LAST: [&str; 4] = ["dissociate", "deleteEndpoint", "setBehaviour", "advanceClock"];

/// One operation's example.
struct Example {
    id: String,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<Value>,
}

impl Example {
    fn of(path: &str, method: &str, operation: &Value) -> anyhow::Result<Self> {
        let mut example = Self {
            id: operation["operationId"].as_str().context("an id")?.to_owned(),
            method: Method::from_bytes(method.to_uppercase().as_bytes())?,
            path: path.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: operation
                .pointer("/requestBody/content/application~1json/example")
                .cloned(),
        };
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().context("a name")?;
            let Some(value) = parameter.get("example").map(text) else {
                ensure!(
                    parameter["required"] != json!(true),
                    "{path}: {name} has no example"
                );
                continue;
            };
            match parameter["in"].as_str() {
                Some("path") => example.path = example.path.replace(&format!("{{{name}}}"), &value),
                Some("query") => example.query.push((name.to_owned(), value)),
                Some("header") => example.headers.push((name.to_owned(), value)),
                place => bail!("{path}: {name} is in {place:?}"),
            }
        }
        Ok(example)
    }

    fn rank(&self) -> usize {
        if FIRST.contains(&self.id.as_str()) {
            return 0;
        }
        let last = LAST.iter().position(|id| *id == self.id);
        last.map_or(1, |position| position + 2)
    }
}

/// A value as it stands in a path or a header.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The example with the names of this server's records.
async fn localised(server: &Server, api: &str, operation: &Value, path: &str) -> anyhow::Result<Value> {
    let mut operation = operation.clone();
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let row = AT_RUN_TIME
        .iter()
        .find(|row| row.api == api && row.operations.contains(&id.as_str()));
    let Some(row) = row else { return Ok(operation) };
    let made = row
        .by
        .make(server)
        .await
        .with_context(|| format!("for {id} {path}"))?;
    for name in row.replaced {
        let value = made.get(*name).or_else(|| made.get("id")).context("a value")?;
        let mut found = false;
        for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
            if parameter["name"] == json!(name) {
                parameter["example"] = value.clone();
                found = true;
            }
        }
        if let Some(body) = operation.pointer_mut("/requestBody/content/application~1json/example") {
            found |= replace(body, name, value);
        }
        ensure!(found, "{id} has no {name} to replace");
    }
    Ok(operation)
}

/// Replaces members of this name; answers whether there was one.
fn replace(body: &mut Value, name: &str, value: &Value) -> bool {
    let mut found = false;
    match body {
        Value::Object(members) => {
            for (member, old) in members {
                if member == name {
                    *old = value.clone();
                    found = true;
                } else {
                    found |= replace(old, name, value);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                found |= replace(item, name, value);
            }
        }
        _ => {}
    }
    found
}

/// Reads an answer; of a stream, which has no end, nothing.
async fn read(answer: Response) -> anyhow::Result<(u16, String, String)> {
    let content_type = answer.headers().get("content-type");
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let status = answer.status().as_u16();
    let body = if content_type.starts_with("text/event-stream") {
        String::new()
    } else {
        answer.text().await?
    };
    Ok((status, content_type, body))
}

async fn all_succeed(
    api: &str,
    request: impl Fn(&Server, Method, &str) -> RequestBuilder,
) -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let (_, document) = json_answer(server.request(Method::GET, &format!("/openapi/{api}.json"))).await?;
    let checker = Checker::new(document);
    let false_examples = checker.false_examples();
    ensure!(
        false_examples.is_empty(),
        "examples that are not as described: {false_examples:#?}"
    );
    let mut operations = Vec::new();
    for (path, item) in checker.document()["paths"].as_object().context("paths")? {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let rank = Example::of(path, method, operation)?.rank();
            operations.push((rank, path, method, operation));
        }
    }
    operations.sort_by_key(|(rank, ..)| *rank);
    for row in AT_RUN_TIME.iter().filter(|row| row.api == api) {
        for id in row.operations {
            let is_there = operations
                .iter()
                .any(|(.., operation)| operation["operationId"] == json!(id));
            ensure!(is_there, "{api} has no operation {id}");
        }
    }
    let mut wrong = Vec::new();
    for (_, path, method, operation) in operations {
        let local = localised(&server, api, operation, path).await?;
        let example = Example::of(path, method, &local)?;
        let mut sent = request(&server, example.method.clone(), &example.path).query(&example.query);
        for (name, value) in &example.headers {
            sent = sent.header(name, value);
        }
        if let Some(body) = &example.body {
            sent = sent.json(body);
        }
        let (status, content_type, body) = read(sent.send().await?).await?;
        let came = Came {
            status,
            content_type: &content_type,
            body: &body,
        };
        let told = match status {
            200..300 => checker
                .answer(operation, came)
                .and_then(|()| true_to_life(operation, status, &body)),
            _ => Err("no success".to_owned()),
        };
        if let Err(error) = told {
            wrong.push(format!(
                "{} ({method} {}): {status}: {error}\n    {body}",
                example.id, example.path
            ));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    server.healthy().await?;
    server.audit().await
}

/// Whether the published example of the answer has what the real answer has: the same members, of the same kinds.
fn true_to_life(operation: &Value, status: u16, body: &str) -> Result<(), String> {
    let pointer = format!("/responses/{status}/content/application~1json/example");
    match (operation.pointer(&pointer), serde_json::from_str(body)) {
        (Some(example), Ok(real)) => same_shape("", example, &real),
        _ => Ok(()),
    }
}

fn same_shape(at: &str, example: &Value, real: &Value) -> Result<(), String> {
    match (example, real) {
        // So an example leaves out what would go too far.
        (Value::Object(example), Value::Object(_)) if example.is_empty() => Ok(()),
        (Value::Object(example), Value::Object(real)) => {
            if let Some(name) = example.keys().find(|name| !real.contains_key(*name)) {
                return Err(format!("the example has {at}/{name}, the answer has not"));
            }
            if let Some(name) = real.keys().find(|name| !example.contains_key(*name)) {
                return Err(format!("the answer has {at}/{name}, the example has not"));
            }
            example
                .iter()
                .try_for_each(|(name, value)| same_shape(&format!("{at}/{name}"), value, &real[name]))
        }
        (Value::Array(example), Value::Array(real)) => match (example.first(), real.first()) {
            (Some(example), Some(real)) => same_shape(&format!("{at}/0"), example, real),
            _ => Ok(()),
        },
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Null, _)
        | (_, Value::Null) => Ok(()),
        _ => Err(format!(
            "{at} is {example} in the example and {real} in the answer"
        )),
    }
}

#[tokio::test]
async fn native_examples_succeed() -> anyhow::Result<()> {
    all_succeed("native", Server::native).await
}

#[tokio::test]
async fn kseries_examples_succeed() -> anyhow::Result<()> {
    all_succeed("kseries", Server::kseries).await
}

#[tokio::test]
async fn kounta_examples_succeed() -> anyhow::Result<()> {
    all_succeed("kounta", Server::kounta).await
}

#[tokio::test]
async fn om_examples_succeed() -> anyhow::Result<()> {
    all_succeed("om", Server::om).await
}
