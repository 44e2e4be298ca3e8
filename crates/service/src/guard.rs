//! Conditional writes: rows that may be written only while other rows are still as the caller read them.
//!
//! Owns: the comparison. It is made inside the transaction that writes, after what earlier jobs of the same batch have
//! written, so of two callers that both saw one row exactly one wins. Must not know: what a row means.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tender_store::{Key, Row, StoreError, Table, Transaction, Write};

#[cfg(test)]
mod tests;

/// A row as the caller read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    /// Where it lives.
    pub(crate) table: Table,
    /// Its key.
    pub(crate) key: Key,
    /// What was there; `None` when there was no such row.
    pub(crate) row: Option<Row>,
}

impl Expected {
    /// The row is still exactly this one.
    pub(crate) fn unchanged(row: Row) -> Self {
        Self {
            table: row.table,
            key: row.key().to_vec(),
            row: Some(row),
        }
    }

    /// There is still no row with this key.
    pub(crate) fn absent(table: Table, key: Key) -> Self {
        Self {
            table,
            key,
            row: None,
        }
    }
}

/// The rows that a batch's conditions are about, as they stand in the database.
#[derive(Debug, Default)]
pub(crate) struct Guards {
    keys: BTreeMap<Table, BTreeSet<Key>>,
    rows: HashMap<(Table, Key), Row>,
}

impl Guards {
    /// Adds what one job expects.
    pub(crate) fn add(&mut self, expected: &[Expected]) {
        for expected in expected {
            self.keys
                .entry(expected.table)
                .or_default()
                .insert(expected.key.clone());
        }
    }

    /// Reads the rows, table by table in the order in which batches write them, so that two batches never wait for each
    /// other.
    pub(crate) async fn load(&mut self, transaction: &mut dyn Transaction) -> Result<(), StoreError> {
        for (table, keys) in std::mem::take(&mut self.keys) {
            let keys: Vec<Key> = keys.into_iter().collect();
            for row in transaction.get(table, &keys).await? {
                self.rows.insert((table, row.key().to_vec()), row);
            }
        }
        Ok(())
    }

    /// Whether everything is still as expected, given what the batch has written so far.
    pub(crate) fn hold(&self, expected: &[Expected], written: &PlainWrites) -> bool {
        expected.iter().all(|expected| {
            let key = (expected.table, expected.key.clone());
            let now = match written.latest.get(&key) {
                Some(Write::Put(row) | Write::Insert(row)) => Some(row),
                Some(Write::Delete(..)) => None,
                None => self.rows.get(&key),
            };
            now == expected.row.as_ref()
        })
    }
}

/// Rows that no rule judges. Of several writes of one key in a batch the last one counts, as it would one by one.
#[derive(Debug, Default)]
pub(crate) struct PlainWrites {
    latest: BTreeMap<(Table, Key), Write>,
    /// Rows that are never replaced: a second one with the same key is for the store to refuse.
    once: Vec<Write>,
}

impl PlainWrites {
    /// Adds writes after those that are there.
    pub(crate) fn extend(&mut self, writes: &[Write]) {
        for write in writes {
            let (table, key) = write.target();
            if table.spec().insert_only || matches!(write, Write::Insert(_)) {
                self.once.push(write.clone());
            } else {
                self.latest.insert((table, key.to_vec()), write.clone());
            }
        }
    }

    /// All of them, one per key.
    pub(crate) fn into_writes(self) -> impl Iterator<Item = Write> {
        self.latest.into_values().chain(self.once)
    }
}
