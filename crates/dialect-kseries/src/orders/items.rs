//! From the items of an order to lines: prices, discounts and modifiers come from the catalogue.
//!
//! What the catalogue does not know makes the order fail later, not now: the wire answers 200 and tells the reason by
//! notification (spec 9).

use tender_engine::{Discount, LineModifier, LineSpec, LocationId};
use tender_money::Decimal;
use tender_service::{Directory, DiscountRule};

use super::fault::OrderFault;
use super::wire::Item;

/// The lines of an order, sub-items after the item that they belong to.
pub(super) fn lines(
    directory: &Directory,
    location: LocationId,
    items: &[Item<'_>],
) -> Result<Vec<LineSpec>, OrderFault> {
    let mut lines = Vec::with_capacity(items.len());
    add(&mut lines, directory, location, items, None)?;
    Ok(lines)
}

fn add(
    lines: &mut Vec<LineSpec>,
    directory: &Directory,
    location: LocationId,
    items: &[Item<'_>],
    parent: Option<usize>,
) -> Result<(), OrderFault> {
    for item in items {
        let at = lines.len();
        lines.push(line(directory, location, item, parent)?);
        add(lines, directory, location, &item.sub_items, Some(at))?;
    }
    Ok(())
}

fn line(
    directory: &Directory,
    location: LocationId,
    item: &Item<'_>,
    parent: Option<usize>,
) -> Result<LineSpec, OrderFault> {
    let known = directory.item_by_sku(location, item.sku);
    let sku = || item.sku.to_owned();
    let known = known.ok_or_else(|| OrderFault::ItemUnknown { sku: sku() })?;
    if (item.custom_name.is_some() || item.custom_price.is_some()) && !known.custom_allowed {
        return Err(OrderFault::CustomNotAllowed { sku: sku() });
    }
    let price = match item.custom_price {
        Some(price) => price,
        None => Decimal::parse(&known.price).map_err(|_| OrderFault::PriceMissing { sku: sku() })?,
    };
    let modifiers = item.modifiers.iter().map(|id| modifier(directory, id));
    Ok(LineSpec {
        name: item.custom_name.unwrap_or(&known.name).to_owned(),
        sku: Some(known.sku.clone()),
        product_id: Some(known.id),
        quantity: Decimal::from_integer(i64::from(item.quantity)),
        unit_price: price,
        price_is_amount: true,
        price_includes_tax: true,
        tax_rate: Decimal::parse(&known.tax_rate).unwrap_or(Decimal::ZERO),
        price_variation: Decimal::ONE,
        discount: discount(directory, item)?,
        modifiers: modifiers.collect::<Result<_, _>>()?,
        // A line has no course of its own: the till reads it with the line's notes.
        notes: item.course.map(|course| format!("Course {course}")),
        client_line_id: None,
        parent,
    })
}

fn modifier(directory: &Directory, text: &str) -> Result<LineModifier, OrderFault> {
    let id: Option<u64> = text.parse().ok();
    let options = directory
        .modifier_groups
        .values()
        .flat_map(|group| &group.options);
    let found = options.into_iter().find(|option| Some(option.id) == id);
    let option = found.ok_or_else(|| OrderFault::ModifierUnknown { id: text.to_owned() })?;
    Ok(LineModifier {
        id: i64::try_from(option.id).ok(),
        name: option.instruction.clone(),
        quantity: 1,
    })
}

/// The discount of an item. An override needs the code of a discount that allows it.
fn discount(directory: &Directory, item: &Item<'_>) -> Result<Discount, OrderFault> {
    let override_given = item.discount_amount.is_some() || item.discount_percent.is_some();
    let Some(code) = item.discount else {
        return if override_given {
            Err(OrderFault::DiscountCodeMissing {
                sku: item.sku.to_owned(),
            })
        } else {
            Ok(Discount::None)
        };
    };
    let rule = directory.discounts.values().find(|rule| rule.code == code);
    let named = || code.to_owned();
    let rule = rule.ok_or_else(|| OrderFault::DiscountUnknown { code: named() })?;
    if override_given && !rule.manual {
        return Err(OrderFault::DiscountFixed { code: named() });
    }
    match (item.discount_amount, item.discount_percent) {
        (Some(amount), _) => Ok(Discount::Amount(amount)),
        (None, Some(percent)) => Ok(Discount::Percent(percent)),
        (None, None) => configured(rule).ok_or_else(|| OrderFault::DiscountWithoutSize { code: named() }),
    }
}

fn configured(rule: &DiscountRule) -> Option<Discount> {
    let decimal = |text: &Option<String>| text.as_deref().and_then(|text| Decimal::parse(text).ok());
    decimal(&rule.percent)
        .map(Discount::Percent)
        .or_else(|| decimal(&rule.amount).map(Discount::Amount))
}
