//! The journal: append-only entries with balanced postings, chained by hash per order.

use tender_money::Currency;

use crate::hash::sha256;
use crate::{ApplicationId, Hash256, LocationId, MerchantId, MethodId, OrderId, TaskId, Timestamp, Via};

/// What an entry records. The names are the event types of the native feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// An order was proposed to a till.
    OrderProposed,
    /// An order is open.
    OrderOpened,
    /// A proposed order came to nothing.
    OrderFailed,
    /// Lines were added, changed or removed.
    OrderLinesChanged,
    /// State, notes or labels changed.
    OrderUpdated,
    /// The order closed.
    OrderClosed,
    /// The order was cancelled, rejected or deleted.
    OrderCancelled,
    /// A pending payment was accepted.
    PaymentAccepted,
    /// A payment counts.
    PaymentCompleted,
    /// A payment failed.
    PaymentFailed,
    /// A payment was cancelled before it counted.
    PaymentVoided,
    /// A payment was undone.
    PaymentReversed,
    /// Data of a payment changed.
    PaymentAmended,
    /// A case was opened.
    CaseOpened,
    /// A case was resolved.
    CaseResolved,
    /// A reference was burned before anything arrived under it.
    ReferenceFenced,
    /// A webhook endpoint was disabled after failing for long.
    EndpointDisabled,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::OrderProposed,
        Self::OrderOpened,
        Self::OrderFailed,
        Self::OrderLinesChanged,
        Self::OrderUpdated,
        Self::OrderClosed,
        Self::OrderCancelled,
        Self::PaymentAccepted,
        Self::PaymentCompleted,
        Self::PaymentFailed,
        Self::PaymentVoided,
        Self::PaymentReversed,
        Self::PaymentAmended,
        Self::CaseOpened,
        Self::CaseResolved,
        Self::ReferenceFenced,
        Self::EndpointDisabled,
    ];

    /// A stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OrderProposed => "order.proposed",
            Self::OrderOpened => "order.opened",
            Self::OrderFailed => "order.failed",
            Self::OrderLinesChanged => "order.lines_changed",
            Self::OrderUpdated => "order.updated",
            Self::OrderClosed => "order.closed",
            Self::OrderCancelled => "order.cancelled",
            Self::PaymentAccepted => "payment.accepted",
            Self::PaymentCompleted => "payment.completed",
            Self::PaymentFailed => "payment.failed",
            Self::PaymentVoided => "payment.voided",
            Self::PaymentReversed => "payment.reversed",
            Self::PaymentAmended => "payment.amended",
            Self::CaseOpened => "case.opened",
            Self::CaseResolved => "case.resolved",
            Self::ReferenceFenced => "reference.fenced",
            Self::EndpointDisabled => "endpoint.disabled",
        }
    }

    /// The stored number; never changes.
    #[must_use]
    pub fn number(self) -> i64 {
        let position = Self::ALL
            .iter()
            .position(|kind| *kind == self)
            .unwrap_or_default();
        i64::try_from(position).unwrap_or_default()
    }
}

/// An account of the ledger. Debits are positive, credits negative; every entry sums to zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ledger {
    /// What guests owe for goods.
    ReceivableGoods,
    /// What guests owe as service charge.
    ReceivableService,
    /// Goods sold, tax included.
    Sales,
    /// Service charge earned.
    ServiceIncome,
    /// Money in hand by method; 0 stands for payments without one.
    Tender(MethodId),
    /// Tips owed to staff.
    Tips,
    /// Surcharges earned.
    SurchargeIncome,
}

impl std::fmt::Display for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ReceivableGoods => f.write_str("receivable.goods"),
            Self::ReceivableService => f.write_str("receivable.service"),
            Self::Sales => f.write_str("sales"),
            Self::ServiceIncome => f.write_str("service"),
            Self::Tender(method) => write!(f, "tender.{}", method.0),
            Self::Tips => f.write_str("tips"),
            Self::SurchargeIncome => f.write_str("surcharge"),
        }
    }
}

impl Ledger {
    /// Reads what [`std::fmt::Display`] writes.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Some(match text {
            "receivable.goods" => Self::ReceivableGoods,
            "receivable.service" => Self::ReceivableService,
            "sales" => Self::Sales,
            "service" => Self::ServiceIncome,
            "tips" => Self::Tips,
            "surcharge" => Self::SurchargeIncome,
            other => Self::Tender(MethodId(other.strip_prefix("tender.")?.parse().ok()?)),
        })
    }
}

