//! Commands: what a caller wants, decoded and resolved against the directory, before any rule has been applied.

use tender_money::{Currency, Decimal};

use crate::{
    ApplicationId, CaseId, DeviceId, Direction, EndpointId, Failure, Hash128, KeySpace, LineModifier,
    LocationId, MethodKind, MethodRef, OrderId, PaymentId, PaymentState, ServiceCharge, StaffId, Stage,
    TaskId, Timestamp,
};

/// A thing the caller named, after looking it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup<T> {
    /// Nothing was named.
    Absent,
    /// It exists.
    Known(T),
    /// It was named and does not exist (or may not be used).
    Unknown,
}

/// What rules need to know about a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationFacts {
    /// Its id.
    pub id: LocationId,
    /// Its one currency.
    pub currency: Currency,
    /// The number of its POS station, the first part of account identifiers.
    pub station: u64,
    /// The printer for receipts when none is named.
    pub printer_profile: Option<u64>,
    /// The employee for payments from outside when none is named.
    pub api_staff: Option<StaffId>,
}

/// A unique reference or idempotency key that comes with a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyClaim {
    /// Its name space.
    pub space: KeySpace,
    /// The text.
    pub text: String,
    /// The decoded command in canonical form, in the caller's field names.
    pub fields: Vec<(String, String)>,
    /// Whether a repeat is refused even when the command is the same (K-Series references), or answered again.
    pub refuse_repeats: bool,
}

/// Which order is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderSelector {
    /// None was named (K-Series `/pay` without account fields).
    Nothing,
    /// By id.
    Id(OrderId),
    /// By another name of it.
    Alias(Hash128),
}

/// Every command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Opens, or proposes to a till, an order.
    OpenOrder(Box<OpenOrder>),
    /// Adds lines.
    AddLines(AddLines),
    /// Changes a line.
    ChangeLine(Box<ChangeLine>),
    /// Removes a line.
    RemoveLine(RemoveLine),
    /// Changes an order's data, stage or state.
    UpdateOrder(Box<UpdateOrder>),
    /// Closes, cancels, rejects or deletes an order.
    SettleOrder(SettleOrder),
    /// Makes a payment or refund.
    Pay(Box<PaymentSpec>),
    /// Changes reference, surcharge, or adds a tip (Kounta).
    AmendPayment(AmendPayment),
    /// Changes anything about a payment (om).
    UpdatePayment(Box<UpdatePayment>),
    /// Marks a payment as complete.
    ConfirmPayment(ConfirmPayment),
    /// Cancels a pending payment.
    VoidPayment(VoidPayment),
    /// Deletes a payment (om).
    DeletePayment(DeletePayment),
    /// Burns or voids a reference.
    FenceReference(FenceReference),
    /// Leases tasks to a device.
    ClaimTasks(ClaimTasks),
    /// A device's answer to a task.
    ResolveTask(ResolveTask),
    /// Ends a task whose time is over.
    ExpireTask(ExpireTask),
    /// Shows a message at a location's tills.
    PostMessage(PostMessage),
    /// Closes a case.
    ResolveCase(ResolveCase),
}

/// Work for a till that comes with a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSpec {
    /// When it ends by itself, in milliseconds from now, above zero.
    pub ttl_ms: i64,
    /// When it is offered first; absent: at once.
    pub not_before: Option<Timestamp>,
    /// The only device that may take it.
    pub device: Option<DeviceId>,
}

/// A line to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineSpec {
    /// What it is.
    pub name: String,
    /// Catalogue code.
    pub sku: Option<String>,
    /// Catalogue item id.
    pub product_id: Option<u64>,
    /// Above zero, at most three fraction digits.
    pub quantity: Decimal,
    /// Price of one in major units, not negative.
    pub unit_price: Decimal,
    /// Whether the price must be an exact amount of the currency (true natively) or is a rate (Kounta).
    pub price_is_amount: bool,
    /// Whether the price contains tax.
    pub price_includes_tax: bool,
    /// Tax as a fraction, not negative.
    pub tax_rate: Decimal,
    /// Multiplier, 1 for none.
    pub price_variation: Decimal,
    /// Taken off the line.
    pub discount: Discount,
    /// Modifiers.
    pub modifiers: Vec<LineModifier>,
    /// Free text.
    pub notes: Option<String>,
    /// The client's own id of the line.
    pub client_line_id: Option<String>,
    /// Index within the same command of the line that this one belongs to; always smaller than its own.
    pub parent: Option<usize>,
}

