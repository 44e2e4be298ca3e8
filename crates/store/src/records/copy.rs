//! Records inside another record's document: those that a key keeps as they were answered, and payments that wait in a task.
//!
//! A record's document lacks what stands in its columns, so a copy has that beside the document, but for the names that the
//! outer record's row says already.

use serde::de::{Deserialize, Deserializer, Error as _};
use tender_engine::{
    Line, LocationId, MerchantId, Opened, Order, OrderId, OrderState, Payment, PaymentId, PaymentState,
    StaffId, Stage, Timestamp,
};

use super::document::{read_document, write_document};
use super::field::Stored;
use super::json::Json;
use super::order::{OrderColumns, stage_from_number, state_from_number as order_state};
use super::payment::{PaymentColumns, state_from_number as payment_state};

/// Stands for the id that the outer record's row takes from its columns.
pub(super) const UNNAMED: PaymentId = PaymentId {
    order: OrderId(0),
    number: 0,
};

/// Carries a copy through serde, to be read.
pub(super) struct Copied<T>(pub(super) T);

/// A document without its columns.
struct Bare<T>(T);

impl<'de> Deserialize<'de> for Bare<Payment> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let columns = PaymentColumns {
            merchant: MerchantId(0),
            id: UNNAMED,
            state: PaymentState::Pending,
        };
        read_document(columns, from).map(Self)
    }
}

impl<'de> Deserialize<'de> for Bare<Order> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let columns = OrderColumns {
            merchant: MerchantId(0),
            id: UNNAMED.order,
            location: LocationId(0),
            state: OrderState::Open,
            stage: Stage::Pending,
            staff: None,
            opened_at: Timestamp(0),
        };
        read_document(columns, from).map(Self)
    }
}

/// `{"state":2,"payment":{…}}`
#[derive(serde::Deserialize)]
struct PaymentCopy<P> {
    state: i64,
    payment: P,
}

/// Writes what is read as a `Copied<Payment>`.
pub(super) fn write_payment(payment: &Payment, to: &mut Json) {
    to.object(|to| {
        to.member("state", &payment.state.number());
        to.name("payment");
        write_document(payment, to);
    });
}

impl<'de> Deserialize<'de> for Copied<Payment> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let copy = PaymentCopy::<Bare<Payment>>::deserialize(from)?;
        let Bare(mut payment) = copy.payment;
        payment.state = payment_state(copy.state)
            .ok_or_else(|| D::Error::custom(format_args!("a payment's state cannot be {}", copy.state)))?;
        Ok(Self(payment))
    }
}

/// `{"state":1,"stage":0,"opened_at_ms":…,"order":{…},"lines":[…],"payments":[…]}`, and `staff` where there is one.
#[derive(serde::Deserialize)]
struct OrderCopy<O, L, P> {
    state: i64,
    stage: i64,
    #[serde(default)]
    staff: Option<u64>,
    opened_at_ms: i64,
    order: O,
    lines: L,
    payments: Vec<P>,
}

/// Writes what is read as a `Copied<Opened>`.
pub(super) fn write_opened(opened: &Opened, to: &mut Json) {
    let order = &opened.order;
    to.object(|to| {
        to.member("state", &order.state.number());
        to.member("stage", &order.stage.number());
        if let Some(staff) = &order.staff {
            to.member("staff", staff);
        }
        to.member("opened_at_ms", &order.opened_at);
        to.name("order");
        write_document(order, to);
        to.member("lines", &opened.lines);
        to.name("payments");
        to.array(&opened.payments, write_payment);
    });
}

impl<'de> Deserialize<'de> for Copied<Opened> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let copy = OrderCopy::<Bare<Order>, Stored<Vec<Line>>, Copied<Payment>>::deserialize(from)?;
        let Bare(mut order) = copy.order;
        order.state = order_state(copy.state)
            .ok_or_else(|| D::Error::custom(format_args!("an order's state cannot be {}", copy.state)))?;
        order.stage = stage_from_number(copy.stage)
            .ok_or_else(|| D::Error::custom(format_args!("an order's stage cannot be {}", copy.stage)))?;
        order.staff = copy.staff.map(StaffId);
        order.opened_at = Timestamp(copy.opened_at_ms);
        let Stored(lines) = copy.lines;
        let payments = copy.payments.into_iter().map(|Copied(payment)| payment).collect();
        Ok(Self(Opened {
            order,
            lines,
            payments,
        }))
    }
}

/// Gives an order and its payments the names that the key's row says: those of the payments count from 1.
pub(super) fn place(opened: &mut Opened, merchant: MerchantId, location: LocationId, order: OrderId) {
    opened.order.merchant = merchant;
    opened.order.location = location;
    opened.order.id = order;
    for (payment, number) in opened.payments.iter_mut().zip(1..) {
        payment.merchant = merchant;
        payment.id = PaymentId { order, number };
    }
}
