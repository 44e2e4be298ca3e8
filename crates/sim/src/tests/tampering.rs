//! A clean ledger, one record edited: the audit must say so, and name the rule.

use tender_engine::{
    AddLines, AmountSpec, ApplicationId, ClaimTasks, Command, ConfirmPayment, DeletePayment, DeviceId,
    Direction, Failure, FailureCode, FenceReference, JournalEntry, KeyClaim, KeySpace, LineSpec, Lookup,
    MethodId, MethodKind, MethodRef, OnRefusal, OpenOrder, OrderId, OrderSelector, Outcome, Payment,
    PaymentId, PaymentSpec, ResolveTask, ServiceCharge, Settle, TaskAnswer, TaskId, TaskSpec, Via,
};
use tender_money::Decimal;

use super::world::{Caller, OURS, PLACES, World};
use crate::{Audit, Report, Rule};

mod edits;
mod references;

const OURSELVES: Caller = Caller {
    merchant: OURS,
    application: ApplicationId(1),
    via: Via::Native,
};

/// One order with a bit of everything on it, and records that have no order.
struct Ledgers {
    world: World,
    order: OrderId,
    proposal: OrderId,
    orphan: PaymentId,
}

fn article() -> LineSpec {
    LineSpec {
        quantity: Decimal::from_integer(10),
        ..LineSpec::new("Article", Decimal::from_integer(10))
    }
}

fn opening(delivery: Option<TaskSpec>) -> Command {
    Command::OpenOrder(Box::new(OpenOrder {
        service_charge: ServiceCharge::Rate(Decimal::from_minor(1, 1)),
        close_when_paid: false,
        keys: vec![KeyClaim {
            space: KeySpace::OrderReference,
            text: format!("order {}", delivery.is_some()),
            fields: Vec::new(),
            // A proposal's is a reference that no repeat is answered under, the other one keeps its answer.
            refuse_repeats: delivery.is_some(),
        }],
        delivery,
        ..OpenOrder::new(PLACES[0], vec![article()])
    }))
}

fn till() -> TaskSpec {
    TaskSpec {
        ttl_ms: 60_000,
        device: None,
        not_before: None,
    }
}

fn spec(order: OrderId, direction: Direction, amount: i64, settle: Settle) -> PaymentSpec {
    let amount = AmountSpec::Exact(Decimal::from_integer(amount));
    let cash = MethodRef {
        id: MethodId(1),
        code: "CASH".to_owned(),
        name: "Cash".to_owned(),
    };
    PaymentSpec {
        method: Lookup::Known((cash, MethodKind::Ordinary)),
        zero_allowed: true,
        ..PaymentSpec::new(OrderSelector::Id(order), direction, amount, settle)
    }
}