impl LineSpec {
    /// One of something at an exact price that contains its tax; callers set what else they have.
    #[must_use]
    pub fn new(name: impl Into<String>, unit_price: Decimal) -> Self {
        Self {
            name: name.into(),
            sku: None,
            product_id: None,
            quantity: Decimal::ONE,
            unit_price,
            price_is_amount: true,
            price_includes_tax: true,
            tax_rate: Decimal::ZERO,
            price_variation: Decimal::ONE,
            discount: Discount::None,
            modifiers: Vec::new(),
            notes: None,
            client_line_id: None,
            parent: None,
        }
    }
}

/// A reduction of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    /// None.
    None,
    /// An amount in major units.
    Amount(Decimal),
    /// A percentage of the line, 0 to 100.
    Percent(Decimal),
}

/// Opens an order.
///
/// Checks, in this order: location, digits and signs of embedded amounts, keys, endpoint, labels, service charge, lines, then
/// each embedded payment as [`PaymentSpec`] does. From the lines on, a refusal of an order that is proposed to a till is recorded
/// as its failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOrder {
    /// Where.
    pub location: LocationId,
    /// Its lines.
    pub lines: Vec<LineSpec>,
    /// The service charge; an amount is in minor units already.
    pub service_charge: ServiceCharge,
    /// Close when nothing is due.
    pub close_when_paid: bool,
    /// Refuse payments from tills.
    pub payments_locked: bool,
    /// First stage.
    pub stage: Stage,
    /// Table.
    pub table_number: Option<u32>,
    /// Name on the bill.
    pub name: Option<String>,
    /// Guests.
    pub covers: Option<u32>,
    /// Employee.
    pub staff: Option<StaffId>,
    /// The client's own number.
    pub external_reference: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// Further values to show again.
    pub labels: Vec<(String, String)>,
    /// Unique references and idempotency keys.
    pub keys: Vec<KeyClaim>,
    /// Payments that come with the order, applied in this order before `settle`. All or nothing: they have no keys of their
    /// own, and their refusal is the order's.
    pub payments: Vec<PaymentSpec>,
    /// The state the order ends in (Kounta creates finished sales).
    pub settle: Option<OrderChange>,
    /// The order is proposed to a till first and opens when a till takes it.
    pub delivery: Option<TaskSpec>,
    /// The webhook endpoint that made the order, with its reference; it is told about it.
    pub maker: Option<(Lookup<EndpointId>, String)>,
    /// The caller found that the order can never succeed (unknown item): record it as failed.
    pub refusal: Option<Failure>,
}

impl OpenOrder {
    /// A plain order that closes when it is paid, everything optional left out; callers set what they have.
    #[must_use]
    pub fn new(location: LocationId, lines: Vec<LineSpec>) -> Self {
        Self {
            location,
            lines,
            service_charge: ServiceCharge::None,
            close_when_paid: true,
            payments_locked: false,
            stage: Stage::Pending,
            table_number: None,
            name: None,
            covers: None,
            staff: None,
            external_reference: None,
            notes: None,
            labels: Vec::new(),
            keys: Vec::new(),
            payments: Vec::new(),
            settle: None,
            delivery: None,
            maker: None,
            refusal: None,
        }
    }
}

