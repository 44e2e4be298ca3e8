//! Refusals: one shape for all of them, and the one place that says what each refusal of the ledger is called here.
//!
//! Owns: statuses, texts and field names of errors. Must not know: what a request held. No text is ever made from a
//! request's values, because the words `invalid` and `expired` must stand in no body outside of a 401: a client in
//! the field that finds them refreshes its token and sends again, without a pause and for ever.

use std::borrow::Cow;

use axum::http::header::{ALLOW, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use tender_engine::{MoneyField, Rejection};
use tender_http::{BodyError, MoneyMoved, Retry, advise};
use tender_service::{AuthFailure, Failure};
use tender_wire::{FieldError, JsonError, JsonWriter, Kind};

use crate::answer;

#[cfg(test)]
mod tests;

/// The one text that is fixed: a payment that is larger than what remains.
pub(crate) const EXCEEDS_REMAINING: &str = "amount exceeds the amount remaining on the order";

/// A refusal on its way to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    status: StatusCode,
    error: Cow<'static, str>,
    description: Cow<'static, str>,
    field: Option<Cow<'static, str>>,
    allow: Option<&'static [Method]>,
    money_moved: MoneyMoved,
    retry: Retry,
}

impl ApiError {
    /// A refusal after which nothing has changed, and that a repeat would meet again.
    pub(crate) fn new(
        status: StatusCode,
        error: impl Into<Cow<'static, str>>,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            error: error.into(),
            description: description.into(),
            field: None,
            allow: None,
            money_moved: MoneyMoved::No,
            retry: Retry::Never,
        }
    }

    /// 400 without a field.
    pub(crate) fn bad_request(
        error: impl Into<Cow<'static, str>>,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, description)
    }

    /// 400 naming the field at fault. The name is one of ours, never the client's.
    pub(crate) fn field(
        field: impl Into<Cow<'static, str>>,
        error: impl Into<Cow<'static, str>>,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::bad_request(error, description)
        }
    }

    /// 400: a field must be there.
    pub(crate) fn required(field: impl Into<Cow<'static, str>>) -> Self {
        let field = field.into();
        let error = format!("{field} is required");
        Self::field(field, error, "The request lacks a field that it needs.")
    }

    /// 400: a field names something that is not there.
    pub(crate) fn unknown(field: impl Into<Cow<'static, str>>) -> Self {
        let field = field.into();
        let error = format!("unknown {field}");
        Self::field(field, error, "The company has nothing usable under this id.")
    }

    /// 400: a field is longer than this server keeps.
    pub(crate) fn too_long(field: impl Into<Cow<'static, str>>) -> Self {
        let field = field.into();
        let error = format!("{field} is too long");
        Self::field(field, error, "The text is longer than this server keeps.")
    }

    /// 400: a field cannot be changed any more.
    pub(crate) fn fixed(field: &'static str) -> Self {
        let error = format!("{field} cannot be changed");
        Self::field(
            field,
            error,
            "The value was set when the resource was made and stays as it is.",
        )
    }

    /// 404, the same whether a thing does not exist or belongs to somebody else.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found", "There is no such resource.")
    }

    /// 405.
    pub(crate) fn method_not_allowed(allow: &'static [Method]) -> Self {
        let description = "This resource takes other methods; see the Allow header.";
        Self {
            allow: Some(allow),
            ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed", description)
        }
    }

    /// 406.
    pub(crate) fn not_acceptable() -> Self {
        let description =
            "Only JSON is served: ask for it with the suffix .json or with Accept: application/json.";
        Self::new(StatusCode::NOT_ACCEPTABLE, "Not Acceptable", description)
    }

    /// 403.
    pub(crate) fn forbidden() -> Self {
        let description = "The credential was accepted, but it may not do this.";
        Self::new(StatusCode::FORBIDDEN, "Forbidden", description)
    }

    /// 429. The literal `Limit exceeded` is tested by a client.
    pub(crate) fn limit_exceeded(retry_after_s: u32) -> Self {
        let description = "The application has used up its requests of this minute for this company.";
        Self {
            retry: Retry::After(retry_after_s),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "Limit exceeded", description)
        }
    }

    /// What a handler that gave no answer is answered with: nobody can say what it had done.
    pub(crate) fn unanswered(status: StatusCode, is_about_money: bool) -> Self {
        let error = if status == StatusCode::SERVICE_UNAVAILABLE {
            "Service Unavailable"
        } else {
            INTERNAL
        };
        let description = "The server gave up on this request; look at the resource before sending it again.";
        let retry = if is_about_money {
            Retry::SameKey
        } else {
            Retry::Never
        };
        Self {
            money_moved: MoneyMoved::Unknown,
            retry,
            ..Self::new(status, error, description)
        }
    }

    /// Whether a thing that is not there at all would have to be told instead.
    pub(crate) fn comes_after_not_found(&self) -> bool {
        matches!(self.status, StatusCode::BAD_REQUEST | StatusCode::NOT_ACCEPTABLE)
    }

    /// Whether it is the method that is refused.
    pub(crate) fn is_about_method(&self) -> bool {
        self.status == StatusCode::METHOD_NOT_ALLOWED
    }

    /// The same refusal with another field.
    pub(crate) fn at(self, field: impl Into<Cow<'static, str>>) -> Self {
        Self {
            field: Some(field.into()),
            ..self
        }
    }

    /// The same refusal for a request that carried no idempotency key, and so cannot be sent again safely.
    pub(crate) fn without_key(self) -> Self {
        let retry = if self.retry == Retry::SameKey {
            Retry::Never
        } else {
            self.retry
        };
        Self { retry, ..self }
    }

    /// The answer. `is_about_money` adds the headers that say whether money moved.
    pub(crate) fn into_answer(self, is_about_money: bool) -> Response {
        let body = JsonWriter::object(|object| {
            object.string("error", &self.error);
            object.string("error_description", &self.description);
            object.optional("field", self.field.as_deref(), |object, name, field| {
                object.string(name, field)
            });
        });
        let mut response = answer::with_status(self.status, body);
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
            headers.insert(axum::http::header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

const INTERNAL: &str = "Internal Server Error";

/// Why nobody was recognised, as the one answer where the two words may stand. The wording for a token past its life
/// is fixed: clients test the status, the description, or its words.
pub(crate) fn unauthorized(failure: &AuthFailure) -> Response {
    let description = match failure {
        AuthFailure::Missing => "The request carries no credentials",
        AuthFailure::Expired => "The access token provided has expired",
        AuthFailure::Revoked => "The access token provided has been revoked",
        AuthFailure::Unknown => "The credentials provided are invalid",
        AuthFailure::Disabled => "The application has been switched off",
        AuthFailure::Unavailable(failure) => return ApiError::from(failure.clone()).into_answer(false),
    };
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
    response
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rejected(rejection) => Self::from(&rejection),
            Failure::Busy { retry_after_s } => Self {
                retry: Retry::After(retry_after_s.max(1)),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Service Unavailable",
                    "The server is busy and changed nothing; send the request again.",
                )
            },
            Failure::OutcomeUnknown => Self {
                money_moved: MoneyMoved::Unknown,
                retry: Retry::SameKey,
                ..Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    INTERNAL,
                    "Nobody can say whether the change was written; look at the order, or send the request again \
                     under the same Idempotency-Key.",
                )
            },
            Failure::Internal => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                INTERNAL,
                "Something went wrong in the server; nothing was changed.",
            ),
        }
    }
}

