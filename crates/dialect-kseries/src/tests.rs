//! Tests of the dialect through its router, over a real store and the real service.

mod fixtures;
pub(crate) mod golden;
mod goldens;
pub(crate) mod routes;
mod pushes;
mod rows_checks;
mod rows_orders;
mod rows_pay;
mod rows_pay_later;
mod rows_webhooks;
mod watch;
mod world;

pub(crate) use watch::{mark, note};
