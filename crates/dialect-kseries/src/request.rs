//! Reading a request: its body as JSON with the tolerances that clients need, its query, its path.
//!
//! Owns: media type, limits, the words for what cannot be read, which follow Spring and Jackson, and reading one member
//! of an object. Must not know: which members an object has.

use std::fmt;

use axum::extract::Request;
use axum::extract::rejection::PathRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Uri};
use bytes::Bytes;
use tender_http::{BodyError, read_body};
use tender_money::Decimal;
use tender_wire::{
    FieldError, Form, FromJson, Json, JsonError, JsonErrorKind, Kind, Limits, Presence, Reader, Tolerance,
};

use crate::errors::{Fault, Refusal};
use crate::validation::JavaType;

#[cfg(test)]
mod tests;

/// The largest body of a payment, a webhook endpoint or a message.
pub(crate) const SMALL_BODY_BYTES_MAX: usize = 64 * 1024;
/// The largest body of an order.
pub(crate) const ORDER_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Pairs of a query that are looked at.
const QUERY_PAIRS_MAX: usize = 100;

/// What some clients put before UTF-8; Jackson reads over it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a body of JSON, undecoded.
pub(crate) async fn json_body(request: Request, bytes_max: usize) -> Result<Bytes, Refusal> {
    check_media_type(request.headers())?;
    let body = read_body(request, bytes_max).await;
    body.map_err(|error| Refusal::from(body_fault(&error, bytes_max)))
}

/// The fault of a body that cannot be had.
pub(crate) const fn body_fault(error: &BodyError, bytes_max: usize) -> Fault {
    match error {
        BodyError::TooLarge => Fault::BodyTooLarge { bytes_max },
        BodyError::Timeout => Fault::BodyLate,
        BodyError::Disconnected => Fault::BodyCutOff,
    }
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers
        .get(CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or_default());
    let media_type = given
        .and_then(|given| given.split(';').next())
        .unwrap_or_default()
        .trim();
    // Spring's reader of JSON takes `application/json` and everything that is JSON underneath.
    let is_json = media_type.split_once('/').is_some_and(|(family, kind)| {
        let format = kind.rsplit_once('+').map_or(kind, |(_, suffix)| suffix);
        family.eq_ignore_ascii_case("application") && format.eq_ignore_ascii_case("json")
    });
    if is_json {
        return Ok(());
    }
    // Spring reads a body without a type as bytes.
    let given = given.unwrap_or("application/octet-stream").to_owned();
    Err(Fault::MediaTypeUnsupported { given }.into())
}

/// Parses a body.
pub(crate) fn parse(body: &[u8]) -> Result<Json<'_>, Refusal> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    match Json::parse(body, Limits::REQUEST) {
        Ok(Json::Null) => Err(Fault::BodyMissing.into()),
        Ok(json) => Ok(json),
        Err(JsonError {
            kind: JsonErrorKind::Empty,
            ..
        }) => Err(Fault::BodyMissing.into()),
        Err(error) => Err(Fault::NotJson(error).into()),
    }
}

/// What is wrong with a text that is not JSON, in words like Jackson's.
pub(crate) const fn syntax_reason(kind: JsonErrorKind) -> &'static str {
    match kind {
        JsonErrorKind::Empty => "No content to map due to end-of-input",
        JsonErrorKind::Incomplete => "Unexpected end-of-input",
        JsonErrorKind::Syntax => "Unexpected character",
        JsonErrorKind::TrailingText => "Trailing token found after value",
        JsonErrorKind::NotUnicode => "Invalid UTF-8",
        JsonErrorKind::TooDeep => "Document nesting depth exceeds the maximum allowed",
        JsonErrorKind::TooManyMembers => "Document has more members than allowed",
    }
}

/// A member that cannot be read as what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    pub(crate) expected: Expected,
    pub(crate) error: FieldError,
}

/// What a member must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A value of a type.
    Type(JavaType),
    /// One of some words.
    Words(&'static [&'static str]),
}

impl Mismatch {
    fn of_type(java_type: JavaType, error: FieldError) -> Self {
        Self {
            expected: Expected::Type(java_type),
            error,
        }
    }

    /// The refusal of the object that has the member.
    pub(crate) fn refusal(self, object: &'static str) -> Refusal {
        Fault::Unreadable {
            object,
            mismatch: self,
        }
        .into()
    }

    /// Says it in Jackson's words: they name the type and the member, never the value.
    pub(crate) fn write(&self, f: &mut fmt::Formatter<'_>, object: &str) -> fmt::Result {
        f.write_str("JSON parse error: ")?;
        match self.expected {
            Expected::Words(words) => {
                let words = words.join(", ");
                write!(f, "not one of the values accepted: [{words}]")?;
            }
            Expected::Type(java_type) => self.write_type(f, java_type.name())?,
        }
        let chain = reference_chain(object, &self.error.path);
        write!(f, " ({chain})")
    }

