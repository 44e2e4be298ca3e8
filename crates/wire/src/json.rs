//! The tree of one JSON text: numbers as their text, members in their order, duplicates kept.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use tender_money::{Decimal, ParseError};

use crate::JsonWriter;

/// A JSON value that borrows from the text it was read from.
///
/// Its `Debug` shows the shape and the member names, never a value: what clients send may hold secrets, and a tree
/// ends up in a log sooner or later.
#[derive(Clone, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(NumberText<'a>),
    /// A string, with its escapes resolved.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object.
    Object(Object<'a>),
}

impl<'a> Json<'a> {
    /// The members, when this is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Json::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The elements, when this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Json<'a>]> {
        match self {
            Json::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The text, when this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Json::Null)
    }

    /// The value as compact JSON text: members in their order, duplicates too, numbers as they were written.
    #[must_use]
    pub fn to_text(&self) -> String {
        JsonWriter::value(self).into_string()
    }
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(_) => f.write_str("bool"),
            Json::Number(_) => f.write_str("number"),
            Json::String(_) => f.write_str("string"),
            Json::Array(elements) => f.debug_list().entries(elements).finish(),
            Json::Object(object) => object.fmt(f),
        }
    }
}

/// The text of a JSON number, known to follow the grammar of JSON numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NumberText<'a>(&'a str);

impl<'a> NumberText<'a> {
    /// `text` must have passed the parser as a number.
    pub(crate) fn checked_by_parser(text: &'a str) -> Self {
        Self(text)
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// Whether the number is written as an integer: without a point and without an exponent.
    #[must_use]
    pub fn is_integer(self) -> bool {
        is_integer_literal(self.0)
    }

    /// The integer, when it is written as one and fits.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        // Rust's own parser would also take a plus sign, which the grammar has already ruled out.
        self.0.parse().ok()
    }

    /// The exact value.
    ///
    /// # Errors
    /// [`ParseError::OutOfRange`] or [`ParseError::TooManyDigits`], see [`Decimal::parse`].
    pub fn decimal(self) -> Result<Decimal, ParseError> {
        Decimal::parse(self.0)
    }
}

impl fmt::Debug for NumberText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("number")
    }
}

/// Whether a text is a minus sign or not, and then digits only. Leading zeros are the grammar's business.
pub(crate) fn is_integer_literal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// An object: its members in the order they were written, a name given twice included.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Object<'a> {
    members: Vec<(Cow<'a, str>, Json<'a>)>,
}

impl<'a> Object<'a> {
    pub(crate) fn push(&mut self, name: Cow<'a, str>, value: Json<'a>) {
        self.members.push((name, value));
    }

    /// The value of a member; of several with this name the last, as most parsers have it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.members
            .iter()
            .rev()
            .find_map(|(member, value)| (member == name).then_some(value))
    }

    /// Whether there is a member of this name, `null` or not.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All members as written.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Json<'a>)> {
        self.members.iter().map(|(name, value)| (&**name, value))
    }

    /// How many members are written, duplicates counted each time.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The names given more than once, each named once, in the order of their second appearance.
    #[must_use]
    pub fn duplicates(&self) -> Vec<&str> {
        let mut seen = HashSet::with_capacity(self.members.len());
        let mut reported = HashSet::new();
        self.iter()
            .map(|(name, _)| name)
            .filter(|name| !seen.insert(*name) && reported.insert(*name))
            .collect()
    }
}

impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
