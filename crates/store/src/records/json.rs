//! JSON as documents hold it: written straight into one text, without spaces.
//!
//! Owns: commas, quotes, escapes and digits. Must not know: records, or which members a document has.

use super::field::Field;

/// What most documents fit into, in bytes.
const BYTES_USUAL: usize = 512;

/// A text of JSON that grows.
pub(super) struct Json {
    text: String,
}

impl Json {
    pub(super) fn new() -> Self {
        Self {
            text: String::with_capacity(BYTES_USUAL),
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Writes an object; `members` are written with [`Self::member`] and [`Self::name`].
    pub(super) fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.text.push('{');
        members(self);
        self.text.push('}');
    }

    /// Writes a member of an object.
    pub(super) fn member(&mut self, name: &str, value: &impl Field) {
        self.name(name);
        value.write(self);
    }

    /// Writes the name of a member of an object, whose value comes next. Names are the program's own and need no escapes.
    pub(super) fn name(&mut self, name: &str) {
        self.text.push_str(if self.is_opened() { "\"" } else { ",\"" });
        self.text.push_str(name);
        self.text.push_str("\":");
    }

    /// Writes an array, each item with `write`.
    pub(super) fn array<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(T, &mut Self),
    ) {
        self.text.push('[');
        for item in items {
            if !self.is_opened() {
                self.text.push(',');
            }
            write(item, self);
        }
        self.text.push(']');
    }

    /// Writes an array of two.
    pub(super) fn pair(&mut self, first: &impl Field, second: &impl Field) {
        self.text.push('[');
        first.write(self);
        self.text.push(',');
        second.write(self);
        self.text.push(']');
    }

    pub(super) fn text(&mut self, value: &str) {
        // Looking at every byte, whatever the first ones are, is what a processor does many at a time.
        if value
            .bytes()
            .fold(false, |found, byte| found | needs_escape(byte))
        {
            let escaped = serde_json::to_string(value).expect("a text can be written as JSON");
            self.text.push_str(&escaped);
        } else {
            self.code(value);
        }
    }

    /// Writes a text that has nothing to escape: a code or a name of the program's own, or digits.
    pub(super) fn code(&mut self, value: &str) {
        self.text.push('"');
        self.text.push_str(value);
        self.text.push('"');
    }

    pub(super) fn number(&mut self, value: impl itoa::Integer) {
        self.text.push_str(itoa::Buffer::new().format(value));
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.text.push_str(if value { "true" } else { "false" });
    }

    pub(super) fn null(&mut self) {
        self.text.push_str("null");
    }

    /// Whether what comes next is the first in its object or array: only then the text ends with an opening bracket, because every
    /// value ends otherwise.
    fn is_opened(&self) -> bool {
        matches!(self.text.as_bytes().last(), Some(b'{' | b'['))
    }
}

/// Whether JSON forbids a byte inside quotes.
const fn needs_escape(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

#[cfg(test)]
mod tests;
