//! What is read leniently, and what is refused.

use tender_engine::{Case, Delivery, JournalEntry, KeyOutcome, Opened, Order, OrderLines, Payment, Task};

use super::examples;
use crate::{Counter, CounterName, Record, Row, StoreError, StoredKey, Table};

fn with_doc(record: &impl Record, doc: &str) -> Row {
    Row {
        doc: doc.to_owned(),
        ..record.to_row()
    }
}

/// Replaces a text that must be there.
#[track_caller]
fn edited(record: &impl Record, from: &str, to: &str) -> Row {
    let mut row = record.to_row();
    assert!(row.doc.contains(from), "{}", row.doc);
    row.doc = row.doc.replacen(from, to, 1);
    row
}

/// The complaint about a row.
#[track_caller]
fn complaint<T: Record>(row: &Row) -> String {
    match T::from_row(row) {
        Err(StoreError::Corrupt { table, what }) => {
            assert_eq!(table, row.table.spec().name);
            what
        }
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("accepted: {row:?}"),
    }
}

#[test]
fn unknown_members_are_ignored_at_every_depth() {
    let payment = examples::full_payment();
    for (from, to) in [
        ("{", r#"{"new":{"deep":[1,{"x":null}]},"#),
        (r#""code":"APM""#, r#""new":[],"code":"APM","newer":1"#),
    ] {
        let row = edited(&payment, from, to);
        assert_eq!(Payment::from_row(&row).expect("readable"), payment);
    }
    let task = examples::full_task();
    let row = edited(&task, r#""name":"Hot""#, r#""spice":9,"name":"Hot""#);
    assert_eq!(Task::from_row(&row).expect("readable"), task);
    let key = examples::key(KeyOutcome::Payment(
        examples::PAYMENT,
        Some(Box::new(examples::plain_payment())),
    ));
    let row = edited(&key, r#""answered":{"#, r#""answered":{"new":"x","#);
    assert_eq!(StoredKey::from_row(&row).expect("readable"), key);
}

#[test]
fn members_stand_in_any_order_and_spacing() {
    let task = examples::plain_task();
    let row = with_doc(
        &task,
        " {\n\"created_at_ms\" : 1760000000000, \"kind\":\"payment\" } ",
    );
    assert_eq!(Task::from_row(&row).expect("readable"), task);
}

#[test]
fn missing_members_have_their_defaults_and_null_is_none() {
    let order = examples::plain_order();
    let row = edited(
        &order,
        "{",
        r#"{"name":null,"service_charge":null,"closed_at_ms":null,"goods_minor":0,"#,
    );
    assert_eq!(Order::from_row(&row).expect("readable"), order);
    let row = with_doc(&examples::order_lines(), "{}");
    assert!(OrderLines::from_row(&row).expect("readable").lines.is_empty());
}

#[test]
fn attributes_keep_their_order_their_text_and_repeated_names() {
    let mut payment = examples::plain_payment();
    payment.attributes = [("z", "1.0"), ("a", "\"\\u0041\""), ("z", "{\"b\": 1,\"a\":2}")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    let back = Payment::from_row(&payment.to_row()).expect("readable");
    assert_eq!(back.attributes, payment.attributes);
}

#[test]
fn documents_that_are_none_are_refused() {
    let order = examples::plain_order();
    for (doc, what) in [
        ("", "EOF while parsing"),
        ("{", "EOF while parsing"),
        ("[]", "expected an object"),
        ("null", "expected an object"),
        ("{}", "missing field `currency`"),
        (r#"{"currency":"EUR""#, "EOF while parsing"),
        (r#"{"currency":"EUR"}"#, "missing field `account`"),
        (r#"{"currency":"eur"}"#, "currency: invalid value: string \"eur\""),
        (
            r#"{"currency":"EUR","currency":"EUR"}"#,
            "duplicate field `currency`",
        ),
        (r#"{"account":[7,12]}"#, "account: invalid type: sequence"),
        (
            r#"{"goods_minor":1.5}"#,
            "goods_minor: invalid type: floating point",
        ),
        (r#"{"goods_minor":"1"}"#, "goods_minor: invalid type: string"),
        (r#"{"goods_minor":null}"#, "goods_minor: invalid type: null"),
        (
            r#"{"goods_minor":9223372036854775808}"#,
            "goods_minor: invalid value: integer",
        ),
        (r#"{"covers":-1}"#, "covers: invalid value: integer"),
        (
            r#"{"opened_via":"fax"}"#,
            "opened_via: invalid value: string \"fax\"",
        ),
        (
            r#"{"service_charge":{"rate":"much"}}"#,
            "service_charge: invalid value: string \"much\"",
        ),
        (
            r#"{"service_charge":{"tax":1}}"#,
            "service_charge: unknown variant `tax`",
        ),
        (r#"{"journal_hash":"AAAA"}"#, "journal_hash: invalid value"),
        (r#"{"labels":[["a"]]}"#, "labels: invalid length 1"),
    ] {
        let said = complaint::<Order>(&with_doc(&order, doc));
        assert!(said.contains(what), "{doc}: {said}");
        assert!(said.ends_with("(key [1, 30])"), "{said}");
    }
    let mut row = order.to_row();
    row.doc.push_str(" {}");
    assert!(complaint::<Order>(&row).contains("trailing characters"));
}

#[test]
fn hashes_of_another_length_or_alphabet_are_refused() {
    let good = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
    for bad in [
        "",
        &good[1..],
        "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEA",
        "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQF",
        "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ/",
        "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        &good.repeat(3),
    ] {
        let row = edited(&examples::entry(), good, bad);
        let said = complaint::<JournalEntry>(&row);
        assert!(said.contains("hash: invalid value"), "{bad}: {said}");
    }
}

#[test]
fn postings_to_unknown_ledgers_are_refused() {
    let row = edited(&examples::entry(), "receivable.goods", "receivable.bads");
    assert!(complaint::<JournalEntry>(&row).contains("receivable.bads"));
}

#[test]
fn outcomes_that_there_are_none_of_are_refused() {
    for (outcome, what) in [
        (
            r#"{"refused":{"code":"bored"}}"#,
            "no rejection has the code \"bored\"",
        ),
        (r#"{"refused":{"code":"key-reused"}}"#, "missing field `field`"),
        (r#"{"refused":{}}"#, "no rejection has the code \"\""),
        (r#"{"answered":{"state":2}}"#, "missing field `payment`"),
        (r#""lost""#, "unknown variant `lost`"),
    ] {
        let row = edited(&examples::key(KeyOutcome::Burned), "\"burned\"", outcome);
        let said = complaint::<StoredKey>(&row);
        assert!(said.contains(what), "{said}");
    }
    let payment = Box::new(examples::plain_payment());
    let key = examples::key(KeyOutcome::Payment(payment.id, Some(payment)));
    let row = edited(&key, "\"state\":2", "\"state\":6");
    assert!(complaint::<StoredKey>(&row).contains("a payment's state cannot be 6"));
    let opened = Opened {
        order: examples::plain_order(),
        lines: Vec::new(),
        payments: Vec::new(),
    };
    let key = examples::key(KeyOutcome::Order(examples::ORDER, Some(Box::new(opened))));
    for (from, to, what) in [
        ("\"state\":1", "\"state\":9", "an order's state cannot be 9"),
        ("\"stage\":0", "\"stage\":9", "an order's stage cannot be 9"),
        ("\"lines\":[],", "", "missing field `lines`"),
    ] {
        let said = complaint::<StoredKey>(&edited(&key, from, to));
        assert!(said.contains(what), "{said}");
    }
}

/// Changes one column of a record's row and wants to hear about it.
#[track_caller]
fn column_refused<T: Record>(record: &T, column: &str, value: i64) {
    let mut row = record.to_row();
    let at = row.table.spec().column_index(column);
    row.columns[at] = value;
    let said = complaint::<T>(&row);
    assert!(said.starts_with(&format!("column {column} ")), "{said}");
}

#[test]
fn columns_that_disagree_with_the_record_are_refused() {
    let order = examples::full_order();
    column_refused(&order, "state", 6);
    column_refused(&order, "stage", -1);
    column_refused(&order, "register_id", 0);
    column_refused(&order, "customer_id", 11);
    column_refused(&order, "total_minor", 1124);
    column_refused(&examples::plain_payment(), "state", 6);
    column_refused(&examples::plain_payment(), "number", -1);
    column_refused(&examples::plain_payment(), "number", 1 << 32);
    column_refused(&examples::plain_task(), "open", 0);
    column_refused(&examples::full_task(), "open", 1);
    column_refused(&examples::plain_task(), "number", -4);
    column_refused(&examples::entry(), "kind", 17);
    column_refused(&examples::delivery(), "pending", 1);
    column_refused(&examples::attempt(), "number", -1);
    column_refused(&examples::case(), "open", 1);
    column_refused(&examples::key(KeyOutcome::Burned), "order_id", 30);
    column_refused(
        &examples::key(KeyOutcome::Order(examples::ORDER, None)),
        "number",
        1,
    );
    let counter = Counter {
        merchant: examples::MERCHANT,
        name: CounterName::Quota,
        owner: 1,
        value: 1,
    };
    column_refused(&counter, "name", 5);
}

#[test]
fn tasks_with_a_payment_and_no_order_are_refused() {
    let mut row = examples::plain_task().to_row();
    let at = row.table.spec().column_index("order_id");
    row.columns[at] = 0;
    assert!(complaint::<Task>(&row).starts_with("column number is 4 where the record says 0"));
}

#[test]
fn rows_of_other_tables_and_shapes_are_refused() {
    let mut row = examples::case().to_row();
    assert!(complaint::<Delivery>(&row).contains("a row of deliveries was expected"));
    row.columns.pop();
    assert!(complaint::<Case>(&row).contains("5 columns were expected"));
    row.columns.clear();
    assert!(complaint::<Case>(&row).contains("5 columns were expected"));
    row.table = Table::Counters;
    assert!(complaint::<Counter>(&row).contains("4 columns were expected"));
}
