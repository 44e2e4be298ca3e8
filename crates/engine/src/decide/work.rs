//! The bench on which one command is worked out: reads through to the snapshot, keeps its own changes apart.

use tender_money::{AmountError, Decimal};

use crate::decide::{Context, Decision, Outcome, Warning};
use crate::{
    Case, CaseId, CaseReason, Changes, EntryKind, Failure, Hash128, JournalEntry, KeyClaim, KeyOutcome,
    KeyRecord, LocationFacts, LocationId, MoneyField, Notice, NoticeKind, Opened, Order, OrderId, OrderLines,
    OrderSelector, Payment, PaymentId, Posting, Rejection, Snapshot, Task, TaskId, Timestamp, Via, key_hash,
};

/// Why working out a command ended early.
pub(super) enum Stop {
    /// Refused; all changes are dropped.
    Refused(Rejection),
    /// Refused; the changes made so far are kept (a case, a remembered refusal).
    RefusedKeeping(Rejection),
    /// A repeat: the first answer again.
    Repeated(Box<Result<Outcome, Rejection>>),
}

impl From<Rejection> for Stop {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}

pub(super) type Step<T> = Result<T, Stop>;

/// Adds two sums of money.
pub(super) fn add(left: i64, right: i64) -> Result<i64, Rejection> {
    left.checked_add(right)
        .ok_or(Rejection::OutOfRange(MoneyField::Amount))
}

/// Subtracts two sums of money.
pub(super) fn sub(left: i64, right: i64) -> Result<i64, Rejection> {
    left.checked_sub(right)
        .ok_or(Rejection::OutOfRange(MoneyField::Amount))
}

/// Amounts up to here keep every sum of an order far away from the ends of `i64`.
const AMOUNT_MINOR_MAX: i64 = 100_000_000_000_000_000;

/// Reads an amount in major units as minor units of a currency; its sign is the caller's to judge.
pub(super) fn minor(value: Decimal, digits: u32, field: MoneyField) -> Result<i64, Rejection> {
    match value.to_minor(digits) {
        Ok(minor) if minor.unsigned_abs() <= AMOUNT_MINOR_MAX.unsigned_abs() => Ok(minor),
        Ok(_) | Err(AmountError::OutOfRange) => Err(Rejection::OutOfRange(field)),
        Err(_) => Err(Rejection::TooManyDigits(field)),
    }
}

/// Turns an arithmetic failure into a refusal.
pub(super) fn fits<T>(result: Result<T, AmountError>, field: MoneyField) -> Result<T, Rejection> {
    result.map_err(|_| Rejection::OutOfRange(field))
}

pub(super) struct Work<'a, 'c> {
    snapshot: &'a Snapshot,
    pub(super) context: &'a mut Context<'c>,
    changes: Changes,
    pub(super) warnings: Vec<Warning>,
}

impl<'a, 'c> Work<'a, 'c> {
    pub(super) fn new(snapshot: &'a Snapshot, context: &'a mut Context<'c>) -> Self {
        Self {
            snapshot,
            context,
            changes: Changes::default(),
            warnings: Vec::new(),
        }
    }

    /// The changes so far, to [go back](Self::go_back) to when what follows cannot be done as a whole.
    pub(super) fn so_far(&self) -> Changes {
        self.changes.clone()
    }

    /// Forgets every change since. Warnings that were given since stay.
    pub(super) fn go_back(&mut self, so_far: Changes) {
        self.changes = so_far;
    }

