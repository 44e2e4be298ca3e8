//! The core of tender: orders, payments, tips and service, till tasks, the delivery schedule and the journal.
//!
//! Owns every rule about money and state. [`decide`] is a synchronous function of (snapshot, command, context):
//! it returns what changes and what to tell, and changes nothing itself.
//! Must not know: HTTP, SQL, serialisation, async runtimes, the clock, randomness, logging, or a dialect's wire.
//!
//! Amounts are `i64` minor units of the order's currency, named `*_minor`; every sum is checked.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
// Tests state their expectations with plain arithmetic and stop at the first surprise; that is what they are for.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod case;
mod command;
mod contribution;
mod decide;
mod delivery;
mod hash;
mod ids;
mod journal;
mod key;
mod limits;
mod notice;
mod order;
mod payment;
mod rejection;
mod snapshot;
mod task;
#[cfg(test)]
mod tests;

pub use case::{Case, CaseReason};
pub use command::{
    AddLines, AmendPayment, AmountSpec, AttributesPatch, ChangeLine, ClaimTasks, Command, ConfirmPayment,
    DeletePayment, Discount, ExpireTask, FenceReference, KeyClaim, LineChange, LineSpec, LocationFacts,
    Lookup, OnRefusal, OpenOrder, OrderChange, OrderSelector, PaymentPatch, PaymentSpec, PostMessage,
    RemoveLine, ResolveCase, ResolveTask, Settle, SettleOrder, TaskAnswer, TaskSpec, UpdateOrder,
    UpdatePayment, VoidPayment,
};
pub use contribution::{contribution_of_receipt, contribution_of_refund};
pub use decide::{Context, Decision, IdSource, Outcome, TaskOutcome, Warning, decide};
pub use delivery::{ATTEMPTS_MAX, Attempt, Delivery, DeliveryState, retry_delay_ms};
pub use hash::{Hash128, Hash256, alias_hash, key_hash};
pub use ids::{
    ApplicationId, CaseId, DeliveryId, DeviceId, EndpointId, LocationId, MerchantId, MethodId, OrderId,
    PaymentId, StaffId, TaskId, Timestamp,
};
pub use journal::{EntryKind, JournalEntry, Ledger, Posting};
pub use key::{KeyOutcome, KeyRecord, KeySpace};
pub use limits::{
    ATTRIBUTES_BYTES_MAX, LABELS_PER_ORDER_MAX, LINES_PER_ORDER_MAX, PAYMENTS_PER_ORDER_MAX,
    TASKS_PER_CLAIM_MAX, WATCHERS_PER_ORDER_MAX,
};
pub use notice::{Notice, NoticeKind};
pub use order::{
    Account, Line, LineModifier, Opened, Order, OrderLines, OrderState, ServiceCharge, Stage, Watcher,
};
pub use payment::{
    Direction, Failure, FailureCode, MethodKind, MethodRef, Payment, PaymentState, Via, attributes_bytes,
};
pub use rejection::{MoneyField, Rejection};
pub use snapshot::{Changes, IdHasher, Records, Snapshot};
pub use task::{Maker, Task, TaskKind, TaskState};
