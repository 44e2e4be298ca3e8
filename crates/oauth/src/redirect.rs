//! Sending the browser on to the application, with an answer in the query.

use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in a query as it is. A space becomes `%20`, which readers of forms and readers of URLs both understand.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Redirects to a registered address. The method changes to GET, so that what a person typed in is not sent along.
pub(crate) fn answer(redirect_uri: &str, pairs: &[(&str, &str)]) -> Response {
    let Ok(location) = HeaderValue::try_from(with_query(redirect_uri, pairs)) else {
        // Registered addresses are visible ASCII, and everything added is encoded.
        tracing::error!("a registered redirect address cannot stand in a header");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (LOCATION, location),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// The address with more parameters after those that it has.
pub(crate) fn with_query(address: &str, pairs: &[(&str, &str)]) -> String {
    let mut text = address.to_owned();
    for (name, value) in pairs {
        let separator = match text.bytes().last() {
            Some(b'?' | b'&') => "",
            _ if text.contains('?') => "&",
            _ => "?",
        };
        text.push_str(separator);
        text.push_str(name);
        text.push('=');
        text.extend(utf8_percent_encode(value, ENCODED));
    }
    text
}
