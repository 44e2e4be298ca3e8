//! Decimals that are rates and bounds, not amounts: unit prices with long tails, and bounds that clients computed.
//!
//! Amounts of money are never read here: those are exact or refused.

use tender_money::{Decimal, MAX_FRACTION_DIGITS, share_half_up};

#[cfg(test)]
mod tests;

/// Digits after the point of a rate that we compute.
const RATE_DIGITS: u32 = 8;

/// Reads a rate. Where a client's arithmetic left more digits than a number here holds, the tail is cut off.
pub(crate) fn rate(text: &str) -> Option<Decimal> {
    Decimal::parse(text)
        .ok()
        .or_else(|| Decimal::parse(&shortened(text)?).ok())
}

/// The same number without the digits that cannot be held; `None` where there are none or an exponent moves them.
fn shortened(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.')?;
    let digits = usize::try_from(MAX_FRACTION_DIGITS).ok()?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(format!("{whole}.{}", fraction.get(..digits)?))
}

/// A bound for comparing totals, in minor units: the largest that is not above it, and the smallest not below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bound {
    /// Rounded down.
    pub(crate) floor: i64,
    /// Rounded up.
    pub(crate) ceil: i64,
}

/// Reads a bound with any number of fraction digits: clients compute them in binary fractions.
pub(crate) fn bound(text: &str, digits: u32) -> Option<Bound> {
    let exact = Decimal::parse(text);
    let cut = exact.is_err();
    let value = exact.ok().or_else(|| rate(text))?;
    let near = value.round_half_up_minor(digits).ok()?;
    let rounded = Decimal::from_minor(near, digits);
    let is_below = rounded < value || (cut && rounded == value && !value.is_negative());
    let is_above = rounded > value || (cut && rounded == value && value.is_negative());
    Some(Bound {
        floor: if is_above { near.checked_sub(1)? } else { near },
        ceil: if is_below { near.checked_add(1)? } else { near },
    })
}

/// The product, with the tail of the first factor rounded off where the whole would not fit.
pub(crate) fn product(left: Decimal, right: Decimal) -> Decimal {
    if let Ok(product) = left.checked_mul(right) {
        return product;
    }
    let rounded = |value: Decimal| {
        value
            .round_half_up_minor(RATE_DIGITS)
            .map_or(value, |minor| Decimal::from_minor(minor, RATE_DIGITS))
    };
    rounded(left).checked_mul(rounded(right)).unwrap_or(left)
}

/// The value with at most so many digits after the point, rounded half up.
pub(crate) fn rounded(value: Decimal, digits: u32) -> Decimal {
    if value.fraction_digits() <= digits {
        return value;
    }
    value
        .round_half_up_minor(digits)
        .map_or(value, |minor| Decimal::from_minor(minor, digits))
}

/// What is left of a price without the tax in it: `price / (1 + rate)`.
pub(crate) fn without_tax(price: Decimal, tax_rate: Decimal) -> Decimal {
    let divided = || {
        let whole = Decimal::ONE.checked_add(tax_rate).ok()?;
        quotient(price, whole)
    };
    divided().unwrap_or(price)
}

/// `dividend / divisor` for values that are not negative, to [`RATE_DIGITS`] digits.
pub(crate) fn quotient(dividend: Decimal, divisor: Decimal) -> Option<Decimal> {
    let digits = divisor.fraction_digits();
    let dividend = dividend.round_half_up_minor(RATE_DIGITS).ok()?;
    let unit = Decimal::ONE.to_minor(digits).ok()?;
    let divisor = divisor.to_minor(digits).ok().filter(|divisor| *divisor > 0)?;
    let minor = share_half_up(dividend, unit, divisor).ok()?;
    Some(Decimal::from_minor(minor, RATE_DIGITS))
}
