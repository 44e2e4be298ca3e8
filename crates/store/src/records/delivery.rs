//! Webhook deliveries and their attempts.

use tender_engine::{
    Attempt, Delivery, DeliveryId, DeliveryState, EndpointId, MerchantId, OrderId, Timestamp,
};

use super::document::document;
use super::{Record, agree, decode, encode, open, present, small};
use crate::{Row, StoreError, Table};

document! {
    Delivery beside DeliveryColumns {
        merchant: MerchantId,
        id: DeliveryId,
        endpoint: EndpointId,
        order: Option<OrderId>,
        next_at: Timestamp,
        sequence: u64,
    }:
    message_id,
    event,
    body,
    state,
    attempts,
    created_at as "created_at_ms",
}

document! {
    Attempt beside AttemptColumns {
        merchant: MerchantId,
        delivery: DeliveryId,
        number: u32,
    }:
    at as "at_ms",
    duration_ms,
    status,
    error,
}

fn delivery_columns(delivery: &Delivery) -> [i64; 7] {
    [
        delivery.merchant.to_i64(),
        delivery.id.to_i64(),
        delivery.endpoint.to_i64(),
        delivery.order.map_or(0, OrderId::to_i64),
        i64::from(delivery.state == DeliveryState::Pending),
        delivery.next_at.0,
        delivery.sequence.cast_signed(),
    ]
}

impl Record for Delivery {
    const TABLE: Table = Table::Deliveries;

    fn to_row(&self) -> Row {
        Row {
            table: Self::TABLE,
            columns: delivery_columns(self).to_vec(),
            doc: encode(self),
        }
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let [merchant, id, endpoint, order, _, next_at, sequence] = open::<Self, _>(row)?;
        let columns = DeliveryColumns {
            merchant: MerchantId::from_i64(merchant),
            id: DeliveryId::from_i64(id),
            endpoint: EndpointId::from_i64(endpoint),
            order: present(order).map(OrderId::from_i64),
            next_at: Timestamp(next_at),
            sequence: sequence.cast_unsigned(),
        };
        let delivery = decode(row, columns)?;
        agree(row, &delivery_columns(&delivery))?;
        Ok(delivery)
    }
}

impl Record for Attempt {
    const TABLE: Table = Table::Attempts;

    fn to_row(&self) -> Row {
        Row {
            table: Self::TABLE,
            columns: vec![
                self.merchant.to_i64(),
                self.delivery.to_i64(),
                i64::from(self.number),
            ],
            doc: encode(self),
        }
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let [merchant, delivery, number] = open::<Self, _>(row)?;
        let columns = AttemptColumns {
            merchant: MerchantId::from_i64(merchant),
            delivery: DeliveryId::from_i64(delivery),
            number: small(row, "number", number)?,
        };
        decode(row, columns)
    }
}
