//! Every sequence of commands up to a small length, on tiny orders, against models that know only what the specifications say.
//!
//! The models keep lists and add them up again for every question; they share no code with the engine.

mod money;
mod till;
