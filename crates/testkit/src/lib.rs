//! What tests of several crates need from the world outside the program.
//!
//! Owns: starting and ending real servers for tests. Must not know: any crate of the program, so that all of them
//! can use it.

pub mod nest;
pub mod patroni;
pub mod postgres;
