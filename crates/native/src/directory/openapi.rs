//! The description of what there is to name.

use serde_json::{Value, json};
use tender_openapi::{Document, Operation, Schema};

use super::{LIMIT_MAX, LIMIT_USUAL};
use crate::openapi::call::{Call, Traits, done, page};
use crate::openapi::values::{DEVICE, LOCATION, currency, page_of, text};

pub(crate) fn add(document: Document) -> Document {
    let is_online = |of: &str| {
        let description = format!("Whether the node asked has heard of a till {of} within the last minute.");
        Schema::boolean().describe(&description)
    };
    let location = Schema::object()
        .required("id", text())
        .required("name", text())
        .required("code", text())
        .required("currency", currency())
        .required("time_zone", text())
        .required("country", text())
        .required("online", is_online("there"))
        .closed();
    let terminal = Schema::boolean().describe("The till's own card terminal: cannot be used from outside.");
    let method = Schema::object()
        .required("id", text().describe("mth_…"))
        .required("code", text())
        .required("name", text())
        .optional("description", text())
        .required("active", Schema::boolean())
        .required("visible", Schema::boolean())
        .required("till_terminal", terminal)
        .closed();
    let device = Schema::object()
        .required("id", text())
        .required("location_id", text())
        .required("name", text())
        .optional(
            "behaviour",
            text().describe("How the server plays it, if it does."),
        )
        .required("online", is_online("of its location"))
        .closed();
    document
        .schema("Location", location)
        .schema("LocationPage", page_of("Location"))
        .schema("Method", method)
        .schema("MethodPage", page_of("Method"))
        .schema("Device", device)
        .schema("DevicePage", page_of("Device"))
}

pub(crate) fn locations(call: Call<'_>) -> Operation {
    let location = json!({
        "id": LOCATION, "name": "Brasserie Tender", "code": "BRU", "currency": "EUR", "time_zone": "Europe/Brussels",
        "country": "BE", "online": true,
    });
    call.named("directory", "listLocations", "List locations")
        .paged(LIMIT_MAX, LIMIT_USUAL, "1")
        .answers(200, done("LocationPage", page(location, None)))
}

pub(crate) fn methods(call: Call<'_>) -> Operation {
    let method = json!({
        "id": "mth_2", "code": "APM", "name": "API Payment", "active": true, "visible": true, "till_terminal": false,
    });
    call.named("directory", "listMethods", "List payment methods")
        .paged(LIMIT_MAX, LIMIT_USUAL, "mth_1")
        .answers(200, done("MethodPage", page(method, None)))
}

pub(crate) fn devices(call: Call<'_>) -> Operation {
    call.named("directory", "listDevices", "List devices")
        .located("Of this location only.")
        .paged(LIMIT_MAX, LIMIT_USUAL, "1")
        .answers(200, done("DevicePage", page(device("auto"), None)))
}

/// A device that the server plays.
pub(crate) fn device(behaviour: &str) -> Value {
    json!({
        "id": DEVICE, "location_id": LOCATION, "name": "BRU till 1", "behaviour": behaviour, "online": true,
    })
}
