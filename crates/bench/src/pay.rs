//! Accepting payments: from the request to the answer that promises that the payment is on disk.
//!
//! The tills are off the network, so that nothing but acceptance runs meanwhile.

use std::sync::Arc;

use anyhow::Result;
use hyper::Method;
use hyper::header::HeaderValue;

use crate::client::{Call, Client};
use crate::demo::Demo;
use crate::load::{Shape, Worker, closed_loop};
use crate::orders::{self, Account, PAY_PATH, payment};
use crate::sample::Sample;

/// Nothing is sent to it while the tills are off.
const ENDPOINT: &str = "BENCHMARK-OF-ACCEPTING";
const NOWHERE: &str = "http://127.0.0.1:9/";

/// Opens orders, then pays them.
pub async fn measure(demo: Demo, shape: Shape) -> Result<Sample> {
    demo.set_tills("offline").await?;
    demo.make_endpoint(ENDPOINT, NOWHERE).await?;
    let accounts = orders::open(&demo, ENDPOINT, shape).await?;
    let mut workers = Vec::new();
    for _ in 0..shape.clients {
        workers.push(Payer {
            client: Client::connect(demo.address).await?,
            authorization: demo.app.clone(),
            accounts: Arc::clone(&accounts),
        });
    }
    closed_loop(workers, shape).await
}

struct Payer {
    client: Client,
    authorization: HeaderValue,
    accounts: Arc<[Account]>,
}

impl Worker for Payer {
    async fn work(&mut self, number: u64) -> Result<()> {
        let call = Call {
            method: Method::POST,
            path: PAY_PATH,
            authorization: Some(&self.authorization),
            body: payment(orders::account(&self.accounts, number)?, number),
        };
        self.client.succeed(call).await.map(drop)
    }
}
