//! What a request says about a webhook.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue};
use tender_wire::{Presence, Reader};

use super::settings::HookSettings;
use super::topic::Topic;
use crate::errors::{ApiError, Fault};
use crate::field::{self, NAME_BYTES_MAX};

/// Extra headers of one webhook.
const HEADERS_MAX: usize = 20;
/// Longest value of an extra header, in bytes.
const HEADER_BYTES_MAX: usize = 1_024;
/// Sites of one filter.
const FILTER_SITES_MAX: usize = 100;

/// The fields, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HookFields {
    pub(super) topic: Option<Topic>,
    pub(super) address: Option<String>,
    filter: Option<Vec<u64>>,
    headers: Option<BTreeMap<String, String>>,
    secret: Presence<String>,
}

impl HookFields {
    /// Reads the fields.
    ///
    /// # Errors
    /// 400 naming the first field at fault.
    pub(super) fn read(reader: &Reader<'_, '_>, private_urls: bool) -> Result<Self, ApiError> {
        let topic = topic(reader)?;
        let address = field::url(reader, "address", private_urls)?.value();
        if reader
            .string("format")?
            .value()
            .is_some_and(|format| format != "json")
        {
            return Err(ApiError::of(Fault::Format).at("format"));
        }
        Ok(Self {
            topic,
            address,
            filter: filter(reader)?,
            headers: headers(reader)?,
            secret: field::text(reader, "secret", NAME_BYTES_MAX)?,
        })
    }

    /// Lays what was sent over settings.
    pub(super) fn apply(&self, settings: &mut HookSettings) {
        settings.topic = self.topic.or(settings.topic);
        if let Some(site_ids) = &self.filter {
            settings.site_ids.clone_from(site_ids);
        }
        if let Some(headers) = &self.headers {
            settings.headers.clone_from(headers);
        }
        match &self.secret {
            Presence::Absent => {}
            Presence::Null => settings.secret = None,
            Presence::Value(secret) => {
                settings.secret = Some(secret.clone()).filter(|secret| !secret.is_empty())
            }
        }
    }
}

fn topic(reader: &Reader<'_, '_>) -> Result<Option<Topic>, ApiError> {
    let Some(word) = reader.string("topic")?.value() else {
        return Ok(None);
    };
    let topic = Topic::parse(word);
    topic
        .map(Some)
        .ok_or_else(|| ApiError::of(Fault::TopicUnknown).at("topic"))
}

/// Reads the filter, always an object. A list of sites that is `null` or empty narrows nothing.
fn filter(reader: &Reader<'_, '_>) -> Result<Option<Vec<u64>>, ApiError> {
    let filter = match reader.object("filter")? {
        Presence::Absent => return Ok(None),
        Presence::Null => return Ok(Some(Vec::new())),
        Presence::Value(filter) => filter,
    };
    let mut site_ids = Vec::new();
    let Some(sites) = filter.array("site_ids")?.value() else {
        return Ok(Some(site_ids));
    };
    if sites.len() > FILTER_SITES_MAX {
        return Err(ApiError::of(Fault::TooMany).at("filter.site_ids"));
    }
    for site in sites.iter() {
        let id = site.read::<i64>()?;
        let id = u64::try_from(id).map_err(|_| ApiError::unknown("filter.site_ids"))?;
        site_ids.push(id);
    }
    Ok(Some(site_ids))
}

fn headers(reader: &Reader<'_, '_>) -> Result<Option<BTreeMap<String, String>>, ApiError> {
    let object = match reader.object("headers")? {
        Presence::Absent => return Ok(None),
        Presence::Null => return Ok(Some(BTreeMap::new())),
        Presence::Value(object) => object,
    };
    let mut headers = BTreeMap::new();
    for (name, value) in object.members().iter() {
        // The error names the object: a header's name is the client's text, which no error repeats.
        let refused = |fault| ApiError::of(fault).at("headers");
        if !is_allowed(name) {
            return Err(refused(Fault::HeaderName));
        }
        let value = value.as_str().ok_or_else(|| refused(Fault::HeaderType))?;
        if value.len() > HEADER_BYTES_MAX || HeaderValue::from_str(value).is_err() {
            return Err(refused(Fault::HeaderText));
        }
        headers.insert(name.to_owned(), value.to_owned());
        if headers.len() > HEADERS_MAX {
            return Err(refused(Fault::HeadersTooMany));
        }
    }
    Ok(Some(headers))
}

fn is_allowed(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_name = name.len() <= NAME_BYTES_MAX && HeaderName::from_bytes(lower.as_bytes()).is_ok();
    is_name && (lower == "authorization" || (lower.starts_with("x-") && !lower.starts_with("x-kounta")))
}
