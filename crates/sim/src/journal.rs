//! The journal's accounts against the records, and the events of an order against its state.

use std::collections::BTreeMap;

use tender_engine::{
    Direction, EntryKind, JournalEntry, Ledger, MethodId, Order, OrderState, Payment, PaymentState, Posting,
};

use crate::Report;
use crate::bill::Bill;
use crate::finding::{Notes, Rule, Subject};
use crate::order::{Sums, applied, ordinary_tip};

type Balances = BTreeMap<Ledger, i128>;

fn add(balances: &mut Balances, ledger: Ledger, amount: i128) {
    let balance = balances.entry(ledger).or_default();
    *balance = balance.saturating_add(amount);
}

fn balances<'a>(postings: impl Iterator<Item = &'a Posting>) -> Balances {
    let mut balances = Balances::new();
    for posting in postings {
        add(&mut balances, posting.ledger, i128::from(posting.amount_minor));
    }
    balances
}

pub(crate) fn check(report: &mut Report, bill: &Bill<'_>) {
    let Bill {
        order,
        payments,
        entries,
        ..
    } = *bill;
    let mut notes = Notes::new(report, order.merchant, Subject::Order(order.id));
    let sums = Sums::of(payments);
    let found = balances(entries.iter().flat_map(|entry| &entry.postings));
    compare(&mut notes, &found, &expected(order, payments, &sums));
    check_contributions(&mut notes, order, &sums, entries);
    check_events(&mut notes, order, entries);
    notes.check(
        Rule::Life,
        entries
            .iter()
            .filter_map(|entry| entry.payment)
            .all(|number| (1..=order.last_payment_number).contains(&number)),
        "its journal tells of a payment that is not there",
    );
    for payment in payments {
        let mut notes = Notes::new(report, order.merchant, Subject::Payment(payment.id));
        check_payment(&mut notes, payment, bill.entries_of(payment));
    }
}

fn compare(notes: &mut Notes<'_>, found: &Balances, expected: &Balances) {
    let ledgers: std::collections::BTreeSet<&Ledger> = found.keys().chain(expected.keys()).collect();
    for ledger in ledgers {
        let balance = |of: &Balances| of.get(ledger).copied().unwrap_or_default();
        notes.equal(
            Rule::Ledger,
            &format!("the balance of {ledger}"),
            balance(found),
            balance(expected),
        );
    }
}

/// What the accounts must hold.
fn expected(order: &Order, payments: &[Payment], sums: &Sums) -> Balances {
    let mut expected = Balances::new();
    for payment in payments
        .iter()
        .filter(|payment| payment.state == PaymentState::Complete)
    {
        let (ledger, amount) = tender(payment);
        add(&mut expected, ledger, amount);
    }
    add(&mut expected, Ledger::Tips, sums.tips.saturating_neg());
    add(
        &mut expected,
        Ledger::SurchargeIncome,
        sums.surcharges.saturating_neg(),
    );
    if matches!(order.state, OrderState::Open | OrderState::Closed) {
        let (goods, service) = (i128::from(order.goods_minor), i128::from(order.service_minor));
        let contributed = i128::from(order.service_contributed_minor);
        let for_goods = sums.paid().saturating_sub(contributed);
        add(&mut expected, Ledger::Sales, goods.saturating_neg());
        add(&mut expected, Ledger::ServiceIncome, service.saturating_neg());
        add(
            &mut expected,
            Ledger::ReceivableGoods,
            goods.saturating_sub(for_goods),
        );
        add(
            &mut expected,
            Ledger::ReceivableService,
            service.saturating_sub(contributed),
        );
    }
    expected
}

/// The account and the amount that a counted payment moves in hand.
fn tender(payment: &Payment) -> (Ledger, i128) {
    let method = payment.method.as_ref().map_or(MethodId(0), |method| method.id);
    let moved = applied(payment)
        .saturating_add(ordinary_tip(payment))
        .saturating_add(i128::from(payment.surcharge_minor));
    (Ledger::Tender(method), signed(payment, moved))
}

fn signed(payment: &Payment, amount: i128) -> i128 {
    match payment.direction {
        Direction::Receipt => amount,
        Direction::Refund => amount.saturating_neg(),
    }
}

/// Where lines, corrections and reversals moved no contribution between goods and service, the payments' own sum up to all.
fn check_contributions(notes: &mut Notes<'_>, order: &Order, sums: &Sums, entries: &[JournalEntry]) {
    let moved = entries.iter().any(|entry| {
        let touches = matches!(
            entry.kind,
            EntryKind::OrderLinesChanged | EntryKind::PaymentAmended | EntryKind::PaymentReversed
        );
        touches && !entry.postings.is_empty()
    });
    if !moved {
        notes.equal(
            Rule::Service,
            "service contributed",
            i128::from(order.service_contributed_minor),
            sums.service,
        );
    }
}

/// The beginning and the end that the journal tells against the order's state.
fn check_events(notes: &mut Notes<'_>, order: &Order, entries: &[JournalEntry]) {
    let count = |kind| entries.iter().filter(|entry| entry.kind == kind).count();
    let begins = entries.first().map(|entry| entry.kind);
    notes.check(
        Rule::Life,
        matches!(
            begins,
            Some(EntryKind::OrderProposed | EntryKind::OrderOpened | EntryKind::OrderFailed)
        ),
        "its journal has no beginning",
    );
    let (opened, closed, cancelled) = (
        count(EntryKind::OrderOpened),
        count(EntryKind::OrderClosed),
        count(EntryKind::OrderCancelled),
    );
    let failed = count(EntryKind::OrderFailed) > 0;
    let told = match order.state {
        OrderState::Proposed => (opened, closed, cancelled) == (0, 0, 0),
        OrderState::Open => (opened, closed, cancelled) == (1, 0, 0),
        OrderState::Closed => (opened, closed, cancelled) == (1, 1, 0),
        OrderState::Cancelled if failed && opened == 0 => (closed, cancelled) == (0, 0),
        OrderState::Cancelled | OrderState::Rejected | OrderState::Deleted => {
            (opened, closed, cancelled) == (1, 0, 1)
        }
    };
    if !told {
        notes.broken(
            Rule::Life,
            format!(
                "as {:?} its journal tells opened {opened}, closed {closed}, cancelled {cancelled} times",
                order.state
            ),
        );
    }
}

/// What the journal moved for one payment: all of it while it counts, else nothing.
fn check_payment(notes: &mut Notes<'_>, payment: &Payment, own: &[&JournalEntry]) {
    let found = balances(own.iter().flat_map(|entry| &entry.postings));
    let mut must_be = Balances::new();
    if payment.state == PaymentState::Complete {
        let (ledger, amount) = tender(payment);
        add(&mut must_be, ledger, amount);
        add(&mut must_be, Ledger::Tips, ordinary_tip(payment).saturating_neg());
        let surcharge = i128::from(payment.surcharge_minor);
        add(&mut must_be, Ledger::SurchargeIncome, surcharge.saturating_neg());
        let owed = signed(payment, applied(payment)).saturating_neg();
        add(&mut must_be, Ledger::ReceivableGoods, owed);
    }
    // How a payment parts into goods and service may change while it stands; together they may not.
    let mut together = Balances::new();
    for (ledger, amount) in found {
        let ledger = match ledger {
            Ledger::ReceivableService => Ledger::ReceivableGoods,
            other => other,
        };
        add(&mut together, ledger, amount);
    }
    compare(notes, &together, &must_be);
}
