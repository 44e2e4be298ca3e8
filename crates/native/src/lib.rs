//! The native API, `/api/v1`: orders, payments, references, events, webhooks, tills, cases, reports.
//!
//! Owns: its JSON, its problems, its routes, and the native webhook bodies. Must not know: a storage backend or another
//! dialect. It holds no rule about money: requests become commands, outcomes become answers, and refusals become problems
//! in one table ([`refusal`]).

// What a handler answers with is as large as a problem, so a box around the problem would save nothing.
#![expect(clippy::result_large_err, reason = "the answer on the other side is as large")]

mod access;
mod advice;
mod answer;
mod body;
mod cases;
mod deliveries;
mod directory;
mod endpoints;
mod events;
mod ids;
mod keys;
mod lookup;
mod named;
pub mod openapi;
mod orders;
mod pace;
mod payments;
mod query;
mod references;
mod refusal;
mod reports;
mod routes;
mod sandbox;
mod segment;
mod tills;
mod time;
mod timeline;
mod webhook;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use tender_service::{Settings, Tender, WebhookEncoder};
use tokio::sync::Semaphore;

use crate::pace::Pace;

pub use routes::{failed, router};

/// Event streams that one node serves at a time. Each holds a connection and a place in the commit news.
const STREAMS_MAX: usize = 256;

/// What all handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Native(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    tender: Tender,
    streams: Arc<Semaphore>,
    pace: Pace,
}

impl Native {
    fn new(tender: Tender, pace: Pace) -> Self {
        Self(Arc::new(Shared {
            tender,
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            pace,
        }))
    }

    pub(crate) fn tender(&self) -> &Tender {
        &self.0.tender
    }

    pub(crate) fn streams(&self) -> &Arc<Semaphore> {
        &self.0.streams
    }

    pub(crate) fn pace(&self) -> Pace {
        self.0.pace
    }
}

/// The encoder of webhook endpoints with the dialect `native`. No setting changes its messages.
#[must_use]
pub fn encoder(_: &Settings) -> Arc<dyn WebhookEncoder> {
    Arc::new(webhook::NativeEncoder)
}
