//! Orders: one bill, its state, its lines and its running sums.
//!
//! The head holds running sums, so that taking a payment reads and writes one small record however many payments
//! or lines the order has.

use tender_money::{Currency, Decimal};

use crate::{
    ApplicationId, EndpointId, Hash128, Hash256, LocationId, MerchantId, OrderId, Payment, StaffId,
    Timestamp, Via, alias_hash,
};

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderState {
    /// Waits for a till to take it (K-Series `order/local`, `order/toGo`). Takes no payments and is not listed.
    Proposed,
    /// Takes lines and payments.
    Open,
    /// A finished sale. Takes refunds only.
    Closed,
    /// Cancelled, or a proposal that came to nothing.
    Cancelled,
    /// Rejected by staff (Kounta).
    Rejected,
    /// Deleted at the till (Kounta).
    Deleted,
}

impl OrderState {
    /// The stored number; never changes.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Proposed => 0,
            Self::Open => 1,
            Self::Closed => 2,
            Self::Cancelled => 3,
            Self::Rejected => 4,
            Self::Deleted => 5,
        }
    }

    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Proposed,
        Self::Open,
        Self::Closed,
        Self::Cancelled,
        Self::Rejected,
        Self::Deleted,
    ];

    /// Cancelled, rejected or deleted: final, with no money on it.
    #[must_use]
    pub const fn is_dead(self) -> bool {
        matches!(self, Self::Cancelled | Self::Rejected | Self::Deleted)
    }
}

/// How far staff have taken an open order (Kounta statuses; spec kounta 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Open on the till.
    Pending,
    /// Flashes on the till until staff accept or reject it.
    Submitted,
    /// Went quietly to the open orders.
    OnHold,
    /// Accepted by staff; its lines are fixed.
    Accepted,
}

impl Stage {
    /// The stored number; never changes.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Pending => 0,
            Self::Submitted => 1,
            Self::OnHold => 2,
            Self::Accepted => 3,
        }
    }

    /// Every stage.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Submitted, Self::OnHold, Self::Accepted];
}

/// The house's charge on the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceCharge {
    /// No charge.
    None,
    /// A fraction of the goods (`0.1` is 10 %), rounded half up.
    Rate(Decimal),
    /// A fixed amount in minor units.
    Amount(i64),
}

/// The K-Series account identifier `A<station>.<number>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Account {
    /// The till's POS station number.
    pub station: u64,
    /// Rises by one per check of the location.
    pub number: u64,
}

impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "A{}.{}", self.station, self.number)
    }
}

/// A webhook endpoint that is told about an order, because it made the order or a payment on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watcher {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The order's reference for its maker, else the last payment reference that this endpoint gave.
    pub reference: String,
    /// Whether the endpoint made the order.
    pub is_maker: bool,
}

/// One bill. Sums are minor units of `currency`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id, the same in every dialect that shows numbers.
    pub id: OrderId,
    /// The tenant.
    pub merchant: MerchantId,
    /// Where.
    pub location: LocationId,
    /// The location's currency when the order was opened.
    pub currency: Currency,
    /// Where it stands.
    pub state: OrderState,
    /// How far staff have taken it while it is open.
    pub stage: Stage,
    /// K-Series account identifier.
    pub account: Account,
    /// Table, for dine-in.
    pub table_number: Option<u32>,
    /// Name on the bill.
    pub name: Option<String>,
    /// Guests.
    pub covers: Option<u32>,
    /// The employee.
    pub staff: Option<StaffId>,
    /// The client's own number of the order (native `external_reference`, Kounta `sale_number`).
    pub external_reference: Option<String>,
    /// Free text for staff.
    pub notes: Option<String>,
    /// Further values that a dialect wants to show again, as `(name, value)`; no rule reads them.
    pub labels: Vec<(String, String)>,

    /// What the goods cost, tax included.
    pub goods_minor: i64,
    /// Tax contained in the goods.
    pub tax_minor: i64,
    /// How the service charge is computed.
    pub service_charge: ServiceCharge,
    /// The service charge.
    pub service_minor: i64,
    /// Σ applied of complete receipts.
    pub received_minor: i64,
    /// Σ amount of complete refunds.
    pub refunded_minor: i64,
    /// Σ applied of pending receipts.
    pub reserved_minor: i64,
    /// Σ amount of pending refunds.
    pub refund_reserved_minor: i64,
    /// Σ ordinary tips of complete payments.
    pub tips_minor: i64,
    /// Σ surcharges of complete payments.
    pub surcharges_minor: i64,
    /// Service charge contributed so far.
    pub service_contributed_minor: i64,
    /// Payments that are pending or in progress, of either direction.
    pub pending_count: u32,
    /// The number of the newest payment.
    pub last_payment_number: u32,
    /// How many lines the order has.
    pub line_count: u32,

    /// Close the order when nothing is due and nothing pending.
    pub close_when_paid: bool,
    /// Refuse payments that come from tills (Kounta `lock`).
    pub payments_locked: bool,
    /// Who is told about the order.
    pub watchers: Vec<Watcher>,

    /// When it was opened.
    pub opened_at: Timestamp,
    /// When anything last changed.
    pub updated_at: Timestamp,
    /// When it was closed, cancelled, rejected or deleted.
    pub closed_at: Option<Timestamp>,
    /// Who opened it.
    pub opened_by: ApplicationId,
    /// Through what.
    pub opened_via: Via,
    /// Number of the newest journal entry of the order.
    pub journal_seq: u64,
    /// Its hash: the head of the order's chain.
    pub journal_hash: Hash256,
}

