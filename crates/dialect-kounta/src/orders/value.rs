//! The value filters of order lists: bounds on the total, in major units with any number of digits.

use tender_service::{Field, Op, OrderFilter};
use tender_wire::Form;

use crate::errors::{ApiError, Fault};
use crate::number::{self, Bound};

/// The filters, as names in the query.
const NAMES: [&str; 5] = ["value", "value_lt", "value_lte", "value_gt", "value_gte"];

/// Bounds as sent. What they mean in minor units depends on a site's currency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ValueBounds(Vec<(&'static str, String)>);

impl ValueBounds {
    /// Reads the query.
    ///
    /// # Errors
    /// 400 for what is no number.
    pub(super) fn of(query: &Form<'_>) -> Result<Self, ApiError> {
        let mut bounds = Vec::new();
        for name in NAMES {
            if let Some(text) = query.get(name) {
                if number::bound(text, 0).is_none() {
                    return Err(ApiError::of(Fault::ValueNumber).at(name));
                }
                bounds.push((name, text.to_owned()));
            }
        }
        Ok(Self(bounds))
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The filter with these bounds, in a currency with so many digits; `None` when nothing can match.
    pub(super) fn narrow(&self, mut filter: OrderFilter, digits: u32) -> Option<OrderFilter> {
        for (name, text) in &self.0 {
            let Bound { floor, ceil } = number::bound(text, digits)?;
            let (op, minor) = match *name {
                "value_lt" => (Op::Lt, ceil),
                "value_lte" => (Op::Le, floor),
                "value_gt" => (Op::Gt, floor),
                "value_gte" => (Op::Ge, ceil),
                _ if floor == ceil => (Op::Eq, floor),
                // Between two minor units there is no total.
                _ => return None,
            };
            filter = filter.with(Field::Total, op, minor);
        }
        Some(filter)
    }
}
