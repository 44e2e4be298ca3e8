//! Refusals and their bodies: the envelopes A to D of the specification, section 5.
//!
//! Owns: what a refusal looks like on the wire, and the one mapping from the ledger's rejections to it. Must not know:
//! routes or requests. The bodies imitate Spring Boot with Bean Validation, nulls left out; where the specification is
//! silent, that framework's default wording is used.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tender_engine::{MoneyField, Rejection, Timestamp};
use tender_http::{MoneyMoved, Retry, advise};
use tender_money::Currency;
use tender_service::Failure;
use tender_wire::JsonWriter;

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
    General(General),
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

/// The parts of envelope A.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct General {
    pub(crate) status: StatusCode,
    pub(crate) message: Cow<'static, str>,
    pub(crate) money_moved: MoneyMoved,
    pub(crate) retry: Retry,
}

impl Refusal {
    /// Envelope A: nothing was changed, and asking again changes nothing.
    pub(crate) fn general(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self::General(General {
            status,
            message: message.into(),
            money_moved: MoneyMoved::No,
            retry: Retry::Never,
        })
    }

    /// 400 with envelope A.
    pub(crate) fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::general(StatusCode::BAD_REQUEST, message)
    }

    /// 404 with envelope A.
    pub(crate) fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::general(StatusCode::NOT_FOUND, message)
    }

    /// The location is not covered by the token. Says nothing about whether it exists.
    pub(crate) fn forbidden_location() -> Self {
        Self::general(
            StatusCode::FORBIDDEN,
            "Access is denied: businessLocationId is not covered by the token",
        )
    }

    /// Nobody knows this webhook endpoint: 400 where a payment or order names it, 404 where it is asked for.
    pub(crate) fn unknown_endpoint(status: StatusCode, name: &str) -> Self {
        Self::general(status, format!("endpoint ID not found for {name}"))
    }

    /// No check that can be read.
    pub(crate) fn account_not_found(location: u64) -> Self {
        Self::not_found(format!("account not found for BL {location}"))
    }

    /// The answer.
    pub(crate) fn into_response(self, now: Timestamp, form: TimeForm, path: &str) -> Response {
        let timestamp = Written(now, form);
        match self {
            Self::Unauthorized => unauthorized(),
            Self::General(general) => {
                let body = envelope_a(timestamp, general.status, &general.message, path);
                json_answer(general.status, body, general.money_moved, general.retry)
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
        }
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

fn envelope_a(timestamp: Written, status: StatusCode, message: &str, path: &str) -> JsonWriter {
    JsonWriter::object(|o| {
        o.display("timestamp", timestamp);
        o.number("status", status.as_u16());
        o.string("error", reason_phrase(status));
        o.string("message", message);
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

/// What a command was about, for the words of its refusal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// Whether a used reference is told in the manner of payments or of orders.
    pub(crate) is_order: bool,
    /// The unique reference.
    pub(crate) reference: &'a str,
    /// The webhook endpoint.
    pub(crate) endpoint: &'a str,
    /// The location.
    pub(crate) location: u64,
    /// Its currency.
    pub(crate) currency: Option<Currency>,
    /// Whether money moved under a reference that was used before.
    pub(crate) money_moved_before: MoneyMoved,
}

/// The dialect's name of a money field.
const fn field_name(field: MoneyField) -> &'static str {
    match field {
        MoneyField::Amount => "paymentAmount",
        MoneyField::Tip => "tipAmount",
        MoneyField::Surcharge => "surcharge",
        MoneyField::Line => "items",
        MoneyField::Service => "serviceCharge",
    }
}

/// The refusal for a rejection of the ledger. Total on purpose: a new rejection has to be given its words here.
///
/// Most of these never reach a caller, because payments and orders are accepted first and fail by notification
/// (spec 4.2); they are mapped all the same, as what they would mean.
pub(crate) fn of_rejection(rejection: &Rejection, asked: &Asked<'_>) -> Refusal {
    match rejection {
        Rejection::ReferenceUsed | Rejection::KeyReused { .. } | Rejection::ReferenceFenced => {
            reference_used(asked)
        }
        Rejection::EndpointNotFound => Refusal::unknown_endpoint(StatusCode::BAD_REQUEST, asked.endpoint),
        Rejection::TooManyDigits(field) => {
            Refusal::bad_request(too_many_digits(field_name(*field), asked.currency))
        }
        Rejection::OutOfRange(field) => {
            Refusal::bad_request(format!("{} is out of range", field_name(*field)))
        }
        Rejection::NotPositive(field) => Refusal::bad_request(not_positive(field_name(*field))),
        Rejection::Negative(field) => Refusal::bad_request(negative(field_name(*field))),
        Rejection::NotOnRefund(field) => {
            Refusal::bad_request(format!("{} must not be given with a refund", field_name(*field)))
        }
        Rejection::NothingToPay => Refusal::bad_request(not_positive(field_name(MoneyField::Amount))),
        Rejection::AmountRequired => Refusal::bad_request("paymentAmount must not be null"),
        Rejection::OrderNotFound => Refusal::account_not_found(asked.location),
        Rejection::PaymentNotFound => Refusal::not_found("payment not found"),
        Rejection::TaskNotFound => Refusal::not_found("task not found"),
        Rejection::CaseNotFound => Refusal::not_found("case not found"),
        Rejection::LineNotFound => Refusal::not_found("line not found"),
        Rejection::OrderMismatch => Refusal::bad_request("the payment is not one of the account"),
        Rejection::OrderClosed => Refusal::bad_request("Account already closed"),
        Rejection::OrderCancelled => Refusal::bad_request("Account cancelled"),
        Rejection::OrderRejected => Refusal::bad_request("Account rejected by staff"),
        Rejection::OrderDeleted => Refusal::bad_request("Account deleted"),
        Rejection::OrderProposed => Refusal::bad_request("Account not opened yet"),
        Rejection::PaymentsLocked => Refusal::bad_request("Account locked for payments"),
        Rejection::LinesFixed => Refusal::bad_request("items of the account cannot be changed any more"),
        Rejection::PaymentsPending => Refusal::bad_request("Account has pending payments"),
        Rejection::MoneyOnOrder => Refusal::bad_request("Account has payments"),
        Rejection::TotalBelowPaid => Refusal::bad_request("the total would be less than the amount paid"),
        Rejection::StateFinal => Refusal::bad_request("Account state is final"),
        Rejection::InvalidState => Refusal::bad_request("the state does not allow this"),
        Rejection::CorrectionRequired => {
            Refusal::bad_request("a completed payment changes by a correction only")
        }
        Rejection::MethodNotFound => Refusal::bad_request("Payment method not found"),
        Rejection::MethodIsTerminal => Refusal::bad_request("Native payment not supported"),
        Rejection::StaffNotFound => Refusal::bad_request("Staff not found"),
        Rejection::StaffMissing => Refusal::bad_request("Missing staff"),
        Rejection::SourceInvalid => Refusal::bad_request("the payment to refund is not valid"),
        Rejection::ExceedsDue => Refusal::bad_request("the payment amount is greater than the amount due"),
        Rejection::ExceedsRefundable => {
            Refusal::bad_request("the refund amount is greater than the amount that can be given back")
        }
        Rejection::NothingDue => Refusal::bad_request("nothing is due"),
        Rejection::HasRefunds => Refusal::bad_request("the payment has refunds"),
        Rejection::ItemNotFound => Refusal::bad_request("Item not found"),
        Rejection::AttributesTooLarge => Refusal::bad_request("attributes are too large"),
        Rejection::OrderFull => {
            Refusal::bad_request("Account has reached its maximum of lines, payments or endpoints")
        }
    }
}

/// A repeated reference: 400 with envelope A for a payment, 409 with envelope C for an order (spec 5.3).
fn reference_used(asked: &Asked<'_>) -> Refusal {
    if asked.is_order {
        return Refusal::OrderReferenceUsed {
            reference: asked.reference.to_owned(),
            money_moved: asked.money_moved_before,
        };
    }
    Refusal::General(General {
        status: StatusCode::BAD_REQUEST,
        message: format!("reference has already been used {}", asked.reference).into(),
        money_moved: asked.money_moved_before,
        retry: Retry::Never,
    })
}

/// The words for an amount with more digits than its currency.
pub(crate) fn too_many_digits(field: &str, currency: Option<Currency>) -> String {
    match currency {
        Some(currency) => {
            format!(
                "{field} has more fraction digits than the {} of {currency}",
                currency.digits()
            )
        }
        None => format!("{field} has too many fraction digits"),
    }
}

/// The words for an amount that must be above zero.
pub(crate) fn not_positive(field: &str) -> String {
    format!("{field} must be greater than 0")
}

/// The words for an amount that must not be below zero.
pub(crate) fn negative(field: &str) -> String {
    format!("{field} must be greater than or equal to 0")
}

/// The refusal for a failure of the service.
pub(crate) fn of_failure(failure: &Failure, asked: &Asked<'_>) -> Refusal {
    match failure {
        Failure::Rejected(rejection) => of_rejection(rejection, asked),
        Failure::Busy { .. } | Failure::OutcomeUnknown | Failure::Internal => of_trouble(failure),
    }
}

/// The refusal for a failure where the ledger was not asked to decide anything.
pub(crate) fn of_trouble(failure: &Failure) -> Refusal {
    Refusal::General(match failure {
        Failure::Busy { retry_after_s } => General {
            status: StatusCode::SERVICE_UNAVAILABLE,
            message: "the server is busy, nothing was changed: try again".into(),
            money_moved: MoneyMoved::No,
            retry: Retry::After(*retry_after_s),
        },
        // The reference answers the question: a repeat is either accepted or told that it was used.
        Failure::OutcomeUnknown => General {
            status: StatusCode::SERVICE_UNAVAILABLE,
            message: "the outcome is unknown: repeat the request with the same reference".into(),
            money_moved: MoneyMoved::Unknown,
            retry: Retry::SameKey,
        },
        Failure::Internal | Failure::Rejected(_) => General {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: "internal error, nothing was changed".into(),
            money_moved: MoneyMoved::No,
            retry: Retry::Never,
        },
    })
}
