//! The whole system: the real binary, real sockets, real receivers, kill -9.

mod bad_input;
mod cli;
mod clients;
mod concurrency;
mod console;
mod dialects;
mod examples;
mod fuzz;
mod hooks;
mod kill;
mod kseries;
mod limits;
mod oauth;
mod pasted;
mod postgres;
