//! From bytes to a [`Json`] tree, within limits.
//!
//! Owns: the limits, the positions of errors, and the walk. The grammar is serde_json's. Each container is read
//! one level at a time: its members come as raw slices that serde_json has checked without recursion, and a slice
//! is entered only when the depth allows it. So a number's text survives, at the price of scanning a byte once per
//! level above it, which [`DEPTH_CEILING`] bounds.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::{Json, NumberText, Object};

#[cfg(test)]
mod tests;

/// The deepest nesting that any [`Limits`] can allow.
pub const DEPTH_CEILING: usize = 64;

/// How much a JSON text may hold. The length of the text is limited by whoever reads it from the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The deepest nesting of arrays and objects: 1 allows `[]`, 0 only scalars. Values above [`DEPTH_CEILING`]
    /// count as that.
    pub depth_max: usize,
    /// The most object members and array elements in the whole text, which bounds the memory of the tree.
    pub members_max: usize,
}

impl Limits {
    /// What a request body of any dialect needs, with room to spare.
    pub const REQUEST: Self = Self {
        depth_max: 16,
        members_max: 20_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::REQUEST
    }
}

/// Why bytes are not an acceptable JSON text, and where. Never holds a part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// The line, from 1.
    pub line: usize,
    /// The byte within the line, from 1.
    pub column: usize,
}

/// The reasons of a [`JsonError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonErrorKind {
    /// There is nothing but white space.
    Empty,
    /// The text ends inside a value.
    Incomplete,
    /// The text breaks the grammar.
    Syntax,
    /// The text goes on after its value.
    TrailingText,
    /// The bytes are not UTF-8, or a string has half of a surrogate pair.
    NotUnicode,
    /// Nested deeper than the limit.
    TooDeep,
    /// More members and elements than the limit.
    TooManyMembers,
}

impl JsonErrorKind {
    /// The reason in plain words, safe to show to any client.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Empty => "the text is empty",
            Self::Incomplete => "the text ends too early",
            Self::Syntax => "the text is not JSON",
            Self::TrailingText => "the text goes on after its end",
            Self::NotUnicode => "the text is not Unicode",
            Self::TooDeep => "the text is nested too deeply",
            Self::TooManyMembers => "the text has too many members",
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.kind.reason();
        write!(f, "{reason} (line {}, column {})", self.line, self.column)
    }
}

impl std::error::Error for JsonError {}

impl<'a> Json<'a> {
    /// Reads one JSON text.
    ///
    /// # Errors
    /// [`JsonError`] with the first thing that is wrong.
    pub fn parse(bytes: &'a [u8], limits: Limits) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Position::of(bytes, error.valid_up_to()).error(JsonErrorKind::NotUnicode))?;
        Parser {
            text,
            depth_max: limits.depth_max.min(DEPTH_CEILING),
            members_left: limits.members_max,
            failure: None,
        }
        .document()
    }
}

struct Parser<'a> {
    /// The whole text; every slice the parser meets is a part of it.
    text: &'a str,
    depth_max: usize,
    members_left: usize,
    /// The error to report, when a visitor stopped serde_json for a reason of ours.
    failure: Option<JsonError>,
}

