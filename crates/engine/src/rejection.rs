//! Why the ledger says no: a closed list with stable codes and no texts.
//!
//! The order in which a command's checks are made is part of the contract; each module of `decide` states its own.

use crate::{FailureCode, PaymentId};

/// The money field at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MoneyField {
    /// The amount.
    Amount,
    /// The tip.
    Tip,
    /// The surcharge.
    Surcharge,
    /// A line's price or quantity.
    Line,
    /// The service charge.
    Service,
}

/// A refusal. Nothing was changed, except where a key records its refusal or a case was opened.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// No such order of this merchant.
    OrderNotFound,
    /// No such payment of this merchant, or deleted.
    PaymentNotFound,
    /// No such task of this device's location.
    TaskNotFound,
    /// No such open case.
    CaseNotFound,
    /// No such line.
    LineNotFound,
    /// The asserted order is not the payment's.
    OrderMismatch,
    /// More fraction digits than the currency has.
    TooManyDigits(MoneyField),
    /// Does not fit the ledger's integer.
    OutOfRange(MoneyField),
    /// Must be above zero.
    NotPositive(MoneyField),
    /// Must not be negative.
    Negative(MoneyField),
    /// A refund takes no tip and no surcharge.
    NotOnRefund(MoneyField),
    /// An amount of zero needs a tip or a surcharge.
    NothingToPay,
    /// A refund without source needs an amount.
    AmountRequired,
    /// The unique reference was used before.
    ReferenceUsed,
    /// The key was used for another command; names the first field that differs.
    KeyReused {
        /// The caller's name of the field.
        field: String,
    },
    /// The reference was fenced: nothing may land under it.
    ReferenceFenced,
    /// No such webhook endpoint of the application.
    EndpointNotFound,
    /// The order is closed.
    OrderClosed,
    /// The order was cancelled.
    OrderCancelled,
    /// The order was rejected by staff.
    OrderRejected,
    /// The order was deleted.
    OrderDeleted,
    /// The order still waits for a till to take it.
    OrderProposed,
    /// The order takes no payments from tills.
    PaymentsLocked,
    /// Lines of an accepted order are fixed.
    LinesFixed,
    /// The order has pending payments.
    PaymentsPending,
    /// The order has money on it that was not given back.
    MoneyOnOrder,
    /// The change would make the total less than what is paid and reserved.
    TotalBelowPaid,
    /// The order leaves a final state for no other.
    StateFinal,
    /// The payment's state does not allow this.
    InvalidState,
    /// Money of a complete payment changes only as a correction.
    CorrectionRequired,
    /// No such payment method.
    MethodNotFound,
    /// The method is the till's own card terminal.
    MethodIsTerminal,
    /// No such employee.
    StaffNotFound,
    /// No employee was named and the location has no default.
    StaffMissing,
    /// The source of a refund does not qualify.
    SourceInvalid,
    /// More than is due.
    ExceedsDue,
    /// More than can be given back.
    ExceedsRefundable,
    /// A computed amount is zero.
    NothingDue,
    /// A live refund names this payment.
    HasRefunds,
    /// No such catalogue item.
    ItemNotFound,
    /// Attributes grow beyond their maximum.
    AttributesTooLarge,
    /// A named maximum of the order is reached: lines, payments or watchers.
    OrderFull,
}

