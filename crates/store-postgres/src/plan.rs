//! Turns what a batch wants written into statements with arrays as parameters.

use std::collections::{BTreeMap, BTreeSet};

use tender_store::storable::{require_distinct, require_key, require_row};
use tender_store::{Key, Row, StoreError, Table, TableSpec, Write};
use tokio_postgres::types::ToSql;

use crate::column::{Docs, Numbers};
use crate::sql::{Rows, statements};
use crate::versions::{Version, Writing};

/// Keys that a batch looked for and did not find.
pub(crate) type Missing = BTreeMap<Table, BTreeSet<Key>>;

/// How a statement treats the rows it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Deletes them.
    Delete,
    /// Inserts rows whose keys the batch found missing. If one exists by now, the batch decided on a state that is
    /// no longer true, and has to run again.
    InsertMissing,
    /// Inserts rows that are new, or of a table that never replaces any.
    Insert,
    /// Inserts or replaces rows. Those the batch has read are locked by it.
    Upsert,
    /// Replaces rows that the batch has not read, if their newest versions are those that it went by.
    Replace,
    /// The same where nothing but the documents changes.
    ReplaceDocs,
    /// Writes nothing: answers a row for each version that is the newest of its row.
    IsNewest,
    /// Writes nothing: answers a row for each key that is there.
    IsThere,
}

impl Action {
    /// The text that does this to rows of a table.
    pub(crate) fn text(self, table: Table, rows: Rows) -> &'static str {
        let texts = statements(table).of(rows);
        match self {
            Self::Delete => &texts.delete,
            Self::InsertMissing | Self::Insert => &texts.insert,
            Self::Upsert => &texts.upsert,
            Self::Replace => &statements(table).replace,
            Self::ReplaceDocs => &statements(table).replace_docs,
            Self::IsNewest => &statements(table).is_newest,
            Self::IsThere => &statements(table).is_there,
        }
    }

    /// How many parameters the text has.
    pub(crate) fn parameters(self, spec: &TableSpec) -> usize {
        let (width, has_doc) = self.written(spec);
        width + usize::from(has_doc) + usize::from(self.names_versions())
    }

    /// Whether the last parameter is which transactions wrote the rows.
    fn names_versions(self) -> bool {
        matches!(self, Self::Replace | Self::ReplaceDocs | Self::IsNewest)
    }

    /// Whether it writes rows that are there afterwards.
    pub(crate) fn leaves_rows(self) -> bool {
        matches!(
            self,
            Self::InsertMissing | Self::Insert | Self::Upsert | Self::Replace | Self::ReplaceDocs
        )
    }

    /// Whether it proves what a batch went by.
    pub(crate) fn is_proof(self) -> bool {
        matches!(
            self,
            Self::Replace | Self::ReplaceDocs | Self::IsNewest | Self::IsThere
        )
    }

    /// How many columns the text names, and whether it names the document.
    fn written(self, spec: &TableSpec) -> (usize, bool) {
        match self {
            Self::Delete | Self::IsNewest | Self::IsThere => (spec.key_len, false),
            Self::ReplaceDocs => (spec.key_len, spec.has_doc),
            Self::InsertMissing | Self::Insert | Self::Upsert | Self::Replace => {
                (spec.columns.len(), spec.has_doc)
            }
        }
    }
}

/// One statement, or one part of it.
#[derive(Debug)]
pub(crate) struct Step {
    pub table: Table,
    pub action: Action,
    columns: Vec<Numbers>,
    docs: Option<Docs>,
    /// What transactions wrote the rows, where their versions matter.
    writings: Vec<Writing>,
}

impl Step {
    /// A statement for at most so many rows.
    fn new(table: Table, action: Action, rows: usize) -> Self {
        let (width, has_doc) = action.written(table.spec());
        Self {
            table,
            action,
            columns: (0..width).map(|_| Numbers(Vec::with_capacity(rows))).collect(),
            docs: has_doc.then(|| Docs(Vec::with_capacity(rows))),
            writings: Vec::new(),
        }
    }

    /// Which form of the text it takes when it is a statement of its own.
    pub(crate) fn rows(&self) -> Rows {
        Rows::of(self.row_count())
    }

    /// The parameters in the order of the text for so many rows.
    pub(crate) fn parameters(&self, rows: Rows) -> Vec<&(dyn ToSql + Sync)> {
        let is_one = rows == Rows::One;
        let (width, _) = self.action.written(self.table.spec());
        let columns = self.columns.iter().take(width);
        let columns = columns.map(|column| match column.0.as_slice() {
            [value] if is_one => value as &(dyn ToSql + Sync),
            _ => column,
        });
        let docs = self.docs.iter().map(|docs| match docs.0.as_slice() {
            [doc] if is_one => doc as &(dyn ToSql + Sync),
            _ => docs,
        });
        let mut parameters: Vec<_> = columns.chain(docs).collect();
        if self.action.names_versions() {
            parameters.push(&self.writings);
        }
        parameters
    }

