//! Reading fields of requests that several resources share: texts with a limit, ids, moments.

use tender_engine::Timestamp;
use tender_money::Decimal;
use tender_service::{WEBHOOK_URL_BYTES_MAX, check_webhook_url};
use tender_wire::{Json, Presence, Reader};

use crate::errors::{ApiError, Fault};
use crate::{number, time};

/// Longest notes, in bytes.
pub(crate) const NOTES_BYTES_MAX: usize = 10_000;
/// Longest name, number or word, in bytes.
pub(crate) const NAME_BYTES_MAX: usize = 200;
/// Longest URL, in bytes.
pub(crate) const URL_BYTES_MAX: usize = WEBHOOK_URL_BYTES_MAX;
/// Longest payment reference, in bytes: clients put whole JSON documents there.
pub(crate) const REFERENCE_BYTES_MAX: usize = 16 * 1024;

/// Reads a text of at most so many bytes.
pub(crate) fn text(
    reader: &Reader<'_, '_>,
    name: &str,
    bytes_max: usize,
) -> Result<Presence<String>, ApiError> {
    let text = reader.string(name)?;
    if let Presence::Value(text) = &text
        && text.len() > bytes_max
    {
        return Err(ApiError::too_long(reader.path_of(name)));
    }
    Ok(text.map(str::to_owned))
}

/// Reads an id. A number that no id can be names nothing.
pub(crate) fn id(reader: &Reader<'_, '_>, name: &str) -> Result<Presence<u64>, ApiError> {
    match reader.i64(name)? {
        Presence::Absent => Ok(Presence::Absent),
        Presence::Null => Ok(Presence::Null),
        Presence::Value(id) => match u64::try_from(id) {
            Ok(id) if id > 0 => Ok(Presence::Value(id)),
            _ => Err(ApiError::unknown(reader.path_of(name))),
        },
    }
}

/// Reads a moment.
pub(crate) fn moment(reader: &Reader<'_, '_>, name: &str) -> Result<Presence<Timestamp>, ApiError> {
    match reader.string(name)? {
        Presence::Absent => Ok(Presence::Absent),
        Presence::Null => Ok(Presence::Null),
        Presence::Value(text) => time::parse_moment(text)
            .map(Presence::Value)
            .ok_or_else(|| ApiError::of(Fault::Moment).at(reader.path_of(name))),
    }
}

/// Reads a rate: a number that is no amount, and so may have a long tail.
pub(crate) fn rate(reader: &Reader<'_, '_>, name: &str) -> Result<Presence<Decimal>, ApiError> {
    if let Some(Json::Number(text)) = reader.members().get(name) {
        let rate =
            number::rate(text.as_str()).ok_or_else(|| ApiError::of(Fault::Range).at(reader.path_of(name)))?;
        if rate.is_negative() {
            return Err(ApiError::of(Fault::Negative).at(reader.path_of(name)));
        }
        return Ok(Presence::Value(rate));
    }
    Ok(reader.decimal(name)?)
}

/// Reads a URL that this server is to call.
pub(crate) fn url(
    reader: &Reader<'_, '_>,
    name: &str,
    private_allowed: bool,
) -> Result<Presence<String>, ApiError> {
    let url = text(reader, name, URL_BYTES_MAX)?;
    if let Presence::Value(url) = &url
        && let Err(refusal) = check_webhook_url(url, private_allowed)
    {
        return Err(ApiError::of(Fault::Url)
            .at(reader.path_of(name))
            .with(refusal.to_string()));
    }
    Ok(url)
}
