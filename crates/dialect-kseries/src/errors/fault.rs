//! Every fault that envelope A tells: a closed list, so that tests can name them all.
//!
//! Owns: status, words and advice of each. The words name the field and the reason (spec 5.4); where a text is
//! published or the framework's, it is kept to the letter, because clients compare texts.

use std::fmt;

use axum::http::StatusCode;
use tender_engine::{MoneyField, Rejection};
use tender_http::{MoneyMoved, Retry};
use tender_money::Currency;
use tender_service::UrlRefusal;
use tender_wire::JsonError;

use super::ledger;
use crate::request::{Mismatch, syntax_reason};
use crate::validation::JavaType;

/// What is wrong with a request, or with the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The token lacks the scope of the path.
    ScopeMissing { scope: &'static str },
    /// The token does not cover the location. Says nothing about whether it exists.
    LocationNotCovered,
    /// Nothing is served under this path.
    PathUnknown,
    /// The path is served, but not with this method.
    MethodUnsupported { method: String },
    /// The client does not read JSON.
    NotAcceptable,
    /// The body is not sent as JSON.
    MediaTypeUnsupported { given: String },
    /// The body is longer than allowed.
    BodyTooLarge { bytes_max: usize },
    /// The body did not arrive in time.
    BodyLate,
    /// The client stopped in the middle of the body.
    BodyCutOff,
    /// There is no body, or it is `null`.
    BodyMissing,
    /// The body is not JSON.
    NotJson(JsonError),
    /// A member cannot be read as what it must be.
    Unreadable {
        /// Spring's name of the body's object.
        object: &'static str,
        mismatch: Mismatch,
    },
    /// The query has more parameters than are looked at.
    ParametersTooMany,
    /// A query parameter must be there.
    ParameterMissing {
        name: &'static str,
        /// Java's name of its type, without the package.
        of_type: &'static str,
    },
    /// A query parameter is there and empty.
    ParameterEmpty { name: &'static str },
    /// A parameter of the query or path cannot be read as its type.
    ParameterUnreadable {
        name: &'static str,
        text: String,
        java_type: JavaType,
    },
    /// A number in the query is too small.
    ParameterTooSmall { name: &'static str, min: i32 },
    /// A number in the query is too large.
    ParameterTooLarge { name: &'static str, max: i32 },
    /// A list in the query is too short or too long.
    ParameterSize {
        name: &'static str,
        min: usize,
        max: usize,
    },
    /// Nobody knows the webhook endpoint that the path or body is about.
    EndpointUnknown { name: String },
    /// Nobody knows the webhook endpoint that a payment or order names.
    EndpointNotThere { name: String },
    /// An endpoint is not associated with a location.
    AssociationUnknown { name: String, location: u64 },
    /// A webhook endpoint's id is empty.
    EndpointIdEmpty,
    /// A webhook endpoint's id is too long.
    EndpointIdTooLong { max: usize },
    /// A webhook endpoint's URL may not be called.
    UrlRefused(UrlRefusal),
    /// A webhook endpoint subscribes to too much.
    SubscriptionsTooMany { max: usize },
    /// The merchant has as many webhook endpoints as it can have.
    EndpointsFull { max: usize },
    /// There is no such check.
    AccountUnknown { location: u64 },
    /// What should be an account identifier is none.
    AccountIdentifierInvalid,
    /// No floor plan is configured.
    FloorPlansMissing { location: u64 },
    /// There is no such floor plan.
    FloorPlanUnknown { plan: i64, location: u64 },
    /// There is no such order profile.
    ProfileUnknown { code: String, location: u64 },
    /// There is no such menu.
    MenuUnknown { menu: i64, location: u64 },
    /// A menu is asked for under an order profile that is not there.
    MenuProfileUnknown { code: String },
    /// There is no such sale.
    SaleUnknown { reference: String },
    /// A number must be above zero.
    NotPositive { field: String },
    /// A number must not be below zero.
    Negative { field: String },
    /// An amount has more digits than its currency.
    TooManyDigits {
        field: String,
        currency: Option<Currency>,
    },
    /// An amount is larger than the ledger can hold.
    OutOfRange { field: String },
    /// A refund does not take this amount.
    NotOnRefund { field: String },
    /// The tip of an order's payment is more than the amount that contains it.
    TipAboveAmount,
    /// A discount is more than everything, or less than nothing.
    PercentOutOfRange { field: String, max: i64 },
    /// An item has two discounts of its own.
    OverridesBoth { item: String },
    /// A time cannot be read, or has no offset.
    TimeUnreadable { field: &'static str },
    /// A time is not in the future.
    TimePast { field: &'static str },
    /// What should be a table's number is none.
    TableNumberInvalid,
    /// A text is longer than an order keeps.
    TextTooLong { field: &'static str, bytes_max: usize },
    /// A payment's reference was used before.
    ReferenceUsed {
        reference: String,
        /// Whether money moved under it.
        money_moved: MoneyMoved,
    },
    /// The ledger said no in a way that has no fault of its own here.
    Ledger(Rejection),
    /// A maximum is reached, or the storage is away.
    Busy { retry_after_s: u32 },
    /// The commit broke at a moment when nobody can tell whether it was written.
    OutcomeUnknown,
    /// Something that should not happen; nothing was changed.
    Internal,
    /// The handler broke off; what it did is not known.
    BrokeOff,
    /// The handler took too long; what it did is not known.
    TooSlow,
}

impl Fault {
    /// The status of its answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::BodyCutOff
            | Self::BodyMissing
            | Self::NotJson(_)
            | Self::Unreadable { .. }
            | Self::ParametersTooMany
            | Self::ParameterMissing { .. }
            | Self::ParameterEmpty { .. }
            | Self::ParameterUnreadable { .. }
            | Self::ParameterTooSmall { .. }
            | Self::ParameterTooLarge { .. }
            | Self::ParameterSize { .. }
            | Self::EndpointNotThere { .. }
            | Self::EndpointIdEmpty
            | Self::EndpointIdTooLong { .. }
            | Self::UrlRefused(_)
            | Self::SubscriptionsTooMany { .. }
            | Self::EndpointsFull { .. }
            | Self::AccountIdentifierInvalid
            | Self::MenuProfileUnknown { .. }
            | Self::NotPositive { .. }
            | Self::Negative { .. }
            | Self::TooManyDigits { .. }
            | Self::OutOfRange { .. }
            | Self::NotOnRefund { .. }
            | Self::TipAboveAmount
            | Self::PercentOutOfRange { .. }
            | Self::OverridesBoth { .. }
            | Self::TimeUnreadable { .. }
            | Self::TimePast { .. }
            | Self::TableNumberInvalid
            | Self::TextTooLong { .. }
            | Self::ReferenceUsed { .. } => StatusCode::BAD_REQUEST,
            Self::ScopeMissing { .. } | Self::LocationNotCovered => StatusCode::FORBIDDEN,
            Self::PathUnknown
            | Self::EndpointUnknown { .. }
            | Self::AssociationUnknown { .. }
            | Self::AccountUnknown { .. }
            | Self::FloorPlansMissing { .. }
            | Self::FloorPlanUnknown { .. }
            | Self::ProfileUnknown { .. }
            | Self::MenuUnknown { .. }
            | Self::SaleUnknown { .. } => StatusCode::NOT_FOUND,
            Self::MethodUnsupported { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::BodyLate => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaTypeUnsupported { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Ledger(rejection) => ledger::told(rejection).0,
            Self::Internal | Self::BrokeOff => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Busy { .. } | Self::OutcomeUnknown | Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Whether money moved, and whether to ask again. Where nothing is said here, nothing was changed and asking again
    /// changes nothing.
    pub(crate) const fn advice(&self) -> (MoneyMoved, Retry) {
        match self {
            Self::ReferenceUsed { money_moved, .. } => (*money_moved, Retry::Never),
            Self::Busy { retry_after_s } => (MoneyMoved::No, Retry::After(*retry_after_s)),
            // The reference answers the question: a repeat is either accepted or told that it was used.
            Self::OutcomeUnknown | Self::BrokeOff | Self::TooSlow => (MoneyMoved::Unknown, Retry::SameKey),
            _ => (MoneyMoved::No, Retry::Never),
        }
    }
}

/// The dialect's name of a money field.
pub(super) const fn field_name(field: MoneyField) -> &'static str {
    match field {
        MoneyField::Amount => "paymentAmount",
        MoneyField::Tip => "tipAmount",
        MoneyField::Surcharge => "surcharge",
        MoneyField::Line => "items",
        MoneyField::Service => "serviceCharge",
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ScopeMissing { scope } => {
                write!(f, "Access is denied: the token does not have the scope {scope}")
            }
            Self::LocationNotCovered => {
                f.write_str("Access is denied: businessLocationId is not covered by the token")
            }
            Self::PathUnknown => f.write_str("No message available"),
            Self::MethodUnsupported { method } => write!(f, "Request method '{method}' not supported"),
            Self::NotAcceptable => f.write_str("Could not find acceptable representation"),
            Self::MediaTypeUnsupported { given } => write!(f, "Content type '{given}' not supported"),
            Self::BodyTooLarge { bytes_max } => {
                write!(f, "the request body is larger than {bytes_max} bytes")
            }
            Self::BodyLate => f.write_str("the request body did not arrive in time"),
            Self::BodyCutOff => f.write_str("the request body ended too early"),
            Self::BodyMissing => f.write_str("Required request body is missing"),
            Self::NotJson(JsonError { kind, line, column }) => {
                let reason = syntax_reason(*kind);
                write!(
                    f,
                    "JSON parse error: {reason} at [line: {line}, column: {column}]"
                )
            }
            Self::Unreadable { object, mismatch } => mismatch.write(f, object),
            Self::ParametersTooMany => f.write_str("the query has too many parameters"),
            Self::ParameterMissing { name, of_type } => write!(
                f,
                "Required request parameter '{name}' for method parameter type {of_type} is not present"
            ),
            Self::ParameterEmpty { name } => write!(
                f,
                "Required request parameter '{name}' for method parameter type Long is present but converted to null"
            ),
            Self::ParameterUnreadable {
                name,
                text,
                java_type,
            } => {
                let required = java_type.name();
                write!(
                    f,
                    "{name}: Failed to convert value of type 'java.lang.String' to required type '{required}'; \
                     nested exception is "
                )?;
                match java_type {
                    JavaType::Boolean => {
                        write!(
                            f,
                            "java.lang.IllegalArgumentException: Invalid boolean value [{text}]"
                        )
                    }
                    _ => write!(f, "java.lang.NumberFormatException: For input string: \"{text}\""),
                }
            }
            Self::ParameterTooSmall { name, min } => {
                write!(f, "{name}: must be greater than or equal to {min}")
            }
            Self::ParameterTooLarge { name, max } => {
                write!(f, "{name}: must be less than or equal to {max}")
            }
            Self::ParameterSize { name, min, max } => {
                write!(f, "{name}: size must be between {min} and {max}")
            }
            Self::EndpointUnknown { name } | Self::EndpointNotThere { name } => {
                write!(f, "endpoint ID not found for {name}")
            }
            Self::AssociationUnknown { name, location } => {
                write!(
                    f,
                    "endpoint {name} is not associated with business location {location}"
                )
            }
            Self::EndpointIdEmpty => f.write_str("endpointId must not be empty"),
            Self::EndpointIdTooLong { max } => {
                write!(f, "endpointId must not be longer than {max} characters")
            }
            Self::UrlRefused(refusal) => write!(f, "url cannot be called: {refusal}"),
            Self::SubscriptionsTooMany { max } => {
                write!(f, "subscribeTo must not have more than {max} elements")
            }
            Self::EndpointsFull { max } => write!(f, "there are {max} webhook endpoints already"),
            Self::AccountUnknown { location } => write!(f, "account not found for BL {location}"),
            Self::AccountIdentifierInvalid => f.write_str("Invalid account identifier"),
            Self::FloorPlansMissing { location } => write!(f, "no floor plan found for BL {location}"),
            Self::FloorPlanUnknown { plan, location } => {
                write!(f, "floor plan {plan} not found for BL {location}")
            }
            Self::ProfileUnknown { code, location } => {
                write!(f, "account profile {code} not found for BL {location}")
            }
            Self::MenuUnknown { menu, location } => write!(f, "menu {menu} not found for BL {location}"),
            Self::MenuProfileUnknown { code } => write!(f, "accountProfile not found: {code}"),
            Self::SaleUnknown { reference } => {
                write!(f, "sale not found for external reference {reference}")
            }
            Self::NotPositive { field } => write!(f, "{field} must be greater than 0"),
            Self::Negative { field } => write!(f, "{field} must be greater than or equal to 0"),
            Self::TooManyDigits {
                field,
                currency: Some(currency),
            } => {
                let digits = currency.digits();
                write!(
                    f,
                    "{field} has more fraction digits than the {digits} of {currency}"
                )
            }
            Self::TooManyDigits {
                field,
                currency: None,
            } => write!(f, "{field} has too many fraction digits"),
            Self::OutOfRange { field } => write!(f, "{field} is out of range"),
            Self::NotOnRefund { field } => write!(f, "{field} must not be given with a refund"),
            Self::TipAboveAmount => f.write_str(
                "payment.tipAmount must not be greater than payment.paymentAmount, which contains it",
            ),
            Self::PercentOutOfRange { field, max } => write!(f, "{field} must be between 0 and {max}"),
            Self::OverridesBoth { item } => write!(
                f,
                "{item}: only one of discountAmountOverride and discountPercentOverride may be given"
            ),
            Self::TimeUnreadable { field } => {
                write!(f, "{field} must be an ISO 8601 time with an offset")
            }
            Self::TimePast { field } => write!(f, "{field} must be a future date"),
            Self::TableNumberInvalid => f.write_str("tableNumber must be the number of a table"),
            Self::TextTooLong { field, bytes_max } => {
                write!(f, "{field} must not be longer than {bytes_max} bytes")
            }
            Self::ReferenceUsed { reference, .. } => {
                write!(f, "reference has already been used {reference}")
            }
            Self::Ledger(rejection) => f.write_str(ledger::told(rejection).1),
            Self::Busy { .. } => f.write_str("the server is busy, nothing was changed: try again"),
            Self::OutcomeUnknown => {
                f.write_str("the outcome is unknown: repeat the request with the same reference")
            }
            Self::Internal => f.write_str("internal error, nothing was changed"),
            Self::BrokeOff => f.write_str("internal error"),
            Self::TooSlow => f.write_str("the request took too long"),
        }
    }
}
