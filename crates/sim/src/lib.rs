//! An independent auditor of the ledger.
//!
//! Owns: the invariants of the design, stated over records alone and added up again from nothing.
//! Must not know: how a decision is made, where records are stored, or how they are shown.
//!
//! Records are handed in order by order, so memory does not grow with the ledger. What the ledger itself remembers as a
//! running sum is never believed here; it is what is checked.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
// Tests state their expectations with plain arithmetic and stop at the first surprise; that is what they are for.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod bill;
mod chain;
mod delivery;
mod finding;
mod journal;
mod key;
mod order;
mod payment;
mod reference;
mod task;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use bill::Bill;
pub use finding::{FINDINGS_MAX, Finding, Report, Rule, Subject};
use tender_engine::{
    Attempt, Delivery, EndpointId, Hash128, JournalEntry, KeyRecord, MerchantId, Order, Payment, Task,
};

/// The key that a payment must have left behind; `None` when it needs none.
#[must_use]
pub fn reference_key(payment: &Payment) -> Option<Hash128> {
    reference::key_of(payment)
}

/// Takes in records and collects what is wrong with them.
#[derive(Debug, Default)]
pub struct Audit {
    report: Report,
    /// The last sequence number seen of every endpoint.
    sequences: HashMap<(MerchantId, EndpointId), u64>,
}

impl Audit {
    /// An audit that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks one order with everything that belongs to it: all its payments by number, all entries of its chain by
    /// sequence number, and all its tasks in any order.
    pub fn order(&mut self, order: &Order, payments: &[Payment], entries: &[JournalEntry], tasks: &[Task]) {
        self.report.orders = self.report.orders.saturating_add(1);
        self.count_payments(payments.len());
        let chain = chain::Owner {
            merchant: order.merchant,
            order: order.id,
            location: order.location,
            currency: Some(order.currency),
        };
        let head = chain::check(&mut self.report, &chain, entries);
        let bill = Bill::new(order, payments, entries, tasks);
        order::check(&mut self.report, &bill, head);
        for payment in payments {
            payment::check(&mut self.report, &bill, payment);
        }
        journal::check(&mut self.report, &bill);
        task::check(&mut self.report, &bill);
    }

    /// Checks a chain that has no order: of a payment that never found one, or of an event that concerns none (a fenced
    /// reference, a disabled endpoint).
    pub fn chain_without_order(&mut self, entries: &[JournalEntry], payment: Option<&Payment>) {
        self.count_payments(usize::from(payment.is_some()));
        let Some(first) = entries.first() else {
            if let Some(payment) = payment {
                let about = Subject::Payment(payment.id);
                self.report.add(
                    Rule::Chain,
                    payment.merchant,
                    about,
                    "has no journal entry".to_owned(),
                );
            }
            return;
        };
        let chain = chain::Owner {
            merchant: first.merchant,
            order: first.order,
            location: first.location,
            currency: None,
        };
        chain::check(&mut self.report, &chain, entries);
        payment::check_without_order(&mut self.report, entries, payment);
    }

    /// Checks a used key against what it stands for: the payment or the order that its outcome names, if there is one.
    pub fn key(
        &mut self,
        merchant: MerchantId,
        hash: Hash128,
        record: &KeyRecord,
        payment: Option<&Payment>,
        order: Option<&Order>,
    ) {
        self.report.keys = self.report.keys.saturating_add(1);
        key::check(&mut self.report, merchant, hash, record, payment, order);
    }

    /// Checks that a payment is found again under its reference: `key` is what is stored under [`reference_key`].
    pub fn reference(&mut self, payment: &Payment, key: Option<&KeyRecord>) {
        reference::check(&mut self.report, payment, key);
    }

    /// Checks a delivery with all its attempts by number. Deliveries of one endpoint come by rising sequence number.
    pub fn delivery(&mut self, delivery: &Delivery, attempts: &[Attempt]) {
        self.report.deliveries = self.report.deliveries.saturating_add(1);
        let place = (delivery.merchant, delivery.endpoint);
        let last = self.sequences.insert(place, delivery.sequence);
        delivery::check(&mut self.report, delivery, attempts, last);
    }

    /// What was found.
    #[must_use]
    pub fn finish(self) -> Report {
        self.report
    }

    fn count_payments(&mut self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.report.payments = self.report.payments.saturating_add(count);
    }
}
