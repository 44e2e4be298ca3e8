//! Errors of the dialect (spec om 8): one exhaustive mapping from refusals to status and code.

use axum::http::StatusCode;
use tender_engine::{MoneyField, Rejection};
use tender_http::{MoneyMoved, Retry};
use tender_service::Failure;

/// An error as the envelope shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OmError {
    /// HTTP status.
    pub status: StatusCode,
    /// The contract for programs.
    pub code: &'static str,
    /// For people; never repeats a request's value.
    pub message: String,
    /// Members at fault, each with its reason.
    pub fields: Vec<(String, String)>,
    /// Whether money has moved.
    pub moved: MoneyMoved,
    /// What to do next.
    pub retry: Retry,
}

/// The order's amounts are at fault.
const AMOUNT: &str = "params.amount";

impl OmError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            fields: Vec::new(),
            moved: MoneyMoved::No,
            retry: Retry::Never,
        }
    }

    fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    fn on(mut self, field: &str) -> Self {
        let message = self.message.clone();
        self.fields.push((field.to_owned(), message));
        self
    }

    /// Whether the first member at fault is this one.
    pub fn is_on(&self, field: &str) -> bool {
        self.fields.first().is_some_and(|(name, _)| name == field)
    }

    /// A request that cannot be read.
    pub fn parameter(field: &str, message: impl Into<String>) -> Self {
        Self::bad("InvalidParameter", message).on(field)
    }

    /// Several members that cannot be read, reported together.
    pub fn parameters(fields: Vec<(String, String)>) -> Self {
        let message = match fields.as_slice() {
            [(_, message)] => message.clone(),
            _ => "several parameters are not as they must be".to_owned(),
        };
        Self {
            fields,
            ..Self::bad("InvalidParameter", message)
        }
    }

    /// A body that is no object of parameters.
    pub fn body(message: impl Into<String>) -> Self {
        Self::bad("InvalidParameter", message)
    }

    /// A body that is too large.
    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "InvalidParameter",
            "the body is larger than 65536 bytes",
        )
    }

    /// A body of another media type.
    pub fn media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "InvalidParameter",
            "Content-Type must be application/json",
        )
    }

    /// No `api-key`.
    pub fn missing_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "MISSING_TOKEN",
            "the api-key header is missing",
        )
    }

    /// A key that is not good.
    pub fn invalid_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "INVALID_TOKEN",
            "the api-key is unknown, revoked or expired",
        )
    }

    /// A key without rights here; the same whether the organisation exists or not.
    pub fn unauthorized() -> Self {
        let message = "the api-key has no right to this organization or operation";
        Self::new(StatusCode::FORBIDDEN, "UNAUTHORIZED", message)
    }

    /// No such route, or not with this verb.
    pub fn unknown_service(status: StatusCode) -> Self {
        Self::new(status, "UNKNOWN_SERVICE", "there is no such service")
    }

    /// The daily quota is used up.
    pub fn quota(retry_after_s: u32) -> Self {
        let error = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "ServerError",
            "the daily quota is used up",
        );
        Self {
            retry: Retry::After(retry_after_s),
            ..error
        }
    }

    /// Nobody can tell what became of the request.
    pub fn outcome_unknown() -> Self {
        let error = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Unknown",
            "an unexpected error",
        );
        Self {
            moved: MoneyMoved::Unknown,
            ..error
        }
    }

    /// No such order of the organisation.
    pub fn order_not_found() -> Self {
        Self::order_not_found_in("params.orderId")
    }

    /// The same, where the order was named by a query parameter.
    pub fn listed_order_not_found() -> Self {
        Self::order_not_found_in("orderId")
    }

    fn order_not_found_in(field: &str) -> Self {
        Self::bad("ORDER_NOT_FOUND", "there is no such order").on(field)
    }

    /// No such payment of the organisation.
    pub fn payment_not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "PAYMENT_NOT_FOUND",
            "there is no such payment",
        )
    }

    /// The state does not allow it.
    pub fn invalid_status() -> Self {
        Self::bad("INVALID_STATUS", "the payment's status does not allow this")
    }

    /// What a failure of the service is here. `has_key` says whether an idempotency key was sent.
    pub fn from_failure(failure: &Failure, has_key: bool) -> Self {
        match failure {
            Failure::Rejected(rejection) => Self::from_rejection(rejection),
            Failure::Busy { retry_after_s } => {
                let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServerError", "busy, try again");
                Self {
                    retry: Retry::After(*retry_after_s),
                    ..error
                }
            }
            Failure::OutcomeUnknown | Failure::Internal => {
                let retry = if has_key { Retry::SameKey } else { Retry::Never };
                Self {
                    retry,
                    ..Self::outcome_unknown()
                }
            }
        }
    }

    /// What a refusal of the ledger is here. Exhaustive: a new refusal does not compile until it is placed.
    pub fn from_rejection(rejection: &Rejection) -> Self {
        match rejection {
            Rejection::OrderNotFound | Rejection::OrderProposed => Self::order_not_found(),
            Rejection::PaymentNotFound => Self::payment_not_found(),
            Rejection::OrderMismatch => {
                Self::parameter("params.orderId", "orderId is not the order of this payment")
            }
            Rejection::TooManyDigits(_) => Self::parameter(
                AMOUNT,
                "amount has more fraction digits than the currency of the order",
            ),
            Rejection::OutOfRange(MoneyField::Amount) => Self::parameter(AMOUNT, "amount is too large"),
            Rejection::NotPositive(_) | Rejection::NothingToPay => {
                Self::parameter(AMOUNT, "amount must be greater than zero")
            }
            Rejection::AmountRequired => {
                Self::parameter(AMOUNT, "amount is required for a refund without sourcePaymentId")
            }
            Rejection::SourceInvalid => Self::parameter(
                "params.sourcePaymentId",
                "sourcePaymentId must name a complete receipt of the same order, and only on a refund",
            ),
            Rejection::AttributesTooLarge => {
                Self::parameter("params.attrs", "attrs are larger than 16384 bytes")
            }
            Rejection::KeyReused { field } => {
                let message = "the Idempotency-Key was used for another request";
                Self::new(StatusCode::CONFLICT, "CONFLICT", message).on(field)
            }
            Rejection::OrderClosed => Self::bad("ORDER_CLOSED", "the order is closed"),
            Rejection::OrderCancelled | Rejection::OrderRejected | Rejection::OrderDeleted => {
                Self::bad("ORDER_CANCELED", "the order is cancelled")
            }
            Rejection::InvalidState | Rejection::HasRefunds => Self::invalid_status(),
            Rejection::CorrectionRequired => Self::bad(
                "INVALID_STATUS",
                "amount, methodId, custom and sourcePaymentId of a complete payment change only with correction",
            ),
            Rejection::MethodNotFound | Rejection::MethodIsTerminal => {
                Self::bad("MethodNotFound", "there is no such payment method").on("params.methodId")
            }
            Rejection::ExceedsDue | Rejection::NothingDue => {
                Self::bad("LIMIT_REACHED", "the amount is above what is due").on(AMOUNT)
            }
            Rejection::ExceedsRefundable => {
                Self::bad("LIMIT_REACHED", "the amount is above what can be refunded").on(AMOUNT)
            }
            Rejection::OrderFull => Self::bad("LIMIT_REACHED", "the order takes no more payments"),
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
            | Rejection::LineNotFound => Self::invalid_status(),
        }
    }
}
