//! The statement texts, generated once per table from its description.

use std::fmt::Write as _;
use std::sync::LazyLock;

use tender_store::{Direction, Op, Scan, StoreError, Table, TableSpec};

/// The texts for one table. Parameters are numbered as [`TableSpec::columns`], from 1; the document comes after.
#[derive(Debug)]
pub(crate) struct Statements {
    /// Selects the row with a key.
    pub get: String,
    /// Writes a row, new or not; on insert-only tables an existing key is a unique violation.
    pub put: String,
    /// Inserts a row; an existing key is a unique violation.
    pub insert: String,
    /// Replaces a row in place if its indexed columns, those of plain indexes where there are any, already have the new
    /// values; changes nothing otherwise.
    /// Present on tables where that spares index pages.
    pub touch: Option<String>,
    /// Deletes the row with a key.
    pub delete: String,
}

static STATEMENTS: LazyLock<[Statements; Table::ALL.len()]> =
    LazyLock::new(|| Table::ALL.map(|table| Statements::new(table.spec())));

/// The texts for a table.
pub(crate) fn statements(table: Table) -> &'static Statements {
    // Table::ALL lists the variants in the order of their declaration; a test holds it to that.
    &STATEMENTS[table as usize]
}

impl Statements {
    fn new(spec: &TableSpec) -> Self {
        let key = key_matches(spec);
        Self {
            get: format!("SELECT {} FROM {} WHERE {key}", selected(spec), spec.name),
            put: put(spec),
            insert: insert(spec),
            touch: touch(spec),
            delete: format!("DELETE FROM {} WHERE {key}", spec.name),
        }
    }
}

/// All columns as they are selected and inserted.
pub(crate) fn selected(spec: &TableSpec) -> String {
    let mut text = spec.columns.join(", ");
    if spec.has_doc {
        text.push_str(", doc");
    }
    text
}

fn key_matches(spec: &TableSpec) -> String {
    let terms: Vec<String> = (spec.columns.iter().zip(1..).take(spec.key_len))
        .map(|(column, number)| format!("{column} = ?{number}"))
        .collect();
    terms.join(" AND ")
}

fn insert(spec: &TableSpec) -> String {
    let width = spec.columns.len() + usize::from(spec.has_doc);
    let values: Vec<String> = (1..=width).map(|number| format!("?{number}")).collect();
    format!(
        "INSERT INTO {} ({}) VALUES ({})",
        spec.name,
        selected(spec),
        values.join(", ")
    )
}

fn put(spec: &TableSpec) -> String {
    let mut text = insert(spec);
    if !spec.insert_only {
        let replaced: Vec<String> = (spec.columns.iter().skip(spec.key_len))
            .copied()
            .chain(spec.has_doc.then_some("doc"))
            .map(|column| format!("{column} = excluded.{column}"))
            .collect();
        let key = spec.columns.get(..spec.key_len).unwrap_or_default().join(", ");
        let _ = write!(text, " ON CONFLICT ({key}) DO UPDATE SET {}", replaced.join(", "));
    }
    text
}

/// SQLite rewrites the entry of every index that has a column in the SET list, changed or not, and so dirties its
/// page. Most replacements change no indexed column (a payment changes its order's sums, a claim its task's
/// device), hence this text: it names the indexed columns as conditions and sets the others. The unary plus keeps
/// the planner from looking the row up by anything but its key.
///
/// Where a table has plain indexes beside partial ones, only the columns of the plain ones are conditions: there the
/// work still to be done is what changes (a message is put off, or decided), and it is in the partial ones.
fn touch(spec: &TableSpec) -> Option<String> {
    if spec.insert_only || spec.indexes.is_empty() {
        return None;
    }
    let has_plain = spec.indexes.iter().any(|index| index.only.is_none());
    let is_indexed = |column: &str| {
        (spec.indexes.iter())
            .filter(|index| !has_plain || index.only.is_none())
            .any(|index| {
                index.columns.contains(&column) || index.only.is_some_and(|(flag, _)| flag == column)
            })
    };
    let mut changed = Vec::new();
    let mut unchanged = String::new();
    for (column, number) in spec.columns.iter().zip(1..).skip(spec.key_len) {
        if is_indexed(column) {
            let _ = write!(unchanged, " AND +{column} = ?{number}");
        } else {
            changed.push(format!("{column} = ?{number}"));
        }
    }
    if spec.has_doc {
        changed.push(format!("doc = ?{}", spec.columns.len() + 1));
    }
    Some(format!(
        "UPDATE {} SET {} WHERE {}{unchanged}",
        spec.name,
        changed.join(", "),
        key_matches(spec)
    ))
}

/// What a scan's text selects.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Selection {
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
        Selection::Rows => format!("SELECT {} FROM {}", selected(spec), spec.name),
        Selection::Count => format!("SELECT count(*) FROM (SELECT 1 FROM {}", spec.name),
    };
    if let Some(index) = named_index(spec, scan) {
        let _ = write!(text, " INDEXED BY {index}");
    }
    for (at, cond) in scan.conds.iter().enumerate() {
        require_column(spec, cond.column)?;
        text.push_str(if at == 0 { " WHERE " } else { " AND " });
        text.push_str(cond.column);
        text.push_str(operator(cond.op));
        if is_flag(spec, cond.column) {
            // The planner only uses a partial index when it sees its condition in the text.
            let _ = write!(text, "{}", cond.value);
        } else {
            values.push(cond.value);
            let _ = write!(text, "?{}", values.len());
        }
    }
    if let Selection::Rows = selection {
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
    let _ = write!(text, " LIMIT ?{}", values.len());
    if let Selection::Count = selection {
        text.push(')');
    }
    Ok((text, values))
}

/// The index that leads straight to what a scan wants, in its order, if there is one that fixes more columns than the key
/// does. The planner keeps no statistics here and takes the key for as good, wherever a scan narrows the key's last
/// column: it would then pass over the rows of all others.
fn named_index(spec: &TableSpec, scan: &Scan) -> Option<&'static str> {
    let is_fixed =
        |column: &&str| (scan.conds.iter()).any(|cond| cond.column == *column && matches!(cond.op, Op::Eq));
    let fixed = |columns: &[&str]| columns.iter().take_while(|column| is_fixed(column)).count();
    let by_key = fixed(spec.columns.get(..spec.key_len).unwrap_or_default());
    let (first, _) = scan.order.first()?;
    (spec.indexes.iter())
        .filter(|index| {
            let holds = |(flag, value)| {
                (scan.conds.iter())
                    .any(|cond| cond.column == flag && cond.value == value && matches!(cond.op, Op::Eq))
            };
            index.only.is_none_or(holds) && index.columns.get(fixed(index.columns)) == Some(first)
        })
        .max_by_key(|index| fixed(index.columns))
        .filter(|index| fixed(index.columns) > by_key)
        .map(|index| index.name)
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

fn is_flag(spec: &TableSpec, column: &str) -> bool {
    (spec.indexes.iter()).any(|index| index.only.is_some_and(|(flag, _)| flag == column))
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
mod tests;
