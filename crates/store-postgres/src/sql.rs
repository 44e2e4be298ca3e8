//! The statement texts, generated once per table from its description.

use std::fmt::Write as _;
use std::sync::LazyLock;

use tender_store::{Cond, Direction, Lock, Op, Scan, StoreError, Table, TableSpec};

/// The texts for one table: for any number of rows, and for a single one.
#[derive(Debug)]
pub(crate) struct Statements {
    /// Parameters are arrays, one per column: the key columns, or all columns and then the documents.
    pub many: Texts,
    /// Parameters are the values themselves, for what is alone: it is looked up as it would be without batches.
    pub one: Texts,
    /// Replaces rows of which these are the newest versions, and answers a row for each. Parameters are those of an insertion of
    /// many, then the transactions that wrote the versions.
    pub replace: String,
    /// The same for documents alone. Parameters are the key columns of many, the documents, and the transactions that wrote the
    /// versions.
    pub replace_docs: String,
    /// Answers a row for each of these versions that is the newest. Parameters are the key columns of many, then the transactions
    /// that wrote the versions.
    pub is_newest: String,
    /// Answers a row for each key that is there. Parameters are the key columns of many.
    pub is_there: String,
}

/// Whether a text is for a single row, or for any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Parameters are values.
    One,
    /// Parameters are arrays of values.
    Many,
}

impl Rows {
    /// The form for so many rows.
    pub(crate) fn of(rows: usize) -> Self {
        if rows == 1 { Self::One } else { Self::Many }
    }
}

/// What can be done with the rows of a table.
#[derive(Debug)]
pub(crate) struct Texts {
    /// Selects rows by key.
    pub get: String,
    /// Selects rows by key and locks them in the order of the keys given.
    pub get_locking: String,
    /// Inserts rows; an existing key is a unique violation.
    pub insert: String,
    /// Inserts or replaces rows.
    pub upsert: String,
    /// Deletes rows by key.
    pub delete: String,
}

/// Keeps everybody else from locking, replacing or deleting a row. The stronger lock would also keep away those that only
/// count on its key, foreign keys, of which there are none; taking it costs more.
const LOCKING: &str = " FOR NO KEY UPDATE";

static STATEMENTS: LazyLock<[Statements; Table::ALL.len()]> =
    LazyLock::new(|| Table::ALL.map(|table| Statements::new(table.spec())));

/// The texts for a table.
pub(crate) fn statements(table: Table) -> &'static Statements {
    // Table::ALL lists the variants in the order of their declaration; a test holds it to that.
    &STATEMENTS[table as usize]
}

impl Statements {
    fn new(spec: &TableSpec) -> Self {
        let (insert, insert_one) = (insert(spec), insert_one(spec));
        Self {
            many: Texts {
                get: get(spec, ""),
                get_locking: get(spec, LOCKING),
                upsert: upsert(spec, &insert),
                insert,
                delete: delete(spec),
            },
            one: Texts {
                get: get_one(spec, ""),
                get_locking: get_one(spec, LOCKING),
                upsert: upsert(spec, &insert_one),
                insert: insert_one,
                delete: format!("DELETE FROM {} WHERE {}", spec.name, key_is(spec)),
            },
            replace: replace(spec, spec.columns.len()),
            replace_docs: replace(spec, spec.key_len),
            is_newest: proof(spec, &is_version(spec, spec.key_len + 1)),
            is_there: proof(spec, ""),
        }
    }

    /// The texts for so many rows.
    pub(crate) fn of(&self, rows: Rows) -> &Texts {
        match rows {
            Rows::One => &self.one,
            Rows::Many => &self.many,
        }
    }
}

/// The condition that the key has the values of the first parameters.
fn key_is(spec: &TableSpec) -> String {
    let terms: Vec<String> = (key(spec).iter().zip(1..))
        .map(|(column, number)| format!("{column} = ${number}"))
        .collect();
    terms.join(" AND ")
}

fn get_one(spec: &TableSpec, lock: &str) -> String {
    format!(
        "SELECT {} FROM {} WHERE {}{lock}",
        selected(spec),
        spec.name,
        key_is(spec)
    )
}

