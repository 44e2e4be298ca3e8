//! An exact decimal number, read from the text of a JSON number and never through a binary fraction.
//!
//! The hard thing here is bounded work on hostile text: a four-character text can name a number with a billion
//! digits, and must be answered as cheaply as any other.

use std::cmp::Ordering;
use std::fmt;

use crate::allocate::divide_half_away;
use crate::amount::fixed_point;
use crate::{AmountError, ParseError};

#[cfg(test)]
mod tests;

/// The most digits after the point that a [`Decimal`] has.
pub const MAX_FRACTION_DIGITS: u32 = 18;

/// The longest text, in bytes, that [`Decimal::parse`] looks at.
pub const MAX_TEXT_LEN: usize = 400;

/// Where the exponent of a text stops counting. Beyond `MAX_TEXT_LEN` on either side no digits of the same text
/// could bring the value back into range, so all such exponents are alike.
const EXPONENT_CEILING: i64 = 1_000_000;

/// An exact decimal: `mantissa / 10^scale`.
///
/// Always normalised (no closing zeros after the point, zero has no sign and no digits), so that equal values are
/// equal field by field. At most [`MAX_FRACTION_DIGITS`] digits after the point.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self {
        mantissa: 0,
        scale: 0,
    };
    /// One.
    pub const ONE: Self = Self {
        mantissa: 1,
        scale: 0,
    };

    /// Reads a number in the grammar of JSON, exactly: no leading plus or zeros, an exponent allowed.
    ///
    /// The work is bounded by [`MAX_TEXT_LEN`], whatever the exponent says.
    ///
    /// # Errors
    /// [`ParseError::NotANumber`] for other text; [`ParseError::OutOfRange`] for longer text and for numbers too
    /// large to hold; [`ParseError::TooManyDigits`] for more than [`MAX_FRACTION_DIGITS`] digits after the point.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > MAX_TEXT_LEN {
            return Err(ParseError::OutOfRange);
        }
        let literal = Literal::read(text.as_bytes()).ok_or(ParseError::NotANumber)?;
        literal.value()
    }

    /// `minor` units of a currency with `digits` digits after the point.
    ///
    /// # Panics
    /// When `digits` is above [`MAX_FRACTION_DIGITS`]: no currency has so many, so it is a mistake in this program.
    #[must_use]
    pub fn from_minor(minor: i64, digits: u32) -> Self {
        assert!(
            digits <= MAX_FRACTION_DIGITS,
            "{digits} fraction digits, {MAX_FRACTION_DIGITS} at most"
        );
        Self::normalised(i128::from(minor), digits)
    }

    /// A whole number.
    #[must_use]
    pub fn from_integer(value: i64) -> Self {
        Self {
            mantissa: i128::from(value),
            scale: 0,
        }
    }

    /// The value in minor units of a currency with `digits` digits after the point: exact or refused.
    ///
    /// # Errors
    /// [`AmountError::TooManyDigits`] when the value has more digits than that, else [`AmountError::OutOfRange`]
    /// when it does not fit.
    pub fn to_minor(self, digits: u32) -> Result<i64, AmountError> {
        let missing = digits.checked_sub(self.scale).ok_or(AmountError::TooManyDigits)?;
        shift(self.mantissa, missing)
            .and_then(|minor| i64::try_from(minor).ok())
            .ok_or(AmountError::OutOfRange)
    }

    /// The value in minor units of a currency with `digits` digits after the point, rounded half away from zero.
    ///
    /// # Errors
    /// [`AmountError::OutOfRange`] when the rounded value does not fit.
    pub fn round_half_up_minor(self, digits: u32) -> Result<i64, AmountError> {
        let Some(surplus) = self.scale.checked_sub(digits).filter(|surplus| *surplus > 0) else {
            return self.to_minor(digits);
        };
        power_of_ten(surplus)
            .and_then(|divisor| divide_half_away(self.mantissa, divisor))
            .and_then(|minor| i64::try_from(minor).ok())
            .ok_or(AmountError::OutOfRange)
    }

    /// How many digits stand after the point.
    #[must_use]
    pub fn fraction_digits(self) -> u32 {
        self.scale
    }

    /// Whether the value is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Whether the value is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// Whether the value is above zero.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// The value as an integer, when it is one and fits.
    #[must_use]
    pub fn to_integer(self) -> Option<i64> {
        self.to_minor(0).ok()
    }

    /// The sum.
    ///
    /// # Errors
    /// [`AmountError::OutOfRange`] when it cannot be held exactly.
    pub fn checked_add(self, other: Self) -> Result<Self, AmountError> {
        self.combine(other, i128::checked_add)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`AmountError::OutOfRange`] when it cannot be held exactly.
    pub fn checked_sub(self, other: Self) -> Result<Self, AmountError> {
        self.combine(other, i128::checked_sub)
    }

    /// The product.
    ///
    /// # Errors
    /// [`AmountError::OutOfRange`] when the product of the digits is too large to hold, else
    /// [`AmountError::TooManyDigits`] when more than [`MAX_FRACTION_DIGITS`] digits remain after the point.
    pub fn checked_mul(self, other: Self) -> Result<Self, AmountError> {
        let mantissa = self
            .mantissa
            .checked_mul(other.mantissa)
            .ok_or(AmountError::OutOfRange)?;
        let product = Self::normalised(mantissa, self.scale.saturating_add(other.scale));
        if product.scale > MAX_FRACTION_DIGITS {
            return Err(AmountError::TooManyDigits);
        }
        Ok(product)
    }

    /// The value with the other sign.
    ///
    /// # Errors
    /// [`AmountError::OutOfRange`] for the one value without an opposite.
    pub fn checked_neg(self) -> Result<Self, AmountError> {
        let mantissa = self.mantissa.checked_neg().ok_or(AmountError::OutOfRange)?;
        Ok(Self { mantissa, ..self })
    }

    fn combine(self, other: Self, apply: fn(i128, i128) -> Option<i128>) -> Result<Self, AmountError> {
        let scale = self.scale.max(other.scale);
        let left = shift(self.mantissa, scale.abs_diff(self.scale));
        let right = shift(other.mantissa, scale.abs_diff(other.scale));
        left.zip(right)
            .and_then(|(left, right)| apply(left, right))
            .map(|mantissa| Self::normalised(mantissa, scale))
            .ok_or(AmountError::OutOfRange)
    }

    fn normalised(mut mantissa: i128, mut scale: u32) -> Self {
        while scale > 0 && mantissa.checked_rem(10) == Some(0) {
            mantissa = mantissa.checked_div(10).unwrap_or_default();
            scale = scale.saturating_sub(1);
        }
        Self { mantissa, scale }
    }

    /// The whole part and the part after the point counted in units of the last possible digit. Both always fit,
    /// which the plain comparison of two numbers brought to one scale would not.
    fn split(self) -> (i128, i128) {
        let unit = power_of_ten(self.scale).unwrap_or(1);
        let whole = self.mantissa.checked_div(unit).unwrap_or_default();
        let rest = self.mantissa.checked_rem(unit).unwrap_or_default();
        (
            whole,
            shift(rest, MAX_FRACTION_DIGITS.saturating_sub(self.scale)).unwrap_or_default(),
        )
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.split().cmp(&other.split())
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The shortest plain form: never an exponent, no closing zeros.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative() { "-" } else { "" };
        f.write_str(&fixed_point(sign, self.mantissa.unsigned_abs(), self.scale))
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decimal({self})")
    }
}

fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

/// `mantissa * 10^places`; zero stays zero however far it is moved.
fn shift(mantissa: i128, places: u32) -> Option<i128> {
    if mantissa == 0 {
        Some(0)
    } else {
        mantissa.checked_mul(power_of_ten(places)?)
    }
}

/// The parts of a JSON number as they stand in the text.
struct Literal<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

impl<'a> Literal<'a> {
    /// Splits the text by the grammar of RFC 8259, section 6; `None` when it does not follow it to the end.
    fn read(text: &'a [u8]) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, rest) = digits(rest)?;
        if whole.len() > 1 && whole.first() == Some(&b'0') {
            return None;
        }
        let (fraction, rest) = match rest.strip_prefix(b".") {
            Some(rest) => digits(rest)?,
            None => (&[][..], rest),
        };
        let (exponent, rest) = match rest.split_first() {
            Some((b'e' | b'E', rest)) => exponent(rest)?,
            _ => (0, rest),
        };
        rest.is_empty().then_some(Self {
            negative,
            whole,
            fraction,
            exponent,
        })
    }

    /// The number that the parts name.
    fn value(&self) -> Result<Decimal, ParseError> {
        let all = || self.whole.iter().chain(self.fraction);
        let zeros_at_end = all().rev().take_while(|digit| **digit == b'0').count();
        let significant = self
            .whole
            .len()
            .saturating_add(self.fraction.len())
            .saturating_sub(zeros_at_end);
        if significant == 0 {
            return Ok(Decimal::ZERO);
        }
        let count = |length: usize| i64::try_from(length).map_err(|_| ParseError::OutOfRange);
        let places = self
            .exponent
            .saturating_sub(count(self.fraction.len())?)
            .saturating_add(count(zeros_at_end)?);
        if places.saturating_add(i64::from(MAX_FRACTION_DIGITS)) < 0 {
            return Err(ParseError::TooManyDigits);
        }
        let magnitude = all()
            .take(significant)
            .try_fold(0_i128, |value, digit| {
                value
                    .checked_mul(10)?
                    .checked_add(i128::from(digit.checked_sub(b'0')?))
            })
            .ok_or(ParseError::OutOfRange)?;
        let distance = u32::try_from(places.unsigned_abs()).map_err(|_| ParseError::OutOfRange)?;
        let (magnitude, scale) = if places < 0 {
            (Some(magnitude), distance)
        } else {
            (shift(magnitude, distance), 0)
        };
        let signed = |magnitude: i128| {
            if self.negative {
                magnitude.checked_neg()
            } else {
                Some(magnitude)
            }
        };
        let mantissa = magnitude.and_then(signed).ok_or(ParseError::OutOfRange)?;
        Ok(Decimal { mantissa, scale })
    }
}

/// One or more digits and what follows them.
fn digits(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if len == 0 {
        None
    } else {
        text.split_at_checked(len)
    }
}

/// The number after an `e`, held within [`EXPONENT_CEILING`], and what follows it.
fn exponent(text: &[u8]) -> Option<(i64, &[u8])> {
    let (sign, rest) = match text.split_first() {
        Some((b'-', rest)) => (-1, rest),
        Some((b'+', rest)) => (1, rest),
        _ => (1, text),
    };
    let (written, rest) = digits(rest)?;
    let magnitude = written.iter().fold(0_i64, |value, digit| {
        let digit = i64::from(digit.saturating_sub(b'0'));
        value
            .saturating_mul(10)
            .saturating_add(digit)
            .min(EXPONENT_CEILING)
    });
    Some((magnitude.saturating_mul(sign), rest))
}
