//! Fencing references: making sure that nothing lands any more under a reference.

use super::Outcome;
use super::work::{Record, Step, Work};
use crate::{
    EntryKind, FenceReference, KeyOutcome, KeyRecord, KeySpace, OrderId, Rejection, Task, Timestamp, key_hash,
};

/// Voids what no till has seen, burns what never came.
pub(super) fn fence_reference(work: &mut Work<'_, '_>, command: &FenceReference) -> Step<Outcome> {
    let facts = work.location(command.location).ok_or(Rejection::OrderNotFound)?;
    let space = KeySpace::PaymentReference;
    let hash = key_hash(space, command.application, command.location, &command.text);
    if let Some(record) = work.key(hash) {
        let KeyOutcome::Payment(id, _) = record.outcome else {
            return Ok(Outcome::Fenced(None));
        };
        let payment = work.payment(id).ok_or(Rejection::PaymentNotFound)?;
        if !payment.state.is_open() {
            return Ok(Outcome::Fenced(Some(Box::new(payment))));
        }
        let held = payment
            .task
            .and_then(|task| work.task(task))
            .is_some_and(|task| is_held(&task, work.now()));
        if held {
            // A till works on it at this moment: what it will say cannot be taken back any more.
            return Ok(Outcome::Payment(Box::new(payment)));
        }
        let payment = super::settle::void(work, payment, false)?;
        return Ok(Outcome::Fenced(Some(Box::new(payment))));
    }
    let record = KeyRecord {
        space,
        application: command.application,
        location: command.location,
        text: command.text.clone(),
        fields: Vec::new(),
        outcome: KeyOutcome::Burned,
    };
    work.burn_key(hash, record);
    let chain = OrderId(work.new_id());
    work.journal_alone(
        chain,
        &facts,
        Record::new(EntryKind::ReferenceFenced).fact("reference", &command.text),
    );
    Ok(Outcome::Fenced(None))
}

/// Whether a device works on the task at this moment.
fn is_held(task: &Task, now: Timestamp) -> bool {
    task.state.is_open() && task.lease > 0 && task.leased_until > now
}
