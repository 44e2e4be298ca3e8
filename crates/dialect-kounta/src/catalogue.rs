//! Products and prices: from a catalogue item to a line of the engine, and from a line to the unit price that is shown.
//!
//! The catalogue holds prices with tax; this dialect shows and takes them without.

use tender_engine::{Discount, Line, LineModifier, LineSpec, LocationId, Order};
use tender_money::{Decimal, MAX_FRACTION_DIGITS};
use tender_service::{Directory, Item};

use crate::number::{product, quotient, rounded, without_tax};
use crate::orders::labels;

/// Digits of a multiplier; the rest of a number's digits is left to the price.
const VARIATION_DIGITS_MAX: u32 = 8;

/// An item that is sold at a site.
pub(crate) fn item(directory: &Directory, site: LocationId, id: u64) -> Option<&Item> {
    directory
        .items
        .get(&id)
        .filter(|item| item.location.is_none_or(|at| at == site.0))
}

/// What a line of an item costs before anything else is said about it.
pub(crate) fn line_of(item: &Item) -> LineSpec {
    let decimal = |text: &str| Decimal::parse(text).unwrap_or(Decimal::ZERO);
    LineSpec {
        name: item.name.clone(),
        sku: Some(item.sku.clone()).filter(|sku| !sku.is_empty()),
        product_id: Some(item.id),
        quantity: Decimal::ONE,
        unit_price: decimal(&item.price),
        price_is_amount: false,
        price_includes_tax: true,
        tax_rate: decimal(&item.tax_rate),
        price_variation: Decimal::ONE,
        discount: Discount::None,
        modifiers: Vec::new(),
        notes: None,
        client_line_id: None,
        parent: None,
    }
}

/// A modifier by its id; a negative one removes what the positive one names.
pub(crate) fn modifier(directory: &Directory, id: i64) -> LineModifier {
    let options = directory
        .modifier_groups
        .values()
        .flat_map(|group| &group.options);
    let named = options.into_iter().find(|option| option.id == id.unsigned_abs());
    LineModifier {
        id: Some(id),
        name: named.map_or_else(String::new, |option| option.instruction.clone()),
        quantity: 1,
    }
}

/// The multiplier that an order lays on all its lines; 1 for none.
pub(crate) fn order_variation(order: &Order) -> Decimal {
    order
        .label(labels::PRICE_VARIATION)
        .and_then(|text| Decimal::parse(text).ok())
        .unwrap_or(Decimal::ONE)
}

/// A line's own multiplier and the order's together, which is what the engine keeps.
pub(crate) fn combined_variation(own: Decimal, of_order: Decimal) -> Decimal {
    rounded(product(own, of_order), VARIATION_DIGITS_MAX)
}

/// A line's own multiplier, taken out of the combined one again.
pub(crate) fn own_variation(line: &Line, of_order: Decimal) -> Decimal {
    let own = quotient(line.price_variation, of_order);
    own.filter(|own| combined_variation(*own, of_order) == line.price_variation)
        .unwrap_or(line.price_variation)
}

/// A price with as many digits as leave room for quantity and multiplier, so that the line's total is always exact.
pub(crate) fn fitting_price(price: Decimal, quantity: Decimal, variation: Decimal) -> Decimal {
    let taken = quantity
        .fraction_digits()
        .saturating_add(variation.fraction_digits());
    rounded(price, MAX_FRACTION_DIGITS.saturating_sub(taken))
}

/// What one of a line is shown to cost, without tax, and the tax on it. Multipliers and discounts are in it already, so
/// that quantity times their sum is the line.
pub(crate) fn unit_price(line: &Line, digits: u32) -> (Decimal, Decimal) {
    if line.discount_minor != 0 {
        let share =
            |minor: i64| quotient(Decimal::from_minor(minor, digits), line.quantity).unwrap_or(Decimal::ZERO);
        return (
            share(line.total_minor.saturating_sub(line.tax_minor)),
            share(line.tax_minor),
        );
    }
    let price = product(line.unit_price, line.price_variation);
    if line.price_includes_tax {
        let bare = without_tax(price, line.tax_rate);
        return (bare, price.checked_sub(bare).unwrap_or(Decimal::ZERO));
    }
    (price, product(price, line.tax_rate))
}

/// Whether a line costs less than its price: what the filter for reduced orders looks for.
pub(crate) fn is_reduced(line: &Line) -> bool {
    line.discount_minor > 0 || line.price_variation < Decimal::ONE
}
