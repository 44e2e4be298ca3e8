//! Which orders a list shows, and along which index they are found.

use tender_engine::{MerchantId, OrderState};
use tender_store::{Direction, Op, Scan, StoreError, Table, Transaction};

/// Locations whose orders of one state are looked up one by one.
const LOCATIONS_APART_MAX: usize = 64;

/// Sort and filter fields of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Location id.
    Location,
    /// [`OrderState::number`].
    State,
    /// [`tender_engine::Stage::number`].
    Stage,
    /// Staff id, 0 for none.
    Staff,
    /// Register id, 0 for none.
    Register,
    /// Customer id, 0 for none.
    Customer,
    /// Total in minor units.
    Total,
    /// When it was opened, milliseconds.
    OpenedAt,
    /// Order id.
    Id,
}

impl Field {
    const fn column(self) -> &'static str {
        match self {
            Self::Location => "location_id",
            Self::State => "state",
            Self::Stage => "stage",
            Self::Staff => "staff_id",
            Self::Register => "register_id",
            Self::Customer => "customer_id",
            Self::Total => "total_minor",
            Self::OpenedAt => "opened_at_ms",
            Self::Id => "order_id",
        }
    }
}

/// Which orders; all conditions must hold. Proposed orders are never listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderFilter {
    /// Conditions.
    pub conditions: Vec<(Field, Op, i64)>,
    /// Oldest first instead of newest first.
    pub oldest_first: bool,
}

impl OrderFilter {
    /// Adds a condition.
    #[must_use]
    pub fn with(mut self, field: Field, op: Op, value: i64) -> Self {
        self.conditions.push((field, op, value));
        self
    }

    fn scan(&self, merchant: MerchantId, limit: u32) -> Scan {
        let direction = if self.oldest_first {
            Direction::Ascending
        } else {
            Direction::Descending
        };
        let mut scan = Scan::new(Table::Orders, limit)
            .equals("merchant_id", merchant.to_i64())
            .filter("state", Op::Ne, OrderState::Proposed.number());
        for (field, op, value) in &self.conditions {
            scan = scan.filter(field.column(), *op, *value);
        }
        scan.order_by("order_id", direction)
    }

    /// The value that a field must have.
    fn value_of(&self, field: Field) -> Option<i64> {
        self.conditions
            .iter()
            .find(|(known, op, _)| *known == field && *op == Op::Eq)
            .map(|(_, _, value)| *value)
    }

    /// Scans that together select what the filter says. The index of orders is by location, state and id, so a list of one
    /// location is merged from those of its states, and one of a state from those of the locations: reading on from the
    /// newest order until enough are found would pass over all others, which for open ones is the whole ledger.
    pub(super) async fn scans(
        &self,
        transaction: &mut dyn Transaction,
        merchant: MerchantId,
        limit: u32,
    ) -> Result<Vec<Scan>, StoreError> {
        let whole = self.scan(merchant, limit);
        let (location, state) = (self.value_of(Field::Location), self.value_of(Field::State));
        let (column, values) = match (location, state) {
            (Some(_), None) => {
                let listed = OrderState::ALL
                    .iter()
                    .filter(|state| **state != OrderState::Proposed);
                ("state", listed.map(|state| state.number()).collect())
            }
            // Nearly every order is closed: the newest ones are soon found.
            (None, Some(state)) if state != OrderState::Closed.number() => {
                match order_locations(transaction, merchant).await? {
                    Some(locations) => ("location_id", locations),
                    None => return Ok(vec![whole]),
                }
            }
            _ => return Ok(vec![whole]),
        };
        let values: Vec<i64> = values;
        Ok(values
            .into_iter()
            .map(|value| whole.clone().equals(column, value))
            .collect())
    }
}

/// The locations that have orders; `None` when there are too many to look at one by one.
async fn order_locations(
    transaction: &mut dyn Transaction,
    merchant: MerchantId,
) -> Result<Option<Vec<i64>>, StoreError> {
    let mut locations = Vec::new();
    while locations.len() <= LOCATIONS_APART_MAX {
        let mut next = Scan::new(Table::Orders, 1).equals("merchant_id", merchant.to_i64());
        if let Some(last) = locations.last() {
            next = next.filter("location_id", Op::Gt, *last);
        }
        let rows = transaction
            .scan(&next.order_by("location_id", Direction::Ascending))
            .await?;
        match rows.first() {
            Some(row) => locations.push(row.column("location_id")),
            None => return Ok(Some(locations)),
        }
    }
    Ok(None)
}
