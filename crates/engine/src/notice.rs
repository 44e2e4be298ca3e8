//! What a decision wants told. Notices name records; turning them into webhook bodies is the dialects' work.

use crate::{Failure, Maker, OrderId, PaymentId};

/// What happened, in an order that receivers rely on: a payment's notice comes before its order's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeKind {
    /// A pending payment was accepted.
    PaymentAccepted,
    /// A payment counts.
    PaymentCompleted,
    /// A payment ended without counting.
    PaymentFailed(Failure),
    /// A payment was cancelled before it counted.
    PaymentVoided,
    /// A payment that counted was undone.
    PaymentReversed,
    /// A payment's reference, surcharge, note or other data changed.
    PaymentAmended,
    /// An order is open now.
    OrderOpened,
    /// A proposed order came to nothing.
    OrderFailed(Failure),
    /// An update of an order by lines came to nothing; whoever asked for it is to hear of it.
    OrderUpdateFailed(Failure, Maker),
    /// An open order has another stage. What changed besides is told by `OrderUpdated` after it.
    OrderStaged,
    /// Lines, data or sums of an order changed.
    OrderUpdated,
    /// An order is closed.
    OrderClosed,
    /// An order was cancelled or rejected.
    OrderCancelled,
    /// An order was deleted at the till.
    OrderDeleted,
    /// The kitchen says that an order can be fetched.
    OrderReady,
}

/// One thing to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub kind: NoticeKind,
    /// The order; absent for a payment that never found one.
    pub order: Option<OrderId>,
    /// The payment, for payment notices.
    pub payment: Option<PaymentId>,
}