    /// A proof about rows with these keys.
    pub(crate) fn proof(table: Table, action: Action, keys: &[Key]) -> Self {
        let mut step = Self::new(table, action, keys.len());
        for key in keys {
            step.push(key.clone(), String::new());
        }
        step
    }

    /// A proof that versions are the newest.
    pub(crate) fn is_newest(table: Table, versions: &[Version]) -> Self {
        let keys: Vec<Key> = versions
            .iter()
            .map(|version| version.row.key().to_vec())
            .collect();
        Self {
            writings: versions.iter().map(|version| version.writing).collect(),
            ..Self::proof(table, Action::IsNewest, &keys)
        }
    }

    /// Makes it replace these versions of its rows, one for each.
    pub(crate) fn replace(&mut self, versions: &[Version]) {
        let is_as_before = |(at, version): (usize, &Version)| self.values(at).eq(&version.row.columns);
        self.action = match self.docs.is_some() && versions.iter().enumerate().all(is_as_before) {
            true => Action::ReplaceDocs,
            false => Action::Replace,
        };
        self.writings = versions.iter().map(|version| version.writing).collect();
    }

    /// Whether its rows are those with these keys, in this order.
    pub(crate) fn has_keys<'k>(&self, keys: impl ExactSizeIterator<Item = &'k [i64]>) -> bool {
        let has_key =
            |(at, key): (usize, &[i64])| self.values(at).zip(key).all(|(value, wanted)| value == wanted);
        self.row_count() == keys.len() && keys.enumerate().all(has_key)
    }

    /// The keys of its rows.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        let key_len = self.table.spec().key_len;
        (0..self.row_count()).map(move |at| self.values(at).take(key_len).copied().collect())
    }

    /// Its rows, if it writes any.
    pub(crate) fn into_written(self) -> impl Iterator<Item = Row> {
        let (table, columns) = (self.table, self.columns);
        let docs = self.docs.into_iter().flat_map(|docs| docs.0);
        docs.enumerate().map(move |(at, doc)| Row {
            table,
            columns: values(&columns, at).copied().collect(),
            doc,
        })
    }

    fn row_count(&self) -> usize {
        self.columns.first().map_or(0, |column| column.0.len())
    }

    /// The values of one of its rows.
    fn values(&self, at: usize) -> impl Iterator<Item = &i64> {
        values(&self.columns, at)
    }

    fn push(&mut self, values: Vec<i64>, doc: String) {
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.0.push(value);
        }
        if let Some(docs) = &mut self.docs {
            docs.0.push(doc);
        }
    }
}

fn values(columns: &[Numbers], at: usize) -> impl Iterator<Item = &i64> {
    columns.iter().filter_map(move |column| column.0.get(at))
}

/// The steps for these writes, in table order and with rising keys, which is the order every node locks in.
/// Entries of the journal stay as they come, because the feed shows them in that order: nobody waits for their keys,
/// which follow from rows that are locked.
pub(crate) fn plan(writes: Vec<Write>, missing: &Missing) -> Result<Vec<Step>, StoreError> {
    let mut of_tables: BTreeMap<Table, Vec<Write>> = BTreeMap::new();
    for write in writes {
        let (table, _) = write.target();
        of_tables.entry(table).or_default().push(write);
    }
    let mut steps: Vec<Step> = Vec::new();
    for (table, mut writes) in of_tables {
        // Most come in order already, which these sorts notice.
        if table != Table::Journal {
            writes.sort_by(|a, b| a.target().1.cmp(b.target().1));
        }
        let mut targets: Vec<(Table, &[i64])> = writes.iter().map(Write::target).collect();
        targets.sort_unstable();
        require_distinct(targets)?;
        let (begin, rows) = (steps.len(), writes.len());
        let missing = missing.get(&table);
        for write in writes {
            let (action, values, doc) = match write {
                Write::Delete(_, key) => {
                    require_key(table, &key)?;
                    (Action::Delete, key, String::new())
                }
                Write::Put(row) | Write::Insert(row) if is_missing(missing, &row) => {
                    require_row(&row)?;
                    (Action::InsertMissing, row.columns, row.doc)
                }
                Write::Put(row) if !table.spec().insert_only => {
                    require_row(&row)?;
                    (Action::Upsert, row.columns, row.doc)
                }
                Write::Put(row) | Write::Insert(row) => {
                    require_row(&row)?;
                    (Action::Insert, row.columns, row.doc)
                }
            };
            let mut of_table = steps.iter_mut().skip(begin);
            match of_table.find(|step| step.action == action) {
                Some(step) => step.push(values, doc),
                None => {
                    let mut step = Step::new(table, action, rows);
                    step.push(values, doc);
                    steps.push(step);
                }
            }
        }
    }
    Ok(steps)
}

/// Whether steps prove what their batch went by.
pub(crate) fn is_proof(steps: &[Step]) -> bool {
    steps.iter().any(|step| step.action.is_proof())
}

fn is_missing(missing: Option<&BTreeSet<Key>>, row: &Row) -> bool {
    missing.is_some_and(|missing| missing.contains(row.key()))
}

#[cfg(test)]
mod tests;
