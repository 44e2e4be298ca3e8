//! What a payment costs before anything is done with it: a handler that parses the body and answers.

use std::net::SocketAddr;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hyper::Method;
use hyper::header::HeaderValue;
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::client::{Call, Client};
use crate::load::{Shape, Worker, closed_loop};
use crate::orders::{Account, PAY_PATH, payment};
use crate::sample::Sample;

#[cfg(test)]
mod tests;

/// Serves until the process is killed.
pub async fn serve() -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, router()).await?;
    Ok(())
}

fn router() -> Router {
    Router::new().route(PAY_PATH, post(pay))
}

/// Every field of the body, so that every one of them is parsed. The amounts stay text, as in the product.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payment<'b> {
    #[serde(rename = "iKaccountId")]
    account_id: i64,
    #[serde(rename = "iKaccountIdentifier")]
    account_identifier: &'b str,
    third_party_payment_reference: &'b str,
    endpoint_id: &'b str,
    business_location_id: i64,
    task_ttl_in_ms: i32,
    staff_id: i64,
    device_id: i64,
    payment_method: &'b str,
    #[serde(borrow)]
    payment_amount: &'b serde_json::value::RawValue,
    #[serde(borrow)]
    tip_amount: &'b serde_json::value::RawValue,
    target_printer_profile_id: i64,
}

impl Payment<'_> {
    /// Whether it has everything, which also keeps the compiler from dropping a field.
    fn is_whole(&self) -> bool {
        let texts = [
            self.account_identifier,
            self.third_party_payment_reference,
            self.endpoint_id,
            self.payment_method,
            self.payment_amount.get(),
            self.tip_amount.get(),
        ];
        let numbers = [
            self.business_location_id,
            self.staff_id,
            self.device_id,
            self.target_printer_profile_id,
        ];
        texts.iter().all(|text| !text.is_empty())
            && numbers.iter().all(|number| *number > 0)
            && self.account_id == 0
            && self.task_ttl_in_ms > 0
    }
}

async fn pay(body: Bytes) -> Response {
    match serde_json::from_slice::<Payment<'_>>(&body) {
        Ok(payment) if payment.is_whole() => {
            ([(CONTENT_TYPE, "application/json")], r#"{"status":"ok"}"#).into_response()
        }
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Sends payments to [`serve`].
pub async fn measure(address: SocketAddr, shape: Shape) -> Result<Sample> {
    let mut workers = Vec::new();
    for _ in 0..shape.clients {
        workers.push(Payer {
            client: Client::connect(address).await?,
            // The real ones carry one too.
            authorization: HeaderValue::from_static("Bearer 0123456789012345678901234567890123456789"),
            account: Account::sample(),
        });
    }
    closed_loop(workers, shape).await
}

struct Payer {
    client: Client,
    authorization: HeaderValue,
    account: Account,
}

impl Worker for Payer {
    async fn work(&mut self, number: u64) -> Result<()> {
        let call = Call {
            method: Method::POST,
            path: PAY_PATH,
            authorization: Some(&self.authorization),
            body: payment(&self.account, number),
        };
        self.client.succeed(call).await.map(drop)
    }
}
