//! Payments.

use tender_engine::{Failure, MerchantId, MethodRef, OrderId, Payment, PaymentId, PaymentState};

use super::document::document;
use super::{Record, decode, encode, open, small, unknown};
use crate::{Row, StoreError, Table};

document! {
    Payment beside PaymentColumns {
        merchant: MerchantId,
        id: PaymentId,
        state: PaymentState,
    }:
    location,
    direction,
    deleted,
    amount_minor,
    tip_minor,
    surcharge_minor,
    service_tip_minor,
    service_minor,
    method,
    reference,
    staff,
    device,
    printer_profile,
    endpoint,
    source,
    refunds_minor,
    transaction_ref,
    attributes,
    invoice,
    note,
    customer,
    custom,
    tip_pays_service,
    failure,
    task,
    expires_at as "expires_at_ms",
    created_at as "created_at_ms",
    created_by,
    created_via,
    updated_at as "updated_at_ms" like created_at,
    updated_by like created_by,
    updated_via like created_via,
    completed_at as "completed_at_ms",
    reversed_at as "reversed_at_ms",
}

document! {
    MethodRef: id, code, name
}

document! {
    Failure: code, message
}

/// The state with this stored number.
pub(super) fn state_from_number(number: i64) -> Option<PaymentState> {
    PaymentState::ALL
        .into_iter()
        .find(|state| state.number() == number)
}

impl Record for Payment {
    const TABLE: Table = Table::Payments;

    fn to_row(&self) -> Row {
        Row {
            table: Self::TABLE,
            columns: vec![
                self.merchant.to_i64(),
                self.id.order.to_i64(),
                i64::from(self.id.number),
                self.state.number(),
            ],
            doc: encode(self),
        }
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let [merchant, order, number, state] = open::<Self, _>(row)?;
        let columns = PaymentColumns {
            merchant: MerchantId::from_i64(merchant),
            id: PaymentId {
                order: OrderId::from_i64(order),
                number: small(row, "number", number)?,
            },
            state: state_from_number(state).ok_or_else(|| unknown(row, "state", state))?,
        };
        decode(row, columns)
    }
}
