//! Records that a server numbers by itself, made for one example each.

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Server, eventually, json_answer};

/// How far the clock is moved to end a payment that waits for a till: the usual time, and more.
const TTL_OVER_MS: u64 = 600_000;

/// What an example needs.
#[derive(Debug, Clone, Copy)]
pub enum Made {
    /// An open order.
    Order,
    /// A complete payment of it.
    Paid,
    /// A payment that waits for a till, while all tills are away.
    Pending,
    /// A task that a till has claimed.
    Task,
    /// A case: a till confirmed when the payment's time was over.
    Case,
    /// A native webhook endpoint.
    Endpoint,
    /// A message to one.
    Delivery,
    /// The sale of the payment that the example of K-Series `/pay` made.
    Sale,
    /// An order by its number.
    KountaOrder,
    /// The same with one payment of Kounta.
    KountaPaid,
    /// A Kounta webhook.
    Webhook,
    /// A pending payment of om.
    OmPending,
}

impl Made {
    /// Makes it, and answers its `id` or whatever else an example names of it.
    pub async fn make(self, server: &Server) -> anyhow::Result<Value> {
        match self {
            Self::Order => {
                let order = order(server).await?;
                Ok(json!({"id": order["id"], "orderId": order["om"]["order_id"]}))
            }
            Self::Paid => paid(server).await,
            Self::Pending => pending(server).await,
            Self::Task => task(server).await,
            Self::Case => case(server).await,
            Self::Endpoint => endpoint(server).await,
            Self::Delivery => delivery(server).await,
            Self::Sale => {
                eventually("sale", async || {
                    let fate = server.read("/api/v1/payments/by-reference/PAY-1").await?;
                    Ok((fate["state"] == "applied").then_some(()))
                })
                .await?;
                Ok(Value::Null)
            }
            Self::KountaOrder => Ok(json!({"id": order(server).await?["kounta"]["order_id"]})),
            Self::KountaPaid => {
                let order = order(server).await?["kounta"]["order_id"].clone();
                let path = format!("/v1/companies/me/orders/{order}/payments");
                let payment = json!({"method_id": 1, "amount": 20});
                done(server.kounta(Method::POST, &path).json(&payment)).await?;
                Ok(json!({"id": order}))
            }
            Self::Webhook => {
                let hook =
                    json!({"topic": "orders/updated", "address": "http://127.0.0.1:9/", "format": "json"});
                done(
                    server
                        .kounta(Method::POST, "/v1/companies/me/webhooks")
                        .json(&hook),
                )
                .await
            }
            Self::OmPending => {
                let order = order(server).await?;
                let payment =
                    json!({"params": {"orderId": order["om"]["order_id"], "type": "receipt", "amount": 20}});
                let made = done(server.om(Method::POST, "/v1/om/payments").json(&payment)).await?;
                Ok(json!({"id": made["data"]["id"]}))
            }
        }
    }
}

async fn done(request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let (status, body) = json_answer(request).await?;
    ensure!(status.is_success(), "{status}: {body}");
    Ok(body)
}

async fn post(server: &Server, path: &str, body: Value) -> anyhow::Result<Value> {
    done(server.native(Method::POST, path).json(&body)).await
}

/// An order as the description's examples have it.
async fn order(server: &Server) -> anyhow::Result<Value> {
    server
        .open_order(json!({
            "table_number": 7, "name": "Window", "covers": 2,
            "lines": [{"name": "Steak frites", "sku": "20", "quantity": 2, "unit_amount": "20.06"}],
            "service_charge": {"rate": "0.1"}, "external_reference": "WEB-1", "staff_id": "42",
        }))
        .await
}

/// Pays on a fresh order; a reference makes it the only one of its kind.
async fn pay(server: &Server, mut payment: Value) -> anyhow::Result<Value> {
    let order = order(server).await?;
    payment["reference"] = json!(format!("for {}", order["id"]));
    let path = format!(
        "/api/v1/orders/{}/payments",
        order["id"].as_str().context("an id")?
    );
    post(server, &path, payment).await
}

async fn paid(server: &Server) -> anyhow::Result<Value> {
    pay(
        server,
        json!({"amount": "20.00", "tip": "2.00", "method_code": "APM"}),
    )
    .await
}

async fn pending(server: &Server) -> anyhow::Result<Value> {
    server.behave("offline").await?;
    pay(server, json!({"amount": "20.00", "mode": "till"})).await
}

async fn task(server: &Server) -> anyhow::Result<Value> {
    let payment = pending(server).await?;
    let device = server.secret("/till/device_ids/0");
    let tasks = server.claim(&device).await?;
    let task = tasks.into_iter().find(|task| task["id"] == payment["task_id"]);
    let task = task.context("the payment's task")?;
    ensure!(
        task["lease"] == 1,
        "the examples of tasks answer the first lease: {task}"
    );
    Ok(task)
}

async fn case(server: &Server) -> anyhow::Result<Value> {
    let task = task(server).await?;
    server.advance(TTL_OVER_MS).await?;
    let payment = task["payment"]["id"].as_str().context("a payment")?;
    eventually("end of the payment", async || {
        let payment = server.read(&format!("/api/v1/payments/{payment}")).await?;
        Ok((payment["state"] == "failed").then_some(()))
    })
    .await?;
    let outcome = server.confirm(&task).await?;
    ensure!(outcome == "superseded", "the late confirm was {outcome}");
    let cases = server.read("/api/v1/cases?open=true&limit=1").await?;
    Ok(cases["items"][0].clone())
}

async fn endpoint(server: &Server) -> anyhow::Result<Value> {
    let hook =
        json!({"url": "http://127.0.0.1:9/hooks", "name": "Table app", "events": ["payment.completed"]});
    let (status, endpoint) = json_answer(
        server
            .native(Method::POST, "/api/v1/webhook-endpoints")
            .json(&hook),
    )
    .await?;
    ensure!(status == StatusCode::CREATED, "{status}: {endpoint}");
    Ok(endpoint)
}

async fn delivery(server: &Server) -> anyhow::Result<Value> {
    let endpoint = endpoint(server).await?["id"].clone();
    paid(server).await?;
    let path = format!(
        "/api/v1/deliveries?endpoint_id={}",
        endpoint.as_str().context("an id")?
    );
    let delivery = eventually("try", async || {
        let page = server.read(&path).await?;
        let delivery = page["items"][0].clone();
        Ok((!delivery["attempts"][0].is_null()).then_some(delivery))
    })
    .await?;
    let id = &delivery["id"];
    Ok(json!({"id": id, "from": id, "to": id, "endpoint_id": endpoint}))
}
