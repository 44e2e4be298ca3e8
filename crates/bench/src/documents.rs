//! How long the documents beside the columns are, in bytes: what a pending payment through K-Series with all fields
//! leaves in the product's own tables. Whatever the product's storage is compared with writes as much.

pub const ORDER_BYTES: usize = 409;
pub const PAYMENT_BYTES: usize = 437;
pub const KEY_BYTES: usize = 107;
pub const TASK_BYTES: usize = 48;
pub const JOURNAL_BYTES: usize = 278;

/// What is around the text of a document.
const FRAME_BYTES: usize = r#"{"a":""}"#.len();

/// A document of so many bytes, of any content.
pub fn of(bytes: usize) -> String {
    format!("{{\"a\":\"{}\"}}", "x".repeat(bytes.saturating_sub(FRAME_BYTES)))
}
