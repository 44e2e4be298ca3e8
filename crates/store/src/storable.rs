//! What no backend stores, so that no record works on one and fails on the next.
//!
//! Owns: the checks that come before a statement, and their errors. Must not know: statements, backends.

use crate::{Row, StoreError, Table};

/// Refuses a key with the wrong number of columns.
///
/// # Errors
/// [`StoreError::Internal`].
pub fn require_key(table: Table, key: &[i64]) -> Result<(), StoreError> {
    let spec = table.spec();
    if key.len() == spec.key_len {
        return Ok(());
    }
    Err(StoreError::Internal(format!(
        "a key of {} has {} columns, not {}",
        spec.name,
        key.len(),
        spec.key_len
    )))
}

/// Refuses a row that is not what its table describes, or has a character that one of the backends cannot store.
///
/// # Errors
/// [`StoreError::Internal`].
pub fn require_row(row: &Row) -> Result<(), StoreError> {
    let spec = row.table.spec();
    let problem = if row.columns.len() != spec.columns.len() {
        "has the wrong number of columns"
    } else if !spec.has_doc && !row.doc.is_empty() {
        "carries a document its table does not have"
    } else if has_nul(&row.doc) {
        "has a NUL character in its document"
    } else {
        return Ok(());
    };
    Err(StoreError::Internal(format!("a row of {} {problem}", spec.name)))
}

/// Looks at every byte, which a processor does many at a time: next to no document has a NUL, so there is no end to find early.
fn has_nul(doc: &str) -> bool {
    doc.bytes().fold(false, |found, byte| found | (byte == 0))
}

/// Refuses two writes of one key, which would leave the result to their order: the port does not define it. The targets
/// ([`crate::Write::target`]) come sorted.
///
/// # Errors
/// [`StoreError::Duplicate`] on insert-only tables, else [`StoreError::Internal`].
pub fn require_distinct<'w>(sorted: impl IntoIterator<Item = (Table, &'w [i64])>) -> Result<(), StoreError> {
    let mut before = None;
    for target in sorted {
        if before == Some(target) {
            let spec = target.0.spec();
            return Err(if spec.insert_only {
                StoreError::Duplicate { table: spec.name }
            } else {
                StoreError::Internal(format!("a batch writes one key of {} twice", spec.name))
            });
        }
        before = Some(target);
    }
    Ok(())
}
