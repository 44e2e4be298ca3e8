//! Exact money: currencies, amounts in minor units, decimals read from text, rounding and allocation.
//!
//! Owns: every division, rounding and parse that touches money. Must not know: any other crate of the workspace,
//! what an order or a payment is, serialization, or how an error is shown to anyone.
//!
//! The hard thing here is that nothing is ever approximated by accident: a value is exact or it is refused, and
//! the few functions that do round say so in their name and say which way.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs
)]
// Tests state their expectations with plain arithmetic and stop at the first surprise; that is what they are for.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

mod allocate;
mod amount;
mod currency;
mod decimal;
mod error;

pub use allocate::{allocate, round_to_increment, share_half_up};
pub use amount::{Amount, format_minor};
pub use currency::Currency;
pub use decimal::{Decimal, MAX_FRACTION_DIGITS, MAX_TEXT_LEN};
pub use error::{AmountError, ParseError};
