//! JSON of the company, an employee, a payment method. What this server does not know is `null`, never left out.

use tender_engine::Timestamp;
use tender_service::{Method, Staff};
use tender_wire::ObjectWriter;

use crate::exchange::Exchange;
use crate::time::Zone;

/// The company. Its currency is that of its first site, as it has none of its own.
pub(super) fn company(object: &mut ObjectWriter<'_>, exchange: &Exchange) {
    let merchant = &exchange.directory.merchant;
    let zone = Zone::of_company(&exchange.directory);
    let updated_at = zone.show(Timestamp(merchant.updated_at_ms));
    let currency = exchange
        .directory
        .locations
        .values()
        .next()
        .map(|site| site.currency.as_str());
    let contact = exchange.directory.staff.values().find(|staff| staff.is_admin);
    let registers: usize = exchange.sites().map(|site| site.registers.len()).sum();
    object.number("id", merchant.id);
    object.string("name", &merchant.name);
    object.null("shipping_address");
    object.null("postal_address");
    object.object("addresses", |addresses| {
        addresses.number("count", 0_u32);
        addresses.string("updated_at", &updated_at);
    });
    object.nullable(
        "business_number",
        merchant.business_number.as_deref(),
        |object, name, text| {
            object.string(name, text);
        },
    );
    object.nullable("contact_staff_member", contact, |object, name, staff| {
        object.object(name, |contact| {
            contact.number("id", staff.id);
            contact.string("first_name", &staff.first_name);
            contact.string("last_name", &staff.last_name);
            contact.string("email", &staff.email);
        });
    });
    object.null("image");
    object.nullable("website", merchant.website.as_deref(), |object, name, text| {
        object.string(name, text)
    });
    object.nullable("currency", currency, |object, name, code| {
        object.string(name, code)
    });
    object.object("timezone", |timezone| {
        timezone.string("offset", &zone.offset(exchange.tender.now()));
        timezone.string("name", &merchant.time_zone);
    });
    object.object("sites", |sites| {
        sites.number("count", exchange.sites().count());
        sites.string("updated_at", &updated_at);
    });
    object.object("registers", |object| {
        object.number("count", registers);
        object.null("limit");
        object.string("updated_at", &updated_at);
    });
    object.string("created_at", &zone.show(Timestamp(merchant.created_at_ms)));
    object.string("updated_at", &updated_at);
}

/// An employee.
pub(super) fn staff(object: &mut ObjectWriter<'_>, staff: &Staff) {
    object.number("id", staff.id);
    object.string("first_name", &staff.first_name);
    object.string("last_name", &staff.last_name);
    object.string("primary_email_address", &staff.email);
    object.bool("is_admin", staff.is_admin);
    object.array("email_addresses", |addresses| {
        if !staff.email.is_empty() {
            addresses.string(&staff.email);
        }
    });
    object.array("permissions", |_| {});
}

/// A payment method.
pub(super) fn method(object: &mut ObjectWriter<'_>, method: &Method) {
    object.number("id", method.id);
    object.string("name", &method.name);
    object.string("ledger_code", &method.ledger_code);
}
