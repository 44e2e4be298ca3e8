//! What a request led to inside: the command that it became, and the refusals that it met. Golden files show the one
//! and are held against the list of the other.

use std::cell::RefCell;
use std::future::Future;

use tender_engine::Command;

/// What one request led to.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Its commands, as text.
    pub(crate) commands: Vec<String>,
    /// Codes of its refusals: the dialect's, and `ledger <code>` where the ledger refused.
    pub(crate) refusals: Vec<String>,
}

tokio::task_local! {
    static RECORD: RefCell<Record>;
}

/// Does something and says what it led to.
pub(crate) async fn recorded<T>(doing: impl Future<Output = T>) -> (T, Record) {
    RECORD
        .scope(RefCell::default(), async {
            let done = doing.await;
            (done, RECORD.with(RefCell::take))
        })
        .await
}

fn add(to: impl FnOnce(&mut Record)) {
    // Outside of a golden file nobody listens.
    let _ = RECORD.try_with(|record| to(&mut record.borrow_mut()));
}

/// A command on its way to the service.
pub(crate) fn command(command: &Command) {
    add(|record| record.commands.push(format!("{command:#?}")));
}

/// A refusal on its way to the client.
pub(crate) fn refusal(code: &str, rejection: Option<&str>) {
    add(|record| {
        record.refusals.push(code.to_owned());
        record
            .refusals
            .extend(rejection.map(|code| format!("ledger {code}")));
    });
}