impl Ledgers {
    /// Payments: 1 complete with tip and surcharge, 2 a refund of it, 3 reversed, 4 pending at a till, 5 failed at a till with a
    /// case, 6 voided, 7 complete through a till.
    fn new() -> Self {
        let mut world = World::new("EUR");
        let order = Self::opened(&mut world, None);
        let receipt = |amount| spec(order, Direction::Receipt, amount, Settle::Immediate);
        let first = PaymentSpec {
            tip: Decimal::from_integer(2),
            surcharge: Decimal::from_integer(1),
            tip_pays_service: true,
            keys: vec![KeyClaim {
                space: KeySpace::IdempotencyKey,
                text: "k".to_owned(),
                fields: Vec::new(),
                refuse_repeats: false,
            }],
            ..receipt(50)
        };
        let refund = PaymentSpec {
            source: Lookup::Known(PaymentId { order, number: 1 }),
            ..spec(order, Direction::Refund, 10, Settle::Immediate)
        };
        let by_till = |amount| spec(order, Direction::Receipt, amount, Settle::Till(till()));
        for payment in [
            first,
            refund,
            receipt(5),
            by_till(6),
            by_till(7),
            by_till(8),
            by_till(9),
        ] {
            let decision = world.decide(OURSELVES, &Command::Pay(Box::new(payment)));
            assert!(decision.outcome.is_ok(), "{decision:?}");
        }
        let id = |number| PaymentId { order, number };
        Self::reverse(&mut world, id(3));
        let claim = ClaimTasks {
            location: PLACES[0],
            device: DeviceId(1),
            max: 10,
            lease_ms: 30_000,
        };
        world.decide(OURSELVES, &Command::ClaimTasks(claim));
        let refusal = TaskAnswer::Refuse(Failure::new(FailureCode::UpdateFailed));
        Self::resolve(&mut world, id(5), refusal);
        Self::resolve(&mut world, id(5), TaskAnswer::Confirm);
        let void = tender_engine::VoidPayment { payment: id(6) };
        world.decide(OURSELVES, &Command::VoidPayment(void));
        Self::resolve(&mut world, id(7), TaskAnswer::Confirm);
        let proposal = Self::opened(&mut world, Some(till()));
        let orphan = Self::orphan(&mut world);
        let fence = FenceReference {
            application: ApplicationId(1),
            location: PLACES[0],
            text: "never seen".to_owned(),
        };
        world.decide(OURSELVES, &Command::FenceReference(fence));
        Self {
            world,
            order,
            proposal,
            orphan,
        }
    }

    fn opened(world: &mut World, delivery: Option<TaskSpec>) -> OrderId {
        match world.decide(OURSELVES, &opening(delivery)).outcome {
            Ok(Outcome::Opened(opened)) => opened.order.id,
            other => panic!("{other:?}"),
        }
    }

    fn reverse(world: &mut World, payment: PaymentId) {
        let delete = DeletePayment {
            payment,
            open_only: false,
        };
        let decision = world.decide(OURSELVES, &Command::DeletePayment(delete));
        assert!(decision.outcome.is_ok());
    }

    fn resolve(world: &mut World, payment: PaymentId, answer: TaskAnswer) {
        let task = world.snapshot.payments[&(OURS, payment)].task.expect("a task");
        let resolve = ResolveTask {
            task,
            location: PLACES[0],
            lease: 1,
            answer,
        };
        let decision = world.decide(OURSELVES, &Command::ResolveTask(resolve));
        assert!(decision.outcome.is_ok());
    }

    fn orphan(world: &mut World) -> PaymentId {
        let lost = PaymentSpec {
            order: OrderSelector::Nothing,
            location: Some(PLACES[0]),
            on_refusal: OnRefusal::RecordFailure,
            ..spec(OrderId(0), Direction::Receipt, 5, Settle::Till(till()))
        };
        match world.decide(OURSELVES, &Command::Pay(Box::new(lost))).outcome {
            Ok(Outcome::Payment(payment)) => payment.id,
            other => panic!("{other:?}"),
        }
    }

    fn head(&mut self) -> &mut tender_engine::Order {
        let order = self.order;
        self.world
            .snapshot
            .orders
            .get_mut(&(OURS, order))
            .expect("the order")
    }

    fn payment(&mut self, number: u32) -> &mut Payment {
        let order = self.order;
        let id = PaymentId { order, number };
        self.world
            .snapshot
            .payments
            .get_mut(&(OURS, id))
            .expect("the payment")
    }

    fn chain(&mut self) -> &mut Vec<JournalEntry> {
        let order = self.order;
        self.world.chains.get_mut(&order).expect("the chain")
    }

    fn task(&mut self, number: u32) -> &mut tender_engine::Task {
        let id = self.payment(number).task.expect("a task");
        self.world.snapshot.tasks.get_mut(&(OURS, id)).expect("the task")
    }

