//! Rows go in and come out unchanged.

use std::sync::{Arc, Mutex};

use super::{Fixture, get, key, put, row, select, set, take, work, write};
use crate::{Direction, Key, Row, Scan, Store, StoreError, Table, Write, Writes};

/// Puts, gets, replaces (or is refused where rows are never replaced) and deletes on every table.
pub async fn every_table_stores_replaces_and_deletes(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    for table in Table::ALL {
        let name = table.spec().name;
        let (one, two) = (key(table, 1, 7), key(table, 2, 7));
        let first = row(table, &one, 10, r#"{"a":1}"#);
        let second = row(table, &two, 20, r#"{"b":2}"#);
        put(&*store, vec![first.clone(), second.clone()])
            .await
            .expect(name);
        let both = vec![one.clone(), two.clone()];
        assert_eq!(
            get(&*store, table, both.clone()).await,
            [first.clone(), second.clone()]
        );

        let replacement = row(table, &one, 11, r#"{"a":"new"}"#);
        let outcome = put(&*store, vec![replacement.clone()]).await;
        let kept = if table.spec().insert_only {
            assert!(
                matches!(outcome, Err(StoreError::Duplicate { table }) if table == name),
                "{name}: {outcome:?}"
            );
            first
        } else {
            outcome.expect(name);
            replacement
        };
        assert_eq!(get(&*store, table, both.clone()).await, [kept, second.clone()]);

        // Deleting what is there, and what is not.
        for _ in 0..2 {
            write(&*store, vec![Write::Delete(table, one.clone())])
                .await
                .expect(name);
            assert_eq!(
                get(&*store, table, both.clone()).await,
                std::slice::from_ref(&second)
            );
        }
        // A deleted key is free again.
        let again = row(table, &one, 12, "{}");
        put(&*store, vec![again.clone()]).await.expect(name);
        assert_eq!(get(&*store, table, both).await, [again, second]);
    }
}

/// Keys asked for twice, out of order, or missing.
pub async fn get_answers_each_row_once_in_key_order(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let table = Table::Payments;
    let stored: Vec<Row> = (-3..3)
        .map(|number| row(table, &[1, 5, number], number, "{}"))
        .collect();
    put(&*store, stored.iter().rev().cloned().collect())
        .await
        .expect("put");
    let wanted = [2, -3, 99, 0, 2, -1].map(|number| vec![1, 5, number]);
    let found = get(&*store, table, wanted.to_vec()).await;
    let numbers: Vec<i64> = found.iter().map(|row| row.column("number")).collect();
    assert_eq!(numbers, [-3, -1, 0, 2]);
    assert_eq!(get(&*store, table, Vec::new()).await, []);
    assert_eq!(
        get(&*store, table, vec![vec![2, 5, 0]]).await,
        [],
        "another merchant"
    );
}

/// What is asked for in one exchange is answered table by table, an empty or repeated table included.
pub async fn several_gets_and_peeks_answer_as_single_ones(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let rows: Vec<Row> = (Table::ALL.into_iter())
        .flat_map(|table| [1, 2].map(|first| row(table, &key(table, first, 6), first, "{}")))
        .collect();
    put(&*store, rows).await.expect("put");
    let mut wanted: Vec<(Table, Vec<Key>)> = (Table::ALL.into_iter())
        .map(|table| (table, [2, 9, 1, 2].map(|first| key(table, first, 6)).to_vec()))
        .collect();
    wanted.push((Table::Orders, Vec::new()));
    wanted.push((Table::Orders, vec![key(Table::Orders, 2, 6)]));
    let mut expected = Vec::new();
    for (table, keys) in &wanted {
        expected.push(get(&*store, *table, keys.clone()).await);
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let batch = work(move |transaction| {
        let (told, wanted) = (Arc::clone(&told), wanted.clone());
        Box::pin(async move {
            let mut peeked = Vec::new();
            for (table, keys) in &wanted {
                peeked.push(transaction.peek(*table, keys).await?);
            }
            let found = transaction.get_all(&wanted).await?;
            set(&told, vec![peeked, found]);
            Ok(Writes::default())
        })
    });
    store.commit(batch).await.1.expect("a batch that only reads");
    for found in take(&seen) {
        assert_eq!(found, expected);
    }
}

/// Inserting says that a row is new. If it is not, nothing is written, whatever the table.
pub async fn a_new_row_that_is_there_already_is_a_duplicate_on_every_table(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    for table in Table::ALL {
        let name = table.spec().name;
        let first = row(table, &key(table, 1, 8), 1, "{}");
        write(&*store, vec![Write::Insert(first.clone())])
            .await
            .expect(name);
        let other = row(table, &key(table, 2, 8), 2, "{}");
        let again = row(table, &key(table, 1, 8), 3, "{}");
        let outcome = write(&*store, vec![Write::Insert(other), Write::Insert(again)]).await;
        assert!(
            matches!(outcome, Err(StoreError::Duplicate { table }) if table == name),
            "{name}: {outcome:?}"
        );
        let keys = vec![key(table, 1, 8), key(table, 2, 8)];
        assert_eq!(get(&*store, table, keys).await, [first]);
    }
}

/// One commit over all tables, given out of order.
pub async fn one_batch_writes_every_table(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let rows: Vec<Row> = Table::ALL
        .into_iter()
        .rev()
        .flat_map(|table| {
            [3, 1, 2].map(|first| row(table, &key(table, first, 4), first, &format!("[{first}]")))
        })
        .collect();
    put(&*store, rows.clone()).await.expect("put");
    for table in Table::ALL {
        let keys = [1, 2, 3].map(|first| key(table, first, 4));
        let mut expected: Vec<Row> = rows.iter().filter(|row| row.table == table).cloned().collect();
        expected.sort_by(|a, b| a.key().cmp(b.key()));
        assert_eq!(get(&*store, table, keys.to_vec()).await, expected);
    }
    // The next one replaces, adds and deletes at once.
    let mut writes = Vec::new();
    for table in Table::ALL {
        writes.push(Write::Delete(table, key(table, 1, 4)));
        writes.push(Write::Put(row(table, &key(table, 9, 4), 9, "[9]")));
        if !table.spec().insert_only {
            writes.push(Write::Put(row(table, &key(table, 2, 4), 22, "[22]")));
        }
    }
    write(&*store, writes).await.expect("write");
    for table in Table::ALL {
        let keys = [1, 2, 3, 9].map(|first| key(table, first, 4));
        let second = if table.spec().insert_only { 2 } else { 22 };
        let expected = [(2, second), (3, 3), (9, 9)]
            .map(|(first, rest)| row(table, &key(table, first, 4), rest, &format!("[{rest}]")));
        assert_eq!(get(&*store, table, keys.to_vec()).await, expected);
    }
}

/// As many rows as the largest batches of a busy server.
pub async fn large_batches_are_written_whole(fixture: &dyn Fixture) {
    const ROWS: i64 = 5000;
    let store = fixture.open().await;
    let rows = |rest: i64| -> Vec<Row> {
        (0..ROWS)
            .map(|id| {
                row(
                    Table::Orders,
                    &[1, id],
                    rest,
                    &format!(r#"{{"id":{id},"rest":{rest}}}"#),
                )
            })
            .collect()
    };
    for rest in [1, 2] {
        put(&*store, rows(rest)).await.expect("put");
        let keys = (0..ROWS).map(|id| vec![1, id]).collect();
        assert_eq!(get(&*store, Table::Orders, keys).await, rows(rest));
    }
    let deletes = (0..ROWS).map(|id| Write::Delete(Table::Orders, vec![1, id]));
    write(&*store, deletes.collect()).await.expect("delete");
    assert_eq!(select(&*store, Scan::new(Table::Orders, 1)).await, []);
}

/// Text that breaks naive quoting, arrays, escapes or encodings somewhere.
pub async fn documents_keep_every_character(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let mut texts: Vec<String> = [
        "",
        " ",
        "NULL",
        "null",
        r#"{"a":"b"}"#,
        r#"{"name":"Zo\u00eb \u0000 \ud83d\ude00"}"#,
        r"\",
        r"\\x00 \N \.",
        r#"{"",",{}\"}"#,
        "it's; DROP TABLE orders; -- ?1 $1 :a @b %s",
        "tab\tline\nreturn\rfeed\u{c}bell\u{7}escape\u{1b}delete\u{7f}",
        "\u{80}\u{9f}\u{a0}\u{ad}\u{feff}\u{fffd}\u{fffe}\u{ffff}\u{10ffff}",
        "e\u{301} ≠ é ÅÅ ﬁ ß ǆ İ",
        "שלום مرحبا \u{202e}reversed\u{202c} \u{200d}\u{2028}\u{2029}",
        "日本語 한국어 ไทย 👩‍👩‍👧‍👦 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
        "  surrounded by blanks  ",
    ]
    .map(str::to_owned)
    .to_vec();
    // Every character of the first two Unicode blocks but NUL, and one of each plane.
    texts.push(('\u{1}'..='\u{ff}').collect());
    texts.push(
        (0..=16)
            .filter_map(|plane| char::from_u32(plane * 0x1_0000 + 0x0041))
            .collect(),
    );
    let rows: Vec<Row> = (0..)
        .zip(&texts)
        .map(|(id, text)| row(Table::Cases, &[1, id], 0, text))
        .collect();
    put(&*store, rows.clone()).await.expect("put");
    let ids = (0..).take(rows.len()).map(|id| vec![1, id]).collect();
    assert_eq!(get(&*store, Table::Cases, ids).await, rows);
    let scan = Scan::new(Table::Cases, 1000).order_by("case_id", Direction::Ascending);
    assert_eq!(select(&*store, scan).await, rows);
}

/// Documents far larger than a page, several in one batch.
pub async fn documents_of_a_megabyte(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let big = |id: i64, seed: char| -> Row {
        let text: String = std::iter::repeat_n([seed, 'é', '"', '\\'], 1 << 18)
            .flatten()
            .collect();
        row(Table::OrderLines, &[1, id], 0, &text)
    };
    let rows: Vec<Row> = (0..).zip("abc".chars()).map(|(id, seed)| big(id, seed)).collect();
    put(&*store, rows.clone()).await.expect("put");
    let keys = vec![vec![1, 0], vec![1, 1], vec![1, 2]];
    assert_eq!(get(&*store, Table::OrderLines, keys.clone()).await, rows);
    let smaller: Vec<Row> = (0..3)
        .map(|id| row(Table::OrderLines, &[1, id], 0, "{}"))
        .collect();
    put(&*store, smaller.clone()).await.expect("replace");
    assert_eq!(get(&*store, Table::OrderLines, keys).await, smaller);
}

/// Every column of every table holds every `i64`, and they order as numbers.
pub async fn columns_hold_the_extremes(fixture: &dyn Fixture) {
    const VALUES: [i64; 7] = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    let store: Arc<dyn Store> = fixture.open().await;
    for table in Table::ALL {
        let rows: Vec<Row> = VALUES
            .iter()
            .map(|value| row(table, &key(table, *value, *value), *value, "{}"))
            .collect();
        put(&*store, rows.iter().rev().cloned().collect())
            .await
            .expect("put");
        let keys = VALUES.iter().map(|value| key(table, *value, *value)).collect();
        assert_eq!(get(&*store, table, keys).await, rows);
        let mut scan = Scan::new(table, 100);
        for column in table.spec().columns {
            scan = scan.order_by(column, Direction::Ascending);
        }
        assert_eq!(select(&*store, scan).await, rows, "{}", table.spec().name);
    }
}