impl<'a> Parser<'a> {
    fn document(mut self) -> Result<Json<'a>, JsonError> {
        let text = self.text;
        let start = text.bytes().position(|byte| !is_whitespace(byte));
        let Some(start) = start else {
            return Err(self.error_at(text.len(), JsonErrorKind::Empty));
        };
        match text.as_bytes().get(start) {
            Some(b'[' | b'{') => self.value(text, 0),
            _ => {
                let mut deserializer = serde_json::Deserializer::from_str(text);
                let raw = <&RawValue as serde::Deserialize>::deserialize(&mut deserializer)
                    .map_err(|error| self.located(text, &error))?;
                deserializer
                    .end()
                    .map_err(|error| self.located(text, &error).of_kind(JsonErrorKind::TrailingText))?;
                self.value(raw.get(), 0)
            }
        }
    }

    /// Reads a slice of the text. Scalars must have been checked by serde_json; containers are checked here.
    fn value(&mut self, slice: &'a str, depth: usize) -> Result<Json<'a>, JsonError> {
        let first = slice.bytes().find(|byte| !is_whitespace(*byte));
        match first {
            Some(b'{' | b'[') => self.container(slice, first == Some(b'{'), depth),
            Some(b'"') => self.string(slice),
            Some(b'n') => Ok(Json::Null),
            Some(b't') => Ok(Json::Bool(true)),
            Some(b'f') => Ok(Json::Bool(false)),
            _ => Ok(Json::Number(NumberText::checked_by_parser(slice))),
        }
    }

    fn container(&mut self, slice: &'a str, is_object: bool, depth: usize) -> Result<Json<'a>, JsonError> {
        if depth >= self.depth_max {
            return Err(self.error_at(self.offset(slice), JsonErrorKind::TooDeep));
        }
        let mut deserializer = serde_json::Deserializer::from_str(slice);
        let walk = Container {
            parser: self,
            depth: depth.saturating_add(1),
        };
        let outcome = if is_object {
            deserializer.deserialize_map(walk)
        } else {
            deserializer.deserialize_seq(walk)
        };
        let json = outcome.map_err(|error| self.failure.unwrap_or_else(|| self.located(slice, &error)))?;
        deserializer
            .end()
            .map_err(|error| self.located(slice, &error).of_kind(JsonErrorKind::TrailingText))?;
        Ok(json)
    }

    fn string(&self, slice: &'a str) -> Result<Json<'a>, JsonError> {
        // Without an escape the string is its own text: the scan has already refused control characters.
        if !slice.as_bytes().contains(&b'\\') {
            let text = slice.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            if let Some(text) = text {
                return Ok(Json::String(Cow::Borrowed(text)));
            }
        }
        serde_json::from_str::<String>(slice)
            .map(|text| Json::String(Cow::Owned(text)))
            .map_err(|error| self.located(slice, &error).of_kind(JsonErrorKind::NotUnicode))
    }

    /// Takes one from the allowance of members, or stops.
    fn count_member(&mut self, slice: &str) -> Result<(), JsonError> {
        match self.members_left.checked_sub(1) {
            Some(left) => {
                self.members_left = left;
                Ok(())
            }
            None => Err(self.error_at(self.offset(slice), JsonErrorKind::TooManyMembers)),
        }
    }

    /// Where a slice of the text begins in it.
    fn offset(&self, slice: &str) -> usize {
        slice
            .as_ptr()
            .addr()
            .saturating_sub(self.text.as_ptr().addr())
            .min(self.text.len())
    }

    fn error_at(&self, offset: usize, kind: JsonErrorKind) -> JsonError {
        Position::of(self.text.as_bytes(), offset).error(kind)
    }

    /// Translates an error about a slice into one about the whole text.
    fn located(&self, slice: &str, error: &serde_json::Error) -> JsonError {
        let kind = if error.is_eof() {
            JsonErrorKind::Incomplete
        } else {
            JsonErrorKind::Syntax
        };
        let start = Position::of(self.text.as_bytes(), self.offset(slice));
        if error.line() > 1 {
            JsonError {
                kind,
                line: start.line.saturating_add(error.line()).saturating_sub(1),
                column: error.column().max(1),
            }
        } else {
            JsonError {
                kind,
                line: start.line,
                column: start.column.saturating_add(error.column().saturating_sub(1)),
            }
        }
    }
}

impl JsonError {
    /// The same place with a more exact reason, unless the text simply ended.
    fn of_kind(self, kind: JsonErrorKind) -> Self {
        match self.kind {
            JsonErrorKind::Incomplete => self,
            _ => Self { kind, ..self },
        }
    }
}

/// Reads the members of one container, entering each as its turn comes.
struct Container<'p, 'a> {
    parser: &'p mut Parser<'a>,
    depth: usize,
}

impl<'a> Container<'_, 'a> {
    /// Reads one member or element; `None` stops serde_json, with the reason left in the parser.
    fn child(&mut self, raw: &'a RawValue) -> Option<Json<'a>> {
        let slice = raw.get();
        let outcome = self
            .parser
            .count_member(slice)
            .and_then(|()| self.parser.value(slice, self.depth));
        match outcome {
            Ok(json) => Some(json),
            Err(error) => {
                self.parser.failure = Some(error);
                None
            }
        }
    }
}

impl<'a> Visitor<'a> for Container<'_, 'a> {
    type Value = Json<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<Json<'a>, A::Error> {
        let mut object = Object::default();
        while let Some(name) = map.next_key_seed(Name)? {
            let raw = map.next_value::<&'a RawValue>()?;
            let value = self.child(raw).ok_or_else(|| A::Error::custom("stopped"))?;
            object.push(name, value);
        }
        Ok(Json::Object(object))
    }

    fn visit_seq<A: SeqAccess<'a>>(mut self, mut seq: A) -> Result<Json<'a>, A::Error> {
        let mut elements = Vec::new();
        while let Some(raw) = seq.next_element::<&'a RawValue>()? {
            elements.push(self.child(raw).ok_or_else(|| A::Error::custom("stopped"))?);
        }
        Ok(Json::Array(elements))
    }
}

/// Reads a member's name, borrowed where it has no escapes.
struct Name;

impl<'a> DeserializeSeed<'a> for Name {
    type Value = Cow<'a, str>;

    fn deserialize<D: serde::Deserializer<'a>>(self, deserializer: D) -> Result<Cow<'a, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Name {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'a str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// A place in the text, both numbers from 1.
struct Position {
    line: usize,
    column: usize,
}

impl Position {
    fn of(bytes: &[u8], offset: usize) -> Self {
        let before = bytes.get(..offset).unwrap_or(bytes);
        let line_start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline.saturating_add(1));
        Self {
            line: before
                .iter()
                .filter(|byte| **byte == b'\n')
                .count()
                .saturating_add(1),
            column: before.len().saturating_sub(line_start).saturating_add(1),
        }
    }

    fn error(self, kind: JsonErrorKind) -> JsonError {
        JsonError {
            kind,
            line: self.line,
            column: self.column,
        }
    }
}

/// White space of the JSON grammar, which is narrower than that of Unicode or ASCII.
fn is_whitespace(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
