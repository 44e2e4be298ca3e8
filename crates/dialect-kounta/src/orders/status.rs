//! Statuses: the dialect's one word for what the engine keeps apart as state and stage.

use tender_engine::{Order, OrderState, Stage};

/// A status of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Open, and how far staff have taken it.
    Open(Stage),
    /// A finished sale.
    Complete,
    /// Rejected by staff.
    Rejected,
    /// Deleted at the till, or cancelled through another dialect, which this one has no other word for.
    Deleted,
}

impl Status {
    /// The status of an order. A proposal is shown to nobody.
    pub(crate) const fn of(order: &Order) -> Self {
        match order.state {
            OrderState::Proposed | OrderState::Open => Self::Open(order.stage),
            OrderState::Closed => Self::Complete,
            OrderState::Rejected => Self::Rejected,
            OrderState::Cancelled | OrderState::Deleted => Self::Deleted,
        }
    }

    /// The word on the wire.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Open(Stage::Pending) => "PENDING",
            Self::Open(Stage::Submitted) => "SUBMITTED",
            Self::Open(Stage::OnHold) => "ON_HOLD",
            Self::Open(Stage::Accepted) => "ACCEPTED",
            Self::Complete => "COMPLETE",
            Self::Rejected => "REJECTED",
            Self::Deleted => "DELETED",
        }
    }

    /// Reads a word. `COMPLETED` occurs in old samples and means `COMPLETE`.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "PENDING" => Self::Open(Stage::Pending),
            "SUBMITTED" => Self::Open(Stage::Submitted),
            "ON_HOLD" => Self::Open(Stage::OnHold),
            "ACCEPTED" => Self::Open(Stage::Accepted),
            "COMPLETE" | "COMPLETED" => Self::Complete,
            "REJECTED" => Self::Rejected,
            "DELETED" => Self::Deleted,
            _ => return None,
        })
    }
}
