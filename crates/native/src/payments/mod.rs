//! Payments and refunds: making, reading, confirming, voiding, and seeing beforehand what would happen.

pub(crate) mod openapi;
pub(crate) mod pay;
pub(crate) mod preview;
pub(crate) mod read;
pub(crate) mod render;
pub(crate) mod settle;
