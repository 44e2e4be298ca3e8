//! Problem documents (RFC 9457) of the native API, and the advice that every answer about money carries.

use std::borrow::Cow;
use std::fmt;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};

#[cfg(test)]
mod tests;

/// The media type of a problem document.
pub const PROBLEM_CONTENT_TYPE: &str = "application/problem+json";

const MONEY_MOVED_HEADER: HeaderName = HeaderName::from_static("tender-money-moved");
const RETRY_HEADER: HeaderName = HeaderName::from_static("tender-retry");

/// Whether money has moved because of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MoneyMoved {
    /// It has.
    Yes,
    /// It has not.
    No,
    /// Nobody can say, such as when the outcome of a commit is not known.
    Unknown,
}

impl MoneyMoved {
    /// `yes`, `no` or `unknown`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

impl Serialize for MoneyMoved {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a client should do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Send the same request with the same key again.
    SameKey,
    /// The same request will never be answered otherwise.
    Never,
    /// Try again after so many seconds.
    After(u32),
}

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameKey => f.write_str("same-key"),
            Self::Never => f.write_str("never"),
            Self::After(seconds) => write!(f, "after:{seconds}"),
        }
    }
}

impl Serialize for Retry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Puts the advice into headers: `Tender-Money-Moved`, `Tender-Retry`, and `Retry-After` with a waiting time.
pub fn advise(headers: &mut HeaderMap, money_moved: MoneyMoved, retry: Retry) {
    headers.insert(MONEY_MOVED_HEADER, HeaderValue::from_static(money_moved.as_str()));
    let value = match retry {
        Retry::SameKey => HeaderValue::from_static("same-key"),
        Retry::Never => HeaderValue::from_static("never"),
        Retry::After(seconds) => {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            HeaderValue::from_str(&retry.to_string()).expect("digits are visible ASCII")
        }
    };
    headers.insert(RETRY_HEADER, value);
}

/// Whether an answer carries the advice already.
pub(crate) fn is_advised(headers: &HeaderMap) -> bool {
    headers.contains_key(MONEY_MOVED_HEADER)
}

/// A problem document. `code` is the contract for programs; `title` and `detail` are for people and must not repeat
/// what the client sent beyond names of fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Problem {
    #[serde(rename = "type")]
    problem_type: String,
    title: Cow<'static, str>,
    #[serde(serialize_with = "status_number")]
    status: StatusCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    code: &'static str,
    money_moved: MoneyMoved,
    retry: Retry,
}

impl Problem {
    /// A refusal: no money has moved, and trying again changes nothing. The type is a URN made from the code.
    pub fn new(status: StatusCode, code: &'static str, title: impl Into<Cow<'static, str>>) -> Self {
        Self {
            problem_type: format!("urn:tender:problem:{code}"),
            title: title.into(),
            status,
            detail: None,
            field: None,
            code,
            money_moved: MoneyMoved::No,
            retry: Retry::Never,
        }
    }

    /// With what is particular about this occurrence.
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..self
        }
    }

    /// With the path of the field at fault.
    pub fn field(self, field: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..self
        }
    }

    /// With whether money has moved.
    pub fn money_moved(self, money_moved: MoneyMoved) -> Self {
        Self { money_moved, ..self }
    }

    /// With what to do next.
    pub fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

fn status_number<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).expect("a problem is plain text and numbers");
        let mut answer = (self.status, body).into_response();
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_CONTENT_TYPE));
        advise(headers, self.money_moved, self.retry);
        answer
    }
}
