//! What can be wrong with an amount or with the text of a number. Closed lists: callers match on them.

use std::error::Error;
use std::fmt;

/// Why an amount could not be computed or represented. Nothing was rounded or truncated instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AmountError {
    /// The value has more digits after the point than the target can hold.
    TooManyDigits,
    /// The value is too large or too small for the target's integer type.
    OutOfRange,
    /// Two amounts of different currencies met.
    CurrencyMismatch,
    /// A negative number stood where only zero or more has a meaning.
    Negative,
    /// A non-zero total was to be allocated over nothing.
    NoWeights,
    /// A cash rounding increment was zero or negative.
    InvalidIncrement,
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooManyDigits => "too many digits after the point",
            Self::OutOfRange => "amount out of range",
            Self::CurrencyMismatch => "amounts of different currencies",
            Self::Negative => "negative where only zero or more is allowed",
            Self::NoWeights => "nothing to allocate the total over",
            Self::InvalidIncrement => "rounding increment is not positive",
        })
    }
}

impl Error for AmountError {}

/// Why a text was not read as a [`crate::Decimal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParseError {
    /// The text is not a number in the grammar of JSON.
    NotANumber,
    /// A number, but longer than [`crate::MAX_TEXT_LEN`] or too large to be held exactly.
    OutOfRange,
    /// A number with more than [`crate::MAX_FRACTION_DIGITS`] digits after the point.
    TooManyDigits,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "not a number",
            Self::OutOfRange => "number out of range",
            Self::TooManyDigits => "too many digits after the point",
        })
    }
}

impl Error for ParseError {}
