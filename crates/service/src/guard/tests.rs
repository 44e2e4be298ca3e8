use tender_store::{Row, Table, Write};

use super::{Expected, Guards, PlainWrites};

fn counter(name: i64, value: i64) -> Row {
    Row {
        table: Table::Counters,
        columns: vec![1, name, 0, value],
        doc: String::new(),
    }
}

fn key(name: i64) -> Vec<i64> {
    vec![1, name, 0]
}

/// Guards over a database that holds these rows.
fn guards(rows: &[Row]) -> Guards {
    let mut guards = Guards::default();
    for row in rows {
        guards.rows.insert((row.table, row.key().to_vec()), row.clone());
    }
    guards
}

#[test]
fn conditions_hold_for_what_is_there_after_earlier_writes_of_the_batch() {
    let stored = counter(7, 1);
    let same = || Expected::unchanged(counter(7, 1));
    let other = || Expected::unchanged(counter(7, 2));
    let absent = || Expected::absent(Table::Counters, key(7));
    let put = Write::Put(counter(7, 2));
    let delete = Write::Delete(Table::Counters, key(7));
    let elsewhere = Write::Put(counter(8, 2));
    let cases: &[(&str, bool, &[Write], [bool; 3])] = &[
        // name, whether the row is stored, earlier writes, then whether same, other and absent hold
        ("nothing there", false, &[], [false, false, true]),
        ("stored", true, &[], [true, false, false]),
        (
            "stored, another key written",
            true,
            std::slice::from_ref(&elsewhere),
            [true, false, false],
        ),
        (
            "stored, then changed",
            true,
            std::slice::from_ref(&put),
            [false, true, false],
        ),
        (
            "stored, then deleted",
            true,
            std::slice::from_ref(&delete),
            [false, false, true],
        ),
        (
            "new in this batch",
            false,
            std::slice::from_ref(&put),
            [false, true, false],
        ),
        (
            "changed, then deleted",
            true,
            &[put.clone(), delete.clone()],
            [false, false, true],
        ),
        (
            "deleted, then made again",
            true,
            &[delete.clone(), put.clone()],
            [false, true, false],
        ),
    ];
    for (name, is_stored, earlier, holds) in cases {
        let guards = guards(if *is_stored {
            std::slice::from_ref(&stored)
        } else {
            &[]
        });
        let mut written = PlainWrites::default();
        written.extend(earlier);
        let found = [same(), other(), absent()].map(|expected| guards.hold(&[expected], &written));
        assert_eq!(found, *holds, "{name}");
    }
}

#[test]
fn all_conditions_must_hold() {
    let guards = guards(&[counter(7, 1), counter(8, 1)]);
    let written = PlainWrites::default();
    let (first, second) = (
        Expected::unchanged(counter(7, 1)),
        Expected::unchanged(counter(8, 1)),
    );
    assert!(guards.hold(&[], &written));
    assert!(guards.hold(&[first.clone(), second.clone()], &written));
    assert!(!guards.hold(&[first, Expected::unchanged(counter(8, 2))], &written));
    assert!(!guards.hold(&[Expected::absent(Table::Counters, key(7)), second], &written));
}

#[test]
fn the_last_write_of_a_key_counts_and_rows_written_once_are_all_kept() {
    let attempt = Row {
        table: Table::Attempts,
        columns: vec![0; Table::Attempts.spec().columns.len()],
        doc: String::new(),
    };
    assert!(
        Table::Keys.spec().insert_only,
        "the table of this test must refuse replacement"
    );
    let used = Row {
        table: Table::Keys,
        columns: vec![0; Table::Keys.spec().columns.len()],
        doc: String::new(),
    };
    let mut writes = PlainWrites::default();
    writes.extend(&[
        Write::Put(counter(7, 1)),
        Write::Put(counter(7, 2)),
        Write::Put(counter(8, 3)),
    ]);
    writes.extend(&[
        Write::Put(used.clone()),
        Write::Put(used.clone()),
        Write::Put(attempt.clone()),
    ]);
    let all: Vec<Write> = writes.into_writes().collect();
    let count = |wanted: &Write| all.iter().filter(|write| *write == wanted).count();
    assert_eq!(count(&Write::Put(counter(7, 1))), 0);
    assert_eq!(count(&Write::Put(counter(7, 2))), 1);
    assert_eq!(count(&Write::Put(counter(8, 3))), 1);
    assert_eq!(
        count(&Write::Put(used)),
        2,
        "the store must see both to refuse them"
    );
    assert_eq!(count(&Write::Put(attempt)), 1);
}
