//! The product at work: servers that are started and ended, the program that sends them load, and a PostgreSQL for them.
//!
//! Owns: how each is started, found ready and ended. Must not know: what it is done for.

pub mod postgres;
pub mod server;
pub mod tool;
