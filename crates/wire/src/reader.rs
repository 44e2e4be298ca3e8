//! Reading fields out of a [`Json`] tree, with errors that name a path and two kinds, never a value.
//!
//! Owns: what counts as an integer, a decimal, a string; the difference between absent and `null`; paths such as
//! `params.lines[2].quantity`. Must not know: which fields exist, or how a dialect words an error.

use std::fmt;

use tender_money::{Decimal, ParseError};

use crate::json::is_integer_literal;
use crate::{Json, Object};

#[cfg(test)]
mod tests;

/// The most errors that one [`FieldErrors`] keeps; an answer lists no more.
pub const FIELD_ERRORS_MAX: usize = 100;

/// What was expected of a field, or found in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Found only: there is no such member.
    Absent,
    /// Found only: `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number written without a point and without an exponent.
    Integer,
    /// Any number; found where an integer was expected: a number that is not written as one.
    Number,
    /// Found only: a number too large or too small for the field.
    OutOfRange,
    /// Found only: a number with more fraction digits than any amount has.
    TooManyDigits,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
    /// Expected only: anything but `null`.
    Any,
}

impl Kind {
    /// The kind of a value.
    #[must_use]
    pub fn of(value: &Json<'_>) -> Self {
        match value {
            Json::Null => Self::Null,
            Json::Bool(_) => Self::Bool,
            Json::Number(number) if number.is_integer() => Self::Integer,
            Json::Number(_) => Self::Number,
            Json::String(_) => Self::String,
            Json::Array(_) => Self::Array,
            Json::Object(_) => Self::Object,
        }
    }

    /// The kind in plain words with its article: `an integer`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Absent => "nothing",
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::OutOfRange => "a number out of range",
            Self::TooManyDigits => "a number with too many digits",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
            Self::Any => "a value",
        }
    }
}

/// A field that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Where: `params.lines[2].quantity`; empty for the whole body.
    pub path: String,
    /// What it must be.
    pub expected: Kind,
    /// What it is.
    pub found: Kind,
}

impl FieldError {
    /// Whether the field is absent or `null`, rather than of a wrong kind.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.found, Kind::Absent | Kind::Null)
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "the body"
        } else {
            &self.path
        };
        write!(
            f,
            "{path}: expected {}, found {}",
            self.expected.words(),
            self.found.words()
        )
    }
}

impl std::error::Error for FieldError {}

/// The errors of one body, for dialects that report them together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors {
    errors: Vec<FieldError>,
}

impl FieldErrors {
    /// No errors yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an error; beyond [`FIELD_ERRORS_MAX`] it is dropped.
    pub fn push(&mut self, error: FieldError) {
        if self.errors.len() < FIELD_ERRORS_MAX {
            self.errors.push(error);
        }
    }

    /// The outcome of a read, with its error kept here and answered as absent.
    pub fn keep<T>(&mut self, outcome: Result<Presence<T>, FieldError>) -> Presence<T> {
        self.ok(outcome).unwrap_or(Presence::Absent)
    }

    /// The outcome of a required read, with its error kept here.
    pub fn ok<T>(&mut self, outcome: Result<T, FieldError>) -> Option<T> {
        outcome.map_err(|error| self.push(error)).ok()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// The errors in the order they were met.
    #[must_use]
    pub fn as_slice(&self) -> &[FieldError] {
        &self.errors
    }

    /// The errors in the order they were met.
    #[must_use]
    pub fn into_vec(self) -> Vec<FieldError> {
        self.errors
    }
}

/// What a member holds: nothing was said, `null` was said, or a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence<T> {
    /// There is no such member.
    Absent,
    /// The member is `null`.
    Null,
    /// The member's value.
    Value(T),
}

impl<T> Presence<T> {
    /// The value; `None` for absent and for `null`.
    #[must_use]
    pub fn value(self) -> Option<T> {
        match self {
            Presence::Value(value) => Some(value),
            Presence::Absent | Presence::Null => None,
        }
    }

    /// Whether the member was written at all, `null` included.
    #[must_use]
    pub fn is_given(&self) -> bool {
        !matches!(self, Presence::Absent)
    }

    /// Applies a function to the value.
    #[must_use]
    pub fn map<U>(self, apply: impl FnOnce(T) -> U) -> Presence<U> {
        match self {
            Presence::Absent => Presence::Absent,
            Presence::Null => Presence::Null,
            Presence::Value(value) => Presence::Value(apply(value)),
        }
    }
}