impl Rejection {
    /// A name that never changes its meaning.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OrderNotFound => "order-not-found",
            Self::PaymentNotFound => "payment-not-found",
            Self::TaskNotFound => "task-not-found",
            Self::CaseNotFound => "case-not-found",
            Self::LineNotFound => "line-not-found",
            Self::OrderMismatch => "order-mismatch",
            Self::TooManyDigits(_) => "too-many-digits",
            Self::OutOfRange(_) => "out-of-range",
            Self::NotPositive(_) => "not-positive",
            Self::Negative(_) => "negative",
            Self::NotOnRefund(_) => "not-on-refund",
            Self::NothingToPay => "nothing-to-pay",
            Self::AmountRequired => "amount-required",
            Self::ReferenceUsed => "reference-used",
            Self::KeyReused { .. } => "key-reused",
            Self::ReferenceFenced => "reference-fenced",
            Self::EndpointNotFound => "endpoint-not-found",
            Self::OrderClosed => "order-closed",
            Self::OrderCancelled => "order-cancelled",
            Self::OrderRejected => "order-rejected",
            Self::OrderDeleted => "order-deleted",
            Self::OrderProposed => "order-proposed",
            Self::PaymentsLocked => "payments-locked",
            Self::LinesFixed => "lines-fixed",
            Self::PaymentsPending => "payments-pending",
            Self::MoneyOnOrder => "money-on-order",
            Self::TotalBelowPaid => "total-below-paid",
            Self::StateFinal => "state-final",
            Self::InvalidState => "invalid-state",
            Self::CorrectionRequired => "correction-required",
            Self::MethodNotFound => "method-not-found",
            Self::MethodIsTerminal => "method-is-terminal",
            Self::StaffNotFound => "staff-not-found",
            Self::StaffMissing => "staff-missing",
            Self::SourceInvalid => "source-invalid",
            Self::ExceedsDue => "exceeds-due",
            Self::ExceedsRefundable => "exceeds-refundable",
            Self::NothingDue => "nothing-due",
            Self::HasRefunds => "has-refunds",
            Self::ItemNotFound => "item-not-found",
            Self::AttributesTooLarge => "attributes-too-large",
            Self::OrderFull => "order-full",
        }
    }

    /// Whether the same command may succeed later without anybody changing it. The ledger's refusals are judgements
    /// on what was asked, so none is; only the storage below it has transient failures.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        false
    }

    /// Every code with an example, for tables that must name them all.
    #[must_use]
    pub fn examples() -> Vec<Self> {
        vec![
            Self::OrderNotFound,
            Self::PaymentNotFound,
            Self::TaskNotFound,
            Self::CaseNotFound,
            Self::LineNotFound,
            Self::OrderMismatch,
            Self::TooManyDigits(MoneyField::Amount),
            Self::OutOfRange(MoneyField::Amount),
            Self::NotPositive(MoneyField::Amount),
            Self::Negative(MoneyField::Tip),
            Self::NotOnRefund(MoneyField::Tip),
            Self::NothingToPay,
            Self::AmountRequired,
            Self::ReferenceUsed,
            Self::KeyReused {
                field: "amount".to_owned(),
            },
            Self::ReferenceFenced,
            Self::EndpointNotFound,
            Self::OrderClosed,
            Self::OrderCancelled,
            Self::OrderRejected,
            Self::OrderDeleted,
            Self::OrderProposed,
            Self::PaymentsLocked,
            Self::LinesFixed,
            Self::PaymentsPending,
            Self::MoneyOnOrder,
            Self::TotalBelowPaid,
            Self::StateFinal,
            Self::InvalidState,
            Self::CorrectionRequired,
            Self::MethodNotFound,
            Self::MethodIsTerminal,
            Self::StaffNotFound,
            Self::StaffMissing,
            Self::SourceInvalid,
            Self::ExceedsDue,
            Self::ExceedsRefundable,
            Self::NothingDue,
            Self::HasRefunds,
            Self::ItemNotFound,
            Self::AttributesTooLarge,
            Self::OrderFull,
        ]
    }

    /// The refusal with this code, fields at their examples; how stored refusals are read back.
    #[must_use]
    pub fn from_code(code: &str, field: Option<MoneyField>) -> Option<Self> {
        let example = Self::examples()
            .into_iter()
            .find(|rejection| rejection.code() == code)?;
        let field = field.unwrap_or(MoneyField::Amount);
        Some(match example {
            Self::TooManyDigits(_) => Self::TooManyDigits(field),
            Self::OutOfRange(_) => Self::OutOfRange(field),
            Self::NotPositive(_) => Self::NotPositive(field),
            Self::Negative(_) => Self::Negative(field),
            Self::NotOnRefund(_) => Self::NotOnRefund(field),
            other => other,
        })
    }

    /// The money field at fault, where there is one.
    #[must_use]
    pub const fn money_field(&self) -> Option<MoneyField> {
        match self {
            Self::TooManyDigits(field)
            | Self::OutOfRange(field)
            | Self::NotPositive(field)
            | Self::Negative(field)
            | Self::NotOnRefund(field) => Some(*field),
            _ => None,
        }
    }

    /// How a refusal is recorded where the dialect accepts first and tells the failure later (K-Series).
    #[must_use]
    pub const fn to_failure_code(&self) -> FailureCode {
        match self {
            // A proposed check is not there until a till has taken it.
            Self::OrderNotFound | Self::OrderProposed => FailureCode::AccountNotFound,
            Self::OrderClosed | Self::OrderCancelled | Self::OrderRejected | Self::OrderDeleted => {
                FailureCode::AccountAlreadyClosed
            }
            Self::MethodNotFound => FailureCode::MethodNotFound,
            Self::MethodIsTerminal => FailureCode::NativePaymentNotSupported,
            Self::ExceedsDue | Self::ExceedsRefundable | Self::NothingDue => FailureCode::Overpaid,
            Self::ItemNotFound => FailureCode::ItemNotFound,
            Self::StaffNotFound => FailureCode::StaffNotFound,
            Self::StaffMissing => FailureCode::MissingStaff,
            Self::PaymentsLocked | Self::LinesFixed | Self::TotalBelowPaid | Self::OrderFull => {
                FailureCode::UpdateFailed
            }
            _ => FailureCode::Unknown,
        }
    }
}

/// Marks a payment id in log lines and case texts.
impl std::fmt::Display for PaymentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.order.0, self.number)
    }
}
