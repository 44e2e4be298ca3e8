//! Descriptions of HTTP APIs: a builder for OpenAPI 3.1 documents, and what has to hold in every document.
//!
//! Owns: the shape of a document. Must not know: any API. Each translator describes its own in its `openapi` module, and
//! what is described is checked there against what is served.
//!
//! ```
//! use tender_openapi::{Document, Operation, Schema};
//!
//! let document = Document::new("Bells", "One bell.")
//!     .schema("Bell", Schema::object().required("tone", Schema::string()))
//!     .operation(Operation::new("get", "/bell", "getBell", "The bell").answer(200, "It rang.", Schema::named("Bell")))
//!     .finish();
//! assert_eq!(tender_openapi::faults(&document), [""; 0]);
//! ```

mod answer;
#[cfg(feature = "check")]
mod check;
mod document;
mod faults;
mod operation;
mod schema;

#[cfg(test)]
mod tests;

pub use answer::Answer;
#[cfg(feature = "check")]
pub use check::{Came, Checker};
pub use document::Document;
pub use faults::{faults, routes};
pub use operation::{Operation, Parameter};
pub use schema::Schema;
