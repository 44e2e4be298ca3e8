//! One ledger behind three dialects: what is done through one is seen, limited and settled through the others.

mod crowd;
mod kounta;
mod ledger;
mod om;
mod page;
mod twins;

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tender_e2e::{Options, Server, eventually, json_answer};

/// A server and the hands of three kinds of clients.
struct House {
    server: Server,
}

/// What a client was told.
#[derive(Debug)]
struct Told {
    status: StatusCode,
    body: Value,
}

impl Told {
    fn is_success(&self) -> bool {
        self.status.is_success()
    }

    /// Expects a success.
    fn ok(self) -> anyhow::Result<Value> {
        ensure!(self.is_success(), "{}: {}", self.status, self.body);
        Ok(self.body)
    }

    /// The code of an om refusal.
    fn om_code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }
}

impl House {
    async fn open() -> anyhow::Result<Self> {
        let server = Server::start(Options::default()).await?;
        // Nobody receives, so nothing is said about the endpoint's deliveries.
        server
            .endpoint(&json!({"endpointId": "E1", "url": "http://127.0.0.1:9/nobody"}))
            .await?;
        Ok(Self { server })
    }

    /// An order of one line at the location with a currency; it stays open when paid unless `closes`.
    async fn order(&self, currency: &str, total: &str, closes: bool) -> anyhow::Result<Value> {
        let locations = &self.server.credentials["native"]["locations"];
        let mut locations = locations.as_array().into_iter().flatten();
        let location = locations.find(|location| location["currency"] == json!(currency));
        let location = location.context("the demo has the currency")?["id"].clone();
        let line = json!({"name": "Meal", "quantity": 1, "unit_amount": total});
        let order = json!({"location_id": location, "lines": [line], "close_when_paid": closes});
        self.server.open_order(order).await
    }

    async fn told(request: reqwest::RequestBuilder) -> anyhow::Result<Told> {
        let (status, body) = json_answer(request).await?;
        Ok(Told { status, body })
    }

    /// The order as the native API shows it.
    async fn native(&self, order: &Value) -> anyhow::Result<Value> {
        self.server.order(order["id"].as_str().context("an id")?).await
    }

    /// The order as Kounta shows it.
    async fn kounta(&self, order: &Value) -> anyhow::Result<Value> {
        Self::told(self.server.kounta(Method::GET, &kounta_path(order)))
            .await?
            .ok()
    }

    /// The check as K-Series shows it.
    async fn check(&self, order: &Value) -> anyhow::Result<Value> {
        let account = order["kseries"]["account_identifier"]
            .as_str()
            .context("an account")?;
        let location = &order["kseries"]["business_location_id"];
        let path = format!("/o/op/1/order/accounts/{account}?businessLocationId={location}");
        Self::told(self.server.kseries(Method::GET, &path)).await?.ok()
    }

    /// The order's payments as om lists them.
    async fn items(&self, order: &Value) -> anyhow::Result<Vec<Value>> {
        let order = order["om"]["order_id"].as_str().context("an id")?;
        let list = self
            .om(Method::GET, &format!("?orderId={order}"), None)
            .await?
            .ok()?;
        Ok(list["data"]["items"].as_array().cloned().unwrap_or_default())
    }

    /// A call of om below its payments.
    async fn om(&self, method: Method, path: &str, params: Option<Value>) -> anyhow::Result<Told> {
        let request = self.server.om(method, &format!("/v1/om/payments{path}"));
        Self::told(match params {
            Some(params) => request.json(&json!({"params": params})),
            None => request,
        })
        .await
    }

    /// Makes an om payment.
    async fn om_pay(&self, order: &Value, kind: &str, amount: &str, status: &str) -> anyhow::Result<Told> {
        let params = json!({
            "orderId": order["om"]["order_id"],
            "type": kind,
            "amount": number(amount)?,
            "status": status,
            "methodId": self.server.credentials["om"]["methods"][0]["id"],
        });
        self.om(Method::POST, "", Some(params)).await
    }

    /// Makes a Kounta payment; a negative amount gives back.
    async fn kounta_pay(&self, order: &Value, amount: &str, tip: &str) -> anyhow::Result<Told> {
        let body = json!({
            "method_id": self.server.credentials["kounta"]["payment_methods"][0]["id"],
            "amount": number(amount)?,
            "tip": number(tip)?,
        });
        let path = format!("{}/payments", kounta_path(order));
        Self::told(self.server.kounta(Method::POST, &path).json(&body)).await
    }

    /// Makes a native payment.
    async fn native_pay(&self, order: &Value, amount: &str, tip: &str) -> anyhow::Result<Told> {
        let path = format!(
            "/api/v1/orders/{}/payments",
            order["id"].as_str().context("an id")?
        );
        let body = json!({"amount": amount, "tip": tip, "method_code": "APM", "mode": "immediate"});
        Self::told(self.server.native(Method::POST, &path).json(&body)).await
    }

    /// Sends a K-Series payment, which a till decides.
    async fn kseries_pay(
        &self,
        order: &Value,
        reference: &str,
        amount: &str,
        tip: &str,
    ) -> anyhow::Result<()> {
        let mut body = self.server.pay_body(order, reference, "E1", &number(amount)?);
        body["businessLocationId"] = order["kseries"]["business_location_id"].clone();
        if number(tip)? != json!(0) {
            body["tipAmount"] = number(tip)?;
        }
        self.server.pay(&body).await
    }

    /// Waits for the end of a K-Series payment; answers whether it counts.
    async fn landed(&self, reference: &str) -> anyhow::Result<bool> {
        let path = format!("/api/v1/payments/by-reference/{reference}");
        eventually("end of a payment", async || {
            let found = self.server.read(&path).await?;
            Ok(match found["state"].as_str() {
                Some("applied") => Some(true),
                Some("will-never-apply") => Some(false),
                _ => None,
            })
        })
        .await
    }

    /// Nothing is wrong with the books, and nothing panicked.
    async fn close(self) -> anyhow::Result<()> {
        self.server.audit().await?;
        self.server.healthy().await
    }
}

fn kounta_path(order: &Value) -> String {
    let (company, order) = (&order["kounta"]["company_id"], &order["kounta"]["order_id"]);
    format!("/v1/companies/{company}/orders/{order}")
}

/// A decimal text as the JSON number that it is.
fn number(text: &str) -> anyhow::Result<Value> {
    let value: Value = serde_json::from_str(text)?;
    // Whole amounts compare as integers.
    Ok(match value.as_f64() {
        Some(whole) if whole.fract() == 0.0 && text.contains('.') => {
            json!(text.split('.').next().unwrap_or_default().parse::<i64>()?)
        }
        _ => value,
    })
}