    /// Writes the chain anew from an edited entry on, as somebody would who can compute hashes.
    fn seal(&mut self) {
        let mut previous = [0; 32];
        for entry in self.chain() {
            entry.previous = previous;
            entry.hash = entry.computed_hash();
            previous = entry.hash;
        }
        self.head().journal_hash = previous;
    }
}

#[test]
fn the_untouched_ledger_is_clean() {
    let report = Ledgers::new().world.audit();
    assert!(report.is_clean(), "{:#?}", report.findings);
    assert_eq!((report.orders, report.payments, report.keys), (2, 8, 4));
    let entries: usize = Ledgers::new().world.chains.values().map(Vec::len).sum();
    assert_eq!(report.entries, u64::try_from(entries).expect("a count"));
}

#[test]
fn a_settled_order_that_owes_service_is_found() {
    let mut world = World::new("EUR");
    let order = Ledgers::opened(&mut world, None);
    let all = spec(order, Direction::Receipt, 110, Settle::Immediate);
    let decision = world.decide(OURSELVES, &Command::Pay(Box::new(all)));
    assert!(decision.outcome.is_ok());
    assert!(world.audit().is_clean());
    let head = world.snapshot.orders.get_mut(&(OURS, order)).expect("the order");
    head.service_contributed_minor -= 1;
    let rules: Vec<Rule> = world
        .audit()
        .findings
        .iter()
        .map(|finding| finding.rule)
        .collect();
    assert!(rules.contains(&Rule::Service), "{rules:?}");
    let head = world.snapshot.orders.get_mut(&(OURS, order)).expect("the order");
    (head.service_contributed_minor, head.close_when_paid) = (1_000, true);
    let rules: Vec<Rule> = world
        .audit()
        .findings
        .iter()
        .map(|finding| finding.rule)
        .collect();
    assert_eq!(rules, [Rule::Life], "paid, to be closed, and open");
}

#[test]
fn findings_are_bounded_and_readable() {
    let mut report = Report::default();
    for number in 0..1_500 {
        let about = crate::Subject::Task(TaskId(number));
        report.add(Rule::Task, OURS, about, "is wrong".to_owned());
    }
    assert_eq!(report.findings.len(), crate::FINDINGS_MAX);
    assert_eq!(report.findings_left_out, 500);
    assert!(!report.is_clean());
    assert_eq!(
        report.findings[0].to_string(),
        "task: merchant 1, task 0: is wrong"
    );
    let payment = crate::Subject::Payment(PaymentId {
        order: OrderId(7),
        number: 2,
    });
    assert_eq!(payment.to_string(), "payment 7/2");
}

#[test]
fn a_payment_without_a_journal_is_found() {
    let mut ledgers = Ledgers::new();
    let id = ledgers.orphan;
    let orphan = ledgers
        .world
        .snapshot
        .payments
        .remove(&(OURS, id))
        .expect("the orphan");
    let mut audit = Audit::new();
    audit.chain_without_order(&[], Some(&orphan));
    audit.chain_without_order(&[], None);
    let report = audit.finish();
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].rule, Rule::Chain);
    // What is confirmed by hand, and lines by a till, leave a clean ledger too.
    let confirm = ConfirmPayment {
        payment: ledgers.payment(4).id,
        asserted_order: None,
        transaction_ref: None,
        attributes: None,
        customer: None,
        once: false,
    };
    ledgers.world.snapshot.payments.insert((OURS, id), orphan);
    ledgers.world.decide(OURSELVES, &Command::ConfirmPayment(confirm));
    let lines = AddLines {
        order: OrderSelector::Id(ledgers.order),
        location: None,
        lines: vec![article()],
        position: None,
        keys: Vec::new(),
        payments: Vec::new(),
        delivery: Some(till()),
        maker: None,
        refusal: None,
        on_refusal: OnRefusal::RecordFailure,
    };
    ledgers.world.decide(OURSELVES, &Command::AddLines(lines));
    let report = ledgers.world.audit();
    assert!(report.is_clean(), "{:#?}", report.findings);
}
