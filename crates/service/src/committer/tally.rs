//! What a batch is going to write: one row per record, as the last command of the batch left it.
//!
//! Owns: which records changed, and which of them are new. Must not know: rules, or how rows are stored.

use std::collections::BTreeMap;
use std::hash::Hash;

use tender_engine::{Changes, MerchantId, OrderId, PaymentId, Records, Snapshot};
use tender_store::{
    Counter, CounterName, Record, StoreError, StoredAlias, StoredKey, Wake, WakeKind, Write, Writes,
};

use super::told::Told;
use super::{Encoded, Sequences};
use crate::guard::PlainWrites;

/// The records of a kind that commands change, one after another, and whether they are new. What a command changes it has read,
/// so what the snapshot did not have is new.
type Changed<T> = Vec<((MerchantId, T), bool)>;

/// What a batch is going to write.
#[derive(Default)]
pub(super) struct Tally {
    orders: Changed<OrderId>,
    lines: Changed<OrderId>,
    payments: Changed<PaymentId>,
    tasks: Changed<tender_engine::TaskId>,
    cases: Changed<tender_engine::CaseId>,
    pub(super) aliases: BTreeMap<(MerchantId, tender_engine::Hash128), OrderId>,
    check_numbers: BTreeMap<(MerchantId, tender_engine::LocationId), u64>,
    pub(super) counters: Sequences,
    pub(super) rows: Vec<Write>,
    pub(super) plain: PlainWrites,
    pub(super) told: Vec<Told>,
    pub(super) messages: Vec<Encoded>,
    pub(super) wakes: Vec<Wake>,
}

impl Tally {
    /// Takes what a command changes, and lays it over the snapshot.
    pub(super) fn take(&mut self, merchant: MerchantId, snapshot: &mut Snapshot, changes: Changes) {
        self.note(snapshot, &changes);
        for task in &changes.tasks {
            if task.state.is_open() && task.leased_to.is_none() {
                self.wakes.push(Wake {
                    kind: WakeKind::Task,
                    id: task.location.to_i64(),
                });
            }
        }
        if !changes.entries.is_empty() {
            self.wakes.push(Wake {
                kind: WakeKind::Journal,
                id: merchant.to_i64(),
            });
        }
        let keys = changes.keys.iter();
        self.rows.extend(
            keys.map(|(merchant, hash, record)| Write::Put(StoredKey::row(*merchant, *hash, record))),
        );
        self.rows.extend(changes.entries.iter().map(put));
        let aliases = changes.aliases.iter();
        self.aliases
            .extend(aliases.map(|(merchant, hash, order)| ((*merchant, *hash), *order)));
        let numbers = changes.check_numbers.iter();
        self.check_numbers
            .extend(numbers.map(|(merchant, location, number)| ((*merchant, *location), *number)));
        snapshot.apply(changes);
    }

    /// Notes which records a command changes. To be called before the snapshot has the changes.
    fn note(&mut self, snapshot: &Snapshot, changes: &Changes) {
        for order in &changes.orders {
            let key = (order.merchant, order.id);
            self.orders.push((key, !snapshot.orders.contains_key(&key)));
        }
        for lines in &changes.lines {
            let key = (lines.merchant, lines.order);
            self.lines.push((key, !snapshot.lines.contains_key(&key)));
        }
        for payment in &changes.payments {
            let key = (payment.merchant, payment.id);
            self.payments.push((key, !snapshot.payments.contains_key(&key)));
        }
        for task in &changes.tasks {
            let key = (task.merchant, task.id);
            self.tasks.push((key, !snapshot.tasks.contains_key(&key)));
        }
        for case in &changes.cases {
            let key = (case.merchant, case.id);
            self.cases.push((key, !snapshot.cases.contains_key(&key)));
        }
    }

    /// One row per record, as the last command of the batch left it.
    pub(super) fn into_writes(self, snapshot: &Snapshot) -> Result<Writes, StoreError> {
        let mut rows = self.rows;
        rows.extend(self.plain.into_writes());
        rows.extend(rows_of(self.orders, &snapshot.orders));
        rows.extend(rows_of(self.lines, &snapshot.lines));
        rows.extend(rows_of(self.payments, &snapshot.payments));
        rows.extend(rows_of(self.tasks, &snapshot.tasks));
        rows.extend(rows_of(self.cases, &snapshot.cases));
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
fn rows_of<K: Ord + Hash + Copy, T: Record>(
    mut changed: Vec<(K, bool)>,
    records: &Records<K, T>,
) -> impl Iterator<Item = Write> {
    // Whether a record is new is known by the first command that changed it, which the stable sort leaves first.
    changed.sort_by_key(|(key, _)| *key);
    changed.dedup_by_key(|(key, _)| *key);
    changed.into_iter().filter_map(|(key, is_new)| {
        let row = records.get(&key)?.to_row();
        Some(if is_new {
            Write::Insert(row)
        } else {
            Write::Put(row)
        })
    })
}

fn put<T: Record>(record: &T) -> Write {
    Write::Put(record.to_row())
}
