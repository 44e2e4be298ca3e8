//! Names and values of a query string or a form body (`application/x-www-form-urlencoded`).
//!
//! Owns: splitting and percent-decoding, with a limit. Must not know: which names exist.

use std::borrow::Cow;
use std::fmt;

#[cfg(test)]
mod tests;

/// The pairs of a form, in their order. Bytes that are not UTF-8 become replacement characters.
///
/// Its `Debug` shows the names only: values may be secrets.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Form<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// A form has more pairs than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyPairs;

impl fmt::Display for TooManyPairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the form has too many fields")
    }
}

impl std::error::Error for TooManyPairs {}

impl<'a> Form<'a> {
    /// Reads a form body or the part of a URL after the question mark.
    ///
    /// # Errors
    /// [`TooManyPairs`] beyond `pairs_max` pairs.
    pub fn parse(bytes: &'a [u8], pairs_max: usize) -> Result<Self, TooManyPairs> {
        let mut pairs = Vec::new();
        for pair in form_urlencoded::parse(bytes) {
            if pairs.len() >= pairs_max {
                return Err(TooManyPairs);
            }
            pairs.push(pair);
        }
        Ok(Self { pairs })
    }

    /// The value of a name; of several the first.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find_map(|(given, value)| (given == name).then_some(value))
    }

    /// All pairs in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl fmt::Debug for Form<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}
