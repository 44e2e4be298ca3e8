//! A tour through the product: every order is opened, paid through each dialect and read in each of them, while the virtual
//! tills take what is for them.
//!
//! It is not there for its figure. What releases are built from has to have seen more of the product than one kind of payment.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use hyper::Method;
use hyper::header::HeaderValue;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Call, Client};
use crate::demo::Demo;
use crate::load::{Shape, Worker, closed_loop};
use crate::orders::{Account, ORDERS_PATH, PAY_PATH, order, payment, reference};
use crate::sample::Sample;

/// Nobody listens there: messages are made, and sent again later.
const ENDPOINT: &str = "BENCHMARK-OF-EVERYTHING";
const NOWHERE: &str = "http://127.0.0.1:9/";

/// Where tills ask for tasks.
const CLAIM_PATH: &str = "/api/v1/till/claim";

/// Opens, pays and reads so many orders.
///
/// # Errors
/// When any request is refused.
pub async fn measure(demo: Demo, shape: Shape) -> Result<Sample> {
    ensure!(!demo.device_ids.is_empty(), "a tour needs a till");
    demo.set_tills("auto").await?;
    demo.make_endpoint(ENDPOINT, NOWHERE).await?;
    let mut workers = Vec::new();
    for (_, device_id) in (0..shape.clients).zip(demo.device_ids.iter().cycle()) {
        workers.push(Guide {
            client: Client::connect(demo.address).await?,
            om: Client::connect(demo.address).await?.with_headers(demo.om.clone()),
            demo: demo.clone(),
            device_id: *device_id,
        });
    }
    closed_loop(workers, shape).await
}

struct Guide {
    client: Client,
    om: Client,
    demo: Demo,
    device_id: i64,
}

/// The names of an order.
#[derive(Deserialize)]
struct Order {
    id: String,
    kseries: InKseries,
    kounta: InKounta,
    om: InOm,
}

#[derive(Deserialize)]
struct InKseries {
    account_identifier: String,
}

#[derive(Deserialize)]
struct InKounta {
    company_id: i64,
    order_id: i64,
}

#[derive(Deserialize)]
struct InOm {
    order_id: String,
}

/// What a till has got before the virtual one did.
#[derive(Deserialize)]
struct Claimed {
    tasks: Vec<Task>,
}

#[derive(Deserialize)]
struct Task {
    id: String,
    lease: u64,
}

impl Worker for Guide {
    async fn work(&mut self, number: u64) -> Result<()> {
        let Self {
            client,
            om,
            demo,
            device_id,
        } = self;
        let opened = post(client, Some(&demo.admin), ORDERS_PATH, order(demo)).await?;
        let order: Order = serde_json::from_slice(&opened).context("the answer is no order")?;
        let table = format!(
            "/o/op/1/order/table/1/getCheck?businessLocationId={}",
            demo.business_location_id
        );
        get(client, Some(&demo.app), &table).await?;
        let account = Account {
            identifier: order.kseries.account_identifier,
            endpoint_id: ENDPOINT.to_owned(),
            business_location_id: demo.business_location_id,
            device_id: *device_id,
            payment_method: demo.payment_method.clone(),
        };
        post(client, Some(&demo.app), PAY_PATH, payment(&account, number)).await?;

        let in_kounta = format!(
            "/v1/companies/{}/orders/{}",
            order.kounta.company_id, order.kounta.order_id
        );
        let paid = json!({"method_id": 1, "amount": 4, "tip": 1, "ref": reference(number)});
        let payments = format!("{in_kounta}/payments.json");
        post(client, Some(&demo.kounta), &payments, text(&paid)).await?;
        get(client, Some(&demo.kounta), &format!("{in_kounta}.json")).await?;

        let id = &order.om.order_id;
        let receipt = json!({"params": {"orderId": id, "type": "receipt", "amount": 3}});
        post(om, None, "/v1/om/payments", text(&receipt)).await?;
        get(om, None, &format!("/v1/om/payments?orderId={id}")).await?;

        get(client, Some(&demo.admin), &format!("{ORDERS_PATH}/{}", order.id)).await?;
        get(
            client,
            Some(&demo.admin),
            &format!("/api/v1/payments/by-reference/{}", reference(number)),
        )
        .await?;
        let ready = json!({"device_id": device_id.to_string(), "wait_ms": 0});
        let claimed = post(client, Some(&demo.till), CLAIM_PATH, text(&ready)).await?;
        let claimed: Claimed = serde_json::from_slice(&claimed).context("the answer has no tasks")?;
        for Task { id, lease } in claimed.tasks {
            let path = format!("/api/v1/till/tasks/{id}/confirm");
            post(client, Some(&demo.till), &path, text(&json!({"lease": lease}))).await?;
        }
        Ok(())
    }
}

async fn post(
    client: &mut Client,
    authorization: Option<&HeaderValue>,
    path: &str,
    body: Bytes,
) -> Result<Bytes> {
    let call = Call {
        method: Method::POST,
        path,
        authorization,
        body,
    };
    client.succeed(call).await
}

async fn get(client: &mut Client, authorization: Option<&HeaderValue>, path: &str) -> Result<()> {
    let call = Call {
        method: Method::GET,
        path,
        authorization,
        body: Bytes::new(),
    };
    client.succeed(call).await.map(drop)
}

fn text(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}
