//! Journal entries.

use tender_engine::{EntryKind, JournalEntry, LocationId, MerchantId, OrderId, Timestamp};

use super::document::document;
use super::{Record, decode, encode, open, unknown};
use crate::{Row, StoreError, Table};

document! {
    JournalEntry beside JournalColumns {
        merchant: MerchantId,
        order: OrderId,
        seq: u64,
        location: LocationId,
        kind: EntryKind,
        at: Timestamp,
    }:
    by,
    via,
    payment,
    task,
    currency,
    postings,
    detail,
    previous,
    hash,
}

impl Record for JournalEntry {
    const TABLE: Table = Table::Journal;

    fn to_row(&self) -> Row {
        Row {
            table: Self::TABLE,
            columns: vec![
                self.merchant.to_i64(),
                self.order.to_i64(),
                self.seq.cast_signed(),
                self.location.to_i64(),
                self.kind.number(),
                self.at.0,
            ],
            doc: encode(self),
        }
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let [merchant, order, seq, location, kind, at] = open::<Self, _>(row)?;
        let columns = JournalColumns {
            merchant: MerchantId::from_i64(merchant),
            order: OrderId::from_i64(order),
            seq: seq.cast_unsigned(),
            location: LocationId::from_i64(location),
            kind: EntryKind::ALL
                .into_iter()
                .find(|known| known.number() == kind)
                .ok_or_else(|| unknown(row, "kind", kind))?,
            at: Timestamp(at),
        };
        decode(row, columns)
    }
}
