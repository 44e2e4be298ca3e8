//! `POST /o/op/1/pay`: a payment for an existing check (spec, sections 3 and 4).

mod encode;
mod route;
mod wire;

pub(crate) use encode::{account, method, staff, unique};
pub(crate) use route::{accepted, pay};
pub(crate) use wire::TTL_MS_MIN;
