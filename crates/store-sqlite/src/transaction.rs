//! A transaction as a batch sees it, and the writing of what a batch returns.

use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;
use rusqlite::{CachedStatement, Connection};
use tender_store::storable::{require_distinct, require_key, require_row};
use tender_store::{Batch, BoxFuture, Key, Row, Scan, StoreError, Table, Transaction, Write, Writes};

use crate::error::{general, on_commit, on_table};
use crate::sql::{self, Selection, statements};

/// How a transaction begins and ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Takes the write lock at once, so that a later write can never fail to get it, and commits.
    Writing,
    /// Takes a snapshot at the first read.
    Reading,
    /// Takes the write lock, and takes everything back in the end.
    Trial,
}

/// Runs `work` in a transaction. Whatever happens inside, an error or a panic included, none is open afterwards.
pub(crate) fn within<T>(
    connection: &mut Connection,
    kind: Kind,
    work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // A rollback that failed earlier (out of memory, a failing disk) is made good before anything else runs.
    roll_back(connection)?;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let (begin, end) = match kind {
            Kind::Writing => ("BEGIN IMMEDIATE", "COMMIT"),
            Kind::Reading => ("BEGIN DEFERRED", "COMMIT"),
            Kind::Trial => ("BEGIN IMMEDIATE", "ROLLBACK"),
        };
        execute(connection, begin).map_err(general)?;
        let value = work(connection)?;
        execute(connection, end).map_err(on_commit)?;
        Ok(value)
    }));
    let outcome = outcome.unwrap_or_else(|panic| {
        Err(StoreError::Internal(format!(
            "a batch panicked: {}",
            panic_text(panic.as_ref())
        )))
    });
    if outcome.is_err()
        && let Err(error) = roll_back(connection)
    {
        tracing::error!(%error, "rollback failed, it is tried again before the next transaction");
    }
    outcome
}

fn roll_back(connection: &Connection) -> Result<(), StoreError> {
    if connection.is_autocommit() {
        return Ok(());
    }
    execute(connection, "ROLLBACK").map_err(general)
}

fn execute(connection: &Connection, text: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(text)?.execute([]).map(|_| ())
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    if let Some(text) = panic.downcast_ref::<&str>() {
        text
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text
    } else {
        "no message"
    }
}

/// Runs the batch's body in the transaction that is open on the connection.
pub(crate) fn run(connection: &mut Connection, batch: &mut dyn Batch) -> Result<Writes, StoreError> {
    let mut open = Open { connection };
    batch.run(&mut open).now_or_never().unwrap_or_else(|| {
        Err(StoreError::Internal(
            "a batch awaited something other than its transaction".to_owned(),
        ))
    })
}

/// The connection while a transaction is open on it.
struct Open<'c> {
    connection: &'c mut Connection,
}

impl Transaction for Open<'_> {
    fn get<'a>(&'a mut self, table: Table, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        Box::pin(ready(get(self.connection, table, keys)))
    }

    fn peek<'a>(&'a mut self, table: Table, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        self.get(table, keys)
    }

    fn get_all<'a>(
        &'a mut self,
        wanted: &'a [(Table, Vec<Key>)],
    ) -> BoxFuture<'a, Result<Vec<Vec<Row>>, StoreError>> {
        let found = (wanted.iter())
            .map(|(table, keys)| get(self.connection, *table, keys))
            .collect();
        Box::pin(ready(found))
    }

    fn scan<'a>(&'a mut self, scan: &'a Scan) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        Box::pin(ready(select(self.connection, scan)))
    }

    fn count<'a>(&'a mut self, scan: &'a Scan) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(ready(count(self.connection, scan)))
    }
}

fn get(connection: &Connection, table: Table, keys: &[Key]) -> Result<Vec<Row>, StoreError> {
    // Rising keys visit each page of the tree once, and one key asked for twice is answered once.
    let mut keys: Vec<&Key> = keys.iter().collect();
    keys.sort_unstable();
    keys.dedup();
    let fail = |error| on_table(table, error);
    let mut statement = (connection.prepare_cached(&statements(table).get)).map_err(fail)?;
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        require_key(table, key)?;
        bind_columns(&mut statement, key).map_err(fail)?;
        let mut rows = statement.raw_query();
        if let Some(row) = rows.next().map_err(fail)? {
            found.push(read_row(table, row, 0).map_err(fail)?);
        }
    }
    Ok(found)
}

fn select(connection: &Connection, scan: &Scan) -> Result<Vec<Row>, StoreError> {
    let (text, values) = sql::scan(scan, Selection::Rows)?;
    let fail = |error| on_table(scan.table, error);
    let mut statement = connection.prepare_cached(&text).map_err(fail)?;
    bind_columns(&mut statement, &values).map_err(fail)?;
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(fail)? {
        found.push(read_row(scan.table, row, 0).map_err(fail)?);
    }
    Ok(found)
}