const fn money_field(field: MoneyField) -> &'static str {
    match field {
        MoneyField::Amount => "amount",
        MoneyField::Tip => "tip",
        MoneyField::Surcharge => "credit_card_surcharge",
        MoneyField::Line => "lines",
        MoneyField::Service => "service_charge",
    }
}

/// What is wrong with a money field, worded alike whoever found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MoneyFault {
    /// More fraction digits than the currency has.
    Digits,
    /// Too large for the ledger.
    Range,
    /// Not above zero.
    NotPositive,
    /// Below zero.
    Negative,
    /// A refund has none.
    OnRefund,
}

/// 400 about a money field. The currency's code is ours to name; the amount is not.
pub(crate) fn money_error(
    field: impl Into<Cow<'static, str>>,
    fault: MoneyFault,
    currency: Option<&str>,
) -> ApiError {
    let field = field.into();
    let error = match fault {
        MoneyFault::Digits => format!(
            "{field} has more decimal places than {} allows",
            currency.unwrap_or("the currency")
        ),
        MoneyFault::Range => format!("{field} is out of range"),
        MoneyFault::NotPositive => format!("{field} must be above zero"),
        MoneyFault::Negative => format!("{field} must not be negative"),
        MoneyFault::OnRefund => format!("a refund takes no {field}"),
    };
    ApiError::field(
        field,
        error,
        "The request was not carried out and nothing was changed.",
    )
}

