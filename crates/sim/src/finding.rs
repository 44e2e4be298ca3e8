//! What an audit finds, and the report it ends with.

use std::fmt;

use tender_engine::{DeliveryId, Hash128, MerchantId, OrderId, PaymentId, TaskId};

/// Findings kept in full; further ones are only counted. A ledger with so many is broken everywhere.
pub const FINDINGS_MAX: usize = 1_000;

/// The rule that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// Postings of an entry sum to zero, and none of them is zero.
    Balance,
    /// The running sums of an order equal the sums over its payments.
    Sums,
    /// Nothing is due below zero: no bill is paid or reserved twice.
    Due,
    /// Refunds never exceed what was paid, neither of an order nor of a payment.
    Refunds,
    /// Service contributions never exceed the charge and equal it on a settled order.
    Service,
    /// A key leads to what it was used for.
    Key,
    /// Every payment and order has a life that its journal tells: one beginning, at most one end.
    Life,
    /// A task is resolved by one lease at most, and what it was for stands accordingly.
    Task,
    /// Records of one order belong to one merchant and one location.
    Isolation,
    /// The journal is complete, in order and unedited.
    Chain,
    /// The journal's accounts say the same as the records.
    Ledger,
    /// The members of one record do not contradict each other.
    Record,
    /// Deliveries and their attempts fit together, without gaps.
    Delivery,
}

impl Rule {
    /// A stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Balance => "balance",
            Self::Sums => "sums",
            Self::Due => "due",
            Self::Refunds => "refunds",
            Self::Service => "service",
            Self::Key => "key",
            Self::Life => "life",
            Self::Task => "task",
            Self::Isolation => "isolation",
            Self::Chain => "chain",
            Self::Ledger => "ledger",
            Self::Record => "record",
            Self::Delivery => "delivery",
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// An order.
    Order(OrderId),
    /// A payment.
    Payment(PaymentId),
    /// An entry of a chain, by its sequence number.
    Entry(OrderId, u64),
    /// A task.
    Task(TaskId),
    /// A key.
    Key(Hash128),
    /// A delivery.
    Delivery(DeliveryId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(id) => write!(f, "order {}", id.0),
            Self::Payment(id) => write!(f, "payment {id}"),
            Self::Entry(order, seq) => write!(f, "entry {}:{seq}", order.0),
            Self::Task(id) => write!(f, "task {}", id.0),
            Self::Key(hash) => write!(f, "key {:016x}{:016x}", hash.high, hash.low),
            Self::Delivery(id) => write!(f, "delivery {}", id.0),
        }
    }
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule.
    pub rule: Rule,
    /// Whose record.
    pub merchant: MerchantId,
    /// Which record.
    pub about: Subject,
    /// What is wrong, for people.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            merchant,
            about,
            detail,
        } = self;
        write!(f, "{}: merchant {}, {about}: {detail}", rule.code(), merchant.0)
    }
}

/// What an audit has seen and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Orders checked.
    pub orders: u64,
    /// Payments checked.
    pub payments: u64,
    /// Journal entries checked.
    pub entries: u64,
    /// Keys checked.
    pub keys: u64,
    /// Deliveries checked.
    pub deliveries: u64,
    /// The first [`FINDINGS_MAX`] findings.
    pub findings: Vec<Finding>,
    /// How many more there were.
    pub findings_left_out: u64,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    pub(crate) fn add(&mut self, rule: Rule, merchant: MerchantId, about: Subject, detail: String) {
        if self.findings.len() >= FINDINGS_MAX {
            self.findings_left_out = self.findings_left_out.saturating_add(1);
            return;
        }
        self.findings.push(Finding {
            rule,
            merchant,
            about,
            detail,
        });
    }
}

/// Collects findings about one record.
pub(crate) struct Notes<'a> {
    report: &'a mut Report,
    merchant: MerchantId,
    about: Subject,
}

impl<'a> Notes<'a> {
    pub(crate) fn new(report: &'a mut Report, merchant: MerchantId, about: Subject) -> Self {
        Self {
            report,
            merchant,
            about,
        }
    }

    /// Notes that a rule is broken.
    pub(crate) fn broken(&mut self, rule: Rule, detail: impl Into<String>) {
        self.report.add(rule, self.merchant, self.about, detail.into());
    }

    /// Notes it unless `holds`.
    pub(crate) fn check(&mut self, rule: Rule, holds: bool, detail: &str) {
        if !holds {
            self.broken(rule, detail);
        }
    }

    /// Notes it unless both sides are equal.
    pub(crate) fn equal<T: PartialEq + fmt::Display>(&mut self, rule: Rule, what: &str, is: T, must_be: T) {
        if is != must_be {
            self.broken(rule, format!("{what} is {is}, must be {must_be}"));
        }
    }
}
