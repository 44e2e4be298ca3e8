//! `POST /o/op/1/order/local` and `/order/toGo`: orders from outside, accepted first and opened when a till takes them
//! (spec, section 9).

mod amounts;
mod encode;
mod fault;
mod items;
mod route;
#[cfg(test)]
pub(crate) mod tests;
mod wire;

pub(crate) use route::{local, to_go};