    pub(super) fn finish(self, outcome: Result<Outcome, Rejection>) -> Decision {
        for entry in &self.changes.entries {
            assert!(
                entry.imbalance() == 0,
                "postings of {} do not sum to zero",
                entry.kind.code()
            );
        }
        for order in &self.changes.orders {
            assert_sums(order);
        }
        Decision {
            outcome,
            repeated: false,
            warnings: self.warnings,
            changes: self.changes,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.context.now
    }

    pub(super) fn new_id(&mut self) -> u64 {
        self.context.ids.next_id()
    }

    pub(super) fn location(&self, id: LocationId) -> Option<LocationFacts> {
        (self.context.locations)(id)
    }

    pub(super) fn order(&self, id: OrderId) -> Option<Order> {
        let merchant = self.context.merchant;
        let changed = self.changes.orders.iter().find(|order| order.id == id);
        changed
            .or_else(|| self.snapshot.orders.get(&(merchant, id)))
            .cloned()
    }

    pub(super) fn find_order(&self, selector: &OrderSelector, location: Option<LocationId>) -> Option<Order> {
        let id = match selector {
            OrderSelector::Nothing => return None,
            OrderSelector::Id(id) => *id,
            OrderSelector::Alias(hash) => *self.snapshot.aliases.get(&(self.context.merchant, *hash))?,
        };
        self.order(id)
            .filter(|order| location.is_none_or(|location| order.location == location))
    }

    pub(super) fn lines(&self, order: OrderId) -> OrderLines {
        let merchant = self.context.merchant;
        let changed = self.changes.lines.iter().find(|lines| lines.order == order);
        changed
            .or_else(|| self.snapshot.lines.get(&(merchant, order)))
            .cloned()
            .unwrap_or(OrderLines {
                merchant,
                order,
                lines: Vec::new(),
            })
    }

    pub(super) fn payment(&self, id: PaymentId) -> Option<Payment> {
        let changed = self.changes.payments.iter().find(|payment| payment.id == id);
        changed
            .or_else(|| self.snapshot.payments.get(&(self.context.merchant, id)))
            .cloned()
    }

    /// A payment that callers may see: there, and not deleted or voided by a delete.
    pub(super) fn visible_payment(&self, id: PaymentId) -> Step<Payment> {
        match self.payment(id) {
            Some(payment) if !payment.deleted => Ok(payment),
            _ => Err(Rejection::PaymentNotFound.into()),
        }
    }

    /// The payments that this command has made on an order after the one with this number.
    pub(super) fn made_since(&self, order: OrderId, number: u32) -> Vec<Payment> {
        let changed = self.changes.payments.iter();
        let made = changed.filter(|payment| payment.id.order == order && payment.id.number > number);
        let mut made: Vec<Payment> = made.cloned().collect();
        made.sort_by_key(|payment| payment.id.number);
        made
    }

    /// An order that this command opens, with all that came with it.
    pub(super) fn opened(&self, order: Order) -> Opened {
        Opened {
            lines: self.lines(order.id).lines,
            payments: self.made_since(order.id, 0),
            order,
        }
    }

    pub(super) fn payments_of(&self, order: OrderId) -> Vec<&Payment> {
        self.snapshot.payments_of(self.context.merchant, order)
    }

    pub(super) fn task(&self, id: TaskId) -> Option<Task> {
        let changed = self.changes.tasks.iter().find(|task| task.id == id);
        changed
            .or_else(|| self.snapshot.tasks.get(&(self.context.merchant, id)))
            .cloned()
    }

    pub(super) fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.snapshot
            .tasks
            .values()
            .filter(|task| task.merchant == self.context.merchant)
    }

    pub(super) fn case(&self, id: CaseId) -> Option<Case> {
        self.snapshot.cases.get(&(self.context.merchant, id)).cloned()
    }

    pub(super) fn key(&self, hash: Hash128) -> Option<&KeyRecord> {
        self.snapshot.keys.get(&(self.context.merchant, hash))
    }

    /// Writes a key once, even if a command names it twice.
    fn put_key(&mut self, hash: Hash128, record: KeyRecord) {
        if self.changes.keys.iter().all(|(_, taken, _)| *taken != hash) {
            self.changes.keys.push((self.context.merchant, hash, record));
        }
    }

    /// The next check number of a location.
    pub(super) fn next_check_number(&mut self, location: LocationId) -> u64 {
        let key = (self.context.merchant, location);
        let next = self
            .snapshot
            .check_numbers
            .get(&key)
            .copied()
            .unwrap_or_default()
            .saturating_add(1);
        self.changes.check_numbers.push((key.0, location, next));
        next
    }

    pub(super) fn put_order(&mut self, order: Order) {
        match self.changes.orders.iter_mut().find(|known| known.id == order.id) {
            Some(known) => *known = order,
            None => self.changes.orders.push(order),
        }
    }

