//! Records to begin from.

use tender_engine::{
    ApplicationId, EntryKind, JournalEntry, LocationId, MerchantId, OrderId, Payment, PaymentId, Posting,
    Task, TaskId, TaskKind, TaskState, Timestamp, Via,
};
use tender_money::Currency;
use tender_testbed::sample;

pub(crate) const NOW: Timestamp = Timestamp(1_774_745_999_000);

/// A complete receipt of 10.00, on order 42.
pub(crate) fn payment() -> Payment {
    let id = PaymentId {
        order: OrderId(42),
        number: 1,
    };
    Payment {
        tip_minor: 100,
        surcharge_minor: 10,
        ..sample::payment(id, NOW)
    }
}

/// An open task that nobody has taken, for the payment above.
pub(crate) fn task() -> Task {
    Task {
        id: TaskId(7),
        merchant: MerchantId(1),
        location: LocationId(1),
        kind: TaskKind::Payment,
        order: Some(OrderId(42)),
        payment: Some(payment().id),
        device: None,
        state: TaskState::Open,
        lease: 0,
        leased_to: None,
        leased_until: Timestamp(0),
        resolved_lease: None,
        expires_at: NOW.plus_ms(300_000),
        created_at: NOW,
        has_case: false,
    }
}

/// An entry about the payment above.
pub(crate) fn entry(kind: EntryKind, postings: Vec<Posting>) -> JournalEntry {
    JournalEntry {
        merchant: MerchantId(1),
        order: OrderId(42),
        seq: 1,
        location: LocationId(1),
        kind,
        at: NOW,
        by: ApplicationId(1),
        via: Via::Native,
        payment: Some(1),
        task: None,
        currency: Currency::from_code("EUR").unwrap(),
        postings,
        detail: Vec::new(),
        previous: [0; 32],
        hash: [0; 32],
    }
}
