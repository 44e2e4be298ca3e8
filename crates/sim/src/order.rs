//! Order heads: their running sums against their payments, and the limits that hold at every moment.

use tender_engine::{Direction, Order, OrderState, Payment, PaymentState};

use crate::Report;
use crate::bill::Bill;
use crate::chain::Head;
use crate::finding::{Notes, Rule, Subject};

/// Sums of an order, added up from its payments in more digits than they can fill.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) received: i128,
    pub(crate) refunded: i128,
    pub(crate) reserved: i128,
    pub(crate) refund_reserved: i128,
    pub(crate) tips: i128,
    pub(crate) surcharges: i128,
    /// Contributions of complete receipts less those that complete refunds gave back.
    pub(crate) service: i128,
    pub(crate) pending: u32,
}

/// What a payment takes off (a refund: adds to) what its order still costs.
pub(crate) fn applied(payment: &Payment) -> i128 {
    i128::from(payment.amount_minor).saturating_add(i128::from(payment.service_tip_minor))
}

/// The part of a tip that is a tip.
pub(crate) fn ordinary_tip(payment: &Payment) -> i128 {
    i128::from(payment.tip_minor).saturating_sub(i128::from(payment.service_tip_minor))
}

fn add(sum: &mut i128, value: i128) {
    *sum = sum.saturating_add(value);
}

impl Sums {
    pub(crate) fn of(payments: &[Payment]) -> Self {
        let mut sums = Self::default();
        for payment in payments {
            let service = i128::from(payment.service_minor);
            match (payment.state, payment.direction) {
                (PaymentState::Pending | PaymentState::Progress, direction) => {
                    sums.pending = sums.pending.saturating_add(1);
                    match direction {
                        Direction::Receipt => add(&mut sums.reserved, applied(payment)),
                        Direction::Refund => add(&mut sums.refund_reserved, applied(payment)),
                    }
                }
                (PaymentState::Complete, Direction::Receipt) => {
                    add(&mut sums.received, applied(payment));
                    add(&mut sums.service, service);
                    add(&mut sums.tips, ordinary_tip(payment));
                    add(&mut sums.surcharges, i128::from(payment.surcharge_minor));
                }
                (PaymentState::Complete, Direction::Refund) => {
                    add(&mut sums.refunded, applied(payment));
                    add(&mut sums.service, service.saturating_neg());
                }
                (PaymentState::Failed | PaymentState::Voided | PaymentState::Reversed, _) => {}
            }
        }
        sums
    }

    pub(crate) fn paid(&self) -> i128 {
        self.received.saturating_sub(self.refunded)
    }
}

pub(crate) fn total(order: &Order) -> i128 {
    i128::from(order.goods_minor).saturating_add(i128::from(order.service_minor))
}

pub(crate) fn check(report: &mut Report, bill: &Bill<'_>, head: Head) {
    let Bill { order, payments, .. } = *bill;
    let mut notes = Notes::new(report, order.merchant, Subject::Order(order.id));
    notes.equal(
        Rule::Chain,
        "number of the last entry",
        head.seq,
        order.journal_seq,
    );
    notes.check(
        Rule::Chain,
        head.hash == order.journal_hash,
        "its chain does not end with the entry it names",
    );
    let numbers = payments.iter().map(|payment| payment.id.number);
    notes.check(
        Rule::Record,
        numbers.eq(1..=order.last_payment_number),
        "its payments are not numbered 1, 2, 3 … up to the last one it names",
    );
    let sums = Sums::of(payments);
    check_sums(&mut notes, order, &sums);
    check_limits(&mut notes, order, &sums);
    check_state(&mut notes, order, &sums);
}

fn check_sums(notes: &mut Notes<'_>, order: &Order, sums: &Sums) {
    let compared = [
        ("received", order.received_minor, sums.received),
        ("refunded", order.refunded_minor, sums.refunded),
        ("reserved", order.reserved_minor, sums.reserved),
        (
            "reserved for refunds",
            order.refund_reserved_minor,
            sums.refund_reserved,
        ),
        ("tips", order.tips_minor, sums.tips),
        ("surcharges", order.surcharges_minor, sums.surcharges),
    ];
    for (what, is, must_be) in compared {
        notes.equal(Rule::Sums, what, i128::from(is), must_be);
    }
    notes.equal(
        Rule::Sums,
        "number of pending payments",
        order.pending_count,
        sums.pending,
    );
}

fn check_limits(notes: &mut Notes<'_>, order: &Order, sums: &Sums) {
    let (total, paid) = (total(order), sums.paid());
    let taken = paid.saturating_add(sums.reserved);
    notes.check(
        Rule::Due,
        taken <= total,
        "more is paid and reserved than it costs",
    );
    notes.check(
        Rule::Refunds,
        sums.refund_reserved <= paid,
        "more is given back or about to be than was paid",
    );
    let contributed = order.service_contributed_minor;
    notes.check(
        Rule::Service,
        (0..=order.service_minor).contains(&contributed),
        "more service is contributed than charged, or less than nothing",
    );
    if paid == total && sums.received > 0 {
        notes.equal(
            Rule::Service,
            "service contributed to the settled order",
            contributed,
            order.service_minor,
        );
    }
    notes.check(
        Rule::Record,
        order.goods_minor >= 0 && order.service_minor >= 0,
        "it costs less than nothing",
    );
}

fn check_state(notes: &mut Notes<'_>, order: &Order, sums: &Sums) {
    let over = order.state == OrderState::Closed || order.state.is_dead();
    notes.check(
        Rule::Record,
        over == order.closed_at.is_some(),
        "its state and the time of its end contradict each other",
    );
    match order.state {
        OrderState::Proposed => notes.check(
            Rule::Life,
            sums.received == 0 && sums.refunded == 0,
            "money counts on it before a till took it",
        ),
        OrderState::Open => {
            let settled = total(order) > 0 && sums.paid() == total(order) && sums.pending == 0;
            notes.check(
                Rule::Life,
                !(settled && order.close_when_paid),
                "it is paid and to be closed when paid, but open",
            );
        }
        OrderState::Closed => notes.check(Rule::Life, sums.reserved == 0, "closed with money pending"),
        OrderState::Cancelled | OrderState::Rejected | OrderState::Deleted => notes.check(
            Rule::Life,
            sums.pending == 0 && sums.paid() == 0,
            "it ended with money on it",
        ),
    }
}
