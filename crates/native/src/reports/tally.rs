//! Adding up journal entries.
//!
//! Owns: which posting goes into which sum. Must not know: where entries come from, or how sums are shown.
//!
//! Sums are 128 bits wide: they cannot overflow, however many entries there are.

use std::collections::BTreeMap;

use tender_engine::{EntryKind, JournalEntry, Ledger, MethodId, Posting};

#[cfg(test)]
mod tests;

/// Money through one method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct MethodSums {
    /// Payments that counted: how many.
    pub(super) payment_count: u64,
    /// What they brought, tips and surcharges included.
    pub(super) received_minor: i128,
    /// Refunds that counted: how many.
    pub(super) refund_count: u64,
    /// What they gave back; never negative.
    pub(super) refunded_minor: i128,
    /// What reversals and corrections changed, either way.
    pub(super) corrected_minor: i128,
}

impl MethodSums {
    /// What the method holds at the end of the day, of this day's money.
    pub(super) const fn net_minor(&self) -> i128 {
        self.received_minor
            .saturating_sub(self.refunded_minor)
            .saturating_add(self.corrected_minor)
    }
}

/// Debits and credits of one ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LedgerSums {
    /// Never negative.
    pub(super) debit_minor: i128,
    /// Never negative.
    pub(super) credit_minor: i128,
}

impl LedgerSums {
    fn add(&mut self, amount_minor: i64) {
        let amount = i128::from(amount_minor);
        if amount >= 0 {
            self.debit_minor = self.debit_minor.saturating_add(amount);
        } else {
            self.credit_minor = self.credit_minor.saturating_sub(amount);
        }
    }

    /// Debits less credits.
    pub(super) const fn balance_minor(&self) -> i128 {
        self.debit_minor.saturating_sub(self.credit_minor)
    }
}

/// What money that moved was for; refunds and reversals count against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Purposes {
    /// Goods.
    pub(super) goods_minor: i128,
    /// Service charge that payments contributed.
    pub(super) service_minor: i128,
    /// Tips.
    pub(super) tips_minor: i128,
    /// Surcharges.
    pub(super) surcharges_minor: i128,
}

/// The sums of many entries of one currency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tally {
    /// How many entries.
    pub(super) entry_count: u64,
    /// By method.
    pub(super) methods: BTreeMap<MethodId, MethodSums>,
    /// By ledger.
    pub(super) ledgers: BTreeMap<Ledger, LedgerSums>,
    /// What moved money was for.
    pub(super) purposes: Purposes,
}

impl Tally {
    /// Adds an entry.
    pub(super) fn add(&mut self, entry: &JournalEntry) {
        self.entry_count = self.entry_count.saturating_add(1);
        for posting in &entry.postings {
            self.ledgers
                .entry(posting.ledger)
                .or_default()
                .add(posting.amount_minor);
        }
        // Opening an order or changing its lines moves no money, only what guests owe. A payment of nothing but surcharge
        // or tip moves money too, so it is the kind of the entry that tells.
        if entry.payment.is_some() {
            self.add_purposes(&entry.postings);
            self.add_methods(entry);
        }
    }

    fn add_purposes(&mut self, postings: &[Posting]) {
        let purposes = &mut self.purposes;
        for posting in postings {
            let sum = match posting.ledger {
                Ledger::ReceivableGoods => &mut purposes.goods_minor,
                Ledger::ReceivableService => &mut purposes.service_minor,
                Ledger::Tips => &mut purposes.tips_minor,
                Ledger::SurchargeIncome => &mut purposes.surcharges_minor,
                Ledger::Sales | Ledger::ServiceIncome | Ledger::Tender(_) => continue,
            };
            // A credit settles what was owed.
            *sum = sum.saturating_sub(i128::from(posting.amount_minor));
        }
    }

    fn add_methods(&mut self, entry: &JournalEntry) {
        for posting in &entry.postings {
            let Ledger::Tender(method) = posting.ledger else {
                continue;
            };
            let sums = self.methods.entry(method).or_default();
            let amount = i128::from(posting.amount_minor);
            match (entry.kind, amount >= 0) {
                (EntryKind::PaymentCompleted, true) => {
                    sums.payment_count = sums.payment_count.saturating_add(1);
                    sums.received_minor = sums.received_minor.saturating_add(amount);
                }
                (EntryKind::PaymentCompleted, false) => {
                    sums.refund_count = sums.refund_count.saturating_add(1);
                    sums.refunded_minor = sums.refunded_minor.saturating_sub(amount);
                }
                _ => sums.corrected_minor = sums.corrected_minor.saturating_add(amount),
            }
        }
    }

    /// One number over all methods.
    pub(super) fn over_methods(&self, sum: impl Fn(&MethodSums) -> i128) -> i128 {
        self.methods.values().map(sum).fold(0, i128::saturating_add)
    }

    /// A ledger's balance.
    pub(super) fn balance_minor(&self, ledger: Ledger) -> i128 {
        self.ledgers.get(&ledger).map_or(0, LedgerSums::balance_minor)
    }

    /// The sum over all ledgers; anything but zero would be a bug of the ledger.
    pub(super) fn imbalance_minor(&self) -> i128 {
        let balances = self.ledgers.values().map(LedgerSums::balance_minor);
        balances.fold(0, i128::saturating_add)
    }
}
