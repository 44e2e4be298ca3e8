//! JSON of a site, a register, a status.

use tender_engine::LocationId;
use tender_service::{Location, Register};
use tender_wire::ObjectWriter;

use crate::exchange::Exchange;

/// What is published of a site and not known here.
const UNKNOWN: [&str; 9] = [
    "contact_person",
    "shipping_address",
    "postal_address",
    "email",
    "mobile",
    "phone",
    "fax",
    "location",
    "image",
];

/// A site.
pub(super) fn site(object: &mut ObjectWriter<'_>, exchange: &Exchange, site: &Location) {
    let merchant = &exchange.directory.merchant;
    object.number("id", site.id);
    object.string("name", &site.name);
    object.string("code", &site.code);
    object.number("company_id", merchant.id);
    object.nullable(
        "business_number",
        merchant.business_number.as_deref(),
        |object, name, text| {
            object.string(name, text);
        },
    );
    for name in UNKNOWN {
        object.null(name);
    }
    object.nullable("website", merchant.website.as_deref(), |object, name, text| {
        object.string(name, text)
    });
    object.bool("register_level_reconciliation", false);
    object.null("price_list");
}

/// A register; without its site where the path named it.
pub(super) fn register(object: &mut ObjectWriter<'_>, register: &Register, site: Option<&Location>) {
    object.number("id", register.id);
    object.string("code", &register.code);
    object.string("name", &register.name);
    object.optional("site_id", site, |object, name, site| object.number(name, site.id));
}

/// Whether a site's tills are there. It says so and blocks nothing.
pub(super) fn status(object: &mut ObjectWriter<'_>, exchange: &Exchange, site: &Location) {
    let online = |is_online| if is_online { "online" } else { "offline" };
    let ordering = &site.online_ordering;
    object.number("site_id", site.id);
    object.string(
        "status",
        online(exchange.tender.device_online(LocationId(site.id))),
    );
    object.string("online_ordering", online(ordering.enabled && ordering.accepting));
}
