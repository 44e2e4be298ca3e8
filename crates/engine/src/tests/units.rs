//! The pure helpers that other crates build on: contribution, retry schedule, names of keys, hashes, closed lists.

use std::collections::BTreeSet;

use crate::{
    ATTEMPTS_MAX, ApplicationId, EntryKind, FailureCode, KeyOutcome, KeyRecord, KeySpace, Ledger, LocationId,
    MethodId, MoneyField, OrderState, PaymentState, Posting, Rejection, Stage, Via, alias_hash,
    attributes_bytes, contribution_of_receipt, contribution_of_refund, key_hash, retry_delay_ms,
};

#[test]
fn contributions() {
    // amount, tip counted, u, service, total, owed, remaining
    let receipts = [
        ((500, 0, 0, 100, 1100, 100, 1100), 45),
        ((400, 10, 10, 100, 1100, 100, 1100), 37),
        ((400, 200, 100, 100, 1100, 100, 1100), 100),
        ((600, 0, 0, 100, 1100, 55, 600), 55),
        ((0, 0, 0, 0, 0, 0, 0), 0),
        ((0, 0, 0, 100, 1100, 100, 1100), 0),
        ((150, 0, 0, 100, 1200, 100, 1200), 13),
    ];
    for ((amount, tip, u, service, total, owed, remaining), expected) in receipts {
        let found = contribution_of_receipt(amount, tip, u, service, total, owed, remaining);
        assert_eq!(found, Ok(expected), "{amount} {tip} {u}");
    }
    // amount, service, total, contributed, paid after
    let refunds = [
        ((200, 100, 1100, 45, 300), 18),
        ((300, 100, 1100, 27, 0), 27),
        ((500, 100, 1100, 100, 0), 100),
        ((500, 100, 1100, 20, 100), 20),
    ];
    for ((amount, service, total, contributed, after), expected) in refunds {
        let found = contribution_of_refund(amount, service, total, contributed, after);
        assert_eq!(found, Ok(expected), "{amount}");
    }
    assert!(contribution_of_receipt(i64::MAX, 0, 1, 1, 2, 1, 1).is_err());
    assert!(contribution_of_receipt(i64::MAX, 1, 0, 1, 2, 1, 1).is_err());
}

#[test]
fn retries_last_about_two_days() {
    let delays: Vec<i64> = (1..).map_while(|made| retry_delay_ms(made, 0, 0)).collect();
    assert_eq!(delays.first(), Some(&5_000));
    assert_eq!(delays.len() + 1, ATTEMPTS_MAX as usize);
    // 46 h 42 min 35 s, spec kounta 10.3.
    assert_eq!(delays.iter().sum::<i64>(), ((46 * 60 + 42) * 60 + 35) * 1_000);
    assert_eq!(retry_delay_ms(0, 0, 0), None);
    assert_eq!(retry_delay_ms(ATTEMPTS_MAX, 0, 0), None);
    for jitter in [0, 1, 500, 1_000, 1_001, u64::MAX] {
        let delay = retry_delay_ms(1, jitter, 10).expect("a second attempt");
        assert!((4_500..=5_500).contains(&delay), "{jitter}: {delay}");
    }
    assert_eq!(retry_delay_ms(1, 0, 10), Some(4_500));
    assert_eq!(retry_delay_ms(1, 1_000, 10), Some(5_500));
}

#[test]
fn names_of_keys_are_apart() {
    let spaces = [
        KeySpace::PaymentReference,
        KeySpace::OrderReference,
        KeySpace::IdempotencyKey,
    ];
    let mut seen = BTreeSet::new();
    for space in spaces {
        for application in [1, 2] {
            for location in [1, 2] {
                for text in ["a", "b", ""] {
                    let hash = key_hash(space, ApplicationId(application), LocationId(location), text);
                    assert!(seen.insert(hash), "two keys of one name");
                }
            }
        }
    }
    for kind in ["account", "external"] {
        for location in [1, 2] {
            assert!(seen.insert(alias_hash(kind, LocationId(location), "a")));
        }
    }
}

#[test]
fn the_first_field_that_differs() {
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let record = KeyRecord {
        space: KeySpace::IdempotencyKey,
        application: ApplicationId(1),
        location: LocationId(1),
        text: "k".to_owned(),
        fields: vec![field("amount", "5"), field("tip", "1")],
        outcome: KeyOutcome::Burned,
    };
    let differing = |fields: &[(String, String)]| record.differing_field(fields);
    assert_eq!(differing(&[field("tip", "1"), field("amount", "5")]), None);
    assert_eq!(
        differing(&[field("amount", "6"), field("tip", "2")]),
        Some("amount".to_owned())
    );
    assert_eq!(differing(&[field("amount", "5")]), Some("tip".to_owned()));
    let more = [field("amount", "5"), field("tip", "1"), field("ref", "x")];
    assert_eq!(differing(&more), Some("ref".to_owned()));
}

