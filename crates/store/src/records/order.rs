//! Orders and their lines.

use serde::de::{Deserialize, Deserializer};
use tender_engine::{
    Account, Line, LineModifier, LocationId, MerchantId, Order, OrderId, OrderLines, OrderState,
    ServiceCharge, StaffId, Stage, Timestamp, Watcher,
};
use tender_money::Decimal;

use super::document::document;
use super::field::{Field, Stored};
use super::json::Json;
use super::{Record, agree, decode, encode, open, present, unknown};
use crate::{Row, StoreError, Table};

/// The label whose number, where it is one, is the column `register_id`.
const REGISTER_LABEL: &str = "register_id";
/// The label whose number, where it is one, is the column `customer_id`.
const CUSTOMER_LABEL: &str = "customer_id";

document! {
    Order beside OrderColumns {
        merchant: MerchantId,
        id: OrderId,
        location: LocationId,
        state: OrderState,
        stage: Stage,
        staff: Option<StaffId>,
        opened_at: Timestamp,
    }:
    currency,
    account,
    table_number,
    name,
    covers,
    external_reference,
    notes,
    labels,
    goods_minor,
    tax_minor,
    service_charge,
    service_minor,
    received_minor,
    refunded_minor,
    reserved_minor,
    refund_reserved_minor,
    tips_minor,
    surcharges_minor,
    service_contributed_minor,
    pending_count,
    last_payment_number,
    line_count,
    close_when_paid,
    payments_locked,
    watchers,
    updated_at as "updated_at_ms",
    closed_at as "closed_at_ms",
    opened_by,
    opened_via,
    journal_seq,
    journal_hash,
}

document! {
    Account: station, number
}

document! {
    Watcher: endpoint, reference, is_maker
}

document! {
    OrderLines beside OrderLinesColumns {
        merchant: MerchantId,
        order: OrderId,
    }:
    lines
}

document! {
    Line:
    number,
    id,
    parent,
    name,
    sku,
    product_id,
    quantity,
    unit_price,
    price_includes_tax,
    tax_rate or Decimal::ZERO,
    price_variation or Decimal::ONE,
    discount_minor,
    total_minor,
    tax_minor,
    modifiers,
    notes,
    client_line_id,
    added_at as "added_at_ms",
}

document! {
    LineModifier: id, name, quantity
}

/// `{"rate":"0.1"}` or `{"amount_minor":500}`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Charge<D> {
    Rate(D),
    AmountMinor(i64),
}

impl Field for ServiceCharge {
    fn write(&self, to: &mut Json) {
        match self {
            Self::None => to.null(),
            Self::Rate(rate) => to.object(|to| to.member("rate", rate)),
            Self::Amount(minor) => to.object(|to| to.member("amount_minor", minor)),
        }
    }

    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Option::deserialize(from)? {
            None => Self::None,
            Some(Charge::Rate(Stored(rate))) => Self::Rate(rate),
            Some(Charge::AmountMinor(minor)) => Self::Amount(minor),
        })
    }

    fn absent() -> Option<Self> {
        Some(Self::None)
    }
}

fn order_columns(order: &Order) -> [i64; 10] {
    let numeric_label = |name| {
        order
            .label(name)
            .and_then(|value| value.parse().ok())
            .unwrap_or_default()
    };
    [
        order.merchant.to_i64(),
        order.id.to_i64(),
        order.location.to_i64(),
        order.state.number(),
        order.stage.number(),
        order.staff.map_or(0, StaffId::to_i64),
        numeric_label(REGISTER_LABEL),
        numeric_label(CUSTOMER_LABEL),
        order.total_minor(),
        order.opened_at.0,
    ]
}

/// The state with this stored number.
pub(super) fn state_from_number(number: i64) -> Option<OrderState> {
    OrderState::ALL.into_iter().find(|state| state.number() == number)
}

/// The stage with this stored number.
pub(super) fn stage_from_number(number: i64) -> Option<Stage> {
    Stage::ALL.into_iter().find(|stage| stage.number() == number)
}

impl Record for Order {
    const TABLE: Table = Table::Orders;

    fn to_row(&self) -> Row {
        Row {
            table: Self::TABLE,
            columns: order_columns(self).to_vec(),
            doc: encode(self),
        }
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let [merchant, id, location, state, stage, staff, _, _, _, opened_at] = open::<Self, _>(row)?;
        let columns = OrderColumns {
            merchant: MerchantId::from_i64(merchant),
            id: OrderId::from_i64(id),
            location: LocationId::from_i64(location),
            state: state_from_number(state).ok_or_else(|| unknown(row, "state", state))?,
            stage: stage_from_number(stage).ok_or_else(|| unknown(row, "stage", stage))?,
            staff: present(staff).map(StaffId::from_i64),
            opened_at: Timestamp(opened_at),
        };
        let order = decode(row, columns)?;
        agree(row, &order_columns(&order))?;
        Ok(order)
    }
}

impl Record for OrderLines {
    const TABLE: Table = Table::OrderLines;

    fn to_row(&self) -> Row {
        Row {
            table: Self::TABLE,
            columns: vec![self.merchant.to_i64(), self.order.to_i64()],
            doc: encode(self),
        }
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let [merchant, order] = open::<Self, _>(row)?;
        let columns = OrderLinesColumns {
            merchant: MerchantId::from_i64(merchant),
            order: OrderId::from_i64(order),
        };
        decode(row, columns)
    }
}
