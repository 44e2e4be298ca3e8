//! Payments: that each tells one story, in its own members and in the journal.

use tender_engine::{Direction, EntryKind, JournalEntry, Payment, PaymentState};

use crate::Report;
use crate::bill::Bill;
use crate::finding::{Notes, Rule, Subject};
use crate::order::applied;

pub(crate) fn check(report: &mut Report, bill: &Bill<'_>, payment: &Payment) {
    let order = bill.order;
    let mut notes = Notes::new(report, order.merchant, Subject::Payment(payment.id));
    notes.check(
        Rule::Isolation,
        payment.merchant == order.merchant && payment.location == order.location,
        "belongs to another merchant or location than its order",
    );
    notes.check(
        Rule::Isolation,
        payment.id.order == order.id,
        "belongs to another order",
    );
    check_members(&mut notes, payment);
    check_refunds(&mut notes, bill, payment);
    check_life(&mut notes, payment, bill.entries_of(payment));
}

fn check_members(notes: &mut Notes<'_>, payment: &Payment) {
    let amounts = [
        payment.amount_minor,
        payment.tip_minor,
        payment.surcharge_minor,
        payment.service_tip_minor,
        payment.service_minor,
        payment.refunds_minor,
    ];
    notes.check(
        Rule::Record,
        amounts.iter().all(|amount| *amount >= 0),
        "an amount is below zero",
    );
    notes.check(
        Rule::Record,
        payment.service_tip_minor <= payment.tip_minor,
        "more of the tip pays service than was given",
    );
    if payment.direction == Direction::Refund {
        // What failed may have asked for all there was, and never learned how much that is.
        let has_amount = payment.amount_minor > 0 || payment.state == PaymentState::Failed;
        notes.check(
            Rule::Record,
            payment.tip_minor == 0 && payment.surcharge_minor == 0 && has_amount,
            "a refund has a tip or a surcharge, or no amount",
        );
    }
    let counted = matches!(payment.state, PaymentState::Complete | PaymentState::Reversed);
    notes.check(
        Rule::Record,
        payment.completed_at.is_some() == counted,
        "its state and the time of its completion contradict each other",
    );
    notes.check(
        Rule::Record,
        payment.reversed_at.is_some() == (payment.state == PaymentState::Reversed),
        "its state and the time of its reversal contradict each other",
    );
    notes.check(
        Rule::Record,
        payment.failure.is_some() == (payment.state == PaymentState::Failed),
        "its state and the reason of its failure contradict each other",
    );
    notes.check(
        Rule::Record,
        !payment.deleted || matches!(payment.state, PaymentState::Voided | PaymentState::Reversed),
        "it is deleted although it counts or may still count",
    );
}

/// What live refunds give back of this payment, and what it gives back itself.
fn check_refunds(notes: &mut Notes<'_>, bill: &Bill<'_>, payment: &Payment) {
    let refunds = bill.refunds_of(payment);
    notes.equal(
        Rule::Refunds,
        "what its refunds give back",
        i128::from(payment.refunds_minor),
        refunds,
    );
    notes.check(
        Rule::Refunds,
        refunds <= applied(payment),
        "more is given back of it than it brought",
    );
    notes.check(
        Rule::Refunds,
        refunds == 0 || payment.state == PaymentState::Complete,
        "it is given back although it does not count",
    );
    let Some(source) = payment.source else { return };
    let source = bill.payment(source);
    notes.check(
        Rule::Refunds,
        payment.direction == Direction::Refund
            && source.is_some_and(|source| source.direction == Direction::Receipt),
        "it gives back what is no receipt of its order",
    );
}

/// How often the journal tells each event of a payment, in the order accepted, completed, failed, voided, reversed.
fn told(own: &[&JournalEntry]) -> [usize; 5] {
    [
        EntryKind::PaymentAccepted,
        EntryKind::PaymentCompleted,
        EntryKind::PaymentFailed,
        EntryKind::PaymentVoided,
        EntryKind::PaymentReversed,
    ]
    .map(|kind| own.iter().filter(|entry| entry.kind == kind).count())
}

fn check_life(notes: &mut Notes<'_>, payment: &Payment, own: &[&JournalEntry]) {
    let [accepted, completed, failed, voided, reversed] = told(own);
    let ends = (completed, failed, voided, reversed);
    let (must_be, waited) = match payment.state {
        PaymentState::Pending | PaymentState::Progress => ((0, 0, 0, 0), true),
        PaymentState::Complete => ((1, 0, 0, 0), false),
        PaymentState::Reversed => ((1, 0, 0, 1), false),
        PaymentState::Failed => ((0, 1, 0, 0), false),
        PaymentState::Voided => ((0, 0, 1, 0), true),
    };
    if ends != must_be || accepted > 1 || (waited && accepted == 0) {
        notes.broken(
            Rule::Life,
            format!(
                "as {:?} its journal tells accepted {accepted}, completed {completed}, failed {failed}, voided \
                 {voided}, reversed {reversed} times",
                payment.state
            ),
        );
    }
    let time_of = |kind| own.iter().find(|entry| entry.kind == kind).map(|entry| entry.at);
    notes.check(
        Rule::Life,
        own.first().map(|entry| entry.at) == Some(payment.created_at),
        "its journal begins at another time than it does",
    );
    notes.check(
        Rule::Life,
        time_of(EntryKind::PaymentCompleted) == payment.completed_at
            && time_of(EntryKind::PaymentReversed) == payment.reversed_at,
        "its journal tells other times of completion or reversal",
    );
}

/// A payment that never found an order, or an event that concerns none.
pub(crate) fn check_without_order(report: &mut Report, entries: &[JournalEntry], payment: Option<&Payment>) {
    let Some(first) = entries.first() else { return };
    let Some(payment) = payment else {
        for entry in entries {
            let mut notes = Notes::new(report, entry.merchant, Subject::Entry(entry.order, entry.seq));
            notes.check(
                Rule::Life,
                matches!(
                    entry.kind,
                    EntryKind::ReferenceFenced | EntryKind::EndpointDisabled
                ),
                "tells of an order or payment that is not there",
            );
            notes.check(Rule::Ledger, entry.postings.is_empty(), "moves money of nobody");
        }
        return;
    };
    let mut notes = Notes::new(report, payment.merchant, Subject::Payment(payment.id));
    notes.check(
        Rule::Isolation,
        payment.merchant == first.merchant && payment.location == first.location,
        "belongs to another merchant or location than its journal",
    );
    notes.check(
        Rule::Life,
        payment.id.order == first.order && !payment.id.has_order(),
        "belongs to another chain",
    );
    notes.check(
        Rule::Life,
        payment.state == PaymentState::Failed,
        "it has no order and did not fail",
    );
    notes.check(
        Rule::Ledger,
        entries.iter().all(|entry| entry.postings.is_empty()),
        "it failed and moved money",
    );
    check_members(&mut notes, payment);
    let own: Vec<&JournalEntry> = entries.iter().filter(|entry| entry.payment == Some(0)).collect();
    check_life(&mut notes, payment, &own);
}