/// What every refusal of the ledger is called here. Exhaustive, so that a new one has to be named.
impl From<&Rejection> for ApiError {
    fn from(rejection: &Rejection) -> Self {
        const UNCHANGED: &str = "The request was not carried out and nothing was changed.";
        let refused = |error: &'static str| Self::bad_request(error, UNCHANGED);
        let about = |field: &'static str, error: &'static str| Self::field(field, error, UNCHANGED);
        match rejection {
            // A proposed order is not there until a till has taken it.
            Rejection::OrderNotFound
            | Rejection::PaymentNotFound
            | Rejection::TaskNotFound
            | Rejection::CaseNotFound
            | Rejection::LineNotFound
            | Rejection::OrderProposed => Self::not_found(),
            Rejection::OrderMismatch => refused("the payment is on another order"),
            Rejection::TooManyDigits(field) => money_error(money_field(*field), MoneyFault::Digits, None),
            Rejection::OutOfRange(field) => money_error(money_field(*field), MoneyFault::Range, None),
            Rejection::NotPositive(field) => money_error(money_field(*field), MoneyFault::NotPositive, None),
            Rejection::Negative(field) => money_error(money_field(*field), MoneyFault::Negative, None),
            Rejection::NotOnRefund(field) => money_error(money_field(*field), MoneyFault::OnRefund, None),
            Rejection::NothingToPay => about("amount", "amount 0 needs a tip or a credit_card_surcharge"),
            Rejection::AmountRequired => Self::required("amount"),
            Rejection::ReferenceUsed => about("ref", "the reference was used before"),
            Rejection::KeyReused { field } => Self::new(
                StatusCode::CONFLICT,
                "the Idempotency-Key was used for another request",
                "Nothing was changed. The field named here is the first that differs from the first request.",
            )
            .at(field.clone()),
            Rejection::ReferenceFenced => about("ref", "the reference was closed and takes nothing any more"),
            Rejection::EndpointNotFound => refused("unknown webhook"),
            Rejection::OrderClosed => refused("the order is complete and takes refunds only"),
            Rejection::OrderCancelled | Rejection::OrderDeleted => refused("the order is deleted"),
            Rejection::OrderRejected => refused("the order is rejected"),
            Rejection::PaymentsLocked => about("lock", "the order takes no payments from tills"),
            Rejection::LinesFixed => refused("the order was accepted and its lines are fixed"),
            Rejection::PaymentsPending => about("status", "payments of the order are still pending"),
            Rejection::MoneyOnOrder => about("status", "the order has payments that were not refunded"),
            Rejection::TotalBelowPaid => refused("the total would be less than what was paid"),
            Rejection::StateFinal => about("status", "the status of the order is final"),
            Rejection::InvalidState => refused("the state of the payment does not allow this"),
            Rejection::CorrectionRequired => refused("a finished payment changes only as a correction"),
            Rejection::MethodNotFound => Self::unknown("method_id"),
            Rejection::MethodIsTerminal => {
                about("method_id", "the payment method is the card terminal of the till")
            }
            Rejection::StaffNotFound => about("staff_member_id", "unknown staff_member_id"),
            Rejection::StaffMissing => about("staff_member_id", "staff_member_id is required"),
            Rejection::SourceInvalid => refused("the payment cannot be refunded"),
            Rejection::ExceedsDue => about("amount", EXCEEDS_REMAINING),
            Rejection::ExceedsRefundable => about("amount", "refund exceeds the amount paid on the order"),
            Rejection::NothingDue => about("amount", "nothing remains on the order"),
            Rejection::HasRefunds => refused("the payment has refunds"),
            Rejection::ItemNotFound => Self::unknown("product_id"),
            Rejection::AttributesTooLarge => refused("the payment holds more data than this server keeps"),
            Rejection::OrderFull => refused("the order holds as much as this server keeps"),
        }
    }
}

/// A field that is not what it must be. Its path is made of names that this dialect knows.
impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        if error.path.is_empty() {
            return Self::bad_request(
                "the body must be a JSON object",
                "The body is JSON of another kind.",
            );
        }
        let path = error.path;
        match error.found {
            Kind::Absent | Kind::Null => Self::required(path),
            Kind::OutOfRange => money_error(path, MoneyFault::Range, None),
            Kind::TooManyDigits => {
                let text = format!("{path} has too many decimal places");
                Self::field(path, text, "The number has more digits than this server keeps.")
            }
            Kind::Bool
            | Kind::Integer
            | Kind::Number
            | Kind::String
            | Kind::Array
            | Kind::Object
            | Kind::Any => {
                let text = format!("{path} must be {}", error.expected.words());
                Self::field(path, text, "The field has another JSON type than documented.")
            }
        }
    }
}

impl From<JsonError> for ApiError {
    fn from(error: JsonError) -> Self {
        let description = format!(
            "{} at line {}, column {}.",
            error.kind.reason(),
            error.line,
            error.column
        );
        Self::bad_request("the body must be JSON", description)
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "Payload Too Large",
                "The body is larger than this server takes.",
            ),
            BodyError::Timeout => Self::new(
                StatusCode::REQUEST_TIMEOUT,
                "Request Timeout",
                "The body did not arrive in time; nothing was changed.",
            ),
            BodyError::Disconnected => Self::bad_request(
                "the body ended too early",
                "Less was received than was announced.",
            ),
        }
    }
}
