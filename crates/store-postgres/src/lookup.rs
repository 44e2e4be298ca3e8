//! Rows of one table: how they are asked for by key, and how they come out of an answer.
//!
//! Owns: parameters of look-ups, columns of answers. Must not know: sessions, when anything is sent.

use tender_store::storable::require_key;
use tender_store::{Key, Row, StoreError, Table};
use tokio_postgres::Error;
use tokio_postgres::types::ToSql;

use crate::column::Numbers;
use crate::error::describe;
use crate::sql::{Rows, statements};
use crate::transaction::Kind;

/// Rows of one table to be read by key.
pub(crate) struct Lookup<'k> {
    pub table: Table,
    /// Rising, each once: the order in which every node takes its locks.
    pub keys: Vec<&'k Key>,
    /// The same by column, as parameters.
    columns: Vec<Numbers>,
}

impl<'k> Lookup<'k> {
    pub(crate) fn new(table: Table, keys: &'k [Key]) -> Result<Self, StoreError> {
        for key in keys {
            require_key(table, key)?;
        }
        let mut keys: Vec<&Key> = keys.iter().collect();
        keys.sort_unstable();
        keys.dedup();
        let columns = (0..table.spec().key_len)
            .map(|at| Numbers(keys.iter().filter_map(|key| key.get(at).copied()).collect()))
            .collect();
        Ok(Self { table, keys, columns })
    }

    pub(crate) fn rows(&self) -> Rows {
        Rows::of(self.keys.len())
    }

    pub(crate) fn text(&self, kind: Kind) -> &'static str {
        let statements = statements(self.table).of(self.rows());
        match kind {
            Kind::Writing(_) if self.table.spec().is_locked_by_reads() => &statements.get_locking,
            Kind::Reading | Kind::Writing(_) => &statements.get,
        }
    }

    pub(crate) fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        (self.columns.iter())
            .map(|column| match column.0.as_slice() {
                [value] => value as &(dyn ToSql + Sync),
                _ => column,
            })
            .collect()
    }
}

/// Reads rows whose first column stands at `offset` of the result.
pub(crate) fn read_rows(
    table: Table,
    rows: &[tokio_postgres::Row],
    offset: usize,
) -> Result<Vec<Row>, StoreError> {
    rows.iter().map(|row| read_row(table, row, offset)).collect()
}

/// Reads one row whose first column stands at `offset` of the result.
pub(crate) fn read_row(table: Table, row: &tokio_postgres::Row, offset: usize) -> Result<Row, StoreError> {
    let spec = table.spec();
    let width = spec.columns.len();
    let read = || {
        let columns = (offset..offset + width)
            .map(|at| row.try_get(at))
            .collect::<Result<Vec<i64>, Error>>()?;
        let doc = if spec.has_doc {
            row.try_get(offset + width)?
        } else {
            String::new()
        };
        Ok(Row { table, columns, doc })
    };
    read().map_err(|error: Error| corrupt(table, &error))
}

pub(crate) fn corrupt(table: Table, error: &Error) -> StoreError {
    StoreError::Corrupt {
        table: table.spec().name,
        what: describe(error),
    }
}