fn insert_one(spec: &TableSpec) -> String {
    let width = spec.columns.len() + usize::from(spec.has_doc);
    let values: Vec<String> = (1..=width).map(|number| format!("${number}")).collect();
    format!(
        "INSERT INTO {} ({}) VALUES ({})",
        spec.name,
        selected(spec),
        values.join(", ")
    )
}

/// All columns as they are selected and inserted.
pub(crate) fn selected(spec: &TableSpec) -> String {
    let mut text = spec.columns.join(", ");
    if spec.has_doc {
        text.push_str(", doc");
    }
    text
}

fn key(spec: &TableSpec) -> &[&'static str] {
    spec.columns.get(..spec.key_len).unwrap_or(spec.columns)
}

/// The given rows by number. There is one parameter per column, an array with the values of all rows, and each is read in
/// its place: a set-returning function over all arrays would first write every one of them to a table of its own.
const GIVEN: &str = "generate_series(1, cardinality($1::bigint[])) AS given (row)";

/// The same with the documents, whose places cannot be found without reading those before.
fn given_with_docs(columns: usize) -> String {
    format!(
        "unnest(${}::text[]) WITH ORDINALITY AS given (doc, row)",
        columns + 1
    )
}

/// The source of rows with so many columns, and their documents where they have one.
fn given_rows(spec: &TableSpec, columns: usize) -> String {
    match spec.has_doc {
        true => given_with_docs(columns),
        false => GIVEN.to_owned(),
    }
}

/// The value of the column with this parameter number in the given row.
fn given_value(number: usize) -> String {
    format!("(${number}::bigint[])[given.row]")
}

/// The condition that the key is the given one.
fn key_is_given(spec: &TableSpec) -> String {
    let terms: Vec<String> = (key(spec).iter().zip(1..))
        .map(|(column, number)| format!("{}.{column} = {}", spec.name, given_value(number)))
        .collect();
    terms.join(" AND ")
}

/// The keys are looked up one after the other in the order they are given, so rows are locked in that order. The
/// limit (or the lock) keeps the planner from turning the lookups into one join with the whole table, whose order
/// would be its own.
fn get(spec: &TableSpec, lock: &str) -> String {
    format!(
        "SELECT found.* FROM {GIVEN} CROSS JOIN LATERAL (SELECT {} FROM {} WHERE {} LIMIT 1{lock}) AS found",
        selected(spec),
        spec.name,
        key_is_given(spec),
    )
}

fn insert(spec: &TableSpec) -> String {
    let width = spec.columns.len();
    let values: Vec<String> = (1..=width)
        .map(given_value)
        .chain(spec.has_doc.then(|| "given.doc".to_owned()))
        .collect();
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM {}",
        spec.name,
        selected(spec),
        values.join(", "),
        given_rows(spec, width)
    )
}

/// Inserts rows as [`Texts::insert`] does, after the one row of another source has been made: without it there are none.
pub(crate) fn insert_after(spec: &TableSpec, source: &str) -> String {
    format!("{} CROSS JOIN {source}", insert(spec))
}

/// The same inserting text, but an existing row is replaced.
fn upsert(spec: &TableSpec, insert: &str) -> String {
    let replaced: Vec<String> = (spec.columns.iter().skip(spec.key_len))
        .copied()
        .chain(spec.has_doc.then_some("doc"))
        .map(|column| format!("{column} = EXCLUDED.{column}"))
        .collect();
    format!(
        "{insert} ON CONFLICT ({}) DO UPDATE SET {}",
        key(spec).join(", "),
        replaced.join(", ")
    )
}

