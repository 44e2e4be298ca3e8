//! Errors of the dialect (spec om 8): every way in which a call fails, and what each is on the wire.
//!
//! Owns: the closed list of errors; status, code, text and advice of each, by exhaustive matches. Must not know: which call
//! fails.

use std::borrow::Cow;

use axum::http::StatusCode;
use tender_engine::{MoneyField, Rejection};
use tender_http::{Missing, MoneyMoved, Retry};
use tender_service::Failure;

/// An error as the envelope shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// HTTP status.
    pub status: StatusCode,
    /// The contract for programs.
    pub code: &'static str,
    /// For people; never repeats a request's value.
    pub message: Cow<'static, str>,
    /// Members at fault, each with its reason.
    pub fields: Vec<(String, String)>,
    /// Whether money has moved.
    pub moved: MoneyMoved,
    /// What to do next.
    pub retry: Retry,
}

impl Told {
    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            fields: Vec::new(),
            moved: MoneyMoved::No,
            retry: Retry::Never,
        }
    }

    fn bad(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// A request that cannot be read, and the member at fault.
    fn parameter(field: &str, message: &'static str) -> Self {
        Self::bad("InvalidParameter", message).on(field)
    }

    fn on(mut self, field: &str) -> Self {
        let message = self.message.clone().into_owned();
        self.fields.push((field.to_owned(), message));
        self
    }

    /// Nothing was done, and the same will pass after so many seconds.
    fn later(status: StatusCode, message: &'static str, retry_after_s: u32) -> Self {
        Self {
            retry: Retry::After(retry_after_s),
            ..Self::new(status, "ServerError", message)
        }
    }
}

