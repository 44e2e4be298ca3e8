//! A ledger in memory that takes commands and keeps every record, as a store would.

use std::collections::BTreeMap;

use tender_engine::{
    ApplicationId, Command, Context, Decision, IdSource, JournalEntry, LocationFacts, LocationId, MerchantId,
    Order, OrderId, Payment, PaymentId, Snapshot, StaffId, Task, TaskId, Timestamp, Via, decide,
};
use tender_money::Currency;

use crate::{Audit, Report};

pub(super) const OURS: MerchantId = MerchantId(1);
pub(super) const THEIRS: MerchantId = MerchantId(2);
pub(super) const PLACES: [LocationId; 2] = [LocationId(10), LocationId(20)];

struct Counter(u64);

impl IdSource for Counter {
    fn next_id(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// Who asks, and through what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    pub(super) merchant: MerchantId,
    pub(super) application: ApplicationId,
    pub(super) via: Via,
}

pub(super) struct World {
    pub(super) snapshot: Snapshot,
    pub(super) chains: BTreeMap<OrderId, Vec<JournalEntry>>,
    pub(super) now: Timestamp,
    pub(super) currency: Currency,
    /// The last command, for a client that repeats it.
    pub(super) last: Option<(Via, Command)>,
    ids: Counter,
}

impl World {
    pub(super) fn new(currency: &str) -> Self {
        Self {
            snapshot: Snapshot::default(),
            chains: BTreeMap::new(),
            now: Timestamp(1_000_000),
            currency: Currency::from_code(currency).expect("a currency"),
            last: None,
            ids: Counter(100),
        }
    }

    /// Decides and keeps what the decision writes; whatever it writes belongs to the caller's merchant, and a refusal moves
    /// nothing.
    pub(super) fn decide(&mut self, caller: Caller, command: &Command) -> Decision {
        let currency = self.currency;
        let locations = move |id: LocationId| {
            PLACES.contains(&id).then_some(LocationFacts {
                id,
                currency,
                station: 1234,
                printer_profile: None,
                api_staff: (id == PLACES[0]).then_some(StaffId(7)),
            })
        };
        let decision = decide(
            &self.snapshot,
            command,
            &mut Context {
                now: self.now,
                merchant: caller.merchant,
                application: caller.application,
                via: caller.via,
                locations: &locations,
                ids: &mut self.ids,
            },
        );
        let changes = &decision.changes;
        let own = |merchant: MerchantId| assert_eq!(merchant, caller.merchant, "{command:?}");
        changes.orders.iter().for_each(|order| own(order.merchant));
        changes.lines.iter().for_each(|lines| own(lines.merchant));
        changes.payments.iter().for_each(|payment| own(payment.merchant));
        changes.tasks.iter().for_each(|task| own(task.merchant));
        changes.cases.iter().for_each(|case| own(case.merchant));
        changes.entries.iter().for_each(|entry| own(entry.merchant));
        changes.keys.iter().for_each(|(merchant, ..)| own(*merchant));
        for (merchant, hash, record) in &changes.keys {
            let known = self.snapshot.keys.contains_key(&(*merchant, *hash));
            assert!(!known, "a key was used twice: {record:?}");
        }
        if decision.outcome.is_err() {
            assert!(changes.payments.is_empty() && changes.notices.is_empty());
            assert!(changes.entries.iter().all(|entry| entry.postings.is_empty()));
        }
        assert!(
            !decision.repeated || changes.is_empty(),
            "a repeat wrote something"
        );
        for entry in &changes.entries {
            self.chains.entry(entry.order).or_default().push(entry.clone());
        }
        self.snapshot.apply(changes.clone());
        decision
    }

    pub(super) fn orders(&self, merchant: MerchantId) -> Vec<&Order> {
        let orders = self.snapshot.orders.values();
        let mut orders: Vec<&Order> = orders.filter(|order| order.merchant == merchant).collect();
        orders.sort_by_key(|order| order.id);
        orders
    }

    pub(super) fn payments(&self, merchant: MerchantId) -> Vec<PaymentId> {
        let mut payments: Vec<PaymentId> = self
            .snapshot
            .payments
            .values()
            .filter(|payment| payment.merchant == merchant)
            .map(|payment| payment.id)
            .collect();
        payments.sort_unstable();
        payments
    }

    pub(super) fn tasks(&self, merchant: MerchantId) -> Vec<&Task> {
        let tasks = self.snapshot.tasks.values();
        let mut tasks: Vec<&Task> = tasks.filter(|task| task.merchant == merchant).collect();
        tasks.sort_by_key(|task| task.id);
        tasks
    }

    pub(super) fn task_ids(&self, merchant: MerchantId) -> Vec<TaskId> {
        self.tasks(merchant).iter().map(|task| task.id).collect()
    }

    /// Audits one order.
    pub(super) fn audit_order(&self, audit: &mut Audit, order: &Order) {
        let payments: Vec<Payment> = self
            .snapshot
            .payments_of(order.merchant, order.id)
            .into_iter()
            .cloned()
            .collect();
        let tasks: Vec<Task> = self
            .tasks(order.merchant)
            .into_iter()
            .filter(|task| task.order == Some(order.id))
            .cloned()
            .collect();
        let none = Vec::new();
        let entries = self.chains.get(&order.id).unwrap_or(&none);
        audit.order(order, &payments, entries, &tasks);
    }

    /// Audits everything.
    pub(super) fn audit(&self) -> Report {
        let mut audit = Audit::new();
        for merchant in [OURS, THEIRS] {
            for order in self.orders(merchant) {
                self.audit_order(&mut audit, order);
            }
        }
        for (chain, entries) in &self.chains {
            let merchant = entries.first().map_or(OURS, |entry| entry.merchant);
            if !self.snapshot.orders.contains_key(&(merchant, *chain)) {
                let id = PaymentId {
                    order: *chain,
                    number: 0,
                };
                let payment = self.snapshot.payments.get(&(merchant, id));
                audit.chain_without_order(entries, payment);
            }
        }
        for ((merchant, hash), record) in &self.snapshot.keys {
            use tender_engine::KeyOutcome;
            let (payment, order) = match &record.outcome {
                KeyOutcome::Payment(id, _) => (self.snapshot.payments.get(&(*merchant, *id)), None),
                KeyOutcome::Order(id, _) => (None, self.snapshot.orders.get(&(*merchant, *id))),
                KeyOutcome::Refused(_) | KeyOutcome::Burned => (None, None),
            };
            audit.key(*merchant, *hash, record, payment, order);
        }
        audit.finish()
    }
}
