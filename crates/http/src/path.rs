//! Paths before routing: rewriting them, and keeping what the client really asked for.
//!
//! Owns: the mechanics. Must not know: which dialect tolerates what, or when a path is rewritten.

use std::borrow::Cow;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{Extensions, Uri};

use crate::arrival::Arrival;

#[cfg(test)]
mod tests;

/// The path as the client sent it, without the query, before any rewriting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawPath(Uri);

impl RawPath {
    pub(crate) fn from_uri(uri: &Uri) -> Self {
        // A clone of a Uri counts references; it does not copy the text.
        Self(uri.clone())
    }

    /// The path, beginning with a slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.path()
    }

    /// The raw path of a request, given its extensions and, for one that was never rewritten, its URI.
    #[must_use]
    pub fn of(extensions: &Extensions, uri: &Uri) -> Self {
        let known = Arrival::of(extensions).map(|arrival| &arrival.raw_path);
        // A rewriting leaves it where the request did not come over a socket.
        let known = known.or_else(|| extensions.get());
        known.cloned().unwrap_or_else(|| Self::from_uri(uri))
    }
}

impl<S: Sync> FromRequestParts<S> for RawPath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions, &parts.uri))
    }
}

/// The same URI with another path.
pub(crate) fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let path_and_query = match uri.query() {
        Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
        None => PathAndQuery::try_from(path),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.ok()?);
    Uri::from_parts(parts).ok()
}

/// The path without empty segments: doubled slashes become one, a closing slash goes (but `/` stays).
#[must_use]
pub fn collapse_slashes(path: &str) -> Cow<'_, str> {
    let is_tidy = !path.contains("//") && (path.len() <= 1 || !path.ends_with('/'));
    if is_tidy {
        return Cow::Borrowed(path);
    }
    let mut tidy = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        tidy.push('/');
        tidy.push_str(segment);
    }
    if tidy.is_empty() {
        tidy.push('/');
    }
    Cow::Owned(tidy)
}

/// The path with needless percent-encoding removed: `%2D` is `-`. Only the characters that RFC 3986 calls
/// unreserved are decoded, since for those both spellings mean the same. Everything else, `%2F` and `%25` above all,
/// stays for the extractor that decodes a captured segment, so nothing is ever decoded twice.
#[must_use]
pub fn decode_unreserved(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let byte = after.get(..2).and_then(hexadecimal);
        match (byte, after.get(2..)) {
            (
                Some(byte @ (b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~')),
                Some(tail),
            ) => {
                decoded.push(char::from(byte));
                rest = tail;
            }
            _ => {
                decoded.push('%');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

fn hexadecimal(digits: &str) -> Option<u8> {
    // The parser alone would also take a sign.
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    are_digits.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

/// The path without a suffix of its last segment, such as `.json`; `None` when it has no such suffix or nothing
/// else in that segment.
#[must_use]
pub fn strip_last_suffix<'p>(path: &'p str, suffix: &str) -> Option<&'p str> {
    path.strip_suffix(suffix)
        .filter(|stripped| !stripped.is_empty() && !stripped.ends_with('/'))
}
