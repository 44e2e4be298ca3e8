//! What a batch is going to write: one row per record, as the last command of the batch left it.
//!
//! Owns: which records changed, and which of them are new. Must not know: rules, or how rows are stored.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use tender_engine::{Changes, MerchantId, OrderId, PaymentId, Snapshot};
use tender_store::{
    Counter, CounterName, Record, StoreError, StoredAlias, StoredKey, Wake, WakeKind, Write, Writes,
};

use super::told::Told;
use super::{Encoded, Sequences};
use crate::Directory;
use crate::guard::PlainWrites;

/// The records of a kind that a batch changes, and whether they are new. What a command changes it has read, so what the
/// snapshot did not have is new.
pub(super) type Changed<T> = BTreeMap<(MerchantId, T), bool>;

/// What a batch is going to write.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) orders: Changed<OrderId>,
    pub(super) lines: Changed<OrderId>,
    pub(super) payments: Changed<PaymentId>,
    pub(super) tasks: Changed<tender_engine::TaskId>,
    pub(super) cases: Changed<tender_engine::CaseId>,
    pub(super) aliases: BTreeMap<(MerchantId, tender_engine::Hash128), OrderId>,
    pub(super) check_numbers: BTreeMap<(MerchantId, tender_engine::LocationId), u64>,
    pub(super) counters: Sequences,
    pub(super) rows: Vec<Write>,
    pub(super) plain: PlainWrites,
    pub(super) told: Vec<Told>,
    pub(super) messages: Vec<Encoded>,
    pub(super) wakes: Vec<Wake>,
}

impl Tally {
    /// Notes which records a command changes. To be called before the snapshot has the changes.
    pub(super) fn note(&mut self, snapshot: &Snapshot, changes: &Changes) {
        for order in &changes.orders {
            let key = (order.merchant, order.id);
            let changed = self.orders.entry(key);
            changed.or_insert_with(|| !snapshot.orders.contains_key(&key));
        }
        for lines in &changes.lines {
            let key = (lines.merchant, lines.order);
            let changed = self.lines.entry(key);
            changed.or_insert_with(|| !snapshot.lines.contains_key(&key));
        }
        for payment in &changes.payments {
            let key = (payment.merchant, payment.id);
            let changed = self.payments.entry(key);
            changed.or_insert_with(|| !snapshot.payments.contains_key(&key));
        }
        for task in &changes.tasks {
            let key = (task.merchant, task.id);
            let changed = self.tasks.entry(key);
            changed.or_insert_with(|| !snapshot.tasks.contains_key(&key));
        }
        for case in &changes.cases {
            let key = (case.merchant, case.id);
            let changed = self.cases.entry(key);
            changed.or_insert_with(|| !snapshot.cases.contains_key(&key));
        }
    }

    pub(super) fn add(&mut self, merchant: MerchantId, directory: &Arc<Directory>, changes: Changes) {
        for task in &changes.tasks {
            if task.state.is_open() && task.leased_to.is_none() {
                self.wakes.push(Wake {
                    kind: WakeKind::Task,
                    id: task.location.to_i64(),
                });
            }
        }
        for (merchant, hash, record) in changes.keys {
            self.rows.push(Write::Put(
                StoredKey {
                    merchant,
                    hash,
                    record,
                }
                .to_row(),
            ));
        }
        self.aliases.extend(
            changes
                .aliases
                .into_iter()
                .map(|(merchant, hash, order)| ((merchant, hash), order)),
        );
        self.check_numbers.extend(
            changes
                .check_numbers
                .into_iter()
                .map(|(merchant, location, number)| ((merchant, location), number)),
        );
        if !changes.entries.is_empty() {
            self.wakes.push(Wake {
                kind: WakeKind::Journal,
                id: merchant.to_i64(),
            });
        }
        self.rows
            .extend(changes.entries.iter().map(|entry| Write::Put(entry.to_row())));
        if !changes.notices.is_empty() {
            self.told.push(Told {
                merchant,
                directory: Arc::clone(directory),
                notices: changes.notices,
                orders: changes
                    .orders
                    .into_iter()
                    .map(|order| (order.id, order))
                    .collect(),
                lines: changes
                    .lines
                    .into_iter()
                    .map(|lines| (lines.order, lines))
                    .collect(),
                payments: changes
                    .payments
                    .into_iter()
                    .map(|payment| (payment.id, payment))
                    .collect(),
            });
        }
    }

    /// One row per record, as the last command of the batch left it.
    pub(super) fn into_writes(self, snapshot: &Snapshot) -> Result<Writes, StoreError> {
        let mut rows = self.rows;
        rows.extend(self.plain.into_writes());
        rows.extend(rows_of(&self.orders, &snapshot.orders));
        rows.extend(rows_of(&self.lines, &snapshot.lines));
        rows.extend(rows_of(&self.payments, &snapshot.payments));
        rows.extend(rows_of(&self.tasks, &snapshot.tasks));
        rows.extend(rows_of(&self.cases, &snapshot.cases));
        for ((merchant, hash), order) in self.aliases {
            rows.push(put(&StoredAlias {
                merchant,
                hash,
                order,
            }));
        }
        for ((merchant, location), number) in self.check_numbers {
            let value = number.cast_signed();
            let counter = Counter {
                merchant,
                name: CounterName::CheckNumber,
                owner: location.to_i64(),
                value,
            };
            rows.push(put(&counter));
        }
        rows.extend(self.counters.values().map(put));
        let mut wakes = self.wakes;
        wakes.sort_by_key(|wake| (wake.kind as u8, wake.id));
        wakes.dedup();
        Ok(Writes { rows, wakes })
    }
}

/// The rows of the changed records of a kind, as the snapshot has them by now.
pub(super) fn rows_of<'a, K: Ord + Hash, T: Record>(
    changed: &'a BTreeMap<K, bool>,
    records: &'a HashMap<K, T>,
) -> impl Iterator<Item = Write> + 'a {
    changed.iter().filter_map(|(key, is_new)| {
        let row = records.get(key)?.to_row();
        Some(if *is_new {
            Write::Insert(row)
        } else {
            Write::Put(row)
        })
    })
}

pub(super) fn put<T: Record>(record: &T) -> Write {
    Write::Put(record.to_row())
}
