//! From the ledger's refusals, and the readers' and the service's, to the faults of this dialect.

use tender_engine::{MoneyField, Rejection};
use tender_http::{BodyError, MoneyMoved, Retry};
use tender_service::Failure;
use tender_wire::{FieldError, JsonError, Kind};

use super::{ApiError, Fault};

const fn money_field(field: MoneyField) -> &'static str {
    match field {
        MoneyField::Amount => "amount",
        MoneyField::Tip => "tip",
        MoneyField::Surcharge => "credit_card_surcharge",
        MoneyField::Line => "lines",
        MoneyField::Service => "service_charge",
    }
}

/// What every refusal of the ledger is called here, and the field that it is about. Exhaustive, so that a new one has
/// to be named.
impl From<&Rejection> for ApiError {
    fn from(rejection: &Rejection) -> Self {
        let about = |fault, field: &'static str| Self::of(fault).at(field);
        let money = |fault, field: MoneyField| about(fault, money_field(field));
        let error = match rejection {
            // A proposed order is not there until a till has taken it.
            Rejection::OrderNotFound
            | Rejection::PaymentNotFound
            | Rejection::TaskNotFound
            | Rejection::CaseNotFound
            | Rejection::LineNotFound
            | Rejection::OrderProposed => Self::not_found(),
            Rejection::OrderMismatch => Self::of(Fault::OtherOrder),
            Rejection::TooManyDigits(field) => money(Fault::MoneyDigits, *field),
            Rejection::OutOfRange(field) => money(Fault::Range, *field),
            Rejection::NotPositive(field) => money(Fault::NotPositive, *field),
            Rejection::Negative(field) => money(Fault::Negative, *field),
            Rejection::NotOnRefund(field) => money(Fault::OnRefund, *field),
            Rejection::NothingToPay => about(Fault::NothingToPay, "amount"),
            Rejection::AmountRequired => about(Fault::Required, "amount"),
            Rejection::ReferenceUsed => about(Fault::ReferenceUsed, "ref"),
            Rejection::KeyReused { field } => Self::of(Fault::KeyReused).at(field.clone()),
            Rejection::ReferenceFenced => about(Fault::ReferenceClosed, "ref"),
            Rejection::EndpointNotFound => Self::of(Fault::WebhookUnknown),
            Rejection::OrderClosed => Self::of(Fault::OrderComplete),
            Rejection::OrderCancelled | Rejection::OrderDeleted => Self::of(Fault::OrderDeleted),
            Rejection::OrderRejected => Self::of(Fault::OrderRejected),
            Rejection::PaymentsLocked => about(Fault::TillsLocked, "lock"),
            Rejection::LinesFixed => Self::of(Fault::LinesFixed),
            Rejection::PaymentsPending => about(Fault::PaymentsPending, "status"),
            Rejection::MoneyOnOrder => about(Fault::MoneyOnOrder, "status"),
            Rejection::TotalBelowPaid => Self::of(Fault::TotalBelowPaid),
            Rejection::StateFinal => about(Fault::StatusFinal, "status"),
            Rejection::InvalidState => Self::of(Fault::PaymentState),
            Rejection::CorrectionRequired => Self::of(Fault::CorrectionOnly),
            Rejection::MethodNotFound => about(Fault::Unknown, "method_id"),
            Rejection::MethodIsTerminal => about(Fault::MethodOfTill, "method_id"),
            Rejection::StaffNotFound => about(Fault::Unknown, "staff_member_id"),
            Rejection::StaffMissing => about(Fault::Required, "staff_member_id"),
            Rejection::SourceInvalid => Self::of(Fault::SourceRefused),
            Rejection::ExceedsDue => about(Fault::ExceedsRemaining, "amount"),
            Rejection::ExceedsRefundable => about(Fault::ExceedsPaid, "amount"),
            Rejection::NothingDue => about(Fault::NothingRemains, "amount"),
            Rejection::HasRefunds => Self::of(Fault::HasRefunds),
            Rejection::ItemNotFound => about(Fault::Unknown, "product_id"),
            Rejection::AttributesTooLarge => Self::of(Fault::AttributesTooLarge),
            Rejection::OrderFull => Self::of(Fault::OrderFull),
        };
        Self {
            rejection: Some(rejection.code()),
            ..error
        }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rejected(rejection) => Self::from(&rejection),
            Failure::Busy { retry_after_s } => Self {
                retry: Retry::After(retry_after_s.max(1)),
                ..Self::of(Fault::Busy)
            },
            Failure::OutcomeUnknown => Self {
                money_moved: MoneyMoved::Unknown,
                retry: Retry::SameKey,
                ..Self::of(Fault::OutcomeUnknown)
            },
            Failure::Internal => Self::of(Fault::Internal),
        }
    }
}

/// A field that is not what it must be. Its path is made of names that this dialect knows.
impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        if error.path.is_empty() {
            return Self::of(Fault::NotObject);
        }
        let fault = match error.found {
            Kind::Absent | Kind::Null => Fault::Required,
            Kind::OutOfRange => Fault::Range,
            Kind::TooManyDigits => Fault::TooManyDigits,
            Kind::Bool
            | Kind::Integer
            | Kind::Number
            | Kind::String
            | Kind::Array
            | Kind::Object
            | Kind::Any => Fault::WrongType,
        };
        Self::of(fault).at(error.path).with(error.expected.words())
    }
}

impl From<JsonError> for ApiError {
    fn from(error: JsonError) -> Self {
        let place = format!(
            "{} at line {}, column {}",
            error.kind.reason(),
            error.line,
            error.column
        );
        Self::of(Fault::NotJson).with(place)
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        Self::of(match error {
            BodyError::TooLarge => Fault::BodyTooLarge,
            BodyError::Timeout => Fault::BodyTimeout,
            BodyError::Disconnected => Fault::BodyCutOff,
        })
    }
}