    pub(super) fn put_lines(&mut self, lines: OrderLines) {
        match self
            .changes
            .lines
            .iter_mut()
            .find(|known| known.order == lines.order)
        {
            Some(known) => *known = lines,
            None => self.changes.lines.push(lines),
        }
    }

    pub(super) fn put_payment(&mut self, payment: Payment) {
        match self
            .changes
            .payments
            .iter_mut()
            .find(|known| known.id == payment.id)
        {
            Some(known) => *known = payment,
            None => self.changes.payments.push(payment),
        }
    }

    pub(super) fn put_task(&mut self, task: Task) {
        match self.changes.tasks.iter_mut().find(|known| known.id == task.id) {
            Some(known) => *known = task,
            None => self.changes.tasks.push(task),
        }
    }

    pub(super) fn put_case(&mut self, case: Case) {
        self.changes.cases.push(case);
    }

    pub(super) fn put_alias(&mut self, hash: Hash128, order: OrderId) {
        self.changes.aliases.push((self.context.merchant, hash, order));
    }

    /// Looks every key of a command up. A used one ends the command: with its first answer for a repeat, with a refusal
    /// for another command.
    pub(super) fn check_keys(&self, claims: &[KeyClaim], location: LocationId) -> Step<()> {
        for claim in claims {
            let hash = key_hash(claim.space, self.context.application, location, &claim.text);
            let Some(record) = self.key(hash) else { continue };
            if record.outcome == KeyOutcome::Burned {
                return Err(if claim.refuse_repeats {
                    Rejection::ReferenceUsed.into()
                } else {
                    Rejection::ReferenceFenced.into()
                });
            }
            if claim.refuse_repeats {
                return Err(Rejection::ReferenceUsed.into());
            }
            if let Some(field) = record.differing_field(&claim.fields) {
                return Err(Rejection::KeyReused { field }.into());
            }
            let answer = match &record.outcome {
                KeyOutcome::Payment(_, Some(payment)) => Ok(Outcome::Payment(payment.clone())),
                KeyOutcome::Payment(id, None) => match self.payment(*id) {
                    Some(payment) => Ok(Outcome::Payment(Box::new(payment))),
                    None => Err(Rejection::PaymentNotFound),
                },
                KeyOutcome::Order(_, Some(opened)) => Ok(Outcome::Opened(opened.clone())),
                KeyOutcome::Order(id, None) => Ok(Outcome::Repeated(*id)),
                KeyOutcome::Refused(rejection) => Err(rejection.clone()),
                KeyOutcome::Burned => Err(Rejection::ReferenceFenced),
            };
            return Err(Stop::Repeated(Box::new(answer)));
        }
        Ok(())
    }

    /// Takes every key of a command.
    pub(super) fn take_keys(&mut self, claims: &[KeyClaim], location: LocationId, outcome: &KeyOutcome) {
        for claim in claims {
            let application = self.context.application;
            let hash = key_hash(claim.space, application, location, &claim.text);
            let record = KeyRecord {
                space: claim.space,
                application,
                location,
                text: claim.text.clone(),
                fields: claim.fields.clone(),
                outcome: outcome.clone(),
            };
            self.put_key(hash, record);
        }
    }

    /// Burns a reference that belongs to any application.
    pub(super) fn burn_key(&mut self, hash: Hash128, record: KeyRecord) {
        self.put_key(hash, record);
    }

    pub(super) fn notice(&mut self, kind: NoticeKind, order: Option<OrderId>, payment: Option<PaymentId>) {
        self.changes.notices.push(Notice { kind, order, payment });
    }

    /// Appends an entry to the order's chain and stamps the order.
    pub(super) fn journal(&mut self, order: &mut Order, record: Record) {
        let entry = self.entry(
            order.id,
            order.location,
            order.currency,
            order.journal_seq.saturating_add(1),
            order.journal_hash,
            record,
        );
        order.journal_seq = entry.seq;
        order.journal_hash = entry.hash;
        order.updated_at = self.now();
        self.changes.entries.push(entry);
    }

