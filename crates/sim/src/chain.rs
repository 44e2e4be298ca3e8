//! Hash chains: that every entry is there, in its place, and as it was written.

use tender_engine::{Hash256, JournalEntry, LocationId, MerchantId, OrderId};
use tender_money::Currency;

use crate::Report;
use crate::finding::{Notes, Rule, Subject};

/// Whose chain it is.
pub(crate) struct Owner {
    pub(crate) merchant: MerchantId,
    pub(crate) order: OrderId,
    pub(crate) location: LocationId,
    /// Absent where no order says it.
    pub(crate) currency: Option<Currency>,
}

/// Number and hash of the last entry of a chain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) hash: Hash256,
}

/// Walks a chain from its beginning; answers where it ends.
pub(crate) fn check(report: &mut Report, owner: &Owner, entries: &[JournalEntry]) -> Head {
    let mut head = Head {
        seq: 0,
        hash: [0; 32],
    };
    for entry in entries {
        report.entries = report.entries.saturating_add(1);
        let about = Subject::Entry(owner.order, entry.seq);
        let mut notes = Notes::new(report, owner.merchant, about);
        notes.equal(
            Rule::Chain,
            "sequence number",
            entry.seq,
            head.seq.saturating_add(1),
        );
        notes.check(
            Rule::Chain,
            entry.previous == head.hash,
            "does not continue the entry before it",
        );
        notes.check(
            Rule::Chain,
            entry.hash == entry.computed_hash(),
            "is not what was written: its hash differs",
        );
        notes.check(
            Rule::Isolation,
            entry.merchant == owner.merchant && entry.location == owner.location,
            "belongs to another merchant or location",
        );
        notes.check(
            Rule::Isolation,
            entry.order == owner.order,
            "belongs to another chain",
        );
        notes.check(
            Rule::Balance,
            owner.currency.is_none_or(|currency| entry.currency == currency),
            "is in another currency than its order",
        );
        notes.equal(Rule::Balance, "sum of the postings", entry.imbalance(), 0);
        notes.check(
            Rule::Balance,
            entry.postings.iter().all(|posting| posting.amount_minor != 0),
            "has a posting of zero",
        );
        head = Head {
            seq: entry.seq,
            hash: entry.hash,
        };
    }
    head
}
