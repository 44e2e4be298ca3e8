//! Writing JSON with exactly the members and the order a dialect publishes, straight into one buffer.
//!
//! Owns: commas, nesting, escaping, the plain text of numbers. Must not know: which members an answer has.
//! Nesting is by closure, so a bracket can be neither forgotten nor closed twice.

use std::fmt::{self, Display, Write as _};
use std::io::Write as _;

use tender_money::{Amount, Decimal, format_minor};

use crate::Json;

#[cfg(test)]
mod tests;

/// The buffer an answer starts with: most fit without growing.
const INITIAL_BYTES: usize = 512;

/// A finished JSON text.
#[derive(Clone, PartialEq, Eq)]
pub struct JsonWriter {
    bytes: Vec<u8>,
}

impl JsonWriter {
    /// Writes an object.
    #[must_use]
    pub fn object(write: impl FnOnce(&mut ObjectWriter<'_>)) -> Self {
        Self::with(|bytes| write_object(bytes, write))
    }

    /// Writes an array.
    #[must_use]
    pub fn array(write: impl FnOnce(&mut ArrayWriter<'_>)) -> Self {
        Self::with(|bytes| write_array(bytes, write))
    }

    /// Writes a tree as it was read.
    #[must_use]
    pub fn value(json: &Json<'_>) -> Self {
        Self::with(|bytes| write_json(bytes, json))
    }

    fn with(write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut bytes = Vec::with_capacity(INITIAL_BYTES);
        write(&mut bytes);
        Self { bytes }
    }

    /// The text as bytes of UTF-8.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The text.
    #[must_use]
    pub fn into_string(self) -> String {
        String::from_utf8(self.bytes).expect("everything written is text")
    }
}

impl fmt::Debug for JsonWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonWriter({} bytes)", self.bytes.len())
    }
}

/// A type whose `Display` is a JSON number: plain digits, no exponent.
pub trait JsonNumber: Display {}

impl JsonNumber for i64 {}
impl JsonNumber for i32 {}
impl JsonNumber for u64 {}
impl JsonNumber for u32 {}
impl JsonNumber for u16 {}
impl JsonNumber for usize {}
impl JsonNumber for Decimal {}

/// Writes the members of one object, in the order of the calls.
pub struct ObjectWriter<'w> {
    bytes: &'w mut Vec<u8>,
    is_first: bool,
}

impl ObjectWriter<'_> {
    fn name(&mut self, name: &str) -> &mut Vec<u8> {
        separate(self.bytes, &mut self.is_first);
        write_string(self.bytes, name);
        self.bytes.push(b':');
        self.bytes
    }

    /// Writes a string.
    pub fn string(&mut self, name: &str, value: &str) {
        write_string(self.name(name), value);
    }

    /// Writes a string from what displays it (an id, a time), without a string in between.
    pub fn display(&mut self, name: &str, value: impl Display) {
        write_display(self.name(name), value);
    }

    /// Writes a number.
    pub fn number(&mut self, name: &str, value: impl JsonNumber) {
        write_plain(self.name(name), value);
    }

    /// Writes a boolean.
    pub fn bool(&mut self, name: &str, value: bool) {
        write_plain(self.name(name), value);
    }

    /// Writes `null`.
    pub fn null(&mut self, name: &str) {
        self.name(name).extend_from_slice(b"null");
    }

    /// Writes an amount as a number in major units, without closing zeros: `20.5`.
    pub fn money_number(&mut self, name: &str, value: Amount) {
        write_money_number(self.name(name), value);
    }

    /// Writes an amount as a string in major units with all digits of its currency: `"20.50"`.
    pub fn money_string(&mut self, name: &str, value: Amount) {
        write_money_string(self.name(name), value);
    }

    /// Writes an object.
    pub fn object(&mut self, name: &str, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        write_object(self.name(name), write);
    }

    /// Writes an array.
    pub fn array(&mut self, name: &str, write: impl FnOnce(&mut ArrayWriter<'_>)) {
        write_array(self.name(name), write);
    }

    /// Writes a tree as it was read.
    pub fn json(&mut self, name: &str, value: &Json<'_>) {
        write_json(self.name(name), value);
    }

    /// Writes text that is JSON already, such as a stored one, as it is. The caller vouches for it.
    pub fn raw(&mut self, name: &str, json: &str) {
        self.name(name).extend_from_slice(json.as_bytes());
    }

    /// Writes the member with `write` when there is a value, and leaves it out when there is none:
    /// `o.optional("staffId", staff_id, ObjectWriter::number)`.
    pub fn optional<T>(&mut self, name: &str, value: Option<T>, write: impl FnOnce(&mut Self, &str, T)) {
        if let Some(value) = value {
            write(self, name, value);
        }
    }

    /// Writes the member with `write` when there is a value, and as `null` when there is none.
    pub fn nullable<T>(&mut self, name: &str, value: Option<T>, write: impl FnOnce(&mut Self, &str, T)) {
        match value {
            Some(value) => write(self, name, value),
            None => self.null(name),
        }
    }
}

