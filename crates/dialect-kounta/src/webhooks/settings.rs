//! What this dialect keeps in an endpoint's settings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tender_service::{Endpoint, Failure};

use super::topic::Topic;

/// The settings. Unknown members are ignored and missing ones default, so that another version's can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct HookSettings {
    /// What is told; none for callbacks.
    pub(super) topic: Option<Topic>,
    /// Only orders of these sites; empty for all.
    pub(super) site_ids: Vec<u64>,
    /// Extra headers.
    pub(super) headers: BTreeMap<String, String>,
    /// The signature key; without one, the application's client secret signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
    /// Stands for the `callback_uri` of orders, and is shown to nobody.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) callback: bool,
}

impl HookSettings {
    /// Those of an endpoint.
    pub(super) fn of(endpoint: &Endpoint) -> Self {
        Self::deserialize(&endpoint.settings).unwrap_or_default()
    }

    /// As the directory keeps them.
    pub(super) fn to_value(&self) -> Result<serde_json::Value, Failure> {
        serde_json::to_value(self).map_err(|_| Failure::Internal)
    }
}

/// Whether an endpoint stands for a `callback_uri`, told without reading all of its settings.
pub(super) fn is_callback(endpoint: &Endpoint) -> bool {
    endpoint
        .settings
        .get("callback")
        .and_then(serde_json::Value::as_bool)
        .unwrap_or(false)
}
