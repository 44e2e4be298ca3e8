//! Payment methods and businesses in the HAL form of the finance API.

use std::collections::BTreeMap;

use tender_service::{Location, Merchant, Method};
use tender_wire::JsonWriter;

/// The methods that a payment may name.
pub(super) fn payment_methods<'d>(methods: impl Iterator<Item = &'d Method>, href: &str) -> JsonWriter {
    JsonWriter::object(|o| {
        o.object("_embedded", |o| {
            o.array("paymentMethodList", |list| {
                for method in methods {
                    list.object(|o| {
                        o.string("name", &method.name);
                        o.string("code", &method.code);
                        o.string("accountingReference", &method.ledger_code);
                        o.number("pmId", method.id);
                    });
                }
            });
        });
        o.object("_links", |o| o.object("self", |o| o.string("href", href)));
    })
}

/// The business, once for each currency of its locations: the wire has the currency on the business, and a client that
/// looks a location up must find the location's own.
pub(super) fn businesses<'l>(
    merchant: &Merchant,
    locations: impl Iterator<Item = &'l Location>,
) -> JsonWriter {
    let mut by_currency: BTreeMap<&str, Vec<&Location>> = BTreeMap::new();
    for location in locations {
        by_currency.entry(&location.currency).or_default().push(location);
    }
    JsonWriter::object(|o| {
        o.object("_embedded", |o| {
            o.array("businessList", |list| {
                for (currency, locations) in &by_currency {
                    list.object(|o| {
                        o.string("businessName", &merchant.name);
                        o.number("businessId", merchant.id);
                        o.string("currencyCode", currency);
                        o.array("businessLocations", |list| {
                            for location in locations {
                                list.object(|o| {
                                    o.string("blName", &location.name);
                                    o.number("blID", location.id);
                                    o.string("country", &location.country);
                                    o.string("timezone", &location.time_zone);
                                });
                            }
                        });
                    });
                }
            });
        });
    })
}
