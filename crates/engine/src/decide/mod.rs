//! Deciding commands: one module per family, this one dispatches.
//!
//! A decision is computed on copies. Whatever fails along the way, the snapshot stays as it was, so neither a refusal nor
//! a panic in one command can harm its neighbours in a batch.

mod fence;
mod lines;
mod open;
mod pay;
mod settle;
mod state;
mod sums;
mod tasks;
mod update;
mod work;

use crate::{
    ApplicationId, Case, Changes, Command, LocationFacts, LocationId, MerchantId, Opened, Order, OrderId,
    Payment, Rejection, Snapshot, Task, Timestamp, Via,
};

/// Where new ids come from. Ids rise, are unique for ever and below 2^53.
pub trait IdSource {
    /// The next id.
    fn next_id(&mut self) -> u64;
}

/// What surrounds a command.
pub struct Context<'a> {
    /// Now.
    pub now: Timestamp,
    /// The tenant; nothing of another one is seen or changed.
    pub merchant: MerchantId,
    /// Who asks.
    pub application: ApplicationId,
    /// Through what.
    pub via: Via,
    /// Facts about the tenant's locations.
    pub locations: &'a dyn Fn(LocationId) -> Option<LocationFacts>,
    /// New ids.
    pub ids: &'a mut dyn IdSource,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("now", &self.now)
            .field("merchant", &self.merchant)
            .field("application", &self.application)
            .field("via", &self.via)
            .finish_non_exhaustive()
    }
}

/// How a device's answer was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskOutcome {
    /// The confirm took effect.
    Applied,
    /// The refusal took effect.
    Refused,
    /// Too late, or somebody else was faster; nothing was changed.
    Superseded,
}

/// Something the caller should know although the command succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// The same transaction reference stands on another payment of the order with the same method (om row 44).
    DuplicateTransactionRef,
    /// The command was a repeat, and this member of it would have changed something (om L10).
    NotApplied(&'static str),
}

/// What a command led to. Records are as they stand after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An order was opened or proposed.
    Opened(Box<Opened>),
    /// An order was changed.
    Order(Box<Order>),
    /// A payment was made or changed.
    Payment(Box<Payment>),
    /// Tasks were leased, oldest first.
    Tasks(Vec<Task>),
    /// A device's answer was taken.
    Task(TaskOutcome, Box<Task>, Option<Box<Payment>>),
    /// A reference will never apply (any more, or it never did); the payment it led to, if any.
    Fenced(Option<Box<Payment>>),
    /// A case was resolved.
    Case(Box<Case>),
    /// A repeat under a key whose first answer concerns an order and was not kept; the record itself is not at hand.
    Repeated(OrderId),
}

/// The answer to a command, and what to write for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The answer. A refusal may still come with changes: a key that remembers it, a case.
    pub outcome: Result<Outcome, Rejection>,
    /// Whether this is the first answer given again under a key.
    pub repeated: bool,
    /// What the caller should know besides.
    pub warnings: Vec<Warning>,
    /// What to write.
    pub changes: Changes,
}

impl Decision {
    fn refused(rejection: Rejection) -> Self {
        Self {
            outcome: Err(rejection),
            repeated: false,
            warnings: Vec::new(),
            changes: Changes::default(),
        }
    }
}

/// Decides one command.
#[must_use]
pub fn decide(snapshot: &Snapshot, command: &Command, context: &mut Context<'_>) -> Decision {
    let mut work = work::Work::new(snapshot, context);
    let result = match command {
        Command::OpenOrder(open) => open::open_order(&mut work, open),
        Command::AddLines(add) => lines::add_lines(&mut work, add),
        Command::ChangeLine(change) => lines::change_line(&mut work, change),
        Command::RemoveLine(remove) => lines::remove_line(&mut work, remove),
        Command::UpdateOrder(update) => state::update_order(&mut work, update),
        Command::SettleOrder(settle) => state::settle_order(&mut work, settle),
        Command::Pay(spec) => pay::pay(&mut work, spec),
        Command::AmendPayment(amend) => update::amend_payment(&mut work, amend),
        Command::UpdatePayment(patch) => update::update_payment(&mut work, patch),
        Command::ConfirmPayment(confirm) => settle::confirm_payment(&mut work, confirm),
        Command::VoidPayment(void) => settle::void_payment(&mut work, void),
        Command::DeletePayment(delete) => settle::delete_payment(&mut work, delete),
        Command::FenceReference(fence) => fence::fence_reference(&mut work, fence),
        Command::ClaimTasks(claim) => tasks::claim(&mut work, claim),
        Command::ResolveTask(resolve) => tasks::resolve(&mut work, resolve),
        Command::ExpireTask(expire) => tasks::expire(&mut work, expire),
        Command::PostMessage(message) => tasks::post_message(&mut work, message),
        Command::ResolveCase(resolve) => tasks::resolve_case(&mut work, resolve),
    };
    match result {
        Ok(outcome) => work.finish(Ok(outcome)),
        Err(work::Stop::Refused(rejection)) => Decision::refused(rejection),
        Err(work::Stop::RefusedKeeping(rejection)) => work.finish(Err(rejection)),
        Err(work::Stop::Repeated(outcome)) => Decision {
            outcome: *outcome,
            repeated: true,
            warnings: Vec::new(),
            changes: Changes::default(),
        },
    }
}
