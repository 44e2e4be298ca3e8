//! Businesses, floor plans and order profiles as answers.

use tender_service::{FloorPlan, FloorTable, Location, Merchant, OrderProfile};
use tender_wire::{ArrayWriter, JsonWriter, ObjectWriter};

/// What the token covers.
pub(super) fn businesses<'l>(
    merchant: &Merchant,
    locations: impl Iterator<Item = &'l Location>,
) -> JsonWriter {
    JsonWriter::array(|list| {
        list.object(|o| {
            o.string("name", &merchant.name);
            o.number("id", merchant.id);
            o.array("businessLocations", |list| {
                for location in locations {
                    list.object(|o| {
                        o.number("id", location.id);
                        o.string("name", &location.name);
                    });
                }
            });
        });
    })
}

/// Floor plans, with their tables or without.
pub(super) fn floor_plans(plans: &[FloorPlan], with_tables: bool) -> JsonWriter {
    JsonWriter::array(|list| {
        for plan in plans {
            list.object(|o| {
                o.number("id", plan.id);
                o.string("name", &plan.name);
                if with_tables {
                    o.array("tables", |list| write_tables(list, &plan.tables));
                }
            });
        }
    })
}

/// The tables of one floor plan.
pub(super) fn tables(tables: &[FloorTable]) -> JsonWriter {
    JsonWriter::array(|list| write_tables(list, tables))
}

fn write_tables(list: &mut ArrayWriter<'_>, tables: &[FloorTable]) {
    for table in tables {
        list.object(|o| {
            o.number("number", table.number);
            o.display("reference", table.number);
            // Tables have string ids, as published.
            o.display("id", table.id);
            o.bool("active", table.active);
            o.string("description", &table.description);
            o.number("defaultClientCount", table.default_covers);
        });
    }
}

/// The order profiles of a location.
pub(super) fn profiles(location: &Location) -> JsonWriter {
    JsonWriter::object(|o| {
        o.number("businessLocationId", location.id);
        o.array("accountProfileList", |list| {
            for profile in &location.order_profiles {
                list.object(|o| write_profile(o, profile));
            }
        });
    })
}

/// One order profile.
pub(super) fn profile(profile: &OrderProfile) -> JsonWriter {
    JsonWriter::object(|o| write_profile(o, profile))
}

fn write_profile(o: &mut ObjectWriter<'_>, profile: &OrderProfile) {
    o.number("id", profile.id);
    o.string("code", &profile.code);
    o.string("name", &profile.name);
    o.string("deliveryMode", &profile.delivery_mode);
}
