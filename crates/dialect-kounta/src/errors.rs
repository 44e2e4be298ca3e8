//! Refusals: one shape for all of them, and the one place that says what each refusal of the ledger is called here.
//!
//! Owns: statuses, texts and field names of errors. Must not know: what a request held. No text is ever made from a
//! request's values, because the words `invalid` and `expired` must stand in no body outside of a 401: a client in
//! the field that finds them refreshes its token and sends again, without a pause and for ever.

mod fault;
mod ledger;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use axum::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use tender_http::{FailureKind, MoneyMoved, Retry, advise};
use tender_service::AuthFailure;
use tender_wire::JsonWriter;

use crate::answer;

pub(crate) use fault::Fault;

/// What stands for the currency where none is at hand.
const SOME_CURRENCY: &str = "the currency";

/// A refusal on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    fault: Fault,
    /// The ledger's code, where the ledger refused.
    rejection: Option<&'static str>,
    field: Option<Cow<'static, str>>,
    detail: Cow<'static, str>,
    allow: Option<&'static [Method]>,
    money_moved: MoneyMoved,
    retry: Retry,
}

impl ApiError {
    /// A refusal after which nothing has changed, and that a repeat would meet again.
    pub(crate) const fn of(fault: Fault) -> Self {
        Self {
            fault,
            rejection: None,
            field: None,
            detail: Cow::Borrowed(SOME_CURRENCY),
            allow: None,
            money_moved: MoneyMoved::No,
            retry: Retry::Never,
        }
    }

    /// The same refusal, about this field. The name is one of ours, never the client's.
    pub(crate) fn at(self, field: impl Into<Cow<'static, str>>) -> Self {
        Self {
            field: Some(field.into()),
            ..self
        }
    }

