//! Keys and references: repeats, other commands, remembered refusals, fences.

use super::check;
use super::script::Script;
use crate::{KeyOutcome, Outcome};

#[test]
fn a_repeat_gives_the_first_answer() {
    check(
        "open 10.00 key=o1 table=3 -> ok
         open 10.00 key=o1 table=3 -> again:ok changes=none
         open 10.00 key=o1 table=4 -> key-reused field=table
         pay native 5 key=k1 tip=1 -> ok n=1
         void #1 via=native -> invalid-state
         update #1 note=changed
         pay native 5.00 tip=1 key=k1 -> again:ok n=1 note=none payments=1
         show #1 -> note=changed
         pay native 6 tip=1 key=k1 -> key-reused field=amount
         pay native 5 tip=2 key=k1 -> key-reused field=tip
         pay native 5 key=k1 -> key-reused field=tip
         pay native 5 tip=1 key=k1 note=x -> key-reused field=note
         -- another application, another location: other keys
         pay native 4 key=k1 app=2 -> ok
         -- the key stands before the order's state
         close
         pay native 5 tip=1 key=k1 -> again:ok
         pay native 5 key=k9 -> order-closed",
    );
}

#[test]
fn an_order_opened_again_is_as_it_was_first_answered() {
    let since = [
        "lines 5.00",
        "pay kounta 2.00 tip=1",
        "set notes=later stage=accepted",
        "amend #1 ref=later",
        "drop 1",
        "pay kounta 2.00",
        "close",
    ];
    for (open, payments) in [
        (
            "open 10.00 2.50 key=o1 table=3 service=10% pay=1.00+0.20 pay=1.00",
            2,
        ),
        ("open 10.00 key=o1 pay=5.00 ttl=60000", 1),
        ("open 10.00 key=o1 pay=99 ttl=60000", 0),
    ] {
        let mut script = Script::new("EUR");
        let first = script.step(open).decision.expect("a decision").outcome;
        let Ok(Outcome::Opened(opened)) = &first else {
            panic!("{open}: {first:?}")
        };
        assert_eq!(opened.payments.len(), payments, "{open}");
        assert_eq!(
            opened.lines,
            script.bench.snapshot.lines[&(opened.order.merchant, opened.order.id)].lines
        );
        // What of it a proposed order refuses changes nothing about the first answer either.
        for line in since {
            script.step(line);
        }
        script.bench.now = script.bench.now.plus_ms(1);
        let again = script.step(open).decision.expect("a decision");
        assert!(again.repeated && again.changes.is_empty(), "{open}");
        assert_eq!(again.outcome, first, "{open}");
    }
}

#[test]
fn a_reference_that_refuses_repeats_keeps_no_order() {
    let mut script = Script::new("EUR");
    let decision = script.step("open 10.00 oref=X").decision.expect("a decision");
    let kept = &decision.changes.keys[0].2.outcome;
    assert!(matches!(kept, KeyOutcome::Order(_, None)), "{kept:?}");
}

#[test]
fn the_payment_that_closed_the_order_is_answered_again() {
    check(
        "-- kounta 54, 55
         open 10.00 service=10% closing
         pay kounta 11.00 key=k1 -> ok order=closed
         pay kounta 11 key=k1 -> again:ok state=complete
         pay kounta 6 key=k1 -> key-reused field=amount
         -- what kounta refuses is not remembered
         pay kounta 1 key=k2 -> order-closed keys=0",
    );
}

#[test]
fn a_reference_that_may_be_repeated() {
    check(
        "open 10.00
         pay native 5 ref=R1 -> ok n=1
         pay native 5 ref=R1 -> again:ok n=1
         pay native 6 ref=R1 -> key-reused field=amount
         -- one space with K-Series, which refuses
         pay kseries 5 ref=R1 -> reference-used
         pay kseries 1 ref=R2 -> ok
         pay native 1 ref=R2 -> again:ok n=2 state=pending
         -- a key and a reference together
         pay native 1 ref=R3 key=k3 -> ok n=3 keys=2
         pay native 1 ref=R3 key=k3 -> again:ok n=3
         pay native 1 ref=R4 key=k3 -> key-reused field=ref
         pay native 1 ref=R3 -> again:ok n=3",
    );
}

#[test]
fn fences() {
    check(
        "-- never seen: burned
         open 10.00
         fence R1 -> fenced entries=reference.fenced keys=1
         fence R1 -> fenced changes=none
         pay native 1 ref=R1 -> reference-fenced changes=none
         pay kseries 1 ref=R1 -> reference-used
         pay native 1 ref=R1 app=2 -> ok
         -- undelivered: voided
         pay kseries 1 ref=R2 -> n=2
         fence R2 -> fenced state=voided due=9.00 notices=voided,updated
         fence R2 -> fenced changes=none state=voided
         claim D1 -> tasks=0
         -- a till works on it
         pay kseries 1 ref=R3 -> n=3
         claim D1
         fence R3 -> ok state=pending changes=none
         -- the till was lost: what it says later is a case
         wait 30000
         fence R3 -> fenced state=voided
         done T2 -> superseded case=confirmed-after-end
         -- applied
         pay kseries 1 ref=R4 -> n=4
         claim D1
         done T3
         fence R4 -> fenced state=complete changes=none
         -- failed at once, and without an order
         pay kseries 50 ref=R5
         fence R5 -> fenced state=failed changes=none
         pay kseries 50 ref=R6 order=none
         fence R6 -> fenced state=failed has-order=false
         -- the reference of another application
         fence R4 whose=2 -> fenced entries=reference.fenced
         fence R9 loc=99 -> order-not-found",
    );
}

#[test]
fn refusals_are_remembered_where_so_asked() {
    check(
        "open 10.00
         pay om receipt 11 key=k1 -> exceeds-due keys=1
         pay om receipt 11 key=k1 -> again:exceeds-due changes=none
         pay om receipt 1 method=? key=k2 -> method-not-found keys=1
         pay om receipt 1 method=? key=k2 -> again:method-not-found
         pay om refund 1 src=? key=k3 -> source-invalid keys=1
         pay om receipt 1 reversed key=k4 -> invalid-state keys=1
         close
         pay om receipt 1 key=k5 -> order-closed keys=1
         -- before the key nothing is remembered
         pay om receipt 0 key=k6 -> not-positive keys=0
         pay om receipt 11 -> order-closed keys=0",
    );
}
