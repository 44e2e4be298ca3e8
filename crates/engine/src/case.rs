//! Cases: money that needs a person.

use crate::{CaseId, LocationId, MerchantId, OrderId, PaymentId, TaskId, Timestamp};

/// Why a case was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaseReason {
    /// A till confirmed after the payment had been reported as failed or had been voided: the guest may have paid
    /// although the app was told that nothing moved.
    ConfirmedAfterEnd,
    /// A till confirmed what another device or another channel had completed: money may have been taken twice.
    ConfirmedTwice,
    /// An API client confirmed a payment that had failed (spec om L5).
    ConfirmOfFailed,
}

impl CaseReason {
    /// A stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ConfirmedAfterEnd => "confirmed-after-end",
            Self::ConfirmedTwice => "confirmed-twice",
            Self::ConfirmOfFailed => "confirm-of-failed",
        }
    }

    /// Every reason.
    pub const ALL: [Self; 3] = [
        Self::ConfirmedAfterEnd,
        Self::ConfirmedTwice,
        Self::ConfirmOfFailed,
    ];
}

/// One piece of money to look after. At most one per task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// The tenant.
    pub merchant: MerchantId,
    /// Where.
    pub location: LocationId,
    /// The order concerned.
    pub order: OrderId,
    /// The payment concerned.
    pub payment: PaymentId,
    /// The till task concerned.
    pub task: Option<TaskId>,
    /// Why it was opened.
    pub reason: CaseReason,
    /// How much may have moved, tip included, in minor units.
    pub amount_minor: i64,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When a person resolved it; absent while open.
    pub resolved_at: Option<Timestamp>,
    /// What that person wrote.
    pub resolution: Option<String>,
}
