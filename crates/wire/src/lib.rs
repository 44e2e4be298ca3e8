//! Exact JSON and form text for the translators of wire dialects.
//!
//! Owns: reading JSON into a tree that keeps every number's text and every member's place, reading fields out of
//! that tree with errors that name a path and never a value, and writing JSON with exactly the members and the
//! order a dialect publishes. Must not know: HTTP, an async runtime, the engine, or any one dialect.
//!
//! The hard thing here is that nothing may be lost or guessed on the way in: `2.50` stays `2.50`, a member given
//! twice is seen twice, `null` is not the same as absent, and hostile nesting costs an error, not the stack.

mod form;
pub mod ids_text;
mod json;
mod parse;
mod reader;
mod writer;

pub use form::{Form, TooManyPairs};
pub use json::{Json, NumberText, Object};
pub use parse::{DEPTH_CEILING, JsonError, JsonErrorKind, Limits};
pub use reader::{
    FIELD_ERRORS_MAX, FieldError, FieldErrors, FromJson, Item, Items, Kind, Presence, Reader, Tolerance,
};
pub use writer::{ArrayWriter, JsonNumber, JsonWriter, ObjectWriter};
