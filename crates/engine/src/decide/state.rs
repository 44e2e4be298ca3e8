//! States and data of orders: closing, cancelling, rejecting, deleting, and everything that is not money.
//!
//! Order of checks: order, final state, pending payments, money on the order.

use super::work::{Record, Step, Work};
use super::{Outcome, pay};
use crate::{
    EntryKind, LABELS_PER_ORDER_MAX, NoticeKind, Order, OrderChange, OrderState, Rejection, SettleOrder,
    UpdateOrder,
};

pub(super) fn settle_order(work: &mut Work<'_, '_>, command: &SettleOrder) -> Step<Outcome> {
    let order = work.order(command.order).ok_or(Rejection::OrderNotFound)?;
    let order = settle(work, order, command.change)?;
    Ok(Outcome::Order(Box::new(order)))
}

const fn target(change: OrderChange) -> OrderState {
    match change {
        OrderChange::Close => OrderState::Closed,
        OrderChange::Cancel => OrderState::Cancelled,
        OrderChange::Reject => OrderState::Rejected,
        OrderChange::Delete => OrderState::Deleted,
    }
}

/// Brings an order into a final state. Nothing settles money silently: pending payments are refused, and only a
/// finished sale keeps the money on it.
pub(super) fn settle(work: &mut Work<'_, '_>, mut order: Order, change: OrderChange) -> Step<Order> {
    let state = target(change);
    if order.state == state {
        return Ok(order);
    }
    if order.state == OrderState::Proposed {
        return Err(Rejection::OrderProposed.into());
    }
    if order.state != OrderState::Open {
        return Err(Rejection::StateFinal.into());
    }
    if order.pending_count > 0 {
        return Err(Rejection::PaymentsPending.into());
    }
    if change != OrderChange::Close && order.paid_minor() != 0 {
        return Err(Rejection::MoneyOnOrder.into());
    }
    order.state = state;
    order.closed_at = Some(work.now());
    let (kind, notice) = match change {
        OrderChange::Close => (EntryKind::OrderClosed, NoticeKind::OrderClosed),
        OrderChange::Cancel | OrderChange::Reject => (EntryKind::OrderCancelled, NoticeKind::OrderCancelled),
        OrderChange::Delete => (EntryKind::OrderCancelled, NoticeKind::OrderDeleted),
    };
    // A finished sale keeps what guests still owe on the books; of a dead order nothing is owed any more.
    let postings = if change == OrderChange::Close {
        Vec::new()
    } else {
        super::open::write_off_postings(&order)
    };
    let record = Record::new(kind)
        .postings(postings)
        .fact("state", state.number())
        .fact("paid_minor", order.paid_minor());
    work.journal(&mut order, record);
    work.notice(notice, Some(order.id), None);
    work.put_order(order.clone());
    Ok(order)
}

pub(super) fn update_order(work: &mut Work<'_, '_>, command: &UpdateOrder) -> Step<Outcome> {
    let before = work.order(command.order).ok_or(Rejection::OrderNotFound)?;
    let mut order = before.clone();
    if let Some(stage) = command.stage {
        match order.state {
            OrderState::Open => order.stage = stage,
            OrderState::Proposed => return Err(Rejection::OrderProposed.into()),
            _ => return Err(Rejection::StateFinal.into()),
        }
    }
    if let Some(notes) = &command.notes {
        order.notes.clone_from(notes);
    }
    if let Some(name) = &command.name {
        order.name.clone_from(name);
    }
    if let Some(table_number) = command.table_number {
        order.table_number = table_number;
    }
    if let Some(covers) = command.covers {
        order.covers = covers;
    }
    if let Some(staff) = command.staff {
        order.staff = staff;
    }
    if let Some(locked) = command.payments_locked {
        order.payments_locked = locked;
    }
    if let Some(close_when_paid) = command.close_when_paid {
        order.close_when_paid = close_when_paid;
    }
    for (name, value) in &command.labels {
        order.set_label(name, value.clone());
    }
    if order.labels.len() > LABELS_PER_ORDER_MAX {
        return Err(Rejection::OrderFull.into());
    }
    if order != before {
        let restaged = Order {
            stage: order.stage,
            ..before.clone()
        };
        let is_more = order != restaged;
        let record = Record::new(EntryKind::OrderUpdated).fact("stage", order.stage.number());
        work.journal(&mut order, record);
        if order.stage != before.stage {
            work.notice(NoticeKind::OrderStaged, Some(order.id), None);
        }
        if is_more {
            work.notice(NoticeKind::OrderUpdated, Some(order.id), None);
        }
        work.put_order(order.clone());
    }
    if command.ready {
        work.notice(NoticeKind::OrderReady, Some(order.id), None);
    }
    if let Some(change) = command.settle {
        order = settle(work, order, change)?;
    }
    // Told to close when paid, an order that is paid already has nothing to wait for.
    if command.close_when_paid == Some(true) && pay::close_when_settled(work, &mut order) {
        work.put_order(order.clone());
    }
    Ok(Outcome::Order(Box::new(order)))
}
