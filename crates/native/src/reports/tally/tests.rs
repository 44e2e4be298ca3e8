use tender_engine::{EntryKind, Ledger, MethodId, Posting};

use super::Tally;
use crate::tests::samples::entry;

fn posting(ledger: Ledger, amount_minor: i64) -> Posting {
    Posting { ledger, amount_minor }
}

fn receipt() -> Vec<Posting> {
    vec![
        posting(Ledger::Tender(MethodId(1)), 1_110),
        posting(Ledger::ReceivableGoods, -900),
        posting(Ledger::ReceivableService, -100),
        posting(Ledger::Tips, -100),
        posting(Ledger::SurchargeIncome, -10),
    ]
}

#[test]
fn a_payment_is_counted_once_in_every_view() {
    let mut tally = Tally::default();
    tally.add(&entry(EntryKind::PaymentCompleted, receipt()));
    let sums = tally.methods[&MethodId(1)];
    assert_eq!(
        (sums.payment_count, sums.received_minor, sums.net_minor()),
        (1, 1_110, 1_110)
    );
    let purposes = tally.purposes;
    assert_eq!((purposes.goods_minor, purposes.service_minor), (900, 100));
    assert_eq!((purposes.tips_minor, purposes.surcharges_minor), (100, 10));
    assert_eq!(tally.imbalance_minor(), 0);
}

#[test]
fn a_reversal_is_a_correction_and_a_refund_is_a_refund() {
    let back: Vec<Posting> = receipt()
        .iter()
        .map(|posting| Posting {
            amount_minor: -posting.amount_minor,
            ..*posting
        })
        .collect();
    let mut tally = Tally::default();
    tally.add(&entry(EntryKind::PaymentCompleted, receipt()));
    tally.add(&entry(EntryKind::PaymentReversed, back.clone()));
    tally.add(&entry(EntryKind::PaymentCompleted, back));
    let sums = tally.methods[&MethodId(1)];
    assert_eq!(
        (sums.received_minor, sums.corrected_minor, sums.refunded_minor),
        (1_110, -1_110, 1_110)
    );
    assert_eq!(
        (sums.payment_count, sums.refund_count, sums.net_minor()),
        (1, 1, -1_110)
    );
    assert_eq!(tally.purposes.goods_minor, -900);
}

#[test]
fn what_guests_owe_is_no_money_that_moved() {
    let mut tally = Tally::default();
    let mut opened = entry(
        EntryKind::OrderOpened,
        vec![
            posting(Ledger::ReceivableGoods, 900),
            posting(Ledger::Sales, -900),
        ],
    );
    opened.payment = None;
    tally.add(&opened);
    assert_eq!(tally.purposes, super::Purposes::default());
    assert!(tally.methods.is_empty());
    assert_eq!(tally.balance_minor(Ledger::Sales), -900);
    assert_eq!(tally.balance_minor(Ledger::ReceivableGoods), 900);
}

#[test]
fn sums_are_wider_than_any_amount() {
    let mut tally = Tally::default();
    for _ in 0..3 {
        let postings = vec![
            posting(Ledger::Tender(MethodId(0)), i64::MAX),
            posting(Ledger::Tips, -i64::MAX),
        ];
        tally.add(&entry(EntryKind::PaymentCompleted, postings));
    }
    assert_eq!(
        tally.over_methods(|sums| sums.received_minor),
        3 * i128::from(i64::MAX)
    );
    assert_eq!(tally.imbalance_minor(), 0);
}
