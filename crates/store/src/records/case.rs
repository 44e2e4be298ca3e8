//! Cases.

use tender_engine::{Case, CaseId, LocationId, MerchantId, OrderId};

use super::document::document;
use super::{Record, agree, decode, encode, open};
use crate::{Row, StoreError, Table};

document! {
    Case beside CaseColumns {
        merchant: MerchantId,
        id: CaseId,
        location: LocationId,
        order: OrderId,
    }:
    payment,
    task,
    reason,
    amount_minor,
    opened_at as "opened_at_ms",
    resolved_at as "resolved_at_ms",
    resolution,
}

fn case_columns(case: &Case) -> [i64; 5] {
    [
        case.merchant.to_i64(),
        case.id.to_i64(),
        case.location.to_i64(),
        i64::from(case.resolved_at.is_none()),
        case.order.to_i64(),
    ]
}

impl Record for Case {
    const TABLE: Table = Table::Cases;

    fn to_row(&self) -> Row {
        Row {
            table: Self::TABLE,
            columns: case_columns(self).to_vec(),
            doc: encode(self),
        }
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let [merchant, id, location, _, order] = open::<Self, _>(row)?;
        let columns = CaseColumns {
            merchant: MerchantId::from_i64(merchant),
            id: CaseId::from_i64(id),
            location: LocationId::from_i64(location),
            order: OrderId::from_i64(order),
        };
        let case = decode(row, columns)?;
        agree(row, &case_columns(&case))?;
        Ok(case)
    }
}
