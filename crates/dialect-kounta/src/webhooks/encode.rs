//! JSON of a webhook. Its secret is never shown.

use tender_engine::Timestamp;
use tender_service::{Directory, Endpoint};
use tender_wire::ObjectWriter;

use super::settings::HookSettings;
use crate::time::Zone;

/// A webhook. A filter that narrows nothing reads `{}`: clients decode an object, never an array.
pub(super) fn webhook(
    object: &mut ObjectWriter<'_>,
    endpoint: &Endpoint,
    settings: &HookSettings,
    directory: &Directory,
) {
    let zone = Zone::of_company(directory);
    object.number("id", endpoint.id);
    object.nullable("topic", settings.topic, |object, name, topic| {
        object.string(name, topic.word())
    });
    object.string("address", &endpoint.url);
    object.string("format", "json");
    object.object("filter", |filter| {
        if !settings.site_ids.is_empty() {
            filter.array("site_ids", |sites| {
                for id in &settings.site_ids {
                    sites.number(*id);
                }
            });
        }
    });
    object.object("headers", |headers| {
        for (name, value) in &settings.headers {
            headers.string(name, value);
        }
    });
    object.string("created_at", &zone.show(Timestamp(endpoint.created_at_ms)));
    object.string("updated_at", &zone.show(Timestamp(endpoint.updated_at_ms)));
}