/// The name space of account identifiers among aliases.
const ALIAS_ACCOUNT: &str = "account";

impl Order {
    /// The alias by which its account identifier leads to it, and never to another order.
    #[must_use]
    pub fn account_alias(&self) -> Hash128 {
        alias_hash(ALIAS_ACCOUNT, self.location, &self.account.to_string())
    }

    /// What the guest has to pay in all: goods and service charge.
    #[must_use]
    pub const fn total_minor(&self) -> i64 {
        self.goods_minor.saturating_add(self.service_minor)
    }

    /// What has been paid and not given back.
    #[must_use]
    pub const fn paid_minor(&self) -> i64 {
        self.received_minor.saturating_sub(self.refunded_minor)
    }

    /// What remains when pending payments are left out of account (the R of spec kounta 8.1).
    #[must_use]
    pub const fn remaining_minor(&self) -> i64 {
        self.total_minor().saturating_sub(self.paid_minor())
    }

    /// What a new payment may still take: `total − paid − reserved`.
    #[must_use]
    pub const fn due_minor(&self) -> i64 {
        self.remaining_minor().saturating_sub(self.reserved_minor)
    }

    /// What may still be given back.
    #[must_use]
    pub const fn refundable_minor(&self) -> i64 {
        self.paid_minor().saturating_sub(self.refund_reserved_minor)
    }

    /// A label's value.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels
            .iter()
            .find(|(label, _)| label == name)
            .map(|(_, value)| value.as_str())
    }

    /// Sets or removes a label; one that is there keeps its place.
    pub fn set_label(&mut self, name: &str, value: Option<String>) {
        let known = self.labels.iter_mut().find(|(label, _)| label == name);
        match (known, value) {
            (Some(known), Some(value)) => known.1 = value,
            (None, Some(value)) => self.labels.push((name.to_owned(), value)),
            (_, None) => self.labels.retain(|(label, _)| label != name),
        }
    }
}

/// A modifier of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineModifier {
    /// Its catalogue id; negative removes it (Kounta).
    pub id: Option<i64>,
    /// Its name.
    pub name: String,
    /// How many.
    pub quantity: u32,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Position on the order, from 1.
    pub number: u32,
    /// A unique id.
    pub id: u64,
    /// The line above it that it belongs to (sub-items), by id.
    pub parent: Option<u64>,
    /// What it is.
    pub name: String,
    /// Catalogue code.
    pub sku: Option<String>,
    /// Catalogue item id (Kounta `product_id`).
    pub product_id: Option<u64>,
    /// How many, at most three fraction digits.
    pub quantity: Decimal,
    /// Price of one in major units, before variation and discount.
    pub unit_price: Decimal,
    /// Whether `unit_price` contains tax.
    pub price_includes_tax: bool,
    /// Tax rate as a fraction.
    pub tax_rate: Decimal,
    /// Multiplier of the price (Kounta `price_variation`); 1 is none.
    pub price_variation: Decimal,
    /// Taken off the line, in minor units.
    pub discount_minor: i64,
    /// What the line costs, tax included, after discount.
    pub total_minor: i64,
    /// Tax contained in it.
    pub tax_minor: i64,
    /// Modifiers.
    pub modifiers: Vec<LineModifier>,
    /// Free text.
    pub notes: Option<String>,
    /// The client's own id of the line (Kounta `line_id`).
    pub client_line_id: Option<String>,
    /// When it was added.
    pub added_at: Timestamp,
}

/// The lines of an order, a record of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLines {
    /// The tenant.
    pub merchant: MerchantId,
    /// The order.
    pub order: OrderId,
    /// In the order in which they are shown.
    pub lines: Vec<Line>,
}

/// An order as it stood when it was opened, with its lines and the payments that came with it: what its opener is answered,
/// and answered again under the same key whatever has become of the order since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The head.
    pub order: Order,
    /// Its lines.
    pub lines: Vec<Line>,
    /// The payments that came with it, numbered from 1 without a gap.
    pub payments: Vec<Payment>,
}