/// Adds lines to an order, and pays for them.
///
/// Checks, in this order: order (unless failures are recorded), digits and signs of embedded amounts, keys, endpoint, order state,
/// lines, total, each embedded payment as [`PaymentSpec`] does, watchers. From the order state on a refusal is recorded as a failed
/// order where the caller asked for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddLines {
    /// Which order.
    pub order: OrderSelector,
    /// Where the caller says the order is; another location's order is not found.
    pub location: Option<LocationId>,
    /// The lines.
    pub lines: Vec<LineSpec>,
    /// The first new line's position, pushing others down; absent: at the end.
    pub position: Option<u32>,
    /// Keys.
    pub keys: Vec<KeyClaim>,
    /// Payments that come with the lines, made at once after them. All or nothing: they have no keys of their own, and their
    /// refusal is the update's. Where a till is asked first nothing is reserved for them: what they pay for is not on the bill
    /// yet. They are judged before the till is asked and again when it has taken the lines.
    pub payments: Vec<PaymentSpec>,
    /// Propose the lines to a till first.
    pub delivery: Option<TaskSpec>,
    /// The endpoint that hears about it.
    pub maker: Option<(Lookup<EndpointId>, String)>,
    /// The caller found that it can never succeed: record it as failed.
    pub refusal: Option<Failure>,
    /// What to do when the ledger says no.
    pub on_refusal: OnRefusal,
}

/// Changes of one line; absent members stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineChange {
    /// Another item: name, sku, id, price, tax.
    pub item: Option<LineSpec>,
    /// Quantity.
    pub quantity: Option<Decimal>,
    /// Price of one, and whether it contains tax.
    pub unit_price: Option<(Decimal, bool)>,
    /// Multiplier.
    pub price_variation: Option<Decimal>,
    /// Notes; `Some(None)` clears them.
    pub notes: Option<Option<String>>,
    /// All modifiers.
    pub modifiers: Option<Vec<LineModifier>>,
    /// New position.
    pub number: Option<u32>,
}

/// Changes a line, named by its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeLine {
    /// Which order.
    pub order: OrderId,
    /// Which line.
    pub number: u32,
    /// What changes.
    pub change: LineChange,
}

/// Removes a line, named by its number, and its sub-lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveLine {
    /// Which order.
    pub order: OrderId,
    /// Which line.
    pub number: u32,
}

/// A final state to bring an order into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderChange {
    /// A finished sale.
    Close,
    /// Cancelled.
    Cancel,
    /// Rejected by staff.
    Reject,
    /// Deleted at the till.
    Delete,
}

/// Brings an order into a final state. Asking for the state it has changes nothing.
///
/// Checks: order, final state, pending payments, and for all but `Close` money on the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettleOrder {
    /// Which order.
    pub order: OrderId,
    /// Into which state.
    pub change: OrderChange,
}

/// Changes data of an order; absent members stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateOrder {
    /// Which order.
    pub order: OrderId,
    /// Stage of an open order.
    pub stage: Option<Stage>,
    /// Final state.
    pub settle: Option<OrderChange>,
    /// Notes; `Some(None)` clears them.
    pub notes: Option<Option<String>>,
    /// Name.
    pub name: Option<Option<String>>,
    /// Table.
    pub table_number: Option<Option<u32>>,
    /// Guests.
    pub covers: Option<Option<u32>>,
    /// Employee.
    pub staff: Option<Option<StaffId>>,
    /// Refuse payments from tills.
    pub payments_locked: Option<bool>,
    /// Close when paid.
    pub close_when_paid: Option<bool>,
    /// Labels to set (`Some`) or remove (`None`).
    pub labels: Vec<(String, Option<String>)>,
    /// Whether the kitchen says that the order can be fetched.
    pub ready: bool,
}

/// How much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountSpec {
    /// This much, in major units, not negative.
    Exact(Decimal),
    /// All that is due (a refund: all that can be given back of its source).
    Remaining,
}

/// How a payment comes to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settle {
    /// At once.
    Immediate,
    /// When a till confirms it.
    Till(TaskSpec),
    /// When somebody confirms it; it waits for ever. The state is `Pending` or `Progress`.
    Open(PaymentState),
}

/// What to do when the ledger says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnRefusal {
    /// Answer the refusal; nothing is recorded.
    Reject,
    /// Answer the refusal, and record it under the idempotency key (om L15).
    RejectAndRemember,
    /// Accept, record the payment as failed and tell the failure as the outcome (K-Series).
    RecordFailure,
}

