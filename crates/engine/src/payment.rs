//! Payments: one amount applied to one order, with a life cycle.

use crate::{
    ApplicationId, DeviceId, EndpointId, LocationId, MerchantId, MethodId, PaymentId, StaffId, TaskId,
    Timestamp,
};

/// Which way money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the guest.
    Receipt,
    /// Back to the guest.
    Refund,
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentState {
    /// Accepted, reserves its amount.
    Pending,
    /// Somebody works on it, reserves its amount.
    Progress,
    /// Counts.
    Complete,
    /// The till said no, or time ran out. Counts nowhere.
    Failed,
    /// Cancelled before it counted.
    Voided,
    /// Undone as a whole after it counted.
    Reversed,
}

impl PaymentState {
    /// The stored number; never changes.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Pending => 0,
            Self::Progress => 1,
            Self::Complete => 2,
            Self::Failed => 3,
            Self::Voided => 4,
            Self::Reversed => 5,
        }
    }

    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Progress,
        Self::Complete,
        Self::Failed,
        Self::Voided,
        Self::Reversed,
    ];

    /// Pending or in progress: reserves its amount.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Progress)
    }
}

/// The channel through which something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// K-Series dialect.
    Kseries,
    /// Kounta dialect.
    Kounta,
    /// om dialect.
    Om,
    /// Native API.
    Native,
    /// A till.
    Till,
    /// A person at the console.
    Console,
    /// tender itself: expiry, close when paid.
    Server,
}

impl Via {
    /// A stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Kseries => "kseries",
            Self::Kounta => "kounta",
            Self::Om => "om",
            Self::Native => "native",
            Self::Till => "till",
            Self::Console => "console",
            Self::Server => "server",
        }
    }

    /// Every channel.
    pub const ALL: [Self; 7] = [
        Self::Kseries,
        Self::Kounta,
        Self::Om,
        Self::Native,
        Self::Till,
        Self::Console,
        Self::Server,
    ];
}

/// What a payment method is, as far as rules care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MethodKind {
    /// An ordinary method.
    Ordinary,
    /// The till's own card terminal: cannot be used from outside (K-Series `NATIVE_PAYMENT_NOT_SUPPORTED`).
    Terminal,
}

/// The payment method as it was when the payment was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodRef {
    /// Its id.
    pub id: MethodId,
    /// The merchant's code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// Why a payment or a proposed order came to nothing; the codes are those that K-Series publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureCode {
    /// No till took the task in time.
    Timeout,
    /// Neither account field was given.
    InvalidTask,
    /// No such account at the location.
    AccountNotFound,
    /// The check is closed.
    AccountAlreadyClosed,
    /// No such payment method at the location.
    MethodNotFound,
    /// The method is the till's own card terminal.
    NativePaymentNotSupported,
    /// No such employee.
    StaffNotFound,
    /// No employee given and the location has no default.
    MissingStaff,
    /// More than is due.
    Overpaid,
    /// The till could not change the check.
    UpdateFailed,
    /// The till does not know the payment.
    PaymentIdNotFound,
    /// The till could not add an item.
    ItemNotAdded,
    /// No such item.
    ItemNotFound,
    /// Anything else a till says.
    Unknown,
}

impl FailureCode {
    /// The published name (spec kseries 7.1).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Timeout => "TIMEOUT",
            Self::InvalidTask => "INVALID_TASK",
            Self::AccountNotFound => "ACCOUNT_NOT_FOUND",
            Self::AccountAlreadyClosed => "ACCOUNT_ALREADY_CLOSED",
            Self::MethodNotFound => "PAYMENT_METHOD_NOT_FOUND",
            Self::NativePaymentNotSupported => "NATIVE_PAYMENT_NOT_SUPPORTED",
            Self::StaffNotFound => "STAFF_NOT_FOUND",
            Self::MissingStaff => "MISSING_STAFF",
            Self::Overpaid => "OVERPAID",
            Self::UpdateFailed => "UPDATE_FAILED",
            Self::PaymentIdNotFound => "PAYMENT_ID_NOT_FOUND",
            Self::ItemNotAdded => "ITEM_NOT_ADDED",
            Self::ItemNotFound => "ITEM_NOT_FOUND",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// Every code.
    pub const ALL: [Self; 14] = [
        Self::Timeout,
        Self::InvalidTask,
        Self::AccountNotFound,
        Self::AccountAlreadyClosed,
        Self::MethodNotFound,
        Self::NativePaymentNotSupported,
        Self::StaffNotFound,
        Self::MissingStaff,
        Self::Overpaid,
        Self::UpdateFailed,
        Self::PaymentIdNotFound,
        Self::ItemNotAdded,
        Self::ItemNotFound,
        Self::Unknown,
    ];

