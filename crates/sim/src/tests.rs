//! Random ledgers that must be clean, and edited ones that must not be.

mod acts;
mod deliveries;
mod properties;
mod tampering;
mod world;