/// A payment or refund to make.
///
/// Checks, in this order: order (unless failures are recorded), amounts and their digits, size of the attributes, keys, endpoint;
/// then, each recorded as a failure where so asked: order state, state asked for, method, staff, source, amounts against
/// the order, maxima of the order. An order that can hold no further payment refuses at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentSpec {
    /// Which order. Ignored for payments embedded in [`OpenOrder`] and [`AddLines`].
    pub order: OrderSelector,
    /// Where the caller says the order is; another location's order is not found.
    pub location: Option<LocationId>,
    /// Receipt or refund.
    pub direction: Direction,
    /// How much, tip excluded.
    pub amount: AmountSpec,
    /// Tip in major units.
    pub tip: Decimal,
    /// Surcharge in major units.
    pub surcharge: Decimal,
    /// Whether an amount of zero is allowed when there is a tip or surcharge (Kounta, native).
    pub zero_allowed: bool,
    /// Whether part of the tip may pay service charge (Kounta).
    pub tip_pays_service: bool,
    /// The method.
    pub method: Lookup<(MethodRef, MethodKind)>,
    /// The employee.
    pub staff: Lookup<StaffId>,
    /// Whether an employee is needed, the location's default counting (K-Series).
    pub staff_required: bool,
    /// How it comes to count.
    pub settle: Settle,
    /// What to do when the ledger says no.
    pub on_refusal: OnRefusal,
    /// Unique references and idempotency keys.
    pub keys: Vec<KeyClaim>,
    /// The text shown again; unique only if `keys` says so.
    pub reference: Option<String>,
    /// The endpoint that hears the result.
    pub endpoint: Lookup<EndpointId>,
    /// Printer for the receipt; absent: the location's.
    pub printer_profile: Option<u64>,
    /// What a refund gives back.
    pub source: Lookup<PaymentId>,
    /// om `transactionRef`.
    pub transaction_ref: Option<String>,
    /// Members of a free JSON object as `(name, compact JSON)`.
    pub attributes: Vec<(String, String)>,
    /// om `invoiceId`.
    pub invoice: Option<String>,
    /// Free text.
    pub note: Option<String>,
    /// om `customerUid`.
    pub customer: Option<String>,
    /// om `custom`.
    pub custom: bool,
}

impl PaymentSpec {
    /// A plain receipt or refund of an order, everything optional left out; callers set what they have.
    #[must_use]
    pub fn new(order: OrderSelector, direction: Direction, amount: AmountSpec, settle: Settle) -> Self {
        Self {
            order,
            location: None,
            direction,
            amount,
            tip: Decimal::ZERO,
            surcharge: Decimal::ZERO,
            zero_allowed: false,
            tip_pays_service: false,
            method: Lookup::Absent,
            staff: Lookup::Absent,
            staff_required: false,
            settle,
            on_refusal: OnRefusal::Reject,
            keys: Vec::new(),
            reference: None,
            endpoint: Lookup::Absent,
            printer_profile: None,
            source: Lookup::Absent,
            transaction_ref: None,
            attributes: Vec::new(),
            invoice: None,
            note: None,
            customer: None,
            custom: false,
        }
    }
}

/// Changes reference and surcharge of a payment, and adds a tip as a new payment of zero (spec kounta 7.3).
///
/// Checks: payment, amounts, keys; for the surcharge direction, order state and payment state; for the tip all that a payment
/// is checked for. The reference alone is accepted on any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmendPayment {
    /// Which payment.
    pub payment: PaymentId,
    /// New reference; `Some(None)` clears it.
    pub reference: Option<Option<String>>,
    /// New surcharge in major units, not negative.
    pub surcharge: Option<Decimal>,
    /// Tip in major units; zero changes nothing.
    pub tip: Option<Decimal>,
    /// Keys.
    pub keys: Vec<KeyClaim>,
}

