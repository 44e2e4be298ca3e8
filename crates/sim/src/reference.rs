//! References: that a payment made under a unique one is found again under it, so that none is taken twice.

use tender_engine::{Hash128, KeyOutcome, KeyRecord, KeySpace, Payment, Via, key_hash};

use crate::Report;
use crate::finding::{Notes, Rule, Subject};

/// The name space in which a payment's reference is unique; `None` where a reference is a text and nothing more, or there is
/// none.
fn space(payment: &Payment) -> Option<KeySpace> {
    match payment.created_via {
        Via::Native => Some(KeySpace::PaymentReference),
        // One that came with an order or with lines has the order's reference, and no endpoint of its own to be told at.
        Via::Kseries if payment.endpoint.is_none() => Some(KeySpace::OrderReference),
        Via::Kseries => Some(KeySpace::PaymentReference),
        Via::Kounta | Via::Om | Via::Till | Via::Console | Via::Server => None,
    }
}

/// The key that a payment must have left behind; `None` when it needs none.
pub(crate) fn key_of(payment: &Payment) -> Option<Hash128> {
    let reference = payment.reference.as_deref()?;
    let space = space(payment)?;
    Some(key_hash(space, payment.created_by, payment.location, reference))
}

pub(crate) fn check(report: &mut Report, payment: &Payment, key: Option<&KeyRecord>) {
    if key_of(payment).is_none() {
        return;
    }
    let mut notes = Notes::new(report, payment.merchant, Subject::Payment(payment.id));
    let Some(key) = key else {
        notes.broken(Rule::Key, "its reference is free to be used again");
        return;
    };
    let leads_here = match &key.outcome {
        KeyOutcome::Payment(id, _) => *id == payment.id,
        KeyOutcome::Order(id, _) => *id == payment.id.order,
        KeyOutcome::Refused(_) | KeyOutcome::Burned => false,
    };
    notes.check(
        Rule::Key,
        leads_here && Some(key.text.as_str()) == payment.reference.as_deref(),
        "its reference leads to something else",
    );
}
