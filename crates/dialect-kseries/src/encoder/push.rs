//! ITEM and ORDER_API notifications (spec 7.4), which follow from changes of the directory instead of commands.
//!
//! Endpoints get them for the locations they are associated with: items by subscription, readiness always.

use tender_engine::{EndpointId, LocationId, Timestamp};
use tender_service::{Directory, DirectoryChange, DirectoryEvent, Endpoint, Item, Location, Message};
use tender_wire::{JsonWriter, ObjectWriter};

use crate::data::Readiness;
use crate::time::{TimeForm, Written};
use crate::webhooks::{DIALECT, EndpointSettings};

/// The messages about a change of the directory.
pub(super) fn messages(event: &DirectoryEvent<'_>) -> Vec<(EndpointId, Message)> {
    match event.change {
        DirectoryChange::Item {
            before,
            after: Some(item),
        } => {
            let locations = event.directory.locations.values();
            let changed = locations.filter(|location| count_changes(before, item, location));
            changed
                .flat_map(|location| item_messages(event.directory, location, item, event.now))
                .collect()
        }
        DirectoryChange::Location {
            before: Some(before),
            after: Some(location),
        } => {
            let has_till = event.has_till(LocationId(location.id));
            let before = Readiness::of(before, has_till);
            readiness_messages(
                event.directory,
                location,
                &before,
                &Readiness::of(location, has_till),
            )
        }
        // An item that is not sold any more has no count to tell. Nobody can be associated with a location before it is
        // there, and one that goes takes no part in anything.
        DirectoryChange::Item { after: None, .. } | DirectoryChange::Location { .. } => Vec::new(),
    }
}

/// Whether the count of an item at a location becomes another one. What is sold there for the first time had none.
fn count_changes(before: Option<&Item>, item: &Item, location: &Location) -> bool {
    let is_sold = |item: &Item| item.location.is_none_or(|at| at == location.id);
    let count = before.filter(|before| is_sold(before) && before.sku == item.sku);
    is_sold(item) && count.and_then(|before| before.stock) != item.stock
}

/// The messages about an item whose count has changed: to every associated endpoint that subscribes to
/// `SALES_RESTRICTION_UPDATED`. `at` is when the count changed.
pub(super) fn item_messages(
    directory: &Directory,
    location: &Location,
    item: &Item,
    at: Timestamp,
) -> Vec<(EndpointId, Message)> {
    let body = item_body(location, item, at);
    to_associated(directory, location, |settings| {
        settings
            .subscribes("item", "SALES_RESTRICTION_UPDATED")
            .then(|| Message {
                event: "item.SALES_RESTRICTION_UPDATED".to_owned(),
                body: body.clone(),
            })
    })
}

fn item_body(location: &Location, item: &Item, at: Timestamp) -> String {
    let status = if item.stock.is_some() {
        "RESTRICTED"
    } else {
        "NOT_RESTRICTED"
    };
    JsonWriter::object(|o| {
        o.string("sku", &item.sku);
        o.number("businessLocationId", location.id);
        o.nullable("count", item.stock, ObjectWriter::number);
        o.display("countUpdatedAt", Written(at, TimeForm::Colon));
        o.string("status", status);
        o.string("type", "ITEM");
    })
    .into_string()
}

/// The messages about a location's readiness for orders, to every associated endpoint. Nothing when neither the state nor
/// one of its inputs differs from what it was before.
pub(super) fn readiness_messages(
    directory: &Directory,
    location: &Location,
    before: &Readiness,
    now: &Readiness,
) -> Vec<(EndpointId, Message)> {
    if before.inputs() == now.inputs() {
        return Vec::new();
    }
    let body = readiness_body(location, now);
    to_associated(directory, location, |_| {
        Some(Message {
            event: format!("order_api.{}", now.status()),
            body: body.clone(),
        })
    })
}

fn readiness_body(location: &Location, readiness: &Readiness) -> String {
    JsonWriter::object(|o| {
        o.number("businessLocationId", location.id);
        o.display("lastUpdatedAt", Written(readiness.updated_at, TimeForm::Colon));
        o.string("status", readiness.status());
        o.string("type", "ORDER_API");
        o.object("onlineOrderingApiConfiguration", |o| {
            o.bool("enabled", readiness.enabled);
            o.nullable("orderProfileId", readiness.order_profile, ObjectWriter::number);
            o.nullable("staffId", readiness.staff, ObjectWriter::number);
        });
        o.object("posStatus", |o| readiness.write_pos_status(o));
    })
    .into_string()
}

fn to_associated(
    directory: &Directory,
    location: &Location,
    message: impl Fn(&EndpointSettings) -> Option<Message>,
) -> Vec<(EndpointId, Message)> {
    let ours = |endpoint: &&Endpoint| endpoint.dialect == DIALECT && !endpoint.disabled;
    let endpoints = directory.endpoints.values().filter(ours);
    let told = endpoints.filter_map(|endpoint| {
        let settings = EndpointSettings::of(endpoint);
        let message = settings
            .is_associated(location.id)
            .then(|| message(&settings))
            .flatten()?;
        Some((EndpointId(endpoint.id), message))
    });
    told.collect()
}
