//! A ledger in memory: one merchant, a clock that stands still until told, ids that count up.
//!
//! Every decision is taken twice (it must be a function of its input), applied, and followed by the invariants.

use std::collections::BTreeMap;

use tender_money::Currency;

use crate::{
    ApplicationId, Changes, Command, Context, Decision, Direction, EntryKind, IdSource, JournalEntry, Ledger,
    LocationFacts, LocationId, MerchantId, Order, OrderId, OrderState, PaymentState, Snapshot, StaffId,
    Timestamp, Via, decide,
};

pub(super) const MERCHANT: MerchantId = MerchantId(1);
/// The location of most tests; it has an API employee and a printer.
pub(super) const HERE: LocationId = LocationId(10);
/// Another one of the same merchant, without either.
pub(super) const THERE: LocationId = LocationId(20);
pub(super) const API_STAFF: StaffId = StaffId(7);
pub(super) const PRINTER: u64 = 99;
const START: Timestamp = Timestamp(1_000_000);

#[derive(Clone)]
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
    pub(super) application: ApplicationId,
    pub(super) via: Via,
}

#[derive(Clone)]
pub(super) struct Bench {
    pub(super) snapshot: Snapshot,
    pub(super) now: Timestamp,
    pub(super) currency: Currency,
    pub(super) entries: BTreeMap<OrderId, Vec<JournalEntry>>,
    /// For tests that begin in a state which takes too long to reach: heads are believed.
    pub(super) unchecked: bool,
    ids: Counter,
}

impl Bench {
    pub(super) fn new(currency: &str) -> Self {
        Self {
            snapshot: Snapshot::default(),
            now: START,
            currency: Currency::from_code(currency).expect("a currency"),
            entries: BTreeMap::new(),
            unchecked: false,
            ids: Counter(100),
        }
    }

    pub(super) fn decide(&mut self, caller: Caller, command: &Command) -> Decision {
        let currency = self.currency;
        let locations = move |id: LocationId| {
            let here = id == HERE;
            (here || id == THERE).then_some(LocationFacts {
                id,
                currency,
                station: if here { 1234 } else { 77 },
                printer_profile: here.then_some(PRINTER),
                api_staff: here.then_some(API_STAFF),
            })
        };
        let run = |ids: &mut Counter, snapshot: &Snapshot| {
            decide(
                snapshot,
                command,
                &mut Context {
                    now: self.now,
                    merchant: MERCHANT,
                    application: caller.application,
                    via: caller.via,
                    locations: &locations,
                    ids,
                },
            )
        };
        let mut again = self.ids.clone();
        let decision = run(&mut self.ids, &self.snapshot);
        assert_eq!(
            decision,
            run(&mut again, &self.snapshot),
            "the same input, another decision: {command:?}"
        );
        self.check_refusal(&decision);
        self.apply(&decision.changes);
        decision
    }

    /// A refusal moves no money and changes no payment; it may leave a key or a case behind.
    fn check_refusal(&self, decision: &Decision) {
        let changes = &decision.changes;
        if decision.outcome.is_err() {
            assert!(changes.payments.is_empty() && changes.lines.is_empty() && changes.notices.is_empty());
            assert!(
                changes
                    .entries
                    .iter()
                    .all(|entry| entry.kind == EntryKind::CaseOpened),
                "a refusal wrote {:?}",
                changes.entries
            );
        }
        if decision.repeated {
            assert!(changes.is_empty(), "a repeat changed something");
        }
    }

    fn apply(&mut self, changes: &Changes) {
        for entry in &changes.entries {
            let chain = self.entries.entry(entry.order).or_default();
            let (seq, hash) = chain.last().map_or((0, [0; 32]), |last| (last.seq, last.hash));
            assert_eq!(entry.seq, seq + 1, "a gap in the chain: {entry:?}");
            assert_eq!(entry.previous, hash, "a broken link: {entry:?}");
            assert_eq!(entry.hash, entry.computed_hash(), "a wrong hash: {entry:?}");
            assert_eq!(entry.imbalance(), 0, "out of balance: {entry:?}");
            assert!(entry.postings.iter().all(|posting| posting.amount_minor != 0));
            chain.push(entry.clone());
        }
        self.snapshot.apply(changes.clone());
        for order in changes.orders.iter().filter(|_| !self.unchecked) {
            self.check_order(order);
        }
    }