/// How exactly a value's kind must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tolerance {
    /// Numbers are JSON numbers, and an integer is written as one.
    #[default]
    Strict,
    /// A string that holds nothing but a JSON number counts as that number, and a number with a whole value counts
    /// as an integer however it is written (`42.0`, `"42"`).
    NumericText,
}

/// A type that a field can be read as. Dialects implement it for their own enumerations.
pub trait FromJson<'j>: Sized {
    /// What an error says was expected.
    const EXPECTED: Kind;

    /// Reads the value, which is not `null`.
    ///
    /// # Errors
    /// What was found instead.
    fn from_json(value: &'j Json<'j>, tolerance: Tolerance) -> Result<Self, Kind>;
}

impl<'j> FromJson<'j> for i64 {
    const EXPECTED: Kind = Kind::Integer;

    fn from_json(value: &'j Json<'j>, tolerance: Tolerance) -> Result<Self, Kind> {
        let found = Kind::of(value);
        let text = number_text(value, tolerance).ok_or(found)?;
        if is_integer_literal(text) {
            // The grammar holds for numbers; in a string it is the exact reading below that refuses leading zeros.
            if matches!(value, Json::Number(_)) {
                return text.parse().map_err(|_| Kind::OutOfRange);
            }
        } else if tolerance == Tolerance::Strict {
            return Err(found);
        }
        let exact = Decimal::parse(text).map_err(|error| unreadable(error, found))?;
        if exact.fraction_digits() > 0 {
            return Err(found);
        }
        exact.to_integer().ok_or(Kind::OutOfRange)
    }
}

impl<'j> FromJson<'j> for i32 {
    const EXPECTED: Kind = Kind::Integer;

    fn from_json(value: &'j Json<'j>, tolerance: Tolerance) -> Result<Self, Kind> {
        let wide = i64::from_json(value, tolerance)?;
        Self::try_from(wide).map_err(|_| Kind::OutOfRange)
    }
}

impl<'j> FromJson<'j> for Decimal {
    const EXPECTED: Kind = Kind::Number;

    fn from_json(value: &'j Json<'j>, tolerance: Tolerance) -> Result<Self, Kind> {
        let found = Kind::of(value);
        let text = number_text(value, tolerance).ok_or(found)?;
        Self::parse(text).map_err(|error| unreadable(error, found))
    }
}

impl<'j> FromJson<'j> for bool {
    const EXPECTED: Kind = Kind::Bool;

    fn from_json(value: &'j Json<'j>, _: Tolerance) -> Result<Self, Kind> {
        match value {
            Json::Bool(value) => Ok(*value),
            other => Err(Kind::of(other)),
        }
    }
}

impl<'j> FromJson<'j> for &'j str {
    const EXPECTED: Kind = Kind::String;

    fn from_json(value: &'j Json<'j>, _: Tolerance) -> Result<Self, Kind> {
        value.as_str().ok_or(Kind::of(value))
    }
}

impl<'j> FromJson<'j> for &'j [Json<'j>] {
    const EXPECTED: Kind = Kind::Array;

    fn from_json(value: &'j Json<'j>, _: Tolerance) -> Result<Self, Kind> {
        value.as_array().ok_or(Kind::of(value))
    }
}

impl<'j> FromJson<'j> for &'j Object<'j> {
    const EXPECTED: Kind = Kind::Object;

    fn from_json(value: &'j Json<'j>, _: Tolerance) -> Result<Self, Kind> {
        value.as_object().ok_or(Kind::of(value))
    }
}

impl<'j> FromJson<'j> for &'j Json<'j> {
    const EXPECTED: Kind = Kind::Any;

    fn from_json(value: &'j Json<'j>, _: Tolerance) -> Result<Self, Kind> {
        Ok(value)
    }
}

/// The text of a number, or of a string where that is tolerated.
fn number_text<'j>(value: &'j Json<'j>, tolerance: Tolerance) -> Option<&'j str> {
    match value {
        Json::Number(number) => Some(number.as_str()),
        Json::String(text) if tolerance == Tolerance::NumericText => Some(text),
        _ => None,
    }
}

/// What was found, when a text could not be read as a decimal.
fn unreadable(error: ParseError, found: Kind) -> Kind {
    match error {
        ParseError::NotANumber => found,
        ParseError::OutOfRange => Kind::OutOfRange,
        ParseError::TooManyDigits => Kind::TooManyDigits,
    }
}

