use std::collections::BTreeSet;

use rusqlite::Connection;
use tender_store::Table;
use tender_store::conformance::plans::indexed_scans;

use super::{Selection, scan, statements};
use crate::schema::migrate;

fn database() -> Connection {
    let connection = Connection::open_in_memory().expect("a database");
    migrate(&connection).expect("the schema");
    connection
}

#[test]
fn tables_are_listed_in_the_order_of_their_declaration() {
    for (at, table) in Table::ALL.into_iter().enumerate() {
        assert_eq!(table as usize, at);
        assert!(
            statements(table)
                .get
                .contains(&format!("FROM {} ", table.spec().name))
        );
    }
}

#[test]
fn every_statement_compiles() {
    let connection = database();
    for table in Table::ALL {
        let statements = statements(table);
        for text in [
            &statements.get,
            &statements.put,
            &statements.insert,
            &statements.delete,
        ]
        .into_iter()
        .chain(&statements.touch)
        {
            let statement = connection.prepare(text).expect(text);
            let all = table.spec().columns.len() + usize::from(table.spec().has_doc);
            let expected = if text.starts_with("INSERT") || text.starts_with("UPDATE") {
                all
            } else {
                table.spec().key_len
            };
            assert_eq!(statement.parameter_count(), expected, "{text}");
        }
    }
}

/// The query plan as SQLite prints it.
fn plan(connection: &Connection, text: &str) -> String {
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {text}"))
        .expect(text);
    let mut rows = statement.raw_query();
    let mut plan = String::new();
    while let Some(row) = rows.next().expect("plan") {
        plan.push_str(&row.get::<_, String>("detail").expect("detail"));
        plan.push('\n');
    }
    plan
}

#[test]
fn rows_are_found_by_their_key() {
    let connection = database();
    for table in Table::ALL {
        let statements = statements(table);
        let by_other_index: Vec<String> = (table.spec().indexes.iter())
            .map(|index| format!("INDEX {} ", index.name))
            .collect();
        for text in [&statements.get, &statements.delete]
            .into_iter()
            .chain(&statements.touch)
        {
            let plan = plan(&connection, text);
            assert!(plan.starts_with("SEARCH "), "{text}: {plan}");
            assert!(
                !by_other_index.iter().any(|index| plan.contains(index)),
                "{text}: {plan}"
            );
        }
    }
}

#[test]
fn scans_of_work_and_of_history_follow_an_index() {
    let connection = database();
    for (wanted, index) in indexed_scans() {
        for selection in [Selection::Rows, Selection::Count] {
            let (text, _) = scan(&wanted, selection).expect("a text");
            let plan = plan(&connection, &text);
            // What has no order may be counted along any index that knows the conditions.
            let is_counted = matches!(selection, Selection::Count);
            let by = if is_counted {
                "INDEX "
            } else {
                &format!("INDEX {index} ")
            };
            assert!(plan.contains("SEARCH ") && plan.contains(by), "{text}: {plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{text} sorts: {plan}");
        }
    }
}

#[test]
fn a_touch_sets_no_column_of_a_plain_index_or_of_any_where_all_are_partial() {
    for table in Table::ALL {
        let spec = table.spec();
        let Some(touch) = &statements(table).touch else {
            assert!(spec.insert_only || spec.indexes.is_empty(), "{}", spec.name);
            continue;
        };
        let (set, _) = touch.split_once(" WHERE ").expect("a condition");
        let has_plain = spec.indexes.iter().any(|index| index.only.is_none());
        let indexed: BTreeSet<&str> = (spec.indexes.iter())
            .filter(|index| !has_plain || index.only.is_none())
            .flat_map(|index| {
                index
                    .columns
                    .iter()
                    .copied()
                    .chain(index.only.map(|(flag, _)| flag))
            })
            .collect();
        for column in spec.columns {
            let is_set = set.contains(&format!("{column} = "));
            let is_key = spec.columns[..spec.key_len].contains(column);
            assert_eq!(is_set, !is_key && !indexed.contains(column), "{touch}");
        }
    }
}
