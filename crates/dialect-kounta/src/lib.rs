//! The Kounta dialect (Lightspeed Restaurant O-Series): everything below `/v1` except the om dialect and the token
//! endpoint.
//!
//! Owns: paths, headers, JSON and error texts of this dialect, and the webhook bodies that it publishes. Must not know:
//! the store, another dialect, or any rule about money. It decodes a request into a command of the engine, and encodes
//! what came of it; what it decides alone is in which order things are wrong with a request.
//!
//! The hard thing here is that clients in the field depend on details that no documentation states: which mechanism
//! pages a list, which key makes an answer a failure, which word in an error makes a client send again for ever. Each
//! such detail is named where it is kept.

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

mod answer;
mod auth;
mod catalogue;
mod company;
mod errors;
mod exchange;
mod field;
mod idempotency;
mod limits;
mod lines;
mod negotiate;
mod number;
pub mod openapi;
mod orders;
mod paging;
mod payments;
mod route;
mod serve;
mod sites;
#[cfg(test)]
mod tests;
mod time;
mod webhooks;

pub use serve::{failed, router};
pub use webhooks::encoder;
