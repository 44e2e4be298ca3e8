//! An amount of money: an integer of minor units and its currency, with checked arithmetic and plain text.

use std::fmt;

use crate::{AmountError, Currency, MAX_FRACTION_DIGITS};

#[cfg(test)]
mod tests;

/// Money: minor units (cents) of one currency. Negative amounts are allowed; whoever gives one a meaning checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    /// Minor units, as many per major unit as [`Currency::digits`] says.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl Amount {
    /// The sum.
    ///
    /// # Errors
    /// [`AmountError::CurrencyMismatch`] or [`AmountError::OutOfRange`].
    pub fn checked_add(self, other: Self) -> Result<Self, AmountError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`AmountError::CurrencyMismatch`] or [`AmountError::OutOfRange`].
    pub fn checked_sub(self, other: Self) -> Result<Self, AmountError> {
        self.combine(other, i64::checked_sub)
    }

    /// The amount of the other direction.
    ///
    /// # Errors
    /// [`AmountError::OutOfRange`] for the one value without an opposite, `i64::MIN`.
    pub fn checked_neg(self) -> Result<Self, AmountError> {
        let minor = self.minor.checked_neg().ok_or(AmountError::OutOfRange)?;
        Ok(Self { minor, ..self })
    }

    fn combine(self, other: Self, apply: fn(i64, i64) -> Option<i64>) -> Result<Self, AmountError> {
        if self.currency != other.currency {
            return Err(AmountError::CurrencyMismatch);
        }
        let minor = apply(self.minor, other.minor).ok_or(AmountError::OutOfRange)?;
        Ok(Self { minor, ..self })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}",
            format_minor(self.minor, self.currency.digits()),
            self.currency
        )
    }
}

/// Minor units as text in major units, always with exactly `digits` digits after the point: `20.06`, `805`, `-0.01`.
///
/// # Panics
/// When `digits` is above [`MAX_FRACTION_DIGITS`]: no currency has so many, so it is a mistake in this program.
#[must_use]
pub fn format_minor(minor: i64, digits: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    fixed_point(sign, u128::from(minor.unsigned_abs()), digits)
}

/// Writes `magnitude` with the point `digits` places from the right, padded with zeros on the left.
pub(crate) fn fixed_point(sign: &str, magnitude: u128, digits: u32) -> String {
    assert!(
        digits <= MAX_FRACTION_DIGITS,
        "{digits} fraction digits asked for, {MAX_FRACTION_DIGITS} at most"
    );
    // The assertion above keeps the power within u128 and the number of digits within usize.
    let unit = 10_u128.saturating_pow(digits);
    let whole = magnitude.checked_div(unit).unwrap_or_default();
    let fraction = magnitude.checked_rem(unit).unwrap_or_default();
    match usize::try_from(digits) {
        Ok(width) if width > 0 => format!("{sign}{whole}.{fraction:0width$}"),
        _ => format!("{sign}{whole}"),
    }
}
