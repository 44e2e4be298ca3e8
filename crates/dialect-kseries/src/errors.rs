//! Refusals and their bodies: the envelopes A to D of the specification, section 5.
//!
//! Owns: what a refusal looks like on the wire, the closed list of faults, and the one mapping from the ledger's
//! rejections to it. Must not know: routes or requests. The bodies imitate Spring Boot with Bean Validation, nulls left
//! out; where the specification is silent, that framework's default wording is used.

mod fault;
mod ledger;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tender_engine::Timestamp;
use tender_http::{MoneyMoved, Retry, advise};
use tender_wire::JsonWriter;

pub(crate) use fault::Fault;
pub(crate) use ledger::{Asked, of_failure, of_trouble};

use crate::time::{TimeForm, Written};
use crate::validation::{Violation, write_violation};

#[cfg(test)]
mod tests;

/// What a request is told instead of what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 401 with an empty body.
    Unauthorized,
    /// Envelope A.
    Fault(Fault),
    /// Envelope B: constraints of a request's object are broken.
    Invalid {
        /// Spring's name of the object.
        object: &'static str,
        /// What is broken, in the order of the fields.
        violations: Vec<Violation>,
    },
    /// Envelope C: an order's reference was used before.
    OrderReferenceUsed {
        /// The reference.
        reference: String,
        /// Whether the order under that reference has been paid.
        money_moved: MoneyMoved,
    },
    /// Envelope D: a menu cannot be loaded.
    MenuUnavailable {
        /// The id that was asked for.
        menu: String,
    },
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Refusal {
    /// Whether it is answered with 400, whose time some routes write in a form of their own.
    pub(crate) fn is_bad_request(&self) -> bool {
        match self {
            Self::Fault(fault) => fault.status() == StatusCode::BAD_REQUEST,
            Self::Invalid { .. } => true,
            Self::Unauthorized | Self::OrderReferenceUsed { .. } | Self::MenuUnavailable { .. } => false,
        }
    }

    /// The answer.
    pub(crate) fn into_response(self, now: Timestamp, form: TimeForm, path: &str) -> Response {
        let timestamp = Written(now, form);
        // Tests count which refusals were seen; nothing of this reaches the wire.
        #[cfg(test)]
        let seen = self.clone();
        let answer = match self {
            Self::Unauthorized => unauthorized(),
            Self::Fault(fault) => {
                let (money_moved, retry) = fault.advice();
                let body = envelope_a(timestamp, &fault, path);
                json_answer(fault.status(), body, money_moved, retry)
            }
            Self::Invalid { object, violations } => {
                let body = envelope_b(timestamp, object, &violations, path);
                json_answer(StatusCode::BAD_REQUEST, body, MoneyMoved::No, Retry::Never)
            }
            Self::OrderReferenceUsed {
                reference,
                money_moved,
            } => {
                let body = JsonWriter::object(|o| {
                    o.string("status", "fail");
                    o.display("msg", format_args!("reference has already been used {reference}"));
                });
                json_answer(StatusCode::CONFLICT, body, money_moved, Retry::Never)
            }
            Self::MenuUnavailable { menu } => {
                let body = envelope_d(timestamp, &menu);
                let status = StatusCode::SERVICE_UNAVAILABLE;
                json_answer(status, body, MoneyMoved::No, Retry::After(MENU_RETRY_AFTER_S))
            }
        };
        #[cfg(test)]
        let answer = crate::tests::mark(answer, seen);
        answer
    }
}

/// When to ask again for a menu that has nothing to show: somebody has to configure it first.
const MENU_RETRY_AFTER_S: u32 = 60;

/// 401: an empty body on every path (spec 5.5).
fn unauthorized() -> Response {
    let mut answer = StatusCode::UNAUTHORIZED.into_response();
    let headers = answer.headers_mut();
    headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    advise(headers, MoneyMoved::No, Retry::Never);
    answer
}

fn envelope_a(timestamp: Written, fault: &Fault, path: &str) -> JsonWriter {
    let status = fault.status();
    JsonWriter::object(|o| {
        o.display("timestamp", timestamp);
        o.number("status", status.as_u16());
        o.string("error", reason_phrase(status));
        o.display("message", fault);
        o.string("path", path);
    })
}

fn envelope_b(timestamp: Written, object: &str, violations: &[Violation], path: &str) -> JsonWriter {
    let status = StatusCode::BAD_REQUEST;
    let count = violations.len();
    JsonWriter::object(|o| {
        o.display("timestamp", timestamp);
        o.number("status", status.as_u16());
        o.string("error", reason_phrase(status));
        o.display(
            "message",
            format_args!("Validation failed for object='{object}'. Error count: {count}"),
        );
        o.array("errors", |errors| {
            for violation in violations {
                errors.object(|o| write_violation(o, object, violation));
            }
        });
        o.string("path", path);
    })
}

fn envelope_d(timestamp: Written, menu: &str) -> JsonWriter {
    JsonWriter::object(|o| {
        o.string("status", "503");
        o.display("timestamp", timestamp);
        o.string("message", "Menu unavailable");
        o.array("apiSubExceptions", |list| {
            list.object(|o| {
                o.string("field", "menuId");
                o.string("rejectedValue", menu);
                o.string("message", "the menu has no entries");
            });
        });
    })
}

fn reason_phrase(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Unknown")
}

/// An answer with a JSON body and the advice about money.
fn json_answer(status: StatusCode, body: JsonWriter, money_moved: MoneyMoved, retry: Retry) -> Response {
    let mut answer = json(status, body);
    advise(answer.headers_mut(), money_moved, retry);
    answer
}

/// An answer with a JSON body.
pub(crate) fn json(status: StatusCode, body: JsonWriter) -> Response {
    let mut answer = Response::new(Body::from(body.into_bytes()));
    *answer.status_mut() = status;
    let content_type = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}
