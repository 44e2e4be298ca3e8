//! Every example of a request in the published descriptions is sent to the real server, and succeeds.
//!
//! Only what names a record is replaced, because examples cannot know what a server holds: ids in paths, and the members that name
//! a location, an endpoint, an account, an order and its reference, an item or a method.

use anyhow::{Context, ensure};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Server, json_answer};

/// The first item that the demo sells in euro.
const ITEM: u64 = 155_001;

/// One example: its operation and its body.
struct Example {
    method: Method,
    path: String,
    query: Vec<String>,
    body: Value,
}

async fn examples(server: &Server, api: &str) -> anyhow::Result<Vec<Example>> {
    let (status, document) =
        json_answer(server.request(Method::GET, &format!("/openapi/{api}.json"))).await?;
    ensure!(
        status == StatusCode::OK,
        "the description of {api} answered {status}"
    );
    let mut examples = Vec::new();
    for (path, operations) in document["paths"].as_object().context("paths")? {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let Some(body) = operation.pointer("/requestBody/content/application~1json/example") else {
                continue;
            };
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let query = parameters
                .filter(|parameter| parameter["in"] == json!("query") && parameter["required"] == json!(true))
                .filter_map(|parameter| parameter["name"].as_str().map(str::to_owned))
                .collect();
            let method = Method::from_bytes(method.to_uppercase().as_bytes())?;
            examples.push(Example {
                method,
                path: path.clone(),
                query,
                body: body.clone(),
            });
        }
    }
    // What creates comes before what changes: POST before PUT, except where PUT creates.
    examples.sort_by_key(|example| {
        example.method
            != if api == "kseries" {
                Method::PUT
            } else {
                Method::POST
            }
    });
    Ok(examples)
}

/// The example with the names of this server's records, all of one fresh order.
async fn localise(server: &Server, example: &mut Example) -> anyhow::Result<()> {
    let order = server.open_check("50.00").await?;
    let location = server.credentials["kseries"]["business_location_id"].clone();
    let company = server.secret("/kounta/company_id");
    for (name, value) in [
        ("businessLocationId", location.clone()),
        ("site_id", location.clone()),
        ("site_ids", json!([location])),
        (
            "iKaccountIdentifier",
            order["kseries"]["account_identifier"].clone(),
        ),
        ("orderId", order["om"]["order_id"].clone()),
        ("thirdPartyReference", order["id"].clone()),
        ("product_id", json!(ITEM)),
        ("method_id", json!(1)),
        ("methodId", server.credentials["om"]["methods"][0]["id"].clone()),
    ] {
        replace(&mut example.body, name, &value);
    }
    if example.path.ends_with("/pay") || example.path.contains("/order/") {
        replace(&mut example.body, "endpointId", &json!("demo"));
    }
    let number = if example.path.contains("/payments/{") {
        pay(server, &order, &example.path).await?
    } else {
        1
    };
    let uid = format!("pay_{}_{number}", order["kounta"]["order_id"]);
    example.path = example
        .path
        .replace("{company}", &company)
        .replace("{order}", &order["kounta"]["order_id"].to_string())
        .replace("{number}", &number.to_string())
        .replace("{uid}", &uid);
    if let Some(rest) = example.path.strip_suffix("/webhooks/{webhook}") {
        let made = json!({"topic": "orders/updated", "address": "http://127.0.0.1:9/", "format": "json"});
        let (_, made) = json_answer(
            server
                .kounta(Method::POST, &format!("{rest}/webhooks"))
                .json(&made),
        )
        .await?;
        example.path = format!("{rest}/webhooks/{}", made["id"]);
    }
    let query: Vec<String> = example
        .query
        .iter()
        .map(|name| format!("{name}={location}"))
        .collect();
    if !query.is_empty() {
        example.path = format!("{}?{}", example.path, query.join("&"));
    }
    Ok(())
}

/// A payment on the order, for the examples that change one: complete where Kounta is to see it, else pending.
async fn pay(server: &Server, order: &Value, path: &str) -> anyhow::Result<u64> {
    if path.starts_with("/v1/companies") {
        let company = server.secret("/kounta/company_id");
        let payments = format!(
            "/v1/companies/{company}/orders/{}/payments",
            order["kounta"]["order_id"]
        );
        let body = json!({"method_id": 1, "amount": 20});
        let (status, body) = json_answer(server.kounta(Method::POST, &payments).json(&body)).await?;
        ensure!(status == StatusCode::CREATED, "{status}: {body}");
        return Ok(1);
    }
    let body = json!({"params": {"orderId": order["om"]["order_id"], "type": "receipt", "amount": 20}});
    let (status, body) = json_answer(server.om(Method::POST, "/v1/om/payments").json(&body)).await?;
    ensure!(status == StatusCode::OK, "{status}: {body}");
    Ok(1)
}

fn replace(body: &mut Value, name: &str, value: &Value) {
    match body {
        Value::Object(members) => {
            for (member, old) in members {
                if member == name {
                    *old = value.clone();
                } else {
                    replace(old, name, value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, name, value)),
        _ => {}
    }
}

async fn all_succeed(
    api: &str,
    at_least: usize,
    request: impl Fn(&Server, Method, &str) -> RequestBuilder,
) -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let examples = examples(&server, api).await?;
    ensure!(
        examples.len() >= at_least,
        "only {} examples of requests",
        examples.len()
    );
    for mut example in examples {
        localise(&server, &mut example).await?;
        let (status, body) =
            json_answer(request(&server, example.method.clone(), &example.path).json(&example.body)).await?;
        ensure!(
            status.is_success(),
            "{} {} with {} answered {status}: {body}",
            example.method,
            example.path,
            example.body
        );
    }
    server.audit().await
}

#[tokio::test]
async fn kseries_examples_succeed() -> anyhow::Result<()> {
    all_succeed("kseries", 6, Server::kseries).await
}

#[tokio::test]
async fn kounta_examples_succeed() -> anyhow::Result<()> {
    all_succeed("kounta", 7, Server::kounta).await
}

#[tokio::test]
async fn om_examples_succeed() -> anyhow::Result<()> {
    all_succeed("om", 3, Server::om).await
}