/// Defines the errors together with an example of each, so that no table of them can leave one out.
macro_rules! errors {
    ($($(#[doc = $about:literal])+ $name:ident $(($payload:ty))? = $example:expr;)+) => {
        /// Every way in which a call fails.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum OmError {
            $($(#[doc = $about])+ $name $(($payload))?,)+
        }

        #[cfg(test)]
        impl OmError {
            /// One of each.
            pub fn examples() -> Vec<Self> {
                vec![$($example),+]
            }
        }
    };
}

errors! {
    /// No such route, or not with this verb.
    UnknownService(Missing) = Self::UnknownService(Missing::Route);
    /// No `api-key`.
    MissingToken = Self::MissingToken;
    /// A key that is not good.
    InvalidToken = Self::InvalidToken;
    /// No `organization-id`.
    MissingOrganization = Self::MissingOrganization;
    /// A key without rights here; the same whether the organisation exists or not.
    Unauthorized = Self::Unauthorized;
    /// The daily quota is used up for so many seconds.
    Quota(u32) = Self::Quota(1);
    /// A body of another media type.
    MediaType = Self::MediaType;
    /// A body that is too large.
    TooLarge = Self::TooLarge;
    /// A body that did not arrive.
    BodyBrokeOff = Self::BodyBrokeOff;
    /// A body that is no JSON object, and what it is instead.
    Unreadable(String) = Self::Unreadable("the text is not JSON".to_owned());
    /// Members that are not as they must be, each with its reason.
    Parameters(Vec<(String, String)>) = Self::parameter("params", "params must be an object");
    /// A list without the order that it is of.
    MissingOrder = Self::MissingOrder;
    /// A list of an order that is not there.
    ListedOrderNotFound = Self::ListedOrderNotFound;
    /// The asserted `id` is not the payment of the path.
    WrongId = Self::WrongId;
    /// The ledger says no.
    Rejected(Rejection) = Self::Rejected(Rejection::OrderNotFound);
    /// The server is busy for so many seconds, and did nothing.
    Busy(u32) = Self::Busy(1);
    /// Nobody can tell what became of the request.
    Unknown(Keyed) = Self::Unknown(Keyed::No);
}

/// Whether a request carried an idempotency key, so that it can safely be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyed {
    /// It did.
    Yes,
    /// It did not.
    No,
}

/// The order's amounts are at fault.
const AMOUNT: &str = "params.amount";

impl OmError {
    /// A member that is not as it must be.
    pub fn parameter(field: &str, message: impl Into<String>) -> Self {
        Self::Parameters(vec![(field.to_owned(), message.into())])
    }

    /// No such order of the organisation.
    pub fn order_not_found() -> Self {
        Self::Rejected(Rejection::OrderNotFound)
    }

    /// No such payment of the organisation.
    pub fn payment_not_found() -> Self {
        Self::Rejected(Rejection::PaymentNotFound)
    }

    /// What a failure of the service is here, for a request without a key.
    pub fn from_failure(failure: &Failure) -> Self {
        match failure {
            Failure::Rejected(rejection) => Self::Rejected(rejection.clone()),
            Failure::Busy { retry_after_s } => Self::Busy(*retry_after_s),
            Failure::OutcomeUnknown | Failure::Internal => Self::Unknown(Keyed::No),
        }
    }

    /// The same for a request that did or did not carry a key.
    pub fn keyed(self, keyed: Keyed) -> Self {
        match self {
            Self::Unknown(_) => Self::Unknown(keyed),
            other => other,
        }
    }

    /// What the caller is told.
    pub fn told(&self) -> Told {
        match self {
            Self::UnknownService(missing) => {
                Told::new(missing.status(), "UNKNOWN_SERVICE", "there is no such service")
            }
            Self::MissingToken => Told::new(
                StatusCode::UNAUTHORIZED,
                "MISSING_TOKEN",
                "the api-key header is missing",
            ),
            Self::InvalidToken => Told::new(
                StatusCode::UNAUTHORIZED,
                "INVALID_TOKEN",
                "the api-key is unknown, revoked or expired",
            ),
            Self::MissingOrganization => {
                Told::parameter("organization-id", "the organization-id header is missing")
            }
            Self::Unauthorized => Told::new(
                StatusCode::FORBIDDEN,
                "UNAUTHORIZED",
                "the api-key has no right to this organization or operation",
            ),
            Self::Quota(retry_after_s) => Told::later(
                StatusCode::TOO_MANY_REQUESTS,
                "the daily quota is used up",
                *retry_after_s,
            ),
            Self::MediaType => Told::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "InvalidParameter",
                "Content-Type must be application/json",
            ),
            Self::TooLarge => Told::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "InvalidParameter",
                "the body is larger than 65536 bytes",
            ),
            Self::BodyBrokeOff => Told::bad("InvalidParameter", "the body broke off"),
            Self::Unreadable(message) => Told::bad("InvalidParameter", message.clone()),
            Self::Parameters(fields) => {
                let message = match fields.as_slice() {
                    [(_, message)] => Cow::Owned(message.clone()),
                    _ => Cow::Borrowed("several parameters are not as they must be"),
                };
                Told {
                    fields: fields.clone(),
                    ..Told::bad("InvalidParameter", message)
                }
            }
            Self::MissingOrder => Told::parameter("orderId", "the orderId parameter is missing"),
            Self::ListedOrderNotFound => Told::bad("ORDER_NOT_FOUND", NO_ORDER).on("orderId"),
            Self::WrongId => Told::parameter("params.id", "id is not the payment in the path"),
            Self::Rejected(rejection) => of_rejection(rejection),
            Self::Busy(retry_after_s) => {
                Told::later(StatusCode::SERVICE_UNAVAILABLE, "busy, try again", *retry_after_s)
            }
            Self::Unknown(keyed) => Told {
                moved: MoneyMoved::Unknown,
                retry: match keyed {
                    Keyed::Yes => Retry::SameKey,
                    Keyed::No => Retry::Never,
                },
                ..Told::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Unknown",
                    "an unexpected error",
                )
            },
        }
    }
}