/// A version is found by its key, although its place on the server could be kept as well: only such a look-up clears older versions
/// out of the page, and without that the next version finds no room beside this one.
fn replace(spec: &TableSpec, columns: usize) -> String {
    let width = columns + usize::from(spec.has_doc);
    let replaced: Vec<String> = (spec.columns.iter().zip(1..).take(columns).skip(spec.key_len))
        .map(|(column, number)| format!("{column} = {}", given_value(number)))
        .chain(spec.has_doc.then(|| "doc = given.doc".to_owned()))
        .collect();
    format!(
        "UPDATE {} SET {} FROM {} WHERE {}{} RETURNING 1",
        spec.name,
        replaced.join(", "),
        given_rows(spec, columns),
        key_is_given(spec),
        is_version(spec, width + 1),
    )
}

/// One more condition: that a row was written by the given transaction.
fn is_version(spec: &TableSpec, number: usize) -> String {
    format!(" AND {}.xmin = (${number}::xid[])[given.row]", spec.name)
}

fn proof(spec: &TableSpec, condition: &str) -> String {
    format!(
        "SELECT 1 FROM {GIVEN} CROSS JOIN LATERAL (SELECT 1 FROM {} WHERE {}{condition} LIMIT 1) AS found",
        spec.name,
        key_is_given(spec),
    )
}

fn delete(spec: &TableSpec) -> String {
    format!(
        "DELETE FROM {} USING {GIVEN} WHERE {}",
        spec.name,
        key_is_given(spec),
    )
}

/// What a scan's text selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selection {
    /// Whole rows in the scan's order, with its lock.
    LockedRows,
    /// Whole rows in the scan's order.
    Rows,
    /// The number of rows up to the limit.
    Count,
}

/// The text of a scan and the values of its parameters.
pub(crate) fn scan(scan: &Scan, selection: Selection) -> Result<(String, Vec<i64>), StoreError> {
    let spec = scan.table.spec();
    let mut values = Vec::with_capacity(scan.conds.len() + 1);
    let mut text = match selection {
        Selection::LockedRows | Selection::Rows => format!("SELECT {} FROM {}", selected(spec), spec.name),
        Selection::Count => format!("SELECT count(*) FROM (SELECT 1 FROM {}", spec.name),
    };
    for (at, cond) in scan.conds.iter().enumerate() {
        require_column(spec, cond.column)?;
        text.push_str(if at == 0 { " WHERE " } else { " AND " });
        text.push_str(cond.column);
        text.push_str(operator(cond.op));
        if selects_partial_index(spec, cond) {
            // The planner only uses a partial index when it sees its condition in the text.
            let _ = write!(text, "{}", cond.value);
        } else {
            values.push(cond.value);
            let _ = write!(text, "${}", values.len());
        }
    }
    if selection != Selection::Count {
        for (at, (column, direction)) in scan.order.iter().enumerate() {
            require_column(spec, column)?;
            text.push_str(if at == 0 { " ORDER BY " } else { ", " });
            text.push_str(column);
            text.push_str(match direction {
                Direction::Ascending => " ASC",
                Direction::Descending => " DESC",
            });
        }
    }
    values.push(i64::from(scan.limit));
    let _ = write!(text, " LIMIT ${}", values.len());
    match selection {
        Selection::LockedRows => text.push_str(match scan.lock {
            Lock::None => "",
            Lock::Wait => LOCKING,
            Lock::Skip => " FOR NO KEY UPDATE SKIP LOCKED",
        }),
        Selection::Rows => {}
        Selection::Count => text.push_str(") AS counted"),
    }
    Ok((text, values))
}

fn require_column(spec: &TableSpec, name: &str) -> Result<(), StoreError> {
    if spec.columns.contains(&name) {
        return Ok(());
    }
    Err(StoreError::Internal(format!(
        "table {} has no column {name}",
        spec.name
    )))
}

fn selects_partial_index(spec: &TableSpec, cond: &Cond) -> bool {
    cond.op == Op::Eq && (spec.indexes.iter()).any(|index| index.only == Some((cond.column, cond.value)))
}

fn operator(op: Op) -> &'static str {
    match op {
        Op::Eq => " = ",
        Op::Ne => " <> ",
        Op::Lt => " < ",
        Op::Le => " <= ",
        Op::Gt => " > ",
        Op::Ge => " >= ",
    }
}

#[cfg(test)]
pub(crate) mod tests;
