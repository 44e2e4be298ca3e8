//! Rows, keys, writes and scans in backend-neutral form.

use crate::Table;

/// The leading key columns of a table, in the order of [`crate::TableSpec::columns`].
pub type Key = Vec<i64>;

/// One record as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where the row lives.
    pub table: Table,
    /// One value per entry of [`crate::TableSpec::columns`], key columns first.
    pub columns: Vec<i64>,
    /// The JSON document, or the empty text for tables without one.
    pub doc: String,
}

impl Row {
    /// The key columns.
    #[must_use]
    pub fn key(&self) -> &[i64] {
        let len = self.table.spec().key_len;
        self.columns.get(..len).unwrap_or(&self.columns)
    }

    /// The value of a column by its name.
    ///
    /// # Panics
    /// When the table has no such column: a mistake in this program, never in its input.
    #[must_use]
    pub fn column(&self, name: &str) -> i64 {
        let at = self.table.spec().column_index(name);
        self.columns.get(at).copied().unwrap_or_default()
    }
}

/// One change of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Inserts the row, or replaces the one with its key. On an insert-only table
    /// ([`crate::TableSpec::insert_only`]) an existing key is [`crate::StoreError::Duplicate`].
    Put(Row),
    /// Inserts a row that is new. An existing key is [`crate::StoreError::Duplicate`] on every table. Whoever knows
    /// that a row is new says so: a backend then has nothing to look up.
    Insert(Row),
    /// Deletes the row with this key, if there is one.
    Delete(Table, Key),
}

impl Write {
    /// The table and the key that are written.
    #[must_use]
    pub fn target(&self) -> (Table, &[i64]) {
        match self {
            Self::Put(row) | Self::Insert(row) => (row.table, row.key()),
            Self::Delete(table, key) => (*table, key),
        }
    }
}

/// Comparison of a scan condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Eq,
    /// `<>`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// One condition; a scan's conditions are all ANDed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cond {
    /// A column of the table.
    pub column: &'static str,
    /// How to compare.
    pub op: Op,
    /// With what.
    pub value: i64,
}

/// Sort direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// What a scan does about rows that other transactions hold. Backends with one writer ignore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Plain read.
    None,
    /// Wait for the others.
    Wait,
    /// Leave the others' rows alone.
    Skip,
}

/// A bounded, ordered selection from one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The table.
    pub table: Table,
    /// All must hold.
    pub conds: Vec<Cond>,
    /// Sort columns, most significant first.
    pub order: Vec<(&'static str, Direction)>,
    /// At most this many rows; every scan has a bound.
    pub limit: u32,
    /// Locking of the selected rows.
    pub lock: Lock,
}

impl Scan {
    /// Starts a scan of `table` with a bound.
    #[must_use]
    pub fn new(table: Table, limit: u32) -> Self {
        Self {
            table,
            conds: Vec::new(),
            order: Vec::new(),
            limit,
            lock: Lock::None,
        }
    }

    /// Adds a condition.
    #[must_use]
    pub fn filter(mut self, column: &'static str, op: Op, value: i64) -> Self {
        self.conds.push(Cond { column, op, value });
        self
    }

    /// Adds an equality condition.
    #[must_use]
    pub fn equals(self, column: &'static str, value: i64) -> Self {
        self.filter(column, Op::Eq, value)
    }

    /// Adds a sort column.
    #[must_use]
    pub fn order_by(mut self, column: &'static str, direction: Direction) -> Self {
        self.order.push((column, direction));
        self
    }

    /// Sets the locking.
    #[must_use]
    pub fn lock(mut self, lock: Lock) -> Self {
        self.lock = lock;
        self
    }
}
