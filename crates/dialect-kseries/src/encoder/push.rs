//! ITEM and ORDER_API notifications (spec 7.4), which follow from changes of the directory or of the tills instead of
//! commands.
//!
//! Endpoints get them for the locations they are associated with: items by subscription, readiness always.

use tender_engine::{EndpointId, Timestamp};
use tender_service::{Directory, Endpoint, Item, Location, Message};
use tender_wire::{JsonWriter, ObjectWriter};

use crate::data::Readiness;
use crate::time::{TimeForm, Written};
use crate::webhooks::{DIALECT, EndpointSettings};

/// The messages about an item whose count has changed: to every associated endpoint that subscribes to
/// `SALES_RESTRICTION_UPDATED`. `at` is when the count changed.
#[must_use]
pub fn item_messages(
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
#[must_use]
pub fn readiness_messages(
    directory: &Directory,
    location: &Location,
    before: Option<&Readiness>,
    now: &Readiness,
) -> Vec<(EndpointId, Message)> {
    if before.is_some_and(|before| before.inputs() == now.inputs()) {
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
