//! Tests of the dialect through its router, over a real store and the real service.

pub(crate) mod every;
mod fixtures;
pub(crate) mod golden;
mod goldens;
mod pushes;
pub(crate) mod routes;
mod rows_checks;
mod rows_orders;
mod rows_pay;
mod rows_pay_later;
mod rows_webhooks;
pub(crate) mod told;
mod watch;
mod whole;
mod world;

pub(crate) use watch::{mark, note};
