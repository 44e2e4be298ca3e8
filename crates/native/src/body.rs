//! Request bodies, strictly: JSON objects whose members are all known, given once, and of the right kind.
//!
//! Owns: size and depth limits, reading fields, and the words of a 400. Must not know: what the fields mean.
//!
//! Amounts are decimal strings and are read exactly. `null` counts as absent for members that may be absent.

use std::ops::RangeInclusive;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use tender_engine::{MoneyField, Rejection};
use tender_http::{BodyError, Problem, Retry, read_body};
use tender_money::{Decimal, ParseError};
use tender_wire::{FieldError, Items, Json, Kind, Limits, Presence, Reader, Tolerance};

use crate::ids;
use crate::refusal::{self, Code};

#[cfg(test)]
mod tests;

/// The longest body.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;
/// The longest short text: names, codes, references.
pub(crate) const SHORT_TEXT_CHARS_MAX: usize = 100;
/// The longest text that people write.
pub(crate) const LONG_TEXT_CHARS_MAX: usize = 1_000;

/// A request's body, read whole. An empty one is an empty object.
#[derive(Debug)]
pub(crate) struct BodyBytes(Bytes);

impl<S: Sync> FromRequest<S> for BodyBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        read_body(request, BODY_BYTES_MAX)
            .await
            .map(Self)
            .map_err(of_body_error)
    }
}

/// What is said when a body did not come whole.
pub(crate) fn of_body_error(error: BodyError) -> Problem {
    match error {
        BodyError::TooLarge => refusal::problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            Code::BodyTooLarge,
            "The body is too large.",
        )
        .detail("A body has at most 262144 bytes."),
        BodyError::Timeout => refusal::problem(
            StatusCode::REQUEST_TIMEOUT,
            Code::BodyTimeout,
            "The body did not arrive in time.",
        )
        .retry(Retry::SameKey),
        BodyError::Disconnected => {
            refusal::malformed(Code::BodyIncomplete, "The body ended too early.").retry(Retry::SameKey)
        }
    }
}

impl BodyBytes {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Json<'_>, Problem> {
        let bytes: &[u8] = if self.0.iter().all(u8::is_ascii_whitespace) {
            b"{}"
        } else {
            &self.0
        };
        Json::parse(bytes, Limits::REQUEST).map_err(|error| {
            refusal::malformed(Code::InvalidJson, "The body is not acceptable JSON.")
                .detail(format!("{error}."))
        })
    }
}

/// The members of one object, all known and none given twice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'j, 'p>(Reader<'j, 'p>);

impl<'j> Fields<'j, 'static> {
    /// The members of a body.
    pub(crate) fn of(json: &'j Json<'j>, known: &[&str]) -> Result<Self, Problem> {
        Self::checked(Reader::root(json).map_err(of_field_error)?, known)
    }
}

impl<'j, 'p> Fields<'j, 'p> {
    fn checked(reader: Reader<'j, 'p>, known: &[&str]) -> Result<Self, Problem> {
        if let Some(name) = reader.unknown(known).next() {
            // A misspelt member that is silently ignored would be a payment without its tip.
            return Err(refusal::malformed(Code::UnknownField, "There is no such field.")
                .field(reader.path_of(name))
                .detail(format!("Known here: {}.", known.join(", "))));
        }
        if let Some(name) = reader.members().duplicates().first() {
            return Err(
                refusal::malformed(Code::DuplicateField, "A field is given more than once.")
                    .field(reader.path_of(name)),
            );
        }
        Ok(Self(reader))
    }