/// Where a reader stands, linked from the inside out so that nothing is allocated unless an error is reported.
#[derive(Debug, Clone, Copy)]
struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    segment: Segment<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Segment<'p> {
    Root,
    Name(&'p str),
    Index(usize),
}

impl<'p> Path<'p> {
    const ROOT: Self = Path {
        parent: None,
        segment: Segment::Root,
    };

    fn then<'q>(&'q self, segment: Segment<'q>) -> Path<'q> {
        Path {
            parent: Some(self),
            segment,
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(text);
        }
        match self.segment {
            Segment::Root => {}
            Segment::Name(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Segment::Index(index) => {
                text.push('[');
                text.push_str(&index.to_string());
                text.push(']');
            }
        }
    }

    fn error(&self, expected: Kind, found: Kind) -> FieldError {
        FieldError {
            path: self.text(),
            expected,
            found,
        }
    }
}

/// Reads the members of one object.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'j, 'p> {
    object: &'j Object<'j>,
    path: Path<'p>,
    tolerance: Tolerance,
}

impl<'j> Reader<'j, 'static> {
    /// Reads a body, which must be an object, strictly.
    ///
    /// # Errors
    /// [`FieldError`] with an empty path when the body is something else.
    pub fn root(body: &'j Json<'j>) -> Result<Self, FieldError> {
        match body.as_object() {
            Some(object) => Ok(Self::of(object)),
            None => Err(Path::ROOT.error(Kind::Object, Kind::of(body))),
        }
    }

    /// Reads an object as if it were the whole body, strictly.
    #[must_use]
    pub fn of(object: &'j Object<'j>) -> Self {
        Self {
            object,
            path: Path::ROOT,
            tolerance: Tolerance::Strict,
        }
    }
}

impl<'j, 'p> Reader<'j, 'p> {
    /// The same reader with another tolerance, which readers made from it inherit.
    #[must_use]
    pub fn tolerating(self, tolerance: Tolerance) -> Self {
        Self { tolerance, ..self }
    }

    /// The object itself.
    #[must_use]
    pub fn members(&self) -> &'j Object<'j> {
        self.object
    }

    /// The path of a member, for an error that the reader cannot know about.
    #[must_use]
    pub fn path_of(&self, name: &str) -> String {
        self.path.then(Segment::Name(name)).text()
    }

