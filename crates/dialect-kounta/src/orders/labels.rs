//! Names of the labels in which an order keeps what this dialect shows again and no rule reads.

use tender_engine::Order;

/// The register. This very name is a column of the store, so that lists can be narrowed to it.
pub(crate) const REGISTER: &str = "register_id";
/// The customer; a column too.
pub(crate) const CUSTOMER: &str = "customer_id";
/// What kind of order it is: dine in, delivery.
pub(crate) const ORDER_TYPE: &str = "order_type";
/// What is called when the status changes.
pub(crate) const CALLBACK_URI: &str = "callback_uri";
/// When the guest ordered, in milliseconds since 1970.
pub(crate) const PLACED_AT: &str = "placed_at";
/// When it is wanted, in milliseconds since 1970.
pub(crate) const FULFIL_AT: &str = "fulfil_at";
/// The multiplier on all lines.
pub(crate) const PRICE_VARIATION: &str = "price_variation";
/// The most that the order may cost, as its client sees it.
pub(crate) const PRICE_LIMIT: &str = "price_limit";
/// Whether tickets pass through to a printer.
pub(crate) const PASS_THRU_PRINTING: &str = "pass_thru_printing";

/// A label that holds an id.
pub(crate) fn id(order: &Order, name: &str) -> Option<u64> {
    order.label(name).and_then(|text| text.parse().ok())
}
