//! What payments do to the running sums of their order, and the postings that say the same in the journal.
//!
//! Every function here moves money one way only; who may move it is judged before.

use super::work::{Work, add, fits, sub};
use crate::{
    Direction, Ledger, MethodId, MoneyField, Order, Payment, Posting, Rejection, contribution_of_receipt,
    contribution_of_refund,
};

/// Holds a payment's part of the order until it ends.
pub(super) fn reserve(order: &mut Order, payment: &Payment) -> Result<(), Rejection> {
    match payment.direction {
        Direction::Receipt => order.reserved_minor = add(order.reserved_minor, payment.applied_minor())?,
        Direction::Refund => {
            order.refund_reserved_minor = add(order.refund_reserved_minor, payment.amount_minor)?
        }
    }
    order.pending_count = order.pending_count.saturating_add(1);
    Ok(())
}

/// Gives a payment's reservation back.
pub(super) fn release(order: &mut Order, payment: &Payment) -> Result<(), Rejection> {
    match payment.direction {
        Direction::Receipt => order.reserved_minor = sub(order.reserved_minor, payment.applied_minor())?,
        Direction::Refund => {
            order.refund_reserved_minor = sub(order.refund_reserved_minor, payment.amount_minor)?
        }
    }
    order.pending_count = order.pending_count.saturating_sub(1);
    Ok(())
}

/// Adds a payment to the order's sums and sets what it contributed to the service charge.
pub(super) fn count(order: &mut Order, payment: &mut Payment) -> Result<(), Rejection> {
    let (service, total) = (order.service_minor, order.total_minor());
    match payment.direction {
        Direction::Receipt => {
            let tip_counted = if payment.tip_pays_service {
                payment.tip_minor
            } else {
                0
            };
            payment.service_minor = fits(
                contribution_of_receipt(
                    payment.amount_minor,
                    tip_counted,
                    payment.service_tip_minor,
                    service,
                    total,
                    sub(service, order.service_contributed_minor)?.max(0),
                    order.remaining_minor(),
                ),
                MoneyField::Amount,
            )?;
            order.service_contributed_minor = add(order.service_contributed_minor, payment.service_minor)?;
            order.received_minor = add(order.received_minor, payment.applied_minor())?;
        }
        Direction::Refund => {
            let paid_after = sub(order.paid_minor(), payment.amount_minor)?;
            payment.service_minor = fits(
                contribution_of_refund(
                    payment.amount_minor,
                    service,
                    total,
                    order.service_contributed_minor,
                    paid_after,
                ),
                MoneyField::Amount,
            )?;
            order.service_contributed_minor = sub(order.service_contributed_minor, payment.service_minor)?;
            order.refunded_minor = add(order.refunded_minor, payment.amount_minor)?;
        }
    }
    order.tips_minor = add(order.tips_minor, payment.ordinary_tip_minor())?;
    order.surcharges_minor = add(order.surcharges_minor, payment.surcharge_minor)?;
    Ok(())
}

/// The postings of a payment that counts, `service` of it being service charge.
pub(super) fn postings(payment: &Payment, service: i64) -> Result<Vec<Posting>, Rejection> {
    let tender = Ledger::Tender(payment.method.as_ref().map_or(MethodId(0), |method| method.id));
    let goods = sub(payment.applied_minor(), service)?;
    let postings = vec![
        Posting {
            ledger: tender,
            amount_minor: payment.moved_minor(),
        },
        Posting {
            ledger: Ledger::ReceivableGoods,
            amount_minor: sub(0, goods)?,
        },
        Posting {
            ledger: Ledger::ReceivableService,
            amount_minor: sub(0, service)?,
        },
        Posting {
            ledger: Ledger::Tips,
            amount_minor: sub(0, payment.ordinary_tip_minor())?,
        },
        Posting {
            ledger: Ledger::SurchargeIncome,
            amount_minor: sub(0, payment.surcharge_minor)?,
        },
    ];
    match payment.direction {
        Direction::Receipt => Ok(postings),
        Direction::Refund => undone(postings),
    }
}

/// Takes a refund that will not count off its source.
pub(super) fn release_source(work: &mut Work<'_, '_>, payment: &Payment) {
    let source = payment.source.and_then(|id| work.payment(id));
    if let Some(mut source) = source
        && payment.direction == Direction::Refund
    {
        source.refunds_minor = source.refunds_minor.saturating_sub(payment.amount_minor);
        work.put_payment(source);
    }
}

