//! Whatever is asked of the ledger, in whatever order: it answers, and its records stay in order.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tender_engine::{ApplicationId, Command, Decision, ExpireTask, OrderId, PaymentState, Via};

use super::acts::{Act, life, perform};
use super::world::{Caller, OURS, THEIRS, World};
use crate::Audit;

fn currency() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("JPY"), Just("EUR"), Just("KWD")]
}

fn assert_clean(world: &World, orders: &[OrderId], after: &Act) {
    let mut audit = Audit::new();
    for merchant in [OURS, THEIRS] {
        for order in world.orders(merchant) {
            if orders.contains(&order.id) {
                world.audit_order(&mut audit, order);
            }
        }
    }
    let report = audit.finish();
    assert!(report.is_clean(), "after {after:?}:\n{:#?}", report.findings);
}

/// Once the time of everything is over, nothing waits for a till any more.
fn let_time_pass(world: &mut World) {
    world.now = world.now.plus_ms(1_000_000);
    for task in world.task_ids(OURS) {
        let caller = Caller {
            merchant: OURS,
            application: ApplicationId(0),
            via: Via::Server,
        };
        world.decide(caller, &Command::ExpireTask(ExpireTask { task }));
    }
    let waiting = world
        .snapshot
        .payments
        .values()
        .filter(|payment| payment.task.is_some() && payment.state == PaymentState::Pending)
        .count();
    assert_eq!(waiting, 0, "payments that wait for ever");
}

fn run(currency: &str, acts: &[Act], seen: &mut BTreeMap<String, usize>) {
    let mut world = World::new(currency);
    for act in acts {
        let Some(decision) = perform(&mut world, act) else {
            continue;
        };
        let changed: Vec<OrderId> = decision.changes.orders.iter().map(|order| order.id).collect();
        assert_clean(&world, &changed, act);
        note(&decision, seen);
    }
    let_time_pass(&mut world);
    let report = world.audit();
    assert!(report.is_clean(), "at the end:\n{:#?}", report.findings);
    let orders = u64::try_from(world.snapshot.orders.len()).expect("a count");
    assert_eq!(report.orders, orders);
    let payments = u64::try_from(world.snapshot.payments.len()).expect("a count");
    assert_eq!(report.payments, payments);
}

/// Counts what a decision led to: refusals by code, entries by kind, cases by reason.
fn note(decision: &Decision, seen: &mut BTreeMap<String, usize>) {
    let mut add = |what: &str| *seen.entry(what.to_owned()).or_default() += 1;
    match &decision.outcome {
        Ok(_) if decision.repeated => add("repeated"),
        Ok(_) => {}
        Err(rejection) => add(rejection.code()),
    }
    decision
        .changes
        .entries
        .iter()
        .for_each(|entry| add(entry.kind.code()));
    decision
        .changes
        .cases
        .iter()
        .for_each(|case| add(case.reason.code()));
}

/// What random lives must meet, or they prove less than they seem to.
const REACHED: &[&str] = &[
    "amount-required",
    "confirm-of-failed",
    "confirmed-after-end",
    "confirmed-twice",
    "correction-required",
    "endpoint-not-found",
    "exceeds-due",
    "exceeds-refundable",
    "has-refunds",
    "invalid-state",
    "key-reused",
    "lines-fixed",
    "method-is-terminal",
    "money-on-order",
    "not-on-refund",
    "nothing-due",
    "nothing-to-pay",
    "order-cancelled",
    "order-closed",
    "order-proposed",
    "order.closed",
    "order.failed",
    "order.lines_changed",
    "order.proposed",
    "out-of-range",
    "payment.accepted",
    "payment.amended",
    "payment.completed",
    "payment.failed",
    "payment.reversed",
    "payment.voided",
    "payments-pending",
    "reference-fenced",
    "reference-used",
    "repeated",
    "source-invalid",
    "too-many-digits",
    "total-below-paid",
];

#[test]
fn the_acts_reach_what_they_are_for() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeMap::new();
    for currency in ["JPY", "EUR", "KWD"] {
        for _ in 0..80 {
            let acts = life(60..120).new_tree(&mut runner);
            run(currency, &acts.expect("acts").current(), &mut seen);
        }
    }
    for what in REACHED {
        let count = seen.get(*what).copied().unwrap_or_default();
        assert!(count > 2, "{what} is hardly reached: {seen:#?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn a_short_life(currency in currency(), acts in life(1..25)) {
        run(currency, &acts, &mut BTreeMap::new());
    }

    #[test]
    fn a_long_life(currency in currency(), acts in life(60..120)) {
        run(currency, &acts, &mut BTreeMap::new());
    }
}