const NO_ORDER: &str = "there is no such order";
/// What refusals are told as that the dialect never asks for.
pub const NO_PLACE: &str = "this cannot be done as things stand";

/// What a refusal of the ledger is here. Exhaustive: a new refusal does not compile until it is placed.
fn of_rejection(rejection: &Rejection) -> Told {
    match rejection {
        Rejection::OrderNotFound | Rejection::OrderProposed => {
            Told::bad("ORDER_NOT_FOUND", NO_ORDER).on("params.orderId")
        }
        Rejection::PaymentNotFound => Told::new(
            StatusCode::NOT_FOUND,
            "PAYMENT_NOT_FOUND",
            "there is no such payment",
        ),
        Rejection::OrderMismatch => {
            Told::parameter("params.orderId", "orderId is not the order of this payment")
        }
        Rejection::TooManyDigits(_) => Told::parameter(
            AMOUNT,
            "amount has more fraction digits than the currency of the order",
        ),
        Rejection::OutOfRange(MoneyField::Amount) => Told::parameter(AMOUNT, "amount is too large"),
        Rejection::NotPositive(_) | Rejection::NothingToPay => {
            Told::parameter(AMOUNT, "amount must be greater than zero")
        }
        Rejection::AmountRequired => {
            Told::parameter(AMOUNT, "amount is required for a refund without sourcePaymentId")
        }
        Rejection::SourceInvalid => Told::parameter(
            "params.sourcePaymentId",
            "sourcePaymentId must name a complete receipt of the same order, and only on a refund",
        ),
        Rejection::AttributesTooLarge => Told::parameter("params.attrs", "attrs are larger than 16384 bytes"),
        Rejection::KeyReused { field } => {
            let message = "the Idempotency-Key was used for another request";
            Told::new(StatusCode::CONFLICT, "CONFLICT", message).on(field)
        }
        Rejection::OrderClosed => Told::bad("ORDER_CLOSED", "the order is closed"),
        Rejection::OrderCancelled | Rejection::OrderRejected | Rejection::OrderDeleted => {
            Told::bad("ORDER_CANCELED", "the order is cancelled")
        }
        Rejection::InvalidState | Rejection::HasRefunds => {
            Told::bad("INVALID_STATUS", "the payment's status does not allow this")
        }
        Rejection::CorrectionRequired => Told::bad(
            "INVALID_STATUS",
            "amount, methodId, custom and sourcePaymentId of a complete payment change only with correction",
        ),
        Rejection::MethodNotFound | Rejection::MethodIsTerminal => {
            Told::bad("MethodNotFound", "there is no such payment method").on("params.methodId")
        }
        Rejection::ExceedsDue | Rejection::NothingDue => {
            Told::bad("LIMIT_REACHED", "the amount is above what is due").on(AMOUNT)
        }
        Rejection::ExceedsRefundable => {
            Told::bad("LIMIT_REACHED", "the amount is above what can be refunded").on(AMOUNT)
        }
        Rejection::OrderFull => Told::bad("LIMIT_REACHED", "the order takes no more payments"),
        // The dialect never asks for what these refuse: they have no place on its wire, so they say only
        // that the request cannot be done in the state things are in.
        Rejection::OutOfRange(_)
        | Rejection::Negative(_)
        | Rejection::NotOnRefund(_)
        | Rejection::ReferenceUsed
        | Rejection::ReferenceFenced
        | Rejection::EndpointNotFound
        | Rejection::PaymentsLocked
        | Rejection::LinesFixed
        | Rejection::PaymentsPending
        | Rejection::MoneyOnOrder
        | Rejection::TotalBelowPaid
        | Rejection::StateFinal
        | Rejection::StaffNotFound
        | Rejection::StaffMissing
        | Rejection::ItemNotFound
        | Rejection::TaskNotFound
        | Rejection::CaseNotFound
        | Rejection::LineNotFound => Told::bad("INVALID_STATUS", NO_PLACE),
    }
}