    /// The same refusal with this in the place for a detail. The text is one of ours, never the client's.
    pub(crate) fn with(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            detail: detail.into(),
            ..self
        }
    }

    /// 400: a field must be there.
    pub(crate) fn required(field: impl Into<Cow<'static, str>>) -> Self {
        Self::of(Fault::Required).at(field)
    }

    /// 400: a field names something that is not there.
    pub(crate) fn unknown(field: impl Into<Cow<'static, str>>) -> Self {
        Self::of(Fault::Unknown).at(field)
    }

    /// 400: a field is longer than this server keeps.
    pub(crate) fn too_long(field: impl Into<Cow<'static, str>>) -> Self {
        Self::of(Fault::TooLong).at(field)
    }

    /// 400: a field cannot be changed any more.
    pub(crate) fn fixed(field: &'static str) -> Self {
        Self::of(Fault::Fixed).at(field)
    }

    /// 404.
    pub(crate) const fn not_found() -> Self {
        Self::of(Fault::NotFound)
    }

    /// 405.
    pub(crate) fn method_not_allowed(allow: &'static [Method]) -> Self {
        Self {
            allow: Some(allow),
            ..Self::of(Fault::Method)
        }
    }

    /// 429.
    pub(crate) fn limit_exceeded(retry_after_s: u32) -> Self {
        Self {
            retry: Retry::After(retry_after_s),
            ..Self::of(Fault::Limit)
        }
    }

    /// What a handler that gave no answer is answered with: nobody can say what it had done.
    pub(crate) fn unanswered(kind: FailureKind, is_about_money: bool) -> Self {
        let fault = match kind {
            FailureKind::Panic => Fault::Panicked,
            FailureKind::Deadline => Fault::TookTooLong,
        };
        let retry = if is_about_money {
            Retry::SameKey
        } else {
            Retry::Never
        };
        let money_moved = if is_about_money {
            MoneyMoved::Unknown
        } else {
            MoneyMoved::No
        };
        Self {
            money_moved,
            retry,
            ..Self::of(fault)
        }
    }

    const fn status(&self) -> StatusCode {
        self.fault.words().status
    }

    /// Whether a thing that is not there at all would have to be told instead.
    pub(crate) fn comes_after_not_found(&self) -> bool {
        matches!(
            self.status(),
            StatusCode::BAD_REQUEST | StatusCode::NOT_ACCEPTABLE
        )
    }

    /// Whether it is the method that is refused.
    pub(crate) fn is_about_method(&self) -> bool {
        self.fault == Fault::Method
    }

    /// The same refusal for a request that carried an idempotency key, or for one that carried none or takes none, and so
    /// cannot be sent again safely.
    pub(crate) fn known_by(self, has_key: bool) -> Self {
        if has_key {
            return self;
        }
        let retry = if self.retry == Retry::SameKey {
            Retry::Never
        } else {
            self.retry
        };
        let fault = if self.fault == Fault::OutcomeUnknown {
            Fault::OutcomeUnknownNoKey
        } else {
            self.fault
        };
        Self { fault, retry, ..self }
    }

    fn body(&self) -> JsonWriter {
        let words = self.fault.words();
        let filled = |text: &str| {
            let field = self.field.as_deref().unwrap_or_default();
            text.replace("{field}", field).replace("{detail}", &self.detail)
        };
        JsonWriter::object(|object| {
            object.string("error", &filled(words.error));
            object.string("error_description", &filled(words.description));
            object.optional("field", self.field.as_deref(), |object, name, field| {
                object.string(name, field)
            });
        })
    }

    /// The answer. `is_about_money` adds the headers that say whether money moved.
    pub(crate) fn into_answer(self, is_about_money: bool) -> Response {
        let code = self.fault.code();
        #[cfg(test)]
        crate::tests::record::refusal(code, self.rejection);
        tracing::debug!(code, rejection = self.rejection, "request refused");
        let mut response = answer::with_status(self.status(), self.body());
        let headers = response.headers_mut();
        if let Some(allow) = self.allow {
            let names: Vec<&str> = allow.iter().map(Method::as_str).collect();
            if let Ok(value) = HeaderValue::from_str(&names.join(", ")) {
                headers.insert(ALLOW, value);
            }
        }
        if is_about_money {
            advise(headers, self.money_moved, self.retry);
        } else if let Retry::After(seconds) = self.retry {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Why nobody was recognised, as the one answer where the two words may stand. The wording for a token past its life
/// is fixed: clients test the status, the description, or its words.
pub(crate) fn unauthorized(failure: &AuthFailure, is_about_money: bool) -> Response {
    let (code, description) = match failure {
        AuthFailure::Missing => ("credential missing", "The request carries no credentials"),
        AuthFailure::Expired => ("credential expired", "The access token provided has expired"),
        AuthFailure::Revoked => ("credential revoked", "The access token provided has been revoked"),
        AuthFailure::Unknown => ("credential unknown", "The credentials provided are invalid"),
        AuthFailure::Disabled => ("credential disabled", "The application has been switched off"),
        AuthFailure::Unavailable(failure) => {
            return ApiError::from(failure.clone()).into_answer(is_about_money);
        }
    };
    #[cfg(test)]
    crate::tests::record::refusal(code, None);
    tracing::debug!(code, "request refused");
    let body = JsonWriter::object(|object| {
        object.string("error", "invalid_token");
        object.string("error_description", description);
    });
    let mut response = answer::with_status(StatusCode::UNAUTHORIZED, body);
    let headers = response.headers_mut();
    let bearer =
        format!("Bearer realm=\"tender\", error=\"invalid_token\", error_description=\"{description}\"");
    if let Ok(bearer) = HeaderValue::from_str(&bearer) {
        headers.append(WWW_AUTHENTICATE, bearer);
    }
    headers.append(
        WWW_AUTHENTICATE,
        HeaderValue::from_static("Basic realm=\"tender\", charset=\"UTF-8\""),
    );
    if is_about_money {
        advise(headers, MoneyMoved::No, Retry::Never);
    }
    response
}