    /// The names that are not among the known ones, in their order, one as often as it is written.
    pub fn unknown<'k>(&self, known: &'k [&str]) -> impl Iterator<Item = &'j str> + use<'j, 'k> {
        self.object
            .iter()
            .map(|(name, _)| name)
            .filter(move |name| !known.contains(name))
    }

    /// Reads a member as `T`.
    ///
    /// # Errors
    /// [`FieldError`] when it is there, not `null`, and something else.
    pub fn read<T: FromJson<'j>>(&self, name: &str) -> Result<Presence<T>, FieldError> {
        match self.object.get(name) {
            None => Ok(Presence::Absent),
            Some(Json::Null) => Ok(Presence::Null),
            Some(value) => T::from_json(value, self.tolerance)
                .map(Presence::Value)
                .map_err(|found| self.path.then(Segment::Name(name)).error(T::EXPECTED, found)),
        }
    }

    /// Reads a member as `T` that must be there and not `null`.
    ///
    /// # Errors
    /// [`FieldError`] when it is absent, `null`, or something else.
    pub fn require<T: FromJson<'j>>(&self, name: &str) -> Result<T, FieldError> {
        let missing = |found| self.path.then(Segment::Name(name)).error(T::EXPECTED, found);
        match self.read(name)? {
            Presence::Value(value) => Ok(value),
            Presence::Absent => Err(missing(Kind::Absent)),
            Presence::Null => Err(missing(Kind::Null)),
        }
    }

    /// Reads an integer of 64 bits.
    ///
    /// # Errors
    /// See [`Reader::read`].
    pub fn i64(&self, name: &str) -> Result<Presence<i64>, FieldError> {
        self.read(name)
    }

    /// Reads an integer of 32 bits.
    ///
    /// # Errors
    /// See [`Reader::read`].
    pub fn i32(&self, name: &str) -> Result<Presence<i32>, FieldError> {
        self.read(name)
    }

    /// Reads an exact decimal.
    ///
    /// # Errors
    /// See [`Reader::read`].
    pub fn decimal(&self, name: &str) -> Result<Presence<Decimal>, FieldError> {
        self.read(name)
    }

    /// Reads a boolean.
    ///
    /// # Errors
    /// See [`Reader::read`].
    pub fn bool(&self, name: &str) -> Result<Presence<bool>, FieldError> {
        self.read(name)
    }

    /// Reads a string.
    ///
    /// # Errors
    /// See [`Reader::read`].
    pub fn string(&self, name: &str) -> Result<Presence<&'j str>, FieldError> {
        self.read(name)
    }

    /// Reads a string, or a number as the text it was written with.
    ///
    /// # Errors
    /// See [`Reader::read`].
    pub fn string_or_number(&self, name: &str) -> Result<Presence<&'j str>, FieldError> {
        match self.object.get(name) {
            Some(Json::Number(number)) => Ok(Presence::Value(number.as_str())),
            _ => self.read(name),
        }
    }

    /// Reads an object.
    ///
    /// # Errors
    /// See [`Reader::read`].
    pub fn object<'q>(&'q self, name: &'q str) -> Result<Presence<Reader<'j, 'q>>, FieldError> {
        let object = self.read::<&'j Object<'j>>(name)?;
        Ok(object.map(|object| Reader {
            object,
            path: self.path.then(Segment::Name(name)),
            tolerance: self.tolerance,
        }))
    }

    /// Reads an object that must be there and not `null`.
    ///
    /// # Errors
    /// See [`Reader::require`].
    pub fn require_object<'q>(&'q self, name: &'q str) -> Result<Reader<'j, 'q>, FieldError> {
        let object = self.require::<&'j Object<'j>>(name)?;
        Ok(Reader {
            object,
            path: self.path.then(Segment::Name(name)),
            tolerance: self.tolerance,
        })
    }

    /// Reads an array.
    ///
    /// # Errors
    /// See [`Reader::read`].
    pub fn array<'q>(&'q self, name: &'q str) -> Result<Presence<Items<'j, 'q>>, FieldError> {
        let elements = self.read::<&'j [Json<'j>]>(name)?;
        Ok(elements.map(|elements| Items {
            elements,
            path: self.path.then(Segment::Name(name)),
            tolerance: self.tolerance,
        }))
    }
}

/// Reads the elements of one array.
#[derive(Debug, Clone, Copy)]
pub struct Items<'j, 'p> {
    elements: &'j [Json<'j>],
    path: Path<'p>,
    tolerance: Tolerance,
}

impl<'j> Items<'j, 'static> {
    /// Reads a body, which must be an array, strictly.
    ///
    /// # Errors
    /// [`FieldError`] with an empty path when the body is something else.
    pub fn root(body: &'j Json<'j>) -> Result<Self, FieldError> {
        match body.as_array() {
            Some(elements) => Ok(Self {
                elements,
                path: Path::ROOT,
                tolerance: Tolerance::Strict,
            }),
            None => Err(Path::ROOT.error(Kind::Array, Kind::of(body))),
        }
    }
}

impl<'j> Items<'j, '_> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The elements in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Item<'j, '_>> {
        self.elements.iter().enumerate().map(|(index, value)| Item {
            value,
            path: self.path.then(Segment::Index(index)),
            tolerance: self.tolerance,
        })
    }
}

/// One element of an array.
#[derive(Debug, Clone, Copy)]
pub struct Item<'j, 'p> {
    value: &'j Json<'j>,
    path: Path<'p>,
    tolerance: Tolerance,
}

impl<'j, 'p> Item<'j, 'p> {
    /// The element's path, for an error that the reader cannot know about.
    #[must_use]
    pub fn path(&self) -> String {
        self.path.text()
    }

    /// Reads the element as `T`.
    ///
    /// # Errors
    /// [`FieldError`] when it is `null` or something else.
    pub fn read<T: FromJson<'j>>(&self) -> Result<T, FieldError> {
        let outcome = match self.value {
            Json::Null => Err(Kind::Null),
            value => T::from_json(value, self.tolerance),
        };
        outcome.map_err(|found| self.path.error(T::EXPECTED, found))
    }

    /// Reads the element as an object.
    ///
    /// # Errors
    /// [`FieldError`] when it is something else.
    pub fn object(self) -> Result<Reader<'j, 'p>, FieldError> {
        Ok(Reader {
            object: self.read()?,
            path: self.path,
            tolerance: self.tolerance,
        })
    }
}