/// What an om update may change; absent members stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PaymentPatch {
    /// What it applies to the order ([`crate::Payment::applied_minor`]), in major units, above zero.
    pub amount: Option<Decimal>,
    /// Another method.
    pub method: Option<Lookup<MethodRef>>,
    /// om `custom`.
    pub custom: Option<bool>,
    /// Permission to change money of a complete payment.
    pub correction: bool,
    /// om `customerUid`.
    pub customer: Option<String>,
    /// Another state: `Pending`, `Progress`, `Complete` or `Reversed`.
    pub state: Option<PaymentState>,
    /// Another source; `Some(Lookup::Absent)` clears it.
    pub source: Option<Lookup<PaymentId>>,
    /// `Some(None)` clears it.
    pub transaction_ref: Option<Option<String>>,
    /// A change of the attributes.
    pub attributes: Option<AttributesPatch>,
    /// `Some(None)` clears it.
    pub note: Option<Option<String>>,
}

/// A change of attributes, merged one level deep: `(member, compact JSON or None to remove it)`.
pub type AttributesPatch = Vec<(String, Option<String>)>;

/// Changes anything about a payment (spec om 4.3, 5, 8.3).
///
/// Checks: payment, asserted order, digits, then nothing-changes, order state, states and frozen members, method,
/// source, limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdatePayment {
    /// Which payment.
    pub payment: PaymentId,
    /// The order the caller believes it is on.
    pub asserted_order: Option<Lookup<OrderId>>,
    /// What changes.
    pub patch: PaymentPatch,
}

/// Marks a payment as complete. Repeating it changes nothing, or is refused where `once` says so.
///
/// Checks: payment, asserted order, nothing-changes (a repeat is refused here if `once`), order state, payment state. A confirm
/// that meets a failed payment is refused and opens a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmPayment {
    /// Which payment.
    pub payment: PaymentId,
    /// The order the caller believes it is on.
    pub asserted_order: Option<Lookup<OrderId>>,
    /// A label to store with it.
    pub transaction_ref: Option<String>,
    /// Attributes to merge.
    pub attributes: Option<AttributesPatch>,
    /// Customer to store.
    pub customer: Option<String>,
    /// Refuse to confirm what is complete already: of many confirms at most one succeeds (om row 33, off by default).
    pub once: bool,
}

/// Cancels a payment that is pending or in progress. Repeating it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoidPayment {
    /// Which payment.
    pub payment: PaymentId,
}

/// Deletes a payment: a void or a reversal, and hidden from then on (spec om L4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletePayment {
    /// Which payment.
    pub payment: PaymentId,
    /// Refuse all but pending and progress ones (om row 26, off by default).
    pub open_only: bool,
}

/// Makes sure that nothing lands any more under a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FenceReference {
    /// Whose reference.
    pub application: ApplicationId,
    /// Where.
    pub location: LocationId,
    /// The reference.
    pub text: String,
}

/// Leases open tasks of a location to a device, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimTasks {
    /// Whose tasks.
    pub location: LocationId,
    /// Who claims.
    pub device: DeviceId,
    /// At most this many; bounded by [`crate::TASKS_PER_CLAIM_MAX`].
    pub max: u32,
    /// How long the device keeps them to itself, in milliseconds.
    pub lease_ms: i64,
}

/// What a device says about a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskAnswer {
    /// Done.
    Confirm,
    /// No, and why.
    Refuse(Failure),
}

/// A device's answer under a lease. Repeating it gives the same outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveTask {
    /// Which task.
    pub task: TaskId,
    /// Who answers; must be of the task's location.
    pub location: LocationId,
    /// The lease under which the device worked.
    pub lease: u64,
    /// The answer.
    pub answer: TaskAnswer,
}

/// Ends a task whose time is over; anything else about it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpireTask {
    /// Which task.
    pub task: TaskId,
}

/// Shows a message at the tills of a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostMessage {
    /// Where.
    pub location: LocationId,
    /// The text.
    pub text: String,
    /// Whether to print it as well.
    pub also_print: bool,
    /// How long it is kept for a till that is offline.
    pub ttl_ms: i64,
}

/// Closes a case with a person's words. Repeating it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveCase {
    /// Which case.
    pub case: CaseId,
    /// What was done.
    pub resolution: String,
}
