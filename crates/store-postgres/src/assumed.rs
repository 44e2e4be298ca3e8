//! What a batch went by without asking the server.
//!
//! Owns: which rows and which keys those are, and that what the batch writes proves them. Must not know: sessions, statements.

use std::collections::BTreeSet;
use std::time::Instant;

use tender_store::{Key, Row, Table};

use crate::link::Epoch;
use crate::lookup::Lookup;
use crate::plan::{Action, Step};
use crate::versions::{KEPT, Version, Versions, Writing};

/// What is to be proven.
#[derive(Debug, Default)]
pub(crate) struct Assumed {
    /// Newest versions, with rising keys.
    versions: Vec<Version>,
    /// Rising keys of which there is no row.
    missing: Vec<(Table, Vec<Key>)>,
}

impl Assumed {
    /// Whether there is something to prove.
    pub(crate) fn is_anything(&self) -> bool {
        !self.versions.is_empty()
    }

    /// The rows that are looked up, if all that is wanted can be gone by: newest versions that are known, and no row in tables whose
    /// rows never change, where inserting it says if there is one.
    pub(crate) fn find(
        &mut self,
        lookups: &[Lookup<'_>],
        versions: &Versions,
        epoch: Epoch,
    ) -> Option<Vec<Vec<Row>>> {
        let mut wanted = lookups.iter().filter(|lookup| !lookup.keys.is_empty());
        if !wanted.all(|lookup| lookup.table == KEPT || lookup.table.spec().insert_only) {
            return None;
        }
        let kept = lookups.iter().filter(|lookup| lookup.table == KEPT);
        let keys: Vec<&Key> = kept.flat_map(|lookup| lookup.keys.iter().copied()).collect();
        // Later ones would have to be put in order with the earlier, and hardly any batch has them.
        if keys.is_empty() != self.is_anything() {
            return None;
        }
        self.versions
            .append(&mut versions.take(&keys, epoch, Instant::now())?);
        let mut found = Vec::with_capacity(lookups.len());
        for lookup in lookups {
            if lookup.table == KEPT && !lookup.keys.is_empty() {
                found.push(self.versions.iter().map(|version| version.row.clone()).collect());
            } else {
                let keys: Vec<Key> = lookup.keys.iter().map(|key| (*key).clone()).collect();
                self.missing
                    .extend((!keys.is_empty()).then_some((lookup.table, keys)));
                found.push(Vec::new());
            }
        }
        Some(found)
    }

    /// Makes steps prove all of it, and answers the versions that stay the newest, as they replace none of these. `None` if the
    /// steps replace a row that was not looked up, or delete one: a deletion would take whatever is there by then.
    pub(crate) fn prove(self, steps: &mut Vec<Step>) -> Option<Vec<Version>> {
        let deletes = |step: &Step| step.table == KEPT && step.action == Action::Delete;
        if steps.iter().any(deletes) {
            return None;
        }
        let mut proofs = Vec::new();
        for (table, keys) in self.missing {
            let is_insertion = |step: &&Step| step.table == table && step.action == Action::InsertMissing;
            let absent: Vec<Key> = match steps.iter().find(is_insertion) {
                Some(step) if step.has_keys(keys.iter().map(Vec::as_slice)) => continue,
                Some(step) => {
                    let inserted: BTreeSet<Key> = step.keys().collect();
                    keys.into_iter().filter(|key| !inserted.contains(key)).collect()
                }
                None => keys,
            };
            if !absent.is_empty() {
                proofs.push(Step::proof(table, Action::IsThere, &absent));
            }
        }
        let mut untouched = self.versions;
        let replacing = (steps.iter_mut()).find(|step| step.table == KEPT && step.action == Action::Upsert);
        if let Some(step) = replacing {
            let mut replaced = std::mem::take(&mut untouched);
            if !step.has_keys(replaced.iter().map(|version| version.row.key())) {
                let written: BTreeSet<Key> = step.keys().collect();
                let is_written = |version: &Version| written.contains(version.row.key());
                (replaced, untouched) = replaced.into_iter().partition(is_written);
                if replaced.len() != written.len() {
                    return None;
                }
            }
            step.replace(&replaced);
        }
        if !untouched.is_empty() {
            proofs.push(Step::is_newest(KEPT, &untouched));
        }
        steps.append(&mut proofs);
        Some(untouched)
    }
}

/// The keys of rows of [`KEPT`] that steps have written and nobody is going to keep: those that are deleted, and all of them where the
/// writing transaction is not known.
pub(crate) fn left_behind(steps: &[Step], is_kept: bool) -> impl Iterator<Item = Key> {
    let left = move |step: &&Step| step.table == KEPT && !(is_kept && step.action.leaves_rows());
    steps.iter().filter(left).flat_map(Step::keys)
}

/// The newest versions of those that they have written, all of this transaction.
pub(crate) fn written_versions(steps: Vec<Step>, writing: Writing) -> Vec<Version> {
    let kept = steps.into_iter().filter(|step| step.table == KEPT);
    kept.flat_map(Step::into_written)
        .map(|row| Version { row, writing })
        .collect()
}