impl fmt::Debug for ObjectWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectWriter({} bytes)", self.bytes.len())
    }
}

/// Writes the elements of one array, in the order of the calls.
pub struct ArrayWriter<'w> {
    bytes: &'w mut Vec<u8>,
    is_first: bool,
}

impl ArrayWriter<'_> {
    fn next(&mut self) -> &mut Vec<u8> {
        separate(self.bytes, &mut self.is_first);
        self.bytes
    }

    /// Writes a string.
    pub fn string(&mut self, value: &str) {
        write_string(self.next(), value);
    }

    /// Writes a string from what displays it.
    pub fn display(&mut self, value: impl Display) {
        write_display(self.next(), value);
    }

    /// Writes a number.
    pub fn number(&mut self, value: impl JsonNumber) {
        write_plain(self.next(), value);
    }

    /// Writes a boolean.
    pub fn bool(&mut self, value: bool) {
        write_plain(self.next(), value);
    }

    /// Writes `null`.
    pub fn null(&mut self) {
        self.next().extend_from_slice(b"null");
    }

    /// Writes an amount as a number in major units, without closing zeros.
    pub fn money_number(&mut self, value: Amount) {
        write_money_number(self.next(), value);
    }

    /// Writes an amount as a string in major units with all digits of its currency.
    pub fn money_string(&mut self, value: Amount) {
        write_money_string(self.next(), value);
    }

    /// Writes an object.
    pub fn object(&mut self, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        write_object(self.next(), write);
    }

    /// Writes an array.
    pub fn array(&mut self, write: impl FnOnce(&mut ArrayWriter<'_>)) {
        write_array(self.next(), write);
    }

    /// Writes a tree as it was read.
    pub fn json(&mut self, value: &Json<'_>) {
        write_json(self.next(), value);
    }

    /// Writes text that is JSON already, as it is. The caller vouches for it.
    pub fn raw(&mut self, json: &str) {
        self.next().extend_from_slice(json.as_bytes());
    }
}

impl fmt::Debug for ArrayWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArrayWriter({} bytes)", self.bytes.len())
    }
}

fn separate(bytes: &mut Vec<u8>, is_first: &mut bool) {
    if !std::mem::take(is_first) {
        bytes.push(b',');
    }
}

fn write_object(bytes: &mut Vec<u8>, write: impl FnOnce(&mut ObjectWriter<'_>)) {
    bytes.push(b'{');
    write(&mut ObjectWriter {
        bytes,
        is_first: true,
    });
    bytes.push(b'}');
}

fn write_array(bytes: &mut Vec<u8>, write: impl FnOnce(&mut ArrayWriter<'_>)) {
    bytes.push(b'[');
    write(&mut ArrayWriter {
        bytes,
        is_first: true,
    });
    bytes.push(b']');
}

fn write_string(bytes: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(bytes, text).expect("a buffer takes any string");
}

/// Writes text that needs no escape: numbers, `true`, `false`.
fn write_plain(bytes: &mut Vec<u8>, value: impl Display) {
    write!(bytes, "{value}").expect("a buffer takes any text");
}

fn write_display(bytes: &mut Vec<u8>, value: impl Display) {
    bytes.push(b'"');
    write!(Escaped { bytes }, "{value}").expect("a buffer takes any text");
    bytes.push(b'"');
}

fn write_money_number(bytes: &mut Vec<u8>, value: Amount) {
    write_plain(bytes, Decimal::from_minor(value.minor, value.currency.digits()));
}

fn write_money_string(bytes: &mut Vec<u8>, value: Amount) {
    // The text of an amount is a sign, digits and a point: nothing to escape.
    bytes.push(b'"');
    bytes.extend_from_slice(format_minor(value.minor, value.currency.digits()).as_bytes());
    bytes.push(b'"');
}

/// The depth of a tree is limited by the parser that made it.
fn write_json(bytes: &mut Vec<u8>, json: &Json<'_>) {
    match json {
        Json::Null => bytes.extend_from_slice(b"null"),
        Json::Bool(value) => write_plain(bytes, value),
        Json::Number(number) => bytes.extend_from_slice(number.as_str().as_bytes()),
        Json::String(text) => write_string(bytes, text),
        Json::Array(elements) => write_array(bytes, |array| {
            for element in elements {
                array.json(element);
            }
        }),
        Json::Object(object) => write_object(bytes, |writer| {
            for (name, value) in object.iter() {
                writer.json(name, value);
            }
        }),
    }
}

/// Takes the pieces of a `Display` and writes them escaped.
struct Escaped<'w> {
    bytes: &'w mut Vec<u8>,
}

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let needs_escape = piece
            .bytes()
            .any(|byte| byte < b' ' || byte == b'"' || byte == b'\\');
        if needs_escape {
            // The piece is quoted by itself, and the two quotes are taken away again.
            let start = self.bytes.len();
            write_string(self.bytes, piece);
            self.bytes.remove(start);
            self.bytes.pop();
        } else {
            self.bytes.extend_from_slice(piece.as_bytes());
        }
        Ok(())
    }
}