    fn write_type(&self, f: &mut fmt::Formatter<'_>, java_type: &str) -> fmt::Result {
        let found = match self.error.found {
            Kind::OutOfRange => return write!(f, "Numeric value out of range of `{java_type}`"),
            Kind::TooManyDigits => return f.write_str("Numeric value has too many fraction digits"),
            Kind::Null | Kind::Absent => "null",
            Kind::Bool => "Boolean value",
            Kind::Integer => "Integer value (token `JsonToken.VALUE_NUMBER_INT`)",
            Kind::Number => "Floating-point value (token `JsonToken.VALUE_NUMBER_FLOAT`)",
            Kind::String => "String value (token `JsonToken.VALUE_STRING`)",
            Kind::Array => "Array value (token `JsonToken.START_ARRAY`)",
            Kind::Object => "Object value (token `JsonToken.START_OBJECT`)",
            Kind::Any => "value",
        };
        write!(f, "Cannot deserialize value of type `{java_type}` from {found}")
    }
}

/// `through reference chain: localOrder["items"]->[0]->["quantity"]`
fn reference_chain(object: &str, path: &str) -> String {
    let mut chain = format!("through reference chain: {object}");
    for segment in path.split('.').filter(|segment| !segment.is_empty()) {
        let (name, indexes) = segment.find('[').map_or((segment, ""), |at| segment.split_at(at));
        if chain.ends_with(']') {
            chain.push_str("->");
        }
        chain.push_str("[\"");
        chain.push_str(name);
        chain.push_str("\"]");
        for index in indexes.split_inclusive(']') {
            chain.push_str("->");
            chain.push_str(index);
        }
    }
    chain
}

/// Reads members of one object with the tolerances of spec section 2: numbers may come as strings, unknown members are
/// ignored, null is the same as absent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Members<'j, 'p>(Reader<'j, 'p>);

impl<'j> Members<'j, 'static> {
    /// Reads a body, which must be an object.
    pub(crate) fn root(body: &'j Json<'j>, object: &'static str) -> Result<Self, Refusal> {
        Reader::root(body)
            .map(|reader| Self(reader.tolerating(Tolerance::NumericText)))
            .map_err(|error| {
                let mismatch = Mismatch::of_type(JavaType::Object, error);
                mismatch.refusal(object)
            })
    }
}

impl<'j, 'p> Members<'j, 'p> {
    fn read<T: FromJson<'j>>(&self, name: &str, java_type: JavaType) -> Result<Option<T>, Mismatch> {
        self.0
            .read(name)
            .map(Presence::value)
            .map_err(|error| Mismatch::of_type(java_type, error))
    }

    /// Reads a number. Jackson takes an empty string for null there.
    fn number<T: FromJson<'j>>(&self, name: &str, java_type: JavaType) -> Result<Option<T>, Mismatch> {
        // The exception is looked for only where there is no number, so that numbers are looked up once.
        self.read(name, java_type)
            .or_else(|mismatch| match self.0.members().get(name) {
                Some(Json::String(text)) if text.is_empty() => Ok(None),
                _ => Err(mismatch),
            })
    }

    pub(crate) fn long(&self, name: &str) -> Result<Option<i64>, Mismatch> {
        self.number(name, JavaType::Long)
    }

    pub(crate) fn int(&self, name: &str) -> Result<Option<i32>, Mismatch> {
        self.number(name, JavaType::Integer)
    }

    pub(crate) fn decimal(&self, name: &str) -> Result<Option<Decimal>, Mismatch> {
        self.number(name, JavaType::BigDecimal)
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&'j str>, Mismatch> {
        self.read(name, JavaType::String)
    }

    /// Reads a text that some clients write as a number.
    pub(crate) fn text_or_number(&self, name: &str) -> Result<Option<&'j str>, Mismatch> {
        let text = self.0.string_or_number(name);
        text.map(Presence::value)
            .map_err(|error| Mismatch::of_type(JavaType::String, error))
    }

    /// Reads one of some words.
    pub(crate) fn one_of(
        &self,
        name: &str,
        words: &'static [&'static str],
    ) -> Result<Option<&'j str>, Mismatch> {
        let text = self.text(name)?;
        match text {
            Some(text) if !words.contains(&text) => Err(Mismatch {
                expected: Expected::Words(words),
                error: FieldError {
                    path: self.0.path_of(name),
                    expected: Kind::String,
                    found: Kind::String,
                },
            }),
            _ => Ok(text),
        }
    }

    /// Reads a flag; like Jackson, also from the words for it.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Mismatch> {
        match self.0.members().get(name) {
            Some(Json::String(text)) if text == "true" => Ok(Some(true)),
            Some(Json::String(text)) if text == "false" => Ok(Some(false)),
            _ => self.read(name, JavaType::Boolean),
        }
    }

    /// Reads an object.
    pub(crate) fn object<'q>(&'q self, name: &'q str) -> Result<Option<Members<'j, 'q>>, Mismatch> {
        let object = self
            .0
            .object(name)
            .map_err(|error| Mismatch::of_type(JavaType::Object, error))?;
        Ok(object.value().map(Members))
    }

    /// Reads an array of objects, each by a function.
    pub(crate) fn objects<T>(
        &self,
        name: &str,
        mut read: impl FnMut(Members<'j, '_>) -> Result<T, Mismatch>,
    ) -> Result<Vec<T>, Mismatch> {
        let list = self
            .0
            .array(name)
            .map_err(|error| Mismatch::of_type(JavaType::List, error))?;
        let Presence::Value(list) = list else {
            return Ok(Vec::new());
        };
        let mut values = Vec::with_capacity(list.len());
        for item in list.iter() {
            let object = item
                .object()
                .map_err(|error| Mismatch::of_type(JavaType::Object, error))?;
            values.push(read(Members(object))?);
        }
        Ok(values)
    }

    /// Reads an array of texts.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<&'j str>>, Mismatch> {
        let list = self
            .0
            .array(name)
            .map_err(|error| Mismatch::of_type(JavaType::List, error))?;
        let Presence::Value(list) = list else {
            return Ok(None);
        };
        let texts = list.iter().map(|item| {
            item.read()
                .map_err(|error| Mismatch::of_type(JavaType::String, error))
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// Whether a member is there and not null.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.0.members().get(name).is_some_and(|value| !value.is_null())
    }

    /// The path of this object.
    pub(crate) fn path(&self) -> String {
        // The reader knows paths of members only; one with an empty name leaves the dot that parts it.
        let mut path = self.0.path_of("");
        path.truncate(path.trim_end_matches('.').len());
        path
    }
}

