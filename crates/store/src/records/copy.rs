//! Records inside another record's document: those that a key keeps as they were answered, and payments that wait in a task.
//!
//! A record's document lacks what stands in its columns, so a copy has that beside the document, but for the names that the
//! outer record's row says already.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use tender_engine::{
    Line, LocationId, MerchantId, Opened, Order, OrderId, OrderState, Payment, PaymentId, PaymentState,
    StaffId, Stage, Timestamp,
};

use super::document::{Document, read_document, write_document};
use super::field::Stored;
use super::order::{OrderColumns, stage_from_number, state_from_number as order_state};
use super::payment::{PaymentColumns, state_from_number as payment_state};

/// Stands for the id that the outer record's row takes from its columns.
pub(super) const UNNAMED: PaymentId = PaymentId {
    order: OrderId(0),
    number: 0,
};

/// Carries a copy through serde: `Copied<&T>` is written, `Copied<T>` is read.
pub(super) struct Copied<T>(pub(super) T);

/// A document without its columns.
struct Bare<T>(T);

impl<T: Document> Serialize for Bare<&T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        write_document(self.0, to)
    }
}

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
#[derive(serde::Serialize, serde::Deserialize)]
struct PaymentCopy<P> {
    state: i64,
    payment: P,
}

impl Serialize for Copied<&Payment> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let copy = PaymentCopy {
            state: self.0.state.number(),
            payment: Bare(self.0),
        };
        copy.serialize(to)
    }
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
#[derive(serde::Serialize, serde::Deserialize)]
struct OrderCopy<O, L, P> {
    state: i64,
    stage: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    staff: Option<u64>,
    opened_at_ms: i64,
    order: O,
    lines: L,
    payments: Vec<P>,
}

impl Serialize for Copied<&Opened> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let order = &self.0.order;
        let copy = OrderCopy {
            state: order.state.number(),
            stage: order.stage.number(),
            staff: order.staff.map(|staff| staff.0),
            opened_at_ms: order.opened_at.0,
            order: Bare(order),
            lines: Stored(&self.0.lines),
            payments: self.0.payments.iter().map(Copied).collect(),
        };
        copy.serialize(to)
    }
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
