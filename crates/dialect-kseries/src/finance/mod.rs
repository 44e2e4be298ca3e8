//! The finance calls that payment clients need: payment methods, businesses with their currency, and finding a sale by
//! the reference it was paid or ordered under (spec, sections 10 and 11).

mod encode;
mod route;
mod sale;

pub(crate) use route::{businesses, payment_methods};
pub(crate) use sale::sale_by_external_reference;
