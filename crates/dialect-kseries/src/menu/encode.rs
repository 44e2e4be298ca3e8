//! The catalogue as menus, modifiers and discounts.

use std::collections::BTreeMap;

use tender_engine::Hash128;
use tender_money::{Decimal, share_half_up};
use tender_service::{Directory, Item, Location};
use tender_wire::{JsonWriter, ObjectWriter};

use crate::money::MoneyForm;

/// The name of a location's one menu.
const MENU_NAME: &str = "Menu";
/// The group of items that have none.
const GROUP_OTHER: &str = "Other";
/// Ids are below 2^53.
const ID_MASK: u64 = (1 << 53) - 1;

/// The items sold at a location, by group.
pub(super) fn groups<'d>(directory: &'d Directory, location: &Location) -> BTreeMap<&'d str, Vec<&'d Item>> {
    let mut groups: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in directory.items.values() {
        if item.location.is_none_or(|at| at == location.id) {
            let group = if item.group.is_empty() {
                GROUP_OTHER
            } else {
                item.group.as_str()
            };
            groups.entry(group).or_default().push(item);
        }
    }
    groups
}

/// The menus of a location.
pub(super) fn list(location: &Location, has_entries: bool) -> JsonWriter {
    JsonWriter::array(|list| {
        if has_entries {
            list.object(|o| {
                o.string("menuName", MENU_NAME);
                o.number("ikentooMenuId", location.id);
            });
        }
    })
}

/// One menu. Version 2 differs by product modifiers inside of items, which the catalogue has not, so that both versions
/// show the same.
pub(super) fn menu(
    location: &Location,
    groups: &BTreeMap<&str, Vec<&Item>>,
    money: MoneyForm,
    rich_content: bool,
) -> JsonWriter {
    JsonWriter::object(|o| {
        o.string("menuName", MENU_NAME);
        o.array("menuEntryGroups", |list| {
            for (name, items) in groups {
                list.object(|o| {
                    o.string("@type", "group");
                    o.display("id", group_id(location, name));
                    o.string("name", name);
                    o.array("menuEntry", |list| {
                        for item in items {
                            list.object(|o| write_item(o, item, money));
                        }
                    });
                });
            }
        });
        // The catalogue has no pictures and texts: asked for, they are missing.
        o.bool("richDataMissing", rich_content);
        o.number("ikentooMenuId", location.id);
        o.bool("conditionalTaxRules", false);
    })
}

fn write_item(o: &mut ObjectWriter<'_>, item: &Item, money: MoneyForm) {
    let digits = money.currency.digits();
    let price_minor = Decimal::parse(&item.price)
        .ok()
        .and_then(|price| price.to_minor(digits).ok());
    let price_minor = price_minor.unwrap_or_default();
    o.string("@type", "menuItem");
    o.string("productName", &item.name);
    money.write(o, "productPrice", price_minor);
    o.string("sku", &item.sku);
    o.bool("customItemNameEnabled", item.custom_allowed);
    let strategy = if item.custom_allowed {
        "CUSTOMIZED_ITEM_PRICE_WILL_BE_POSITIVE"
    } else {
        "PRICE_CANNOT_BE_CUSTOMIZED"
    };
    o.string("pricingStrategy", strategy);
    money.write(o, "defaultTaxAmount", contained_tax(price_minor, &item.tax_rate));
    o.bool("taxIncludedInPrice", true);
}

/// The tax in a price that contains it, half up; nothing where the rate cannot be read.
fn contained_tax(price_minor: i64, rate: &str) -> i64 {
    let Ok(rate) = Decimal::parse(rate) else { return 0 };
    let digits = rate.fraction_digits();
    let parts = (Decimal::ONE.to_minor(digits), rate.to_minor(digits));
    let (Ok(one), Ok(rate)) = parts else { return 0 };
    let whole = one.saturating_add(rate);
    let net = share_half_up(price_minor, one, whole).unwrap_or(price_minor);
    price_minor.saturating_sub(net)
}

/// A group has no id of its own in the catalogue: one is made from its name.
fn group_id(location: &Location, name: &str) -> u64 {
    let at = tender_engine::LocationId(location.id);
    let Hash128 { high, .. } = tender_engine::alias_hash("kseries-menu-group", at, name);
    high.cast_unsigned() & ID_MASK
}

/// The modifiers of the merchant. One member is misspelt as published, and ids of modifiers are strings.
pub(super) fn modifiers(directory: &Directory) -> JsonWriter {
    JsonWriter::array(|list| {
        for group in directory.modifier_groups.values() {
            list.object(|o| {
                o.bool("multiSelectionPermitted", group.multiple);
                o.string("productionInstructionGroupName", &group.name);
                o.number("productionIntructionGroupId", group.id);
                o.array("productionInstructionList", |list| {
                    for option in &group.options {
                        list.object(|o| {
                            o.string("instruction", &option.instruction);
                            o.display("ikentooModifierId", option.id);
                        });
                    }
                });
            });
        }
    })
}

/// The discounts of the merchant.
pub(super) fn discounts(directory: &Directory) -> JsonWriter {
    let decimal = |text: &Option<String>| text.as_deref().and_then(|text| Decimal::parse(text).ok());
    JsonWriter::array(|list| {
        for rule in directory.discounts.values() {
            list.object(|o| {
                o.string("name", &rule.name);
                o.string("code", &rule.code);
                match (decimal(&rule.percent), decimal(&rule.amount)) {
                    (Some(percent), _) => o.number("discountPercentage", percent),
                    (None, amount) => o.optional("discountAmount", amount, ObjectWriter::number),
                }
            });
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::contained_tax;

    proptest! {
        #[test]
        fn tax_is_a_part_of_the_price(price in 0_i64..=1_000_000_000_000, percent in 0_u32..=10_000) {
            let tax = contained_tax(price, &format!("{}.{:02}", percent / 100, percent % 100));
            prop_assert!((0..=price).contains(&tax), "{tax} of {price}");
        }
    }

    #[test]
    fn tax_is_taken_out_of_a_price() {
        assert_eq!(contained_tax(400, "0.2"), 67);
        assert_eq!(contained_tax(400, "0"), 0);
        assert_eq!(contained_tax(400, ""), 0);
        assert_eq!(contained_tax(1_100, "0.1"), 100);
    }
}
