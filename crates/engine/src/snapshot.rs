//! What a batch knows: the records its commands read, with the changes of earlier commands laid over them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::{
    Case, CaseId, Hash128, JournalEntry, KeyRecord, LocationId, MerchantId, Notice, Order, OrderId,
    OrderLines, Payment, PaymentId, Task, TaskId,
};

/// Records by their ids.
pub type Records<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// Hashes ids, which the system makes itself or takes from SHA-256. A map of them holds what one batch reads, so even
/// references that were chosen to collide cost next to nothing: they need no hash with a secret.
#[derive(Debug, Default, Clone, Copy)]
pub struct IdHasher(u64);

/// An odd number whose bits look random, so that a product with it depends on all lower bits of the other factor.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
/// How far the upper bits of a product, which are the well mixed ones, are brought down to where maps look first.
const UPPER_TO_LOWER_BITS: u32 = 26;

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0 ^ value)
            .wrapping_mul(SPREAD)
            .rotate_left(UPPER_TO_LOWER_BITS);
    }

    fn write_i64(&mut self, value: i64) {
        self.write_u64(value.cast_unsigned());
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Loaded records. A record that is not here does not exist: the loader has brought all that a command reads.
#[derive(Debug, Default, Clone)]
pub struct Snapshot {
    /// Order heads.
    pub orders: Records<(MerchantId, OrderId), Order>,
    /// Order lines, where a command needs them.
    pub lines: Records<(MerchantId, OrderId), OrderLines>,
    /// Payments.
    pub payments: Records<(MerchantId, PaymentId), Payment>,
    /// Used keys.
    pub keys: Records<(MerchantId, Hash128), KeyRecord>,
    /// Where keys lead: kept apart from the record so that a lookup by key needs no decoding.
    pub aliases: Records<(MerchantId, Hash128), OrderId>,
    /// Tasks.
    pub tasks: Records<(MerchantId, TaskId), Task>,
    /// Cases.
    pub cases: Records<(MerchantId, CaseId), Case>,
    /// The newest check number of a location.
    pub check_numbers: Records<(MerchantId, LocationId), u64>,
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
    pub fn apply(&mut self, changes: Changes) {
        self.orders
            .extend((changes.orders.into_iter()).map(|order| ((order.merchant, order.id), order)));
        self.lines
            .extend((changes.lines.into_iter()).map(|lines| ((lines.merchant, lines.order), lines)));
        self.payments
            .extend((changes.payments.into_iter()).map(|payment| ((payment.merchant, payment.id), payment)));
        self.keys
            .extend((changes.keys.into_iter()).map(|(merchant, hash, record)| ((merchant, hash), record)));
        self.aliases
            .extend((changes.aliases.into_iter()).map(|(merchant, hash, order)| ((merchant, hash), order)));
        self.tasks
            .extend((changes.tasks.into_iter()).map(|task| ((task.merchant, task.id), task)));
        self.cases
            .extend((changes.cases.into_iter()).map(|case| ((case.merchant, case.id), case)));
        self.check_numbers.extend(
            (changes.check_numbers.into_iter())
                .map(|(merchant, location, number)| ((merchant, location), number)),
        );
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