    /// The code with this published name, in any case; a till's unknown word is [`FailureCode::Unknown`].
    #[must_use]
    pub fn from_code(text: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|code| code.code().eq_ignore_ascii_case(text.trim()))
            .unwrap_or(Self::Unknown)
    }
}

/// A failure with the text that people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which kind.
    pub code: FailureCode,
    /// A till's own words; absent where the code says it all.
    pub message: Option<String>,
}

impl Failure {
    /// A failure without words of its own.
    #[must_use]
    pub const fn new(code: FailureCode) -> Self {
        Self { code, message: None }
    }
}

/// One amount applied to one order. Amounts are minor units of the order's currency and never negative;
/// `direction` says which way the money goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// The tenant.
    pub merchant: MerchantId,
    /// Where.
    pub location: LocationId,
    /// Receipt or refund.
    pub direction: Direction,
    /// Where it stands.
    pub state: PaymentState,
    /// Hidden by a delete (spec om 27); the journal keeps it.
    pub deleted: bool,
    /// As sent, without tip.
    pub amount_minor: i64,
    /// As sent.
    pub tip_minor: i64,
    /// Extra for how one pays; reduces nothing.
    pub surcharge_minor: i64,
    /// The part of the tip that pays service charge (the u of spec kounta 8.1).
    pub service_tip_minor: i64,
    /// What this payment contributed to the service charge (a refund: gave back); set when it counts.
    pub service_minor: i64,
    /// The method; absent where the dialect allows none.
    pub method: Option<MethodRef>,
    /// The client's reference, shown again in every dialect.
    pub reference: Option<String>,
    /// Who is answerable for it.
    pub staff: Option<StaffId>,
    /// The one device that may process it.
    pub device: Option<DeviceId>,
    /// Printer for the receipt.
    pub printer_profile: Option<u64>,
    /// The webhook endpoint that hears the result.
    pub endpoint: Option<EndpointId>,
    /// What a refund gives back.
    pub source: Option<PaymentId>,
    /// Σ refunds of this receipt that are pending, in progress or complete.
    pub refunds_minor: i64,
    /// A label the client may set on confirming (om `transactionRef`).
    pub transaction_ref: Option<String>,
    /// Members of a free JSON object as `(name, compact JSON)`; the engine never looks inside.
    pub attributes: Vec<(String, String)>,
    /// Opaque reference (om `invoiceId`).
    pub invoice: Option<String>,
    /// Free text.
    pub note: Option<String>,
    /// Opaque customer id.
    pub customer: Option<String>,
    /// Stored and echoed (om row 6).
    pub custom: bool,
    /// Whether part of the tip pays service charge (Kounta's rule, spec kounta 8).
    pub tip_pays_service: bool,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// The till task that waits for it.
    pub task: Option<TaskId>,
    /// When a pending payment ends by itself; absent: never.
    pub expires_at: Option<Timestamp>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// By which application.
    pub created_by: ApplicationId,
    /// Through what.
    pub created_via: Via,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// By which application.
    pub updated_by: ApplicationId,
    /// Through what.
    pub updated_via: Via,
    /// When it counted; kept after a reversal.
    pub completed_at: Option<Timestamp>,
    /// When it was undone.
    pub reversed_at: Option<Timestamp>,
}

impl Payment {
    /// What reduces (a refund: raises) what the order still costs: the amount and the service-bound part of the tip.
    #[must_use]
    pub const fn applied_minor(&self) -> i64 {
        self.amount_minor.saturating_add(self.service_tip_minor)
    }

    /// The part of the tip that is a tip.
    #[must_use]
    pub const fn ordinary_tip_minor(&self) -> i64 {
        self.tip_minor.saturating_sub(self.service_tip_minor)
    }

    /// What changes hands: amount, tip and surcharge.
    #[must_use]
    pub const fn moved_minor(&self) -> i64 {
        self.amount_minor
            .saturating_add(self.tip_minor)
            .saturating_add(self.surcharge_minor)
    }

    /// What may still be given back of this receipt.
    #[must_use]
    pub const fn refundable_minor(&self) -> i64 {
        self.applied_minor().saturating_sub(self.refunds_minor)
    }
}

/// Size of attributes as one compact JSON object, in bytes: what [`crate::ATTRIBUTES_BYTES_MAX`] limits.
#[must_use]
pub fn attributes_bytes(attributes: &[(String, String)]) -> usize {
    /// Two quotes and a colon.
    const AROUND_NAME: usize = 3;
    let members = attributes.iter().fold(0_usize, |size, (name, value)| {
        size.saturating_add(name.bytes().map(escaped_bytes).sum())
            .saturating_add(AROUND_NAME)
            .saturating_add(value.len())
    });
    let commas = attributes.len().saturating_sub(1);
    members.saturating_add(commas).saturating_add("{}".len())
}

/// How many bytes one byte of a text takes inside a JSON string.
const fn escaped_bytes(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    }
}