/// One movement of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// Which account.
    pub ledger: Ledger,
    /// Debit positive, credit negative, in minor units; never zero.
    pub amount_minor: i64,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The tenant.
    pub merchant: MerchantId,
    /// The order whose chain the entry is in (a fresh id where there is no order).
    pub order: OrderId,
    /// From 1 within the chain.
    pub seq: u64,
    /// Where.
    pub location: LocationId,
    /// What happened.
    pub kind: EntryKind,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: ApplicationId,
    /// Through what.
    pub via: Via,
    /// The payment concerned, by its number on the order.
    pub payment: Option<u32>,
    /// The till task concerned.
    pub task: Option<TaskId>,
    /// The currency of the postings.
    pub currency: Currency,
    /// Sum to zero.
    pub postings: Vec<Posting>,
    /// Further facts as `(name, value)`.
    pub detail: Vec<(String, String)>,
    /// The hash of the entry before it in the chain; zeros for the first.
    pub previous: Hash256,
    /// The hash of this entry.
    pub hash: Hash256,
}

impl JournalEntry {
    /// The hash that this entry must have: over everything in it, and so over everything before it.
    ///
    /// Every value is preceded by its length, so no two different entries have one text.
    #[must_use]
    pub fn computed_hash(&self) -> Hash256 {
        let mut text = HashedText::new();
        text.natural(self.merchant.0);
        text.natural(self.order.0);
        text.natural(self.seq);
        text.natural(self.location.0);
        text.text(self.kind.code());
        text.integer(self.at.0);
        text.natural(self.by.0);
        text.text(self.via.code());
        text.natural_or_nothing(self.payment.map(u64::from));
        text.natural_or_nothing(self.task.map(|task| task.0));
        text.text(self.currency.code());
        text.natural(self.postings.len() as u64);
        for posting in &self.postings {
            text.text(&posting.ledger.to_string());
            text.integer(posting.amount_minor);
        }
        for (name, value) in &self.detail {
            text.text(name);
            text.text(value);
        }
        text.hash(&self.previous)
    }

    /// The sum of the postings; anything but zero is a bug.
    #[must_use]
    pub fn imbalance(&self) -> i128 {
        self.postings.iter().fold(0_i128, |sum, posting| {
            sum.saturating_add(i128::from(posting.amount_minor))
        })
    }

    /// A fact's value.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.detail
            .iter()
            .find(|(fact, _)| fact == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What an entry's hash is made from: every value, numbers in decimal, after its length in bytes, as `3:EUR;`.
struct HashedText(Vec<u8>);

/// What most entries fit into, in bytes.
const HASHED_BYTES_USUAL: usize = 384;
/// The digits of the largest number.
const DIGITS_MAX: usize = 20;

impl HashedText {
    fn new() -> Self {
        Self(Vec::with_capacity(HASHED_BYTES_USUAL))
    }

    fn text(&mut self, value: &str) {
        self.begin(value.len());
        self.0.extend_from_slice(value.as_bytes());
        self.0.push(b';');
    }

    fn natural(&mut self, value: u64) {
        let mut room = [0; DIGITS_MAX];
        let digits = digits(&mut room, value);
        self.begin(digits.len());
        self.0.extend_from_slice(digits);
        self.0.push(b';');
    }

    fn integer(&mut self, value: i64) {
        if value >= 0 {
            return self.natural(value.unsigned_abs());
        }
        let mut room = [0; DIGITS_MAX];
        let digits = digits(&mut room, value.unsigned_abs());
        self.begin(digits.len().saturating_add(1));
        self.0.push(b'-');
        self.0.extend_from_slice(digits);
        self.0.push(b';');
    }

    /// A number that is absent and a number that is zero are not the same fact.
    fn natural_or_nothing(&mut self, value: Option<u64>) {
        match value {
            Some(value) => self.natural(value),
            None => self.text(""),
        }
    }

    fn begin(&mut self, len: usize) {
        let mut room = [0; DIGITS_MAX];
        self.0.extend_from_slice(digits(&mut room, len as u64));
        self.0.push(b':');
    }

    /// The hash over the text and the hash of the entry before.
    fn hash(mut self, previous: &Hash256) -> Hash256 {
        self.0.extend_from_slice(previous);
        sha256(&self.0)
    }
}

/// A number in decimal, at the end of the room.
fn digits(room: &mut [u8; DIGITS_MAX], mut value: u64) -> &[u8] {
    let mut places = room.iter_mut().rev();
    for place in places.by_ref() {
        *place = b'0' | u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
        if value == 0 {
            break;
        }
    }
    let unused = places.len();
    room.get(unused..).unwrap_or_default()
}