fn count(connection: &Connection, scan: &Scan) -> Result<u64, StoreError> {
    let (text, values) = sql::scan(scan, Selection::Count)?;
    let fail = |error| on_table(scan.table, error);
    let mut statement = connection.prepare_cached(&text).map_err(fail)?;
    bind_columns(&mut statement, &values).map_err(fail)?;
    let mut rows = statement.raw_query();
    match rows.next().map_err(fail)? {
        Some(row) => row.get::<_, i64>(0).map(i64::cast_unsigned).map_err(fail),
        None => Ok(0),
    }
}

/// Reads a row whose first column stands at `offset` of the result.
pub(crate) fn read_row(table: Table, row: &rusqlite::Row<'_>, offset: usize) -> rusqlite::Result<Row> {
    let spec = table.spec();
    let width = spec.columns.len();
    let mut columns = Vec::with_capacity(width);
    for at in offset..offset + width {
        columns.push(row.get(at)?);
    }
    let doc = if spec.has_doc {
        row.get(offset + width)?
    } else {
        String::new()
    };
    Ok(Row { table, columns, doc })
}

/// Binds values to the parameters numbered from 1.
pub(crate) fn bind_columns(statement: &mut CachedStatement<'_>, values: &[i64]) -> rusqlite::Result<()> {
    for (value, number) in values.iter().zip(1..) {
        statement.raw_bind_parameter::<usize, _>(number, value)?;
    }
    Ok(())
}

/// Writes what a batch returned, in table order and by rising key, whatever order it came in: neighbours then meet
/// on the same pages.
pub(crate) fn apply(connection: &Connection, mut writes: Vec<Write>) -> Result<(), StoreError> {
    // The stable sort finds the runs that are in order already, and most writes come in such runs.
    writes.sort_by(|a, b| a.target().cmp(&b.target()));
    require_distinct(writes.iter().map(Write::target))?;
    for of_table in writes.chunk_by(|a, b| a.target().0 == b.target().0) {
        if let Some(first) = of_table.first() {
            Writer::new(connection, first.target().0).write(of_table)?;
        }
    }
    Ok(())
}

/// Writes rows of one table. Statements are taken from the connection's cache once, not for every row.
struct Writer<'c> {
    connection: &'c Connection,
    table: Table,
    touch: Option<CachedStatement<'c>>,
    put: Option<CachedStatement<'c>>,
    insert: Option<CachedStatement<'c>>,
    delete: Option<CachedStatement<'c>>,
}

impl<'c> Writer<'c> {
    fn new(connection: &'c Connection, table: Table) -> Self {
        Self {
            connection,
            table,
            touch: None,
            put: None,
            insert: None,
            delete: None,
        }
    }

    fn write(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        for write in writes {
            match write {
                Write::Put(row) => self.put(row)?,
                Write::Insert(row) => self.insert(row)?,
                Write::Delete(_, key) => self.delete(key)?,
            }
        }
        Ok(())
    }

    fn put(&mut self, row: &Row) -> Result<(), StoreError> {
        require_row(row)?;
        let statements = statements(self.table);
        if let Some(touch) = &statements.touch {
            let touched = write_row(
                prepared(self.connection, self.table, touch, &mut self.touch)?,
                row,
            )?;
            if touched > 0 {
                return Ok(());
            }
        }
        let put = prepared(self.connection, self.table, &statements.put, &mut self.put)?;
        write_row(put, row).map(|_| ())
    }

    fn insert(&mut self, row: &Row) -> Result<(), StoreError> {
        require_row(row)?;
        let text = &statements(self.table).insert;
        let insert = prepared(self.connection, self.table, text, &mut self.insert)?;
        write_row(insert, row).map(|_| ())
    }

    fn delete(&mut self, key: &Key) -> Result<(), StoreError> {
        require_key(self.table, key)?;
        let fail = |error| on_table(self.table, error);
        let text = &statements(self.table).delete;
        let delete = prepared(self.connection, self.table, text, &mut self.delete)?;
        bind_columns(delete, key).map_err(fail)?;
        delete.raw_execute().map(|_| ()).map_err(fail)
    }
}

/// The statement in its place, prepared now if nobody needed it before.
fn prepared<'s, 'c>(
    connection: &'c Connection,
    table: Table,
    text: &str,
    place: &'s mut Option<CachedStatement<'c>>,
) -> Result<&'s mut CachedStatement<'c>, StoreError> {
    Ok(match place {
        Some(statement) => statement,
        None => place.insert(
            connection
                .prepare_cached(text)
                .map_err(|error| on_table(table, error))?,
        ),
    })
}

fn write_row(statement: &mut CachedStatement<'_>, row: &Row) -> Result<usize, StoreError> {
    let fail = |error| on_table(row.table, error);
    bind_columns(statement, &row.columns).map_err(fail)?;
    if row.table.spec().has_doc {
        statement
            .raw_bind_parameter(row.columns.len() + 1, row.doc.as_str())
            .map_err(fail)?;
    }
    statement.raw_execute().map_err(fail)
}
