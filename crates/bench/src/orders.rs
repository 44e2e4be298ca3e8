//! Open orders, and the body of a payment for one of them.

use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use hyper::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use crate::client::{Call, Client};
use crate::demo::Demo;
use crate::load::{Shape, Worker, closed_loop};

#[cfg(test)]
mod tests;

/// Where orders are opened.
pub const ORDERS_PATH: &str = "/api/v1/orders";

/// Where payments go.
pub const PAY_PATH: &str = "/o/op/1/pay";

/// A table whose guests share the bill.
pub const PAYMENTS_PER_ORDER: u64 = 4;

/// Longer than a measurement, so that no payment expires in the middle of it.
const TASK_TTL_MS: u32 = 3_600_000;

/// What all payments of one order have in common.
#[derive(Debug, Clone)]
pub struct Account {
    pub identifier: String,
    pub endpoint_id: String,
    pub business_location_id: i64,
    pub device_id: i64,
    pub payment_method: String,
}

impl Account {
    /// One that no server knows, with names as long as in the published example.
    pub fn sample() -> Self {
        Self {
            identifier: "A1234.56".to_owned(),
            endpoint_id: "MY-AWESOME-ENDPOINT-ID".to_owned(),
            business_location_id: 45_454_565_682_155,
            device_id: 12_345_678_980,
            payment_method: "OOPAYMENT".to_owned(),
        }
    }
}

/// The body of a payment with all fields, as in the published example. Its reference is made from its number.
pub fn payment(account: &Account, number: u64) -> Bytes {
    let Account {
        identifier,
        endpoint_id,
        business_location_id,
        device_id,
        payment_method,
    } = account;
    let reference = reference(number);
    Bytes::from(format!(
        "{{\"iKaccountId\":0,\"iKaccountIdentifier\":\"{identifier}\",\
         \"thirdPartyPaymentReference\":\"{reference}\",\"endpointId\":\"{endpoint_id}\",\
         \"businessLocationId\":{business_location_id},\"taskTtlInMs\":{TASK_TTL_MS},\"staffId\":42,\
         \"deviceId\":{device_id},\"paymentMethod\":\"{payment_method}\",\"paymentAmount\":20.06,\
         \"tipAmount\":2.5,\"targetPrinterProfileId\":1773881235}}"
    ))
}

/// Fourteen digits.
pub fn reference(number: u64) -> String {
    format!("{number:014}")
}

/// The body that opens an order.
pub fn order(demo: &Demo) -> Bytes {
    let order = json!({
        "location_id": demo.location_id,
        "name": "Table",
        "lines": [
            {"name": "Menu of the day", "quantity": 4, "unit_amount": "20.00"},
            {"name": "Water", "quantity": 2, "unit_amount": "3.50"},
        ],
    });
    Bytes::from(order.to_string())
}

/// Opens orders, enough for so many payments, with as many clients as will pay.
pub async fn open(demo: &Demo, endpoint_id: &str, shape: Shape) -> Result<Arc<[Account]>> {
    let opened = Arc::new(Mutex::new(Vec::new()));
    let body = order(demo);
    let mut workers = Vec::new();
    for _ in 0..shape.clients {
        workers.push(Opener {
            client: Client::connect(demo.address).await?,
            authorization: demo.admin.clone(),
            body: body.clone(),
            opened: Arc::clone(&opened),
        });
    }
    let shape = Shape {
        requests: shape.requests.div_ceil(PAYMENTS_PER_ORDER),
        ..shape
    };
    closed_loop(workers, shape).await?;
    let identifiers = std::mem::take(&mut *opened.lock().await);
    let accounts = identifiers.into_iter().zip(demo.device_ids.iter().cycle());
    let accounts = accounts.map(|(identifier, device_id)| Account {
        identifier,
        endpoint_id: endpoint_id.to_owned(),
        business_location_id: demo.business_location_id,
        device_id: *device_id,
        payment_method: demo.payment_method.clone(),
    });
    Ok(accounts.collect())
}

/// The order of a payment: neighbours pay different ones, as guests of different tables do.
pub fn account(accounts: &[Account], number: u64) -> Result<&Account> {
    usize::try_from(number)
        .ok()
        .and_then(|number| accounts.get(number.checked_rem(accounts.len())?))
        .context("no order is open")
}

struct Opener {
    client: Client,
    authorization: hyper::header::HeaderValue,
    body: Bytes,
    opened: Arc<Mutex<Vec<String>>>,
}

#[derive(Deserialize)]
struct Order {
    kseries: OrderInKseries,
}

#[derive(Deserialize)]
struct OrderInKseries {
    account_identifier: String,
}

impl Worker for Opener {
    async fn work(&mut self, _: u64) -> Result<()> {
        let call = Call {
            method: Method::POST,
            path: ORDERS_PATH,
            authorization: Some(&self.authorization),
            body: self.body.clone(),
        };
        let answer = self.client.succeed(call).await?;
        let order: Order = serde_json::from_slice(&answer).context("the answer is no order")?;
        self.opened.lock().await.push(order.kseries.account_identifier);
        Ok(())
    }
}
