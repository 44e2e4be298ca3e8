use tender_store::Table;
use tokio_postgres::types::Type;

use super::{appends_to_journal, renumbered, text};
use crate::plan::Action;
use crate::sql::tests::{database, explained};

/// Everything that can be done to a table.
fn actions(table: Table) -> Vec<Action> {
    let mut actions = vec![Action::Delete, Action::InsertMissing, Action::Insert];
    actions.push(Action::IsThere);
    if !table.spec().insert_only {
        actions.extend([Action::Upsert, Action::Replace, Action::IsNewest]);
        actions.extend(table.spec().has_doc.then_some(Action::ReplaceDocs));
    }
    actions
}

/// As many steps as there can be.
fn all() -> Vec<(Table, Action)> {
    let of = |table| actions(table).into_iter().map(move |action| (table, action));
    Table::ALL.into_iter().flat_map(of).collect()
}

#[test]
fn parameters_are_numbered_on() {
    assert_eq!(
        renumbered("$1 + $2, ($12::text[])[1]", 9),
        "$10 + $11, ($21::text[])[1]"
    );
    assert_eq!(renumbered("none", 9), "none");
}

#[tokio::test]
async fn whatever_a_batch_writes_is_a_statement_with_the_arrays_of_each_step() {
    let (_database, session) = database().await;
    let text = text(&all());
    let statement = session.client().prepare(&text).await.expect(&text);
    // Whose number it is that has to be held.
    let mut expected = vec![Type::INT8; 3];
    for (table, action) in all() {
        let spec = table.spec();
        let width = match action.leaves_rows() && action != Action::ReplaceDocs {
            true => spec.columns.len(),
            false => spec.key_len,
        };
        expected.extend(vec![Type::INT8_ARRAY; width]);
        expected.extend((action.leaves_rows() && spec.has_doc).then_some(Type::TEXT_ARRAY));
        let names_versions = matches!(action, Action::Replace | Action::ReplaceDocs | Action::IsNewest);
        expected.extend(names_versions.then_some(Type::XID_ARRAY));
    }
    assert_eq!(statement.params(), expected);
}

#[tokio::test]
async fn entries_of_the_journal_are_inserted_only_after_their_floor() {
    let (_database, session) = database().await;
    for action in [Action::Insert, Action::InsertMissing] {
        assert!(appends_to_journal(Table::Journal, action));
        let width = action.parameters(Table::Journal.spec());
        let arrays = vec!["'{1,2}'"; width];
        let plan = explained(&session, &text(&[(Table::Journal, action)]), &arrays).await;
        // The rows to insert are those of the floor, each with all that are given.
        let (_, insert) = plan.split_once("Insert on journal").expect("an insertion");
        assert!(insert.contains("Nested Loop"), "{plan}");
        assert!(insert.contains("CTE Scan on floor"), "{plan}");
    }
    assert!(!text(&[(Table::Journal, Action::Delete), (Table::Orders, Action::Insert)]).contains("advisory"));
}

#[tokio::test]
async fn no_part_reads_a_whole_table() {
    let (_database, session) = database().await;
    let arrays = all()
        .into_iter()
        .flat_map(|(table, action)| vec!["'{1,2}'"; action.parameters(table.spec())]);
    let parameters: Vec<&str> = ["1"; 3].into_iter().chain(arrays).collect();
    let plan = explained(&session, &text(&all()), &parameters).await;
    // The sequence of positions is a table of one row.
    let scans: Vec<_> = (plan.lines())
        .filter(|line| line.contains("Seq Scan") && !line.contains("journal_position"))
        .collect();
    assert_eq!(scans, Vec::<&str>::new(), "{plan}");
}
