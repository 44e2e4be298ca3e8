//! What a client accepts, what it sends, and under which origin it reached this server.

use axum::http::header::{ACCEPT, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Uri};

use crate::errors::{ApiError, Fault};
use crate::route::Suffix;

#[cfg(test)]
mod tests;

/// The origin of URLs when a client does not say how it calls this server, as HTTP/1.0 clients may not.
const ORIGIN_OF_NOBODY: &str = "http://localhost";

/// Whether JSON may be answered. The suffix wins over `Accept`; without either it is a 406.
///
/// # Errors
/// 406.
pub(crate) fn check_accept(suffix: Suffix, headers: &HeaderMap) -> Result<(), ApiError> {
    let admitted = match suffix {
        Suffix::Json => true,
        Suffix::Xml => false,
        Suffix::None => headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(admits_json),
    };
    if admitted {
        Ok(())
    } else {
        Err(ApiError::of(Fault::Accept))
    }
}

/// Whether one range of an `Accept` header covers JSON. A weight of zero rules a range out.
fn admits_json(range: &str) -> bool {
    let mut pieces = range.split(';').map(str::trim);
    let media = pieces.next().unwrap_or_default();
    let covers = ["application/json", "application/*", "*/*"]
        .iter()
        .any(|known| media.eq_ignore_ascii_case(known));
    covers && !pieces.any(is_weight_zero)
}

fn is_weight_zero(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    let value = value.trim();
    name.trim().eq_ignore_ascii_case("q")
        && value.starts_with('0')
        && value.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

/// Whether a body is announced as JSON; parameters such as a charset may follow.
///
/// # Errors
/// 400.
pub(crate) fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = media
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim();
    if media.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(ApiError::of(Fault::ContentType))
}

/// The origin of the URLs that go out, without a closing slash: what the operator says, else what the client calls us.
pub(crate) fn origin(public_url: Option<&str>, headers: &HeaderMap, uri: &Uri) -> String {
    if let Some(public_url) = public_url {
        return public_url.trim_end_matches('/').to_owned();
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(axum::http::uri::Authority::as_str));
    match host.filter(|host| is_host(host)) {
        Some(host) => format!("http://{host}"),
        None => ORIGIN_OF_NOBODY.to_owned(),
    }
}

/// Whether a text can stand as a host in a URL. It goes into headers that others follow.
fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
        })
}