    /// The head's sums are those of its payments, and the journal says the same.
    fn check_order(&self, order: &Order) {
        let payments = self.snapshot.payments_of(MERCHANT, order.id);
        let numbers: Vec<u32> = payments.iter().map(|payment| payment.id.number).collect();
        let expected: Vec<u32> = (1..=order.last_payment_number).collect();
        assert_eq!(numbers, expected, "payment numbers");
        let sum = |direction, open: bool, value: &dyn Fn(&crate::Payment) -> i64| -> i64 {
            payments
                .iter()
                .filter(|payment| payment.direction == direction)
                .filter(|payment| match open {
                    true => payment.state.is_open(),
                    false => payment.state == PaymentState::Complete,
                })
                .map(|payment| value(payment))
                .sum()
        };
        let receipts = |value: &dyn Fn(&crate::Payment) -> i64| sum(Direction::Receipt, false, value);
        let applied = |payment: &crate::Payment| payment.amount_minor + payment.service_tip_minor;
        assert_eq!(order.received_minor, receipts(&applied), "received");
        assert_eq!(
            order.refunded_minor,
            sum(Direction::Refund, false, &applied),
            "refunded"
        );
        assert_eq!(
            order.reserved_minor,
            sum(Direction::Receipt, true, &applied),
            "reserved"
        );
        assert_eq!(
            order.refund_reserved_minor,
            sum(Direction::Refund, true, &applied),
            "reserved refunds"
        );
        let tips = receipts(&|payment| payment.tip_minor - payment.service_tip_minor);
        assert_eq!(order.tips_minor, tips, "tips");
        let surcharges = receipts(&|payment| payment.surcharge_minor);
        assert_eq!(order.surcharges_minor, surcharges, "surcharges");
        let pending = payments.iter().filter(|payment| payment.state.is_open()).count();
        assert_eq!(order.pending_count as usize, pending, "pending");
        for payment in &payments {
            let refunds: i64 = payments
                .iter()
                .filter(|other| other.source == Some(payment.id))
                .filter(|other| other.state.is_open() || other.state == PaymentState::Complete)
                .map(|other| other.amount_minor)
                .sum();
            assert_eq!(payment.refunds_minor, refunds, "refunds of {:?}", payment.id);
            assert!(
                refunds <= applied(payment),
                "more given back than taken: {payment:?}"
            );
        }
        let paid = order.received_minor - order.refunded_minor;
        let total = order.goods_minor + order.service_minor;
        assert!(paid >= order.refund_reserved_minor && paid + order.reserved_minor <= total);
        if order.state.is_dead() {
            assert!(pending == 0 && paid == 0, "a dead order with money on it");
        }
        let settled = total > 0 && paid == total && pending == 0;
        assert!(
            !(settled && order.close_when_paid && order.state == OrderState::Open),
            "paid, to be closed, and open"
        );
        let owed = if order.state.is_dead() || order.state == OrderState::Proposed {
            (0, 0)
        } else {
            let contributed = order.service_contributed_minor;
            (
                order.goods_minor - (paid - contributed),
                order.service_minor - contributed,
            )
        };
        let goods = self.balance(order.id, &|ledger| ledger == Ledger::ReceivableGoods);
        let service = self.balance(order.id, &|ledger| ledger == Ledger::ReceivableService);
        assert_eq!((goods, service), owed, "receivables");
        let tender = self.balance(order.id, &|ledger| matches!(ledger, Ledger::Tender(_)));
        assert_eq!(tender, paid + tips + surcharges, "tender");
        assert_eq!(self.balance(order.id, &|ledger| ledger == Ledger::Tips), -tips);
        let surcharge_income = self.balance(order.id, &|ledger| ledger == Ledger::SurchargeIncome);
        assert_eq!(surcharge_income, -surcharges);
        let chain = &self.entries[&order.id];
        let head = chain.last().map(|entry| (entry.seq, entry.hash));
        assert_eq!(
            head,
            Some((order.journal_seq, order.journal_hash)),
            "head of the chain"
        );
    }

    fn balance(&self, order: OrderId, of: &dyn Fn(Ledger) -> bool) -> i64 {
        self.entries[&order]
            .iter()
            .flat_map(|entry| &entry.postings)
            .filter(|posting| of(posting.ledger))
            .map(|posting| posting.amount_minor)
            .sum()
    }
}

impl Bench {
    /// An entry with postings and facts.
    pub(super) fn sample_entry(&mut self) -> JournalEntry {
        let caller = Caller {
            application: ApplicationId(1),
            via: Via::Native,
        };
        let line = super::script::article(tender_money::Decimal::ONE);
        let open = crate::OpenOrder {
            close_when_paid: false,
            ..crate::OpenOrder::new(HERE, vec![line])
        };
        let decision = self.decide(caller, &Command::OpenOrder(Box::new(open)));
        decision.changes.entries[0].clone()
    }
}