#[test]
fn every_value_is_in_an_entrys_hash() {
    let mut script = super::bench::Bench::new("EUR");
    let entry = script.sample_entry();
    let changes: [fn(&mut crate::JournalEntry); 17] = [
        |entry| entry.merchant.0 += 1,
        |entry| entry.order.0 += 1,
        |entry| entry.seq += 1,
        |entry| entry.location.0 += 1,
        |entry| entry.kind = EntryKind::OrderClosed,
        |entry| entry.at.0 += 1,
        |entry| entry.by.0 += 1,
        |entry| entry.via = Via::Console,
        |entry| entry.payment = Some(0),
        |entry| entry.task = Some(crate::TaskId(0)),
        |entry| entry.currency = tender_money::Currency::from_code("KWD").expect("a currency"),
        |entry| entry.postings[0].amount_minor += 1,
        |entry| entry.postings[0].ledger = Ledger::Tips,
        |entry| {
            entry.postings.pop();
        },
        |entry| entry.detail[0].1.push('x'),
        |entry| {
            entry.detail.pop();
        },
        |entry| entry.previous[31] ^= 1,
    ];
    assert_eq!(entry.computed_hash(), entry.hash);
    for (index, change) in changes.iter().enumerate() {
        let mut edited = entry.clone();
        change(&mut edited);
        assert_ne!(edited.computed_hash(), entry.hash, "edit {index} goes unnoticed");
    }
    let mut unbalanced = entry;
    unbalanced.postings.push(Posting {
        ledger: Ledger::Tips,
        amount_minor: i64::MAX,
    });
    assert_eq!(unbalanced.imbalance(), i128::from(i64::MAX));
}

#[test]
fn ledgers_are_read_back() {
    let ledgers = [
        Ledger::ReceivableGoods,
        Ledger::ReceivableService,
        Ledger::Sales,
        Ledger::ServiceIncome,
        Ledger::Tender(MethodId(0)),
        Ledger::Tender(MethodId(42)),
        Ledger::Tips,
        Ledger::SurchargeIncome,
    ];
    for ledger in ledgers {
        assert_eq!(Ledger::from_text(&ledger.to_string()), Some(ledger));
    }
    for text in ["", "tender.", "tender.x", "Tips", "receivable"] {
        assert_eq!(Ledger::from_text(text), None, "{text}");
    }
}

#[test]
fn numbers_and_codes_are_distinct() {
    fn distinct<T: Ord + std::fmt::Debug>(values: impl IntoIterator<Item = T>, count: usize) {
        let values: BTreeSet<T> = values.into_iter().collect();
        assert_eq!(values.len(), count, "{values:?}");
    }
    distinct(OrderState::ALL.map(OrderState::number), 6);
    distinct(Stage::ALL.map(Stage::number), 4);
    distinct(PaymentState::ALL.map(PaymentState::number), 6);
    distinct(EntryKind::ALL.map(EntryKind::number), 17);
    distinct(EntryKind::ALL.map(EntryKind::code), 17);
    distinct(Via::ALL.map(Via::code), 7);
    distinct(FailureCode::ALL.map(FailureCode::code), 14);
    let examples = Rejection::examples();
    distinct(examples.iter().map(Rejection::code), examples.len());
    for example in &examples {
        let read = Rejection::from_code(example.code(), example.money_field());
        assert_eq!(read.as_ref(), Some(example));
    }
    let tip = Rejection::TooManyDigits(MoneyField::Tip);
    assert_eq!(Rejection::from_code(tip.code(), tip.money_field()), Some(tip));
    assert_eq!(Rejection::from_code("no-such-code", None), None);
    assert_eq!(FailureCode::from_code(" overpaid "), FailureCode::Overpaid);
    assert_eq!(FailureCode::from_code("printer on fire"), FailureCode::Unknown);
}

#[test]
fn attributes_are_measured_as_the_json_they_are() {
    let member = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for (attributes, json) in [
        (vec![], "{}"),
        (vec![member("a", "1")], r#"{"a":1}"#),
        (
            vec![member("a", "[1,2]"), member("b", r#""x""#)],
            r#"{"a":[1,2],"b":"x"}"#,
        ),
        (
            vec![member("q\"\\\n\u{1}é", "null")],
            r#"{"q\"\\\n\u0001é":null}"#,
        ),
    ] {
        assert_eq!(attributes_bytes(&attributes), json.len(), "{json}");
    }
}

/// Entries of ledgers in use were hashed from this text, so it never changes.
#[test]
fn the_text_of_an_entrys_hash() {
    let mut entry = super::bench::Bench::new("EUR").sample_entry();
    entry.merchant.0 = 1;
    entry.order.0 = u64::MAX;
    entry.seq = 10;
    entry.location.0 = 99;
    entry.kind = EntryKind::PaymentCompleted;
    entry.at.0 = i64::MIN;
    entry.by.0 = 100;
    entry.via = Via::Om;
    entry.payment = Some(0);
    entry.task = None;
    entry.postings = vec![
        Posting {
            ledger: Ledger::Tender(MethodId(3)),
            amount_minor: 1250,
        },
        Posting {
            ledger: Ledger::ReceivableGoods,
            amount_minor: -1250,
        },
    ];
    entry.detail = vec![("reference".to_owned(), "żabka;1:".to_owned())];
    entry.previous = [7; 32];
    let mut text = concat!(
        "1:1;20:18446744073709551615;2:10;2:99;17:payment.completed;20:-9223372036854775808;3:100;2:om;1:0;0:;3:EUR;",
        "1:2;8:tender.3;4:1250;16:receivable.goods;5:-1250;9:reference;9:żabka;1:;",
    )
    .as_bytes()
    .to_vec();
    text.extend_from_slice(&[7; 32]);
    assert_eq!(entry.computed_hash(), crate::hash::sha256(&text));
}
