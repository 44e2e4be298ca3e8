//! What passes through the dialect while a test asks it something: the commands that leave, and the refusals that answer.

use std::cell::RefCell;

use axum::response::Response;
use tender_engine::Command;

use crate::errors::Refusal;

thread_local! {
    /// Commands of this thread's tests; a test runs on one thread.
    static COMMANDS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Notes a command on its way to the ledger.
pub(crate) fn note(command: &Command) {
    COMMANDS.with_borrow_mut(|commands| commands.push(format!("{command:?}")));
}

/// The commands since the last call, as Rust shows them.
pub(super) fn take_commands() -> Vec<String> {
    COMMANDS.take()
}

/// The refusal that a response tells.
#[derive(Debug, Clone)]
struct Told(Refusal);

/// Marks a response with the refusal that it tells.
pub(crate) fn mark(mut answer: Response, refusal: Refusal) -> Response {
    answer.extensions_mut().insert(Told(refusal));
    answer
}

/// The refusal that a response tells.
pub(super) fn refusal_of(extensions: &axum::http::Extensions) -> Option<Refusal> {
    extensions.get::<Told>().map(|told| told.0.clone())
}
