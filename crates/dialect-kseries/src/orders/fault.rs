//! Why an order that the wire accepts comes to nothing, as far as the dialect can tell: a closed list. The reasons are
//! texts for people; the codes are what a till would have said.

use tender_engine::{Failure, FailureCode};

/// What is wrong with an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OrderFault {
    /// The catalogue does not have the item.
    ItemUnknown { sku: String },
    /// The item has a fixed name and price.
    CustomNotAllowed { sku: String },
    /// The catalogue has no price for the item.
    PriceMissing { sku: String },
    /// The catalogue does not have the modifier.
    ModifierUnknown { id: String },
    /// A discount of its own needs the code of a discount that allows it.
    DiscountCodeMissing { sku: String },
    /// There is no such discount.
    DiscountUnknown { code: String },
    /// The discount has a fixed size.
    DiscountFixed { code: String },
    /// The discount has no size, and none was given.
    DiscountWithoutSize { code: String },
    /// There is no such employee.
    StaffUnknown,
    /// There is no such order profile.
    ProfileUnknown { code: String },
}

impl From<OrderFault> for Failure {
    fn from(fault: OrderFault) -> Self {
        let (code, reason) = match fault {
            OrderFault::ItemUnknown { sku } => (FailureCode::ItemNotFound, format!("Item not found: {sku}")),
            OrderFault::CustomNotAllowed { sku } => (
                FailureCode::ItemNotAdded,
                format!("Custom name or price is not allowed: {sku}"),
            ),
            OrderFault::PriceMissing { sku } => (
                FailureCode::ItemNotAdded,
                format!("Item has no valid price: {sku}"),
            ),
            OrderFault::ModifierUnknown { id } => {
                (FailureCode::ItemNotFound, format!("Modifier not found: {id}"))
            }
            OrderFault::DiscountCodeMissing { sku } => (
                FailureCode::ItemNotAdded,
                format!("A discount without discountCode: {sku}"),
            ),
            OrderFault::DiscountUnknown { code } => {
                (FailureCode::ItemNotAdded, format!("Discount not found: {code}"))
            }
            OrderFault::DiscountFixed { code } => (
                FailureCode::ItemNotAdded,
                format!("Discount cannot be overridden: {code}"),
            ),
            OrderFault::DiscountWithoutSize { code } => {
                (FailureCode::ItemNotAdded, format!("Discount has no size: {code}"))
            }
            OrderFault::StaffUnknown => return Self::new(FailureCode::StaffNotFound),
            OrderFault::ProfileUnknown { code } => (
                FailureCode::UpdateFailed,
                format!("Account profile not found: {code}"),
            ),
        };
        Self {
            code,
            message: Some(reason),
        }
    }
}
