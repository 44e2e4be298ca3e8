use std::collections::BTreeSet;

use tender_store::conformance::row;
use tender_store::{Table, Write};

use super::{Action, Missing, plan};
use crate::sql::Rows;

#[test]
fn writes_become_one_statement_per_table_and_action_in_lock_order() {
    let put = |table, key: &[i64]| Write::Put(row(table, key, 1, "{}"));
    let writes = vec![
        put(Table::Counters, &[1, 1, 2]),
        put(Table::Keys, &[1, 5, 5]),
        put(Table::Orders, &[1, 9]),
        Write::Delete(Table::Orders, vec![1, 4]),
        put(Table::Orders, &[1, 3]),
        put(Table::Orders, &[1, 7]),
        put(Table::Keys, &[1, 2, 2]),
        Write::Delete(Table::Orders, vec![1, 1]),
        put(Table::Counters, &[1, 1, 1]),
    ];
    let missing = Missing::from([
        (Table::Orders, BTreeSet::from([vec![1, 7]])),
        (Table::Keys, BTreeSet::from([vec![1, 5, 5]])),
        (Table::Cases, BTreeSet::from([vec![1, 3]])),
    ]);
    let steps = plan(writes, &missing).expect("a plan");
    let found: Vec<_> = (steps.iter())
        .map(|step| {
            (
                step.table,
                step.action,
                step.columns[step.table.spec().key_len - 1].0.clone(),
            )
        })
        .collect();
    let expected = [
        (Table::Orders, Action::Delete, vec![1, 4]),
        (Table::Orders, Action::Upsert, vec![3, 9]),
        (Table::Orders, Action::InsertMissing, vec![7]),
        (Table::Keys, Action::Insert, vec![2]),
        (Table::Keys, Action::InsertMissing, vec![5]),
        (Table::Counters, Action::Upsert, vec![1, 2]),
    ];
    assert_eq!(found, expected);
    for step in &steps {
        let width = step.action.parameters(step.table.spec());
        for rows in [Rows::One, Rows::Many] {
            assert_eq!(step.parameters(rows).len(), width);
            let text = step.action.text(step.table, rows);
            let parameter = |number: usize| text.contains(&format!("${number}"));
            assert!(parameter(width) && !parameter(width + 1), "{text}");
        }
    }
}

#[test]
fn nothing_to_write_is_no_statement() {
    assert!(plan(Vec::new(), &Missing::new()).expect("a plan").is_empty());
}

#[test]
fn entries_of_the_journal_stay_in_their_order() {
    let put = |table, key: &[i64]| Write::Put(row(table, key, 1, "{}"));
    let writes = vec![
        put(Table::Journal, &[1, 9, 2]),
        put(Table::Deliveries, &[1, 3]),
        put(Table::Journal, &[1, 4, 1]),
        put(Table::Orders, &[1, 9]),
        put(Table::Journal, &[1, 9, 3]),
    ];
    let steps = plan(writes, &Missing::new()).expect("a plan");
    let tables: Vec<_> = steps.iter().map(|step| step.table).collect();
    assert_eq!(tables, [Table::Orders, Table::Journal, Table::Deliveries]);
    assert_eq!(steps[1].columns[1].0, [9, 4, 9]);
}
