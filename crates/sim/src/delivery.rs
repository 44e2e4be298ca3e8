//! Deliveries: that no message of an endpoint is missing, and that attempts and state fit.

use tender_engine::{ATTEMPTS_MAX, Attempt, Delivery, DeliveryState};

use crate::Report;
use crate::finding::{Notes, Rule, Subject};

fn was_taken(attempt: &Attempt) -> bool {
    attempt.status.is_some_and(|status| (200..300).contains(&status))
}

pub(crate) fn check(report: &mut Report, delivery: &Delivery, attempts: &[Attempt], last: Option<u64>) {
    let mut notes = Notes::new(report, delivery.merchant, Subject::Delivery(delivery.id));
    if let Some(last) = last {
        let next = last.saturating_add(1);
        notes.equal(Rule::Delivery, "sequence number", delivery.sequence, next);
    }
    let own = attempts
        .iter()
        .all(|attempt| attempt.delivery == delivery.id && attempt.merchant == delivery.merchant);
    notes.check(
        Rule::Isolation,
        own,
        "has attempts of another delivery or merchant",
    );
    // A replay counts from the beginning again, and a try whose claim was over is kept without being counted.
    let are_numbered = (1..)
        .zip(attempts)
        .all(|(number, attempt)| attempt.number == number);
    notes.check(
        Rule::Delivery,
        are_numbered,
        "its attempts are not numbered 1, 2, 3 …",
    );
    let kept = u32::try_from(attempts.len()).unwrap_or(u32::MAX);
    if kept < delivery.attempts {
        let counted = delivery.attempts;
        notes.broken(
            Rule::Delivery,
            format!("it counts {counted} attempts, of which {kept} are kept"),
        );
    }
    let fits = match delivery.state {
        DeliveryState::Pending | DeliveryState::Dropped => true,
        DeliveryState::Delivered => attempts.iter().any(was_taken),
        DeliveryState::Exhausted => {
            delivery.attempts >= ATTEMPTS_MAX && !attempts.last().is_some_and(was_taken)
        }
    };
    if !fits {
        notes.broken(
            Rule::Delivery,
            format!("as {:?} its attempts tell something else", delivery.state),
        );
    }
}
