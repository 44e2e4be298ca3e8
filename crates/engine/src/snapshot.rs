//! What a batch knows: the records its commands read, with the changes of earlier commands laid over them.

use std::collections::HashMap;

use crate::{
    Case, CaseId, Hash128, JournalEntry, KeyRecord, LocationId, MerchantId, Notice, Order, OrderId,
    OrderLines, Payment, PaymentId, Task, TaskId,
};

/// Loaded records. A record that is not here does not exist: the loader has brought all that a command reads.
#[derive(Debug, Default, Clone)]
pub struct Snapshot {
    /// Order heads.
    pub orders: HashMap<(MerchantId, OrderId), Order>,
    /// Order lines, where a command needs them.
    pub lines: HashMap<(MerchantId, OrderId), OrderLines>,
    /// Payments.
    pub payments: HashMap<(MerchantId, PaymentId), Payment>,
    /// Used keys.
    pub keys: HashMap<(MerchantId, Hash128), KeyRecord>,
    /// Where keys lead: kept apart from the record so that a lookup by key needs no decoding.
    pub aliases: HashMap<(MerchantId, Hash128), OrderId>,
    /// Tasks.
    pub tasks: HashMap<(MerchantId, TaskId), Task>,
    /// Cases.
    pub cases: HashMap<(MerchantId, CaseId), Case>,
    /// The newest check number of a location.
    pub check_numbers: HashMap<(MerchantId, LocationId), u64>,
}

/// What a decision changes. Records are whole and replace what was there.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Order heads.
    pub orders: Vec<Order>,
    /// Order lines.
    pub lines: Vec<OrderLines>,
    /// Payments.
    pub payments: Vec<Payment>,
    /// New keys.
    pub keys: Vec<(MerchantId, Hash128, KeyRecord)>,
    /// New or moved aliases.
    pub aliases: Vec<(MerchantId, Hash128, OrderId)>,
    /// Tasks.
    pub tasks: Vec<Task>,
    /// Cases.
    pub cases: Vec<Case>,
    /// New check numbers.
    pub check_numbers: Vec<(MerchantId, LocationId, u64)>,
    /// New journal entries, in order.
    pub entries: Vec<JournalEntry>,
    /// What to tell, in order.
    pub notices: Vec<Notice>,
}

impl Changes {
    /// Whether nothing would be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

impl Snapshot {
    /// Lays a decision's changes over the snapshot, for the commands that follow in the batch.
    pub fn apply(&mut self, changes: &Changes) {
        for order in &changes.orders {
            self.orders.insert((order.merchant, order.id), order.clone());
        }
        for lines in &changes.lines {
            self.lines.insert((lines.merchant, lines.order), lines.clone());
        }
        for payment in &changes.payments {
            self.payments
                .insert((payment.merchant, payment.id), payment.clone());
        }
        for (merchant, hash, record) in &changes.keys {
            self.keys.insert((*merchant, *hash), record.clone());
        }
        for (merchant, hash, order) in &changes.aliases {
            self.aliases.insert((*merchant, *hash), *order);
        }
        for task in &changes.tasks {
            self.tasks.insert((task.merchant, task.id), task.clone());
        }
        for case in &changes.cases {
            self.cases.insert((case.merchant, case.id), case.clone());
        }
        for (merchant, location, number) in &changes.check_numbers {
            self.check_numbers.insert((*merchant, *location), *number);
        }
    }

    /// The payments of an order that are loaded, by number.
    #[must_use]
    pub fn payments_of(&self, merchant: MerchantId, order: OrderId) -> Vec<&Payment> {
        let mut payments: Vec<&Payment> = self
            .payments
            .values()
            .filter(|payment| {
                payment.merchant == merchant && payment.id.order == order && payment.id.has_order()
            })
            .collect();
        payments.sort_by_key(|payment| payment.id.number);
        payments
    }
}
