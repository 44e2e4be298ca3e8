//! All that a batch writes as one statement.
//!
//! Owns: its text. Must not know: when it is sent.
//!
//! Each statement has an answer of its own, and each answer wakes the one who waits for it: with a core for both they take
//! turns, once per table. A statement whose parts write is answered once.
//!
//! PostgreSQL may run the parts in any order, and none sees what another has written. That changes nothing here: they write
//! different rows, and what has to come first is a source of the rows that come after it. What several batches may want to
//! write at the same time they have locked before, in one order; should two ever wait for each other all the same, the server
//! ends one of them, and it runs again.
//!
//! A batch that has read nothing, because it went by the versions of rows that this node knows, needs no other statement at all:
//! this one proves that they are still the newest, and that the node's number is held, or it fails as a whole.

use tender_store::Table;

use crate::plan::{Action, Step};
use crate::versions::KEPT;
use crate::{feed, lease, sql};

#[cfg(test)]
mod tests;

/// What a statement depends on: which tables it writes, and how. There are few of them, so they are kept prepared.
pub(crate) type Shape = Vec<(Table, Action)>;

/// The part that keeps readers of the journal's feed from what is about to be inserted; see the first migration.
const FLOOR: &str = "floor";

/// The transaction that writes, in the form in which rows name it.
const TRANSACTION: &str = "pg_current_xact_id()::xid";

/// What is not a number ends a statement from within, and this is what the server's log says then. With the number of the session
/// it is not worked out before the statement runs.
const FAILURE: &str = "('another node has written, the batch runs again on ' || pg_backend_pid())";

/// The shape of steps.
pub(crate) fn shape(steps: &[Step]) -> Shape {
    steps.iter().map(|step| (step.table, step.action)).collect()
}

/// Whether rows are inserted into the journal, which needs a floor.
pub(crate) fn appends_to_journal(table: Table, action: Action) -> bool {
    table == Table::Journal && action.leaves_rows()
}

/// Whether the statement has to prove what the batch went by.
fn is_proof(shape: &[(Table, Action)]) -> bool {
    shape.iter().any(|(_, action)| action.is_proof())
}

/// The text that does all steps of this shape. Its parameters are the arrays of the first step, then those of the second, and so
/// on; with something to prove, those of [`lease::CHECK`] come before them.
///
/// It answers with its transaction first, for those who keep the rows of [`KEPT`] that it has written.
pub(crate) fn text(shape: &[(Table, Action)]) -> String {
    let mut parts = Vec::with_capacity(shape.len() + 2);
    let mut before = 0;
    if is_proof(shape) {
        parts.push(format!("held AS MATERIALIZED ({})", lease::CHECK));
        before += lease::CHECK_PARAMETERS;
    }
    if shape
        .iter()
        .any(|(table, action)| appends_to_journal(*table, *action))
    {
        parts.push(format!("{FLOOR} AS MATERIALIZED ({})", feed::floor_text()));
    }
    let mut proofs = vec!["EXISTS (SELECT FROM held)".to_owned()];
    for (number, (table, action)) in shape.iter().enumerate() {
        let spec = table.spec();
        let own = match appends_to_journal(*table, *action) {
            true => sql::insert_after(spec, FLOOR),
            false => action.text(*table, sql::Rows::Many).to_owned(),
        };
        match action {
            Action::Replace | Action::ReplaceDocs | Action::IsNewest => proofs.push(format!(
                "(SELECT count(*) FROM part{number}) = cardinality(${}::bigint[])",
                before + 1
            )),
            Action::IsThere => proofs.push(format!("NOT EXISTS (SELECT FROM part{number})")),
            _ => {}
        }
        parts.push(format!("part{number} AS ({})", renumbered(&own, before)));
        before += action.parameters(spec);
    }
    let parts = parts.join(", ");
    let mut answers = Vec::new();
    if (shape.iter()).any(|(table, action)| *table == KEPT && action.leaves_rows()) {
        answers.push(TRANSACTION.to_owned());
    }
    if is_proof(shape) {
        answers.push(format!(
            "CASE WHEN {} THEN 1 ELSE {FAILURE}::int END",
            proofs.join(" AND ")
        ));
    }
    format!("WITH {parts} SELECT {}", answers.join(", "))
}

/// The same text with its parameters numbered after so many others.
fn renumbered(text: &str, before: usize) -> String {
    let mut pieces = text.split('$');
    let mut renumbered = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = piece.split_at(digits);
        let number: usize = number.parse().unwrap_or_default();
        renumbered.push_str(&format!("${}{rest}", number + before));
    }
    renumbered
}
