//! What tests of several translators need of the program itself.
//!
//! Owns: a store that breaks on demand, asking a router in process, and records to begin from. Must not know:
//! what any of them translates; what is on a wire is each one's own.

mod breakable;
mod call;
pub mod sample;

pub use breakable::{Breakable, Broken};
pub use call::{Answer, call};
