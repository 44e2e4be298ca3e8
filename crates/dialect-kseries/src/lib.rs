//! The K-Series dialect: Order & Pay on the wire.
//!
//! Owns: the paths `/o/**` and `/f/**`, their JSON, their errors, and the notifications of K-Series endpoints. Must not
//! know: a store, another dialect, or any rule about money; it decodes into commands and encodes what they led to. The
//! OAuth paths are not here.
//!
//! The hard thing here is that clients compare texts, key orders and odd forms, so each body is written member by
//! member in the order of the published samples, and each irregularity is kept where it was seen.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
// Tests state their expectations with plain arithmetic and stop at the first surprise; that is what they are for.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

mod checks;
mod data;
mod encoder;
mod errors;
mod finance;
mod menu;
mod money;
pub mod openapi;
mod orders;
mod pay;
mod request;
mod routes;
#[cfg(test)]
mod tests;
mod time;
mod validation;
mod visit;
mod webhooks;

use std::sync::Arc;

use tender_service::{Settings, Tender, WebhookEncoder};

pub use data::Readiness;
pub use routes::{failed, router};

/// What every route is given.
#[derive(Debug, Clone)]
pub(crate) struct Kseries {
    pub(crate) tender: Tender,
}

/// The encoder of this dialect's notifications.
#[must_use]
pub fn encoder(settings: &Settings) -> Arc<dyn WebhookEncoder> {
    Arc::new(encoder::KseriesEncoder {
        money_as_numbers: settings.kseries_money_as_numbers,
    })
}
