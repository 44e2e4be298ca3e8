//! Accepting payments: from the request to the answer that promises that the payment is on disk.
//!
//! The tills are off the network, so that nothing but acceptance runs meanwhile. Several nodes on one database are sent
//! payments for the same orders at the same time.

use std::sync::Arc;

use anyhow::{Context, Result};
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

/// Opens orders at the first node, then pays them at all of them: each node has its share of the clients.
///
/// # Errors
/// When there is no node, or any request is refused.
pub async fn measure(nodes: &[Demo], shape: Shape) -> Result<Sample> {
    let first = nodes.first().context("payments need a server")?;
    // Each node plays tills of its own.
    for node in nodes {
        node.set_tills("offline").await?;
    }
    first.make_endpoint(ENDPOINT, NOWHERE).await?;
    let accounts = orders::open(first, ENDPOINT, shape).await?;
    let mut workers = Vec::new();
    for (_, node) in (0..shape.clients).zip(nodes.iter().cycle()) {
        workers.push(Payer {
            client: Client::connect(node.address).await?,
            authorization: node.app.clone(),
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
