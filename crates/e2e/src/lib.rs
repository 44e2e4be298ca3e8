//! The real binary over real sockets: starting it, speaking to it, receiving its webhooks, killing it.
//!
//! Owns: the harness of the whole-system tests. Must not know: any crate of the product; what it sees is what a user sees.

mod receiver;
mod server;
mod socket;

pub use receiver::{Received, Receiver};
pub use server::{Options, Server, binary, client, eventually, json_answer, run};
pub use socket::Socket;

/// Locks, also when somebody panicked meanwhile: that test has failed already.
pub fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
