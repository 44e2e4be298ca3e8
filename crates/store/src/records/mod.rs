//! How the engine's records become rows and are read back.
//!
//! Owns: which column holds which value, and the text of every document. Both are a contract with every database in
//! use: a document's member is never renamed and never given another meaning, only added.
//! Must not know: backends, dialects, rules.
//!
//! A value stands in a column or in the document, not in both, except for the few columns that are computed
//! (`total_minor`, `open` …): [`Record::from_row`] refuses a row whose columns disagree with its document. Members
//! that have their default value are left out, because small rows are fast rows. Unknown members are ignored, so that
//! a node reads what a newer one wrote.
//!
//! The engine knows nothing of serde, and neither its types nor serde's traits are ours, so the module has a trait
//! of its own, [`field::Field`], and one list of members per record ([`document::document`]) from which both
//! directions are made. They stream: no tree of values is built on the way.

mod case;
mod copy;
mod counter;
mod delivery;
mod document;
mod field;
mod journal;
mod json;
mod key;
mod order;
mod payment;
mod task;
#[cfg(test)]
mod tests;

use std::fmt::Display;

pub use counter::{Counter, CounterName};
pub use key::{StoredAlias, StoredKey};

use document::{Document, read_document, write_document};
use json::Json;

use crate::{Row, StoreError, Table};

/// What is stored as one row.
pub trait Record: Sized {
    /// Where.
    const TABLE: Table;

    /// The record as a row.
    fn to_row(&self) -> Row;

    /// The record from its row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the row is of another table, its document is not a record of this kind, or its
    /// columns disagree with its document.
    fn from_row(row: &Row) -> Result<Self, StoreError>;
}

/// The document's text.
fn encode<T: Document>(record: &T) -> String {
    let mut text = Json::new();
    write_document(record, &mut text);
    text.into_text()
}

/// The record from its document and what stands beside it.
fn decode<T: Document>(row: &Row, columns: T::Columns) -> Result<T, StoreError> {
    let mut text = serde_json::Deserializer::from_str(&row.doc);
    let record = read_document(columns, &mut text).map_err(|error| corrupt(row, error))?;
    text.end().map_err(|error| corrupt(row, error))?;
    Ok(record)
}

/// The columns of a row of `T`.
fn open<T: Record, const N: usize>(row: &Row) -> Result<[i64; N], StoreError> {
    if row.table != T::TABLE {
        return Err(corrupt(
            row,
            format_args!("a row of {} was expected", T::TABLE.spec().name),
        ));
    }
    <[i64; N]>::try_from(row.columns.as_slice())
        .map_err(|_| corrupt(row, format_args!("{N} columns were expected")))
}

/// Refuses a row whose columns are not those that its record would be written with.
fn agree(row: &Row, columns: &[i64]) -> Result<(), StoreError> {
    let differing = row
        .table
        .spec()
        .columns
        .iter()
        .zip(row.columns.iter().zip(columns))
        .find(|(_, (stored, computed))| stored != computed);
    match differing {
        None => Ok(()),
        Some((name, (stored, computed))) => Err(corrupt(
            row,
            format_args!("column {name} is {stored} where the record says {computed}"),
        )),
    }
}

/// A small number from its column.
fn small<T: TryFrom<i64>>(row: &Row, column: &str, value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| unknown(row, column, value))
}

/// The complaint about a value that a column cannot have.
fn unknown(row: &Row, column: &str, value: i64) -> StoreError {
    corrupt(row, format_args!("column {column} cannot be {value}"))
}

/// Ids are above zero, so zero in a column says that there is none.
fn present(id: i64) -> Option<i64> {
    (id != 0).then_some(id)
}

fn corrupt(row: &Row, what: impl Display) -> StoreError {
    StoreError::Corrupt {
        table: row.table.spec().name,
        what: format!("{what} (key {:?})", row.key()),
    }
}
