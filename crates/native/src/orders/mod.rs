//! Orders: opening, reading, adding lines, closing, cancelling.

pub(crate) mod change;
pub(crate) mod create;
mod lines;
pub(crate) mod openapi;
pub(crate) mod read;
pub(crate) mod render;
