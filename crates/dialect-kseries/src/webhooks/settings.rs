//! What this dialect keeps about an endpoint, in the part of the record that belongs to the dialect.

use serde::{Deserialize, Serialize};
use tender_service::Endpoint;

/// The dialect's part of an endpoint. Missing members default, so that a record of another version can be read. It holds a
/// password, so nothing prints it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct EndpointSettings {
    pub(crate) with_basic_auth: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
    /// Kept readable because it has to be sent; never part of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<String>,
    /// Whether order notifications carry the account.
    pub(crate) provide_account: bool,
    /// Whether the account carries its lines.
    pub(crate) expand_transactions: bool,
    /// Whether the account carries its payments.
    pub(crate) expand_payments: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subscribe_to: Option<Vec<Subscription>>,
    /// Locations whose item and readiness messages the endpoint gets.
    pub(crate) associations: Vec<Association>,
}

/// An opt-in to one kind of message. One that lacks a half opts in to nothing, and is shown as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subscription {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<String>,
}

/// A location that an endpoint hears about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Association {
    pub(crate) location: u64,
    pub(crate) created_at_ms: i64,
    pub(crate) updated_at_ms: i64,
}

impl EndpointSettings {
    /// Reads the dialect's part of an endpoint; one that cannot be read counts as empty, which sends the least.
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        Self::deserialize(&endpoint.settings).unwrap_or_default()
    }

    /// The stored form.
    pub(crate) fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Whether the endpoint asked for an opt-in message.
    pub(crate) fn subscribes(&self, resource: &str, name: &str) -> bool {
        let mut subscriptions = self.subscribe_to.iter().flatten();
        subscriptions.any(|subscription| {
            subscription.resource.as_deref() == Some(resource) && subscription.name.as_deref() == Some(name)
        })
    }

    /// Whether the endpoint hears about items and readiness of a location.
    pub(crate) fn is_associated(&self, location: u64) -> bool {
        self.associations
            .iter()
            .any(|association| association.location == location)
    }
}
