//! Everything that divides money: shares, allocation over weights, cash rounding.
//!
//! The hard thing here is the last cent: a division that leaves a remainder must say who gets it, always the
//! same way, and the parts must sum to the whole.

use std::cmp::Reverse;

use crate::AmountError;

#[cfg(test)]
mod tests;

/// `amount * part / whole`, rounded half up: how much of `amount` belongs to `part` of `whole`. A whole of zero
/// has no parts, so the share is zero.
///
/// # Errors
/// [`AmountError::Negative`] when an argument is below zero, [`AmountError::OutOfRange`] when the result (possible
/// only with `part > whole`) does not fit.
pub fn share_half_up(amount: i64, part: i64, whole: i64) -> Result<i64, AmountError> {
    if amount < 0 || part < 0 || whole < 0 {
        return Err(AmountError::Negative);
    }
    if whole == 0 {
        return Ok(0);
    }
    share_of(i128::from(amount), i128::from(part), i128::from(whole))
        .and_then(|share| i64::try_from(share).ok())
        .ok_or(AmountError::OutOfRange)
}

/// `floor((2 * amount * part + whole) / (2 * whole))`: half up without a fraction ever existing.
fn share_of(amount: i128, part: i128, whole: i128) -> Option<i128> {
    let twice = amount.checked_mul(part)?.checked_mul(2)?;
    twice.checked_add(whole)?.checked_div(whole.checked_mul(2)?)
}

/// Divides `total` over `weights` by largest remainder. The parts sum to `total` exactly and have its sign; a
/// weight of zero gets nothing unless all are zero, and then the first gets everything.
///
/// The minor units left over go to the largest remainders; among equal remainders to the larger weight, then to
/// the earlier one. So what a weight gets does not depend on its place, except between equal weights.
///
/// # Errors
/// [`AmountError::NoWeights`] for no weights and a total other than zero, [`AmountError::Negative`] for a weight
/// below zero.
pub fn allocate(total: i64, weights: &[i64]) -> Result<Vec<i64>, AmountError> {
    if weights.iter().any(|weight| *weight < 0) {
        return Err(AmountError::Negative);
    }
    if weights.is_empty() {
        return if total == 0 {
            Ok(Vec::new())
        } else {
            Err(AmountError::NoWeights)
        };
    }
    let sum: i128 = weights
        .iter()
        .try_fold(0_i128, |sum, weight| sum.checked_add(i128::from(*weight)))
        .ok_or(AmountError::OutOfRange)?;
    if sum == 0 {
        let others = weights.iter().skip(1).map(|_| 0);
        return Ok(std::iter::once(total).chain(others).collect());
    }
    largest_remainder(total, weights, sum).ok_or(AmountError::OutOfRange)
}

/// The division itself, on the magnitude so that negative totals mirror positive ones. `sum` is above zero.
fn largest_remainder(total: i64, weights: &[i64], sum: i128) -> Option<Vec<i64>> {
    let magnitude = i128::from(total.unsigned_abs());
    let mut left = magnitude;
    let mut parts = Vec::with_capacity(weights.len());
    let mut claims = Vec::with_capacity(weights.len());
    for (place, weight) in weights.iter().enumerate() {
        let product = magnitude.checked_mul(i128::from(*weight))?;
        let part = product.checked_div(sum)?;
        left = left.checked_sub(part)?;
        parts.push(part);
        claims.push((Reverse(product.checked_rem(sum)?), Reverse(*weight), place));
    }
    // Fewer units are left than there are claims with a remainder, so one each is always enough.
    claims.sort_unstable();
    for (_, _, place) in claims.into_iter().take(usize::try_from(left).ok()?) {
        let part = parts.get_mut(place)?;
        *part = part.checked_add(1)?;
    }
    let sign = if total < 0 { -1 } else { 1 };
    parts
        .into_iter()
        .map(|part| i64::try_from(part.checked_mul(sign)?).ok())
        .collect()
}

/// Cash rounding: the multiple of `increment` nearest to `minor`, half away from zero.
///
/// # Errors
/// [`AmountError::InvalidIncrement`] when the increment is not positive, [`AmountError::OutOfRange`] when the
/// multiple does not fit.
pub fn round_to_increment(minor: i64, increment: i64) -> Result<i64, AmountError> {
    if increment <= 0 {
        return Err(AmountError::InvalidIncrement);
    }
    let increment = i128::from(increment);
    divide_half_away(i128::from(minor), increment)
        .and_then(|steps| steps.checked_mul(increment))
        .and_then(|rounded| i64::try_from(rounded).ok())
        .ok_or(AmountError::OutOfRange)
}

/// `value / divisor` rounded half away from zero, for a divisor above zero.
pub(crate) fn divide_half_away(value: i128, divisor: i128) -> Option<i128> {
    let quotient = value.checked_div(divisor)?;
    let remainder = value.checked_rem(divisor)?;
    // Compared as "remainder >= divisor - remainder", because twice the remainder might not fit.
    let magnitude = remainder.checked_abs()?;
    if magnitude < divisor.checked_sub(magnitude)? {
        return Some(quotient);
    }
    quotient.checked_add(value.signum())
}