    /// The path of a member.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path_of(name)
    }

    fn invalid(&self, name: &str, detail: impl Into<String>) -> Problem {
        refusal::invalid_field(self.path(name), detail)
    }

    fn missing(&self, name: &str) -> Problem {
        refusal::malformed(Code::MissingField, "A field is missing.").field(self.path(name))
    }

    /// The member, which must be there.
    pub(crate) fn require<T>(&self, name: &str, value: Option<T>) -> Result<T, Problem> {
        value.ok_or_else(|| self.missing(name))
    }

    /// Text of 1 to `chars_max` characters without control characters.
    pub(crate) fn text(&self, name: &str, chars_max: usize) -> Result<Option<&'j str>, Problem> {
        let text = self.0.string(name).map_err(of_field_error)?.value();
        let Some(text) = text else { return Ok(None) };
        if text.trim().is_empty() {
            return Err(self.invalid(name, "It must not be empty; leave it out instead."));
        }
        if text.chars().count() > chars_max {
            return Err(self.invalid(name, format!("It has at most {chars_max} characters.")));
        }
        if text
            .chars()
            .any(|character| character.is_control() && character != '\n')
        {
            return Err(self.invalid(name, "It must not contain control characters."));
        }
        Ok(Some(text))
    }

    /// A decimal number in a string, exactly.
    pub(crate) fn decimal(&self, name: &str) -> Result<Option<Decimal>, Problem> {
        match self.0.string(name).map_err(of_field_error)?.value() {
            Some(text) => Decimal::parse(text)
                .map(Some)
                .map_err(|error| self.not_a_decimal(name, error)),
            None => Ok(None),
        }
    }

    /// A decimal number in a string or as a JSON number, exactly.
    pub(crate) fn quantity(&self, name: &str) -> Result<Option<Decimal>, Problem> {
        let tolerant = self.0.tolerating(Tolerance::NumericText);
        let value = tolerant.decimal(name).map_err(of_field_error)?;
        Ok(value.value())
    }

    fn not_a_decimal(&self, name: &str, error: ParseError) -> Problem {
        let path = self.path(name);
        match error {
            ParseError::NotANumber => {
                refusal::invalid_field(path, "It is a decimal number in a string, such as \"12.50\".")
            }
            ParseError::OutOfRange => refusal::meaningless(
                Rejection::OutOfRange(MoneyField::Amount),
                "The number is too large.",
                path,
            ),
            ParseError::TooManyDigits => refusal::meaningless(
                Rejection::TooManyDigits(MoneyField::Amount),
                "The number has too many digits after the point.",
                path,
            ),
        }
    }

    /// A plain decimal id, in a string or as a JSON integer. `None` inside: it is no id, so it names nothing.
    pub(crate) fn plain_id(&self, name: &str) -> Result<Option<Option<u64>>, Problem> {
        let text = self.0.string_or_number(name).map_err(of_field_error)?;
        Ok(text.value().map(ids::read_plain))
    }

    /// A whole number in a range.
    pub(crate) fn integer(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, Problem> {
        let Some(number) = self.0.i64(name).map_err(of_field_error)?.value() else {
            return Ok(None);
        };
        if !range.contains(&number) {
            let (start, end) = (range.start(), range.end());
            return Err(self.invalid(name, format!("It is a whole number from {start} to {end}.")));
        }
        Ok(Some(number))
    }

    /// A number of things people count: 1 to 2^31 − 1.
    pub(crate) fn count(&self, name: &str) -> Result<Option<u32>, Problem> {
        let number = self.integer(name, 1..=i64::from(i32::MAX))?;
        Ok(number.and_then(|number| u32::try_from(number).ok()))
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        Ok(self.0.bool(name).map_err(of_field_error)?.value())
    }

    /// One of the words that `read` knows.
    pub(crate) fn word<T>(
        &self,
        name: &str,
        words: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        match self.0.string(name).map_err(of_field_error)?.value() {
            None => Ok(None),
            Some(text) => match read(text) {
                Some(value) => Ok(Some(value)),
                None => Err(self.invalid(name, format!("It is one of: {words}."))),
            },
        }
    }

    /// An object of its own.
    pub(crate) fn object<'q>(
        &'q self,
        name: &'q str,
        known: &[&str],
    ) -> Result<Option<Fields<'j, 'q>>, Problem> {
        match self.0.object(name).map_err(of_field_error)? {
            Presence::Value(reader) => Fields::checked(reader, known).map(Some),
            Presence::Absent | Presence::Null => Ok(None),
        }
    }

    /// A list of objects, read one by one.
    pub(crate) fn objects<T>(
        &self,
        name: &str,
        count: RangeInclusive<usize>,
        known: &[&str],
        mut read: impl FnMut(Fields<'j, '_>) -> Result<T, Problem>,
    ) -> Result<Option<Vec<T>>, Problem> {
        let Some(items) = self.items(name, count)? else {
            return Ok(None);
        };
        let mut values = Vec::with_capacity(items.len());
        for item in items.iter() {
            let reader = item.object().map_err(of_field_error)?;
            values.push(read(Fields::checked(reader, known)?)?);
        }
        Ok(Some(values))
    }

    /// A list of texts.
    pub(crate) fn texts(
        &self,
        name: &str,
        count: RangeInclusive<usize>,
    ) -> Result<Option<Vec<&'j str>>, Problem> {
        let Some(items) = self.items(name, count)? else {
            return Ok(None);
        };
        let texts: Result<Vec<&'j str>, FieldError> = items.iter().map(|item| item.read()).collect();
        texts.map(Some).map_err(of_field_error)
    }

    fn items<'q>(
        &'q self,
        name: &'q str,
        count: RangeInclusive<usize>,
    ) -> Result<Option<Items<'j, 'q>>, Problem> {
        let Some(items) = self.0.array(name).map_err(of_field_error)?.value() else {
            return Ok(None);
        };
        if !count.contains(&items.len()) {
            let (start, end) = (count.start(), count.end());
            return Err(self.invalid(name, format!("It has {start} to {end} elements.")));
        }
        Ok(Some(items))
    }
}

/// The words of a field error. It names a path and two kinds, never a value.
fn of_field_error(error: FieldError) -> Problem {
    let expected = error.expected.words();
    if error.path.is_empty() {
        let detail = format!("The body is {expected}, found {}.", error.found.words());
        return refusal::malformed(Code::InvalidField, "A field is not what it must be.").detail(detail);
    }
    match error.found {
        Kind::Absent | Kind::Null => {
            refusal::malformed(Code::MissingField, "A field is missing.").field(error.path)
        }
        Kind::TooManyDigits => refusal::meaningless(
            Rejection::TooManyDigits(MoneyField::Amount),
            "The number has too many digits after the point.",
            error.path,
        ),
        found => {
            let detail = format!("Expected {expected}, found {}.", found.words());
            refusal::invalid_field(error.path, detail)
        }
    }
}