/// A request's query.
#[derive(Debug)]
pub(crate) struct Query<'q>(Form<'q>);

impl<'q> Query<'q> {
    pub(crate) fn of(uri: &'q Uri) -> Result<Self, Refusal> {
        let query = uri.query().unwrap_or_default();
        let form = Form::parse(query.as_bytes(), QUERY_PAIRS_MAX);
        form.map(Self).map_err(|_| Fault::ParametersTooMany.into())
    }

    /// A text; empty ones count as given.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    /// A text that must be there.
    pub(crate) fn required_text(&self, name: &'static str, of_type: &'static str) -> Result<&str, Refusal> {
        self.text(name)
            .ok_or_else(|| Fault::ParameterMissing { name, of_type }.into())
    }

    /// `businessLocationId`, which nearly every call needs.
    pub(crate) fn location(&self) -> Result<i64, Refusal> {
        let name = "businessLocationId";
        let text = self.required_text(name, "Long")?;
        if text.trim().is_empty() {
            return Err(Fault::ParameterEmpty { name }.into());
        }
        number(name, text)
    }

    /// A small number with a default.
    pub(crate) fn int(&self, name: &'static str, default: i32) -> Result<i32, Refusal> {
        match self.text(name) {
            None | Some("") => Ok(default),
            Some(text) => {
                let value = text.trim().parse();
                value.map_err(|_| unreadable(name, text, JavaType::Integer))
            }
        }
    }

    /// A flag with a default, in the words that Spring takes.
    pub(crate) fn flag(&self, name: &'static str, default: bool) -> Result<bool, Refusal> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        match text.to_ascii_lowercase().as_str() {
            "" => Ok(default),
            "true" | "on" | "yes" | "1" => Ok(true),
            "false" | "off" | "no" | "0" => Ok(false),
            _ => Err(unreadable(name, text, JavaType::Boolean)),
        }
    }
}

/// Reads a number out of a path or query.
pub(crate) fn number(name: &'static str, text: &str) -> Result<i64, Refusal> {
    let value = text.trim().parse();
    value.map_err(|_| unreadable(name, text, JavaType::Long))
}

fn unreadable(name: &'static str, text: &str, java_type: JavaType) -> Refusal {
    Fault::ParameterUnreadable {
        name,
        text: text.to_owned(),
        java_type,
    }
    .into()
}

/// What a route captured from the path; bytes that are no text name nothing.
pub(crate) fn captured<T>(path: Result<axum::extract::Path<T>, PathRejection>) -> Result<T, Refusal> {
    path.map(|axum::extract::Path(captured)| captured)
        .map_err(|_| Fault::PathUnknown.into())
}