/// Takes a payment out of the order's sums; answers how much service charge goes with it.
///
/// Refused when refunds would then exceed what was paid, or a reversed refund would make the guest pay more than the
/// order still costs (spec om L8).
pub(super) fn uncount(order: &mut Order, payment: &Payment) -> Result<i64, Rejection> {
    let service = match payment.direction {
        Direction::Receipt => {
            if payment.refunds_minor > 0 {
                return Err(Rejection::HasRefunds);
            }
            if payment.applied_minor() > order.refundable_minor() {
                return Err(Rejection::ExceedsRefundable);
            }
            let paid_after = sub(order.paid_minor(), payment.applied_minor())?;
            let contributed = order.service_contributed_minor;
            let service = if payment.applied_minor() == 0 && paid_after == order.total_minor() {
                // A tip that reduced nothing, on an order that is settled without it: the charge stays contributed.
                0
            } else if payment.applied_minor() > 0 && paid_after == 0 {
                contributed
            } else {
                contributed.min(payment.service_minor)
            };
            order.received_minor = sub(order.received_minor, payment.applied_minor())?;
            order.service_contributed_minor = sub(contributed, service)?;
            service
        }
        Direction::Refund => {
            if payment.amount_minor > order.due_minor() {
                return Err(Rejection::ExceedsDue);
            }
            let owed = sub(order.service_minor, order.service_contributed_minor)?.max(0);
            let settles = payment.amount_minor == order.remaining_minor();
            let service = if settles {
                owed
            } else {
                owed.min(payment.service_minor)
            };
            order.refunded_minor = sub(order.refunded_minor, payment.amount_minor)?;
            order.service_contributed_minor = add(order.service_contributed_minor, service)?;
            service
        }
    };
    order.tips_minor = sub(order.tips_minor, payment.ordinary_tip_minor())?;
    order.surcharges_minor = sub(order.surcharges_minor, payment.surcharge_minor)?;
    Ok(service)
}

/// Takes a counted payment out of the sums for the moment of a correction; limits are judged when it is back in.
pub(super) fn take_out(order: &mut Order, payment: &Payment) -> Result<i64, Rejection> {
    let service = match payment.direction {
        Direction::Receipt => {
            let service = payment.service_minor.min(order.service_contributed_minor);
            order.received_minor = sub(order.received_minor, payment.applied_minor())?;
            order.service_contributed_minor = sub(order.service_contributed_minor, service)?;
            service
        }
        Direction::Refund => {
            let owed = sub(order.service_minor, order.service_contributed_minor)?.max(0);
            let service = payment.service_minor.min(owed);
            order.refunded_minor = sub(order.refunded_minor, payment.amount_minor)?;
            order.service_contributed_minor = add(order.service_contributed_minor, service)?;
            service
        }
    };
    order.tips_minor = sub(order.tips_minor, payment.ordinary_tip_minor())?;
    order.surcharges_minor = sub(order.surcharges_minor, payment.surcharge_minor)?;
    Ok(service)
}

/// Keeps invariant 3 where the charge or a payment is changed afterwards: contributions never exceed the charge, and equal it
/// on a settled order. What was contributed too much, or is contributed now, moves between goods and service.
pub(super) fn reassign_service(order: &mut Order) -> Result<Vec<Posting>, Rejection> {
    let settled = order.remaining_minor() == 0 && order.received_minor > 0;
    let contributed = if settled {
        order.service_minor
    } else {
        order.service_contributed_minor.min(order.service_minor)
    };
    let change = sub(contributed, order.service_contributed_minor)?;
    order.service_contributed_minor = contributed;
    Ok(vec![
        Posting {
            ledger: Ledger::ReceivableService,
            amount_minor: sub(0, change)?,
        },
        Posting {
            ledger: Ledger::ReceivableGoods,
            amount_minor: change,
        },
    ])
}

/// The postings that undo others.
pub(super) fn undone(mut postings: Vec<Posting>) -> Result<Vec<Posting>, Rejection> {
    for posting in &mut postings {
        posting.amount_minor = sub(0, posting.amount_minor)?;
    }
    Ok(postings)
}
