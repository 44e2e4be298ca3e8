//! Till tasks: work for a till, leased to one device at a time.

use crate::{
    ApplicationId, DeviceId, EndpointId, Failure, LineSpec, LocationId, MerchantId, OrderId, Payment,
    PaymentId, TaskId, Timestamp,
};

/// What the till is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskKind {
    /// Take a payment.
    Payment,
    /// Take a new order.
    Order,
    /// Add lines to an order.
    Lines {
        /// The lines.
        lines: Vec<LineSpec>,
        /// The payments that come with them, as they will be made when a till has taken the lines: without a number (0), pending,
        /// and not among the order's payments before.
        payments: Vec<Payment>,
        /// Who asked; absent in tasks made before this was kept.
        maker: Option<Maker>,
    },
    /// Show, and perhaps print, a message.
    Message {
        /// The text.
        text: String,
        /// Whether to print it as well.
        also_print: bool,
    },
}

/// Who asked for an update, and what is told what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// The application.
    pub application: ApplicationId,
    /// The endpoint that it named, with the reference it gave.
    pub told: Option<(EndpointId, String)>,
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskState {
    /// Nobody has answered it yet, nor has its end been written. While `leased_until` is in the future it is offered to nobody: a
    /// device holds it, or it was never leased and is to be offered only then.
    Open,
    /// A till did it.
    Applied,
    /// A till said no.
    Refused(Failure),
    /// Nobody did it in time.
    Expired,
    /// What it was for was completed or cancelled elsewhere.
    Withdrawn,
}

impl TaskState {
    /// Whether a device may still resolve it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }
}

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The tenant.
    pub merchant: MerchantId,
    /// Whose tills.
    pub location: LocationId,
    /// What to do.
    pub kind: TaskKind,
    /// The order concerned.
    pub order: Option<OrderId>,
    /// The payment concerned: the one to take, or, of lines that came with payments, the first of those once it was made or
    /// recorded as failed.
    pub payment: Option<PaymentId>,
    /// The only device that may take it; absent: any.
    pub device: Option<DeviceId>,
    /// Where it stands.
    pub state: TaskState,
    /// The number of the newest lease: the fencing token. 0 before the first.
    pub lease: u64,
    /// Who holds, or held, the newest lease.
    pub leased_to: Option<DeviceId>,
    /// Until when nobody else is offered it; before the first lease, when it is offered first.
    pub leased_until: Timestamp,
    /// The lease that resolved it.
    pub resolved_lease: Option<u64>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether a case was opened for it; there is at most one.
    pub has_case: bool,
}
