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

/// Defines the refusals together with the code and an example of each, so that no table of them can leave one out.
macro_rules! rejections {
    ($(
        $(#[doc = $about:literal])+
        $name:ident
            $(($payload:ty = $example:expr))?
            $({ $(#[doc = $field_about:literal])+ $field:ident: $field_type:ty = $field_example:expr, })?
            = $code:literal;
    )+) => {
        /// A refusal. Nothing was changed, except where a key records its refusal or a case was opened.
        #[must_use]
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Rejection {
            $($(#[doc = $about])+ $name $(($payload))? $({ $(#[doc = $field_about])+ $field: $field_type })?,)+
        }

        impl Rejection {
            /// A name that never changes its meaning.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $code,)+
                }
            }

            /// Every code with an example, for tables that must name them all.
            #[must_use]
            pub fn examples() -> Vec<Self> {
                vec![$(Self::$name $(($example))? $({ $field: $field_example })?),+]
            }
        }
    };
}

rejections! {
    /// No such order of this merchant.
    OrderNotFound = "order-not-found";
    /// No such payment of this merchant, or deleted.
    PaymentNotFound = "payment-not-found";
    /// No such task of this device's location.
    TaskNotFound = "task-not-found";
    /// No such open case.
    CaseNotFound = "case-not-found";
    /// No such line.
    LineNotFound = "line-not-found";
    /// The asserted order is not the payment's.
    OrderMismatch = "order-mismatch";
    /// More fraction digits than the currency has.
    TooManyDigits(MoneyField = MoneyField::Amount) = "too-many-digits";
    /// Does not fit the ledger's integer.
    OutOfRange(MoneyField = MoneyField::Amount) = "out-of-range";
    /// Must be above zero.
    NotPositive(MoneyField = MoneyField::Amount) = "not-positive";
    /// Must not be negative.
    Negative(MoneyField = MoneyField::Tip) = "negative";
    /// A refund takes no tip and no surcharge.
    NotOnRefund(MoneyField = MoneyField::Tip) = "not-on-refund";
    /// An amount of zero needs a tip or a surcharge.
    NothingToPay = "nothing-to-pay";
    /// A refund without source needs an amount.
    AmountRequired = "amount-required";
    /// The unique reference was used before.
    ReferenceUsed = "reference-used";
    /// The key was used for another command; names the first field that differs.
    KeyReused {
        /// The caller's name of the field.
        field: String = "amount".to_owned(),
    } = "key-reused";
    /// The reference was fenced: nothing may land under it.
    ReferenceFenced = "reference-fenced";
    /// No such webhook endpoint of the application.
    EndpointNotFound = "endpoint-not-found";
    /// The order is closed.
    OrderClosed = "order-closed";
    /// The order was cancelled.
    OrderCancelled = "order-cancelled";
    /// The order was rejected by staff.
    OrderRejected = "order-rejected";
    /// The order was deleted.
    OrderDeleted = "order-deleted";
    /// The order still waits for a till to take it.
    OrderProposed = "order-proposed";
    /// The order takes no payments from tills.
    PaymentsLocked = "payments-locked";
    /// Lines of an accepted order are fixed.
    LinesFixed = "lines-fixed";
    /// The order has pending payments.
    PaymentsPending = "payments-pending";
    /// The order has money on it that was not given back.
    MoneyOnOrder = "money-on-order";
    /// The change would make the total less than what is paid and reserved.
    TotalBelowPaid = "total-below-paid";
    /// The order leaves a final state for no other.
    StateFinal = "state-final";
    /// The payment's state does not allow this.
    InvalidState = "invalid-state";
    /// Money of a complete payment changes only as a correction.
    CorrectionRequired = "correction-required";
    /// No such payment method.
    MethodNotFound = "method-not-found";
    /// The method is the till's own card terminal.
    MethodIsTerminal = "method-is-terminal";
    /// No such employee.
    StaffNotFound = "staff-not-found";
    /// No employee was named and the location has no default.
    StaffMissing = "staff-missing";
    /// The source of a refund does not qualify.
    SourceInvalid = "source-invalid";
    /// More than is due.
    ExceedsDue = "exceeds-due";
    /// More than can be given back.
    ExceedsRefundable = "exceeds-refundable";
    /// A computed amount is zero.
    NothingDue = "nothing-due";
    /// A live refund names this payment.
    HasRefunds = "has-refunds";
    /// No such catalogue item.
    ItemNotFound = "item-not-found";
    /// Attributes grow beyond their maximum.
    AttributesTooLarge = "attributes-too-large";
    /// A named maximum of the order is reached: lines, payments or watchers.
    OrderFull = "order-full";
}

impl Rejection {
    /// Whether the same command may succeed later without anybody changing it. The ledger's refusals are judgements
    /// on what was asked, so none is; only the storage below it has transient failures.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        false
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
