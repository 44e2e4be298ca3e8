//! Topics, and which of them a decision of the engine is news of.

use serde::{Deserialize, Serialize};
use tender_engine::{Notice, NoticeKind, OrderState};

/// A topic that can be subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Topic {
    /// A new order.
    #[serde(rename = "orders/created")]
    Created,
    /// Any later change.
    #[serde(rename = "orders/updated")]
    Updated,
    /// The change that makes it a finished sale.
    #[serde(rename = "orders/completed")]
    Completed,
    /// The deletion.
    #[serde(rename = "orders/deleted")]
    Deleted,
}

impl Topic {
    const ALL: [Self; 4] = [Self::Created, Self::Updated, Self::Completed, Self::Deleted];

    /// The word on the wire.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Created => "orders/created",
            Self::Updated => "orders/updated",
            Self::Completed => "orders/completed",
            Self::Deleted => "orders/deleted",
        }
    }

    /// Reads a word.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.word() == word)
    }

    /// Whether notices are news of this topic, for an order that stands where it does now. A command makes at most one
    /// message of a topic, however many notices it led to.
    pub(super) fn is_news(self, notices: &[Notice], state: OrderState) -> bool {
        let news = News::of(notices, state);
        match self {
            Self::Created => news.opened,
            // Making an order is no later change of it, and a deletion is told as one only.
            Self::Updated => news.changed && !news.opened && !news.deleted,
            Self::Completed => news.closed,
            Self::Deleted => news.deleted,
        }
    }

    /// Whether notices may be news of this topic, for some state of the order.
    pub(super) fn may_be_news(self, notices: &[Notice]) -> bool {
        OrderState::ALL
            .into_iter()
            .any(|state| self.is_news(notices, state))
    }
}

#[derive(Default)]
struct News {
    opened: bool,
    changed: bool,
    closed: bool,
    deleted: bool,
}

impl News {
    fn of(notices: &[Notice], state: OrderState) -> Self {
        let mut news = Self::default();
        for notice in notices {
            match &notice.kind {
                NoticeKind::OrderOpened => news.opened = true,
                NoticeKind::PaymentCompleted
                | NoticeKind::PaymentReversed
                | NoticeKind::PaymentAmended
                | NoticeKind::OrderStaged
                | NoticeKind::OrderUpdated => news.changed = true,
                NoticeKind::OrderClosed => {
                    news.changed = true;
                    news.closed = true;
                }
                // One notice for two states, of which this dialect shows one as deleted.
                NoticeKind::OrderCancelled if state == OrderState::Rejected => news.changed = true,
                NoticeKind::OrderCancelled | NoticeKind::OrderDeleted => news.deleted = true,
                // What is pending elsewhere, or came to nothing, shows nowhere in the order; a proposal that failed
                // was never there.
                NoticeKind::PaymentAccepted
                | NoticeKind::PaymentFailed(_)
                | NoticeKind::PaymentVoided
                | NoticeKind::OrderFailed(_)
                | NoticeKind::OrderUpdateFailed(..)
                | NoticeKind::OrderReady => {}
            }
        }
        news
    }
}

/// Whether notices are news of another status, for callbacks: the stage of an open order, or its end.
pub(super) fn changes_status(notices: &[Notice]) -> bool {
    notices.iter().any(|notice| match notice.kind {
        NoticeKind::OrderStaged
        | NoticeKind::OrderClosed
        | NoticeKind::OrderCancelled
        | NoticeKind::OrderDeleted => true,
        NoticeKind::PaymentAccepted
        | NoticeKind::PaymentCompleted
        | NoticeKind::PaymentFailed(_)
        | NoticeKind::PaymentVoided
        | NoticeKind::PaymentReversed
        | NoticeKind::PaymentAmended
        | NoticeKind::OrderOpened
        | NoticeKind::OrderFailed(_)
        | NoticeKind::OrderUpdateFailed(..)
        | NoticeKind::OrderUpdated
        | NoticeKind::OrderReady => false,
    })
}
