//! Endpoints and associations as answers.

use tender_engine::Timestamp;
use tender_service::Endpoint;
use tender_wire::{JsonWriter, ObjectWriter};

use super::settings::{Association, EndpointSettings};
use crate::time::{TimeForm, Written};

/// The endpoint, without its password (spec 6).
pub(super) fn endpoint(endpoint: &Endpoint) -> JsonWriter {
    let settings = EndpointSettings::of(endpoint);
    JsonWriter::object(|o| {
        o.string("endpointId", &endpoint.name);
        o.string("url", &endpoint.url);
        o.bool("withBasicAuth", settings.with_basic_auth);
        o.optional("username", settings.username.as_deref(), ObjectWriter::string);
        o.bool("provideAccount", settings.provide_account);
        o.bool("expandTransactions", settings.expand_transactions);
        o.bool("expandPayments", settings.expand_payments);
        if let Some(subscriptions) = &settings.subscribe_to {
            o.array("subscribeTo", |list| {
                for subscription in subscriptions {
                    list.object(|o| {
                        o.optional("name", subscription.name.as_deref(), ObjectWriter::string);
                        o.optional("resource", subscription.resource.as_deref(), ObjectWriter::string);
                    });
                }
            });
        }
    })
}

/// One association.
pub(super) fn association(association: &Association) -> JsonWriter {
    JsonWriter::object(|o| write_association(o, association))
}

/// All associations of an endpoint.
pub(super) fn associations(associations: &[Association]) -> JsonWriter {
    JsonWriter::array(|list| {
        for association in associations {
            list.object(|o| write_association(o, association));
        }
    })
}

fn write_association(o: &mut ObjectWriter<'_>, association: &Association) {
    let written = |ms| Written(Timestamp(ms), TimeForm::Offset);
    o.number("businessLocationId", association.location);
    o.display("createdAt", written(association.created_at_ms));
    o.display("updatedAt", written(association.updated_at_ms));
}
