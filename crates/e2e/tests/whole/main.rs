//! The whole system: the real binary, real sockets, real receivers, kill -9.

mod cli;
mod concurrency;
mod kill;
mod kseries;
mod oauth;
mod pasted;
