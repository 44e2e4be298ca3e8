//! Counters.

use tender_engine::MerchantId;

use super::{Record, open, unknown};
use crate::{Row, StoreError, Table};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CounterName {
    /// The newest check number of a location.
    CheckNumber = 1,
    /// The newest sequence number of a webhook endpoint.
    EndpointSequence = 2,
    /// What is used of a quota.
    Quota = 3,
    /// What is used of a rate limit's window.
    RateWindow = 4,
}

impl CounterName {
    /// The stored number; never changes.
    #[must_use]
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// Every name.
    pub const ALL: [Self; 4] = [
        Self::CheckNumber,
        Self::EndpointSequence,
        Self::Quota,
        Self::RateWindow,
    ];
}

/// A small number that is kept for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// The tenant.
    pub merchant: MerchantId,
    /// What is counted.
    pub name: CounterName,
    /// The id of whose it is: a location, an endpoint, an application.
    pub owner: i64,
    /// Where it stands.
    pub value: i64,
}

impl Record for Counter {
    const TABLE: Table = Table::Counters;

    fn to_row(&self) -> Row {
        Row {
            table: Self::TABLE,
            columns: vec![self.merchant.to_i64(), self.name.number(), self.owner, self.value],
            doc: String::new(),
        }
    }

    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let [merchant, name, owner, value] = open::<Self, _>(row)?;
        Ok(Self {
            merchant: MerchantId::from_i64(merchant),
            name: CounterName::ALL
                .into_iter()
                .find(|known| known.number() == name)
                .ok_or_else(|| unknown(row, "name", name))?,
            owner,
            value,
        })
    }
}