    /// Appends the only entry of a chain that has no order.
    pub(super) fn journal_alone(&mut self, chain: OrderId, facts: &LocationFacts, record: Record) {
        let entry = self.entry(chain, facts.id, facts.currency, 1, [0; 32], record);
        self.changes.entries.push(entry);
    }

    fn entry(
        &self,
        chain: OrderId,
        location: LocationId,
        currency: tender_money::Currency,
        seq: u64,
        previous: crate::Hash256,
        record: Record,
    ) -> JournalEntry {
        let mut entry = JournalEntry {
            merchant: self.context.merchant,
            order: chain,
            seq,
            location,
            kind: record.kind,
            at: self.now(),
            by: self.context.application,
            via: record.via.unwrap_or(self.context.via),
            payment: record.payment.map(|id| id.number),
            task: record.task,
            currency,
            postings: record
                .postings
                .into_iter()
                .filter(|posting| posting.amount_minor != 0)
                .collect(),
            detail: record.detail,
            previous,
            hash: [0; 32],
        };
        entry.hash = entry.computed_hash();
        entry
    }

    /// Opens a case about a payment, at most one per task.
    pub(super) fn open_case(
        &mut self,
        order: &mut Order,
        payment: &Payment,
        task: Option<&mut Task>,
        why: CaseReason,
    ) {
        if task.as_ref().is_some_and(|task| task.has_case) {
            return;
        }
        let id = CaseId(self.new_id());
        let task = task.map(|task| {
            task.has_case = true;
            task.id
        });
        self.put_case(Case {
            id,
            merchant: self.context.merchant,
            location: order.location,
            order: order.id,
            payment: payment.id,
            task,
            reason: why,
            amount_minor: payment.moved_minor(),
            opened_at: self.now(),
            resolved_at: None,
            resolution: None,
        });
        let record = Record::new(EntryKind::CaseOpened)
            .payment(payment.id)
            .task(task)
            .fact("case", id.0)
            .fact("reason", why.code());
        self.journal(order, record);
    }
}

/// What a journal entry says, before it is placed in a chain.
pub(super) struct Record {
    kind: EntryKind,
    via: Option<Via>,
    payment: Option<PaymentId>,
    task: Option<TaskId>,
    postings: Vec<Posting>,
    detail: Vec<(String, String)>,
}

impl Record {
    pub(super) fn new(kind: EntryKind) -> Self {
        Self {
            kind,
            via: None,
            payment: None,
            task: None,
            postings: Vec::new(),
            detail: Vec::new(),
        }
    }

    pub(super) fn via(mut self, via: Via) -> Self {
        self.via = Some(via);
        self
    }

    pub(super) fn payment(mut self, id: PaymentId) -> Self {
        self.payment = Some(id);
        self
    }

    pub(super) fn task(mut self, id: Option<TaskId>) -> Self {
        self.task = id;
        self
    }

    pub(super) fn postings(mut self, postings: Vec<Posting>) -> Self {
        self.postings = postings;
        self
    }

    pub(super) fn fact(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.detail.push((name.to_owned(), value.to_string()));
        self
    }

    pub(super) fn failure(self, failure: &Failure) -> Self {
        let record = self.fact("failure", failure.code.code());
        match &failure.message {
            Some(message) => record.fact("message", message),
            None => record,
        }
    }
}

/// Invariants 2 and 3 of the design, on every order that a decision touches.
fn assert_sums(order: &Order) {
    assert!(order.reserved_minor >= 0, "reserved below zero");
    assert!(order.refund_reserved_minor >= 0, "reserved refunds below zero");
    assert!(order.due_minor() >= 0, "due below zero");
    assert!(order.refundable_minor() >= 0, "refunds exceed what was paid");
    assert!(
        order.service_contributed_minor >= 0,
        "service contributed below zero"
    );
    assert!(
        order.service_contributed_minor <= order.service_minor,
        "service contributions exceed the service charge"
    );
    assert!(
        order.remaining_minor() != 0
            || order.received_minor == 0
            || order.service_contributed_minor == order.service_minor,
        "a settled order owes service"
    );
}
