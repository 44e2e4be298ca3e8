//! Payments that are accepted first and told later: the rows of spec kseries 14 that the ledger decides, and the precedence of
//! failures (spec kseries 7.1).

use super::bench::MERCHANT;
use super::check;
use super::script::Script;
use crate::PAYMENTS_PER_ORDER_MAX;

#[test]
fn accepted_then_confirmed_by_a_till() {
    check(
        "-- 1, 2
         open 20.06 table=3 closing -> account=A1234.1
         pay kseries 20.06 tip=2.5 ref=12345678901234 endpoint=E1 order=A1234.1
             -> ok state=pending reserved=20.06 due=0.00 paid=0.00 ends-in=300000 printer=99 staff=7
                notices=accepted entries=payment.accepted watchers=E1:12345678901234
         claim D1 -> ok tasks=1 kind=payment lease=1
         done T1 -> applied state=complete paid=20.06 tips=2.50 T=20.06 order=closed notices=completed,closed
         -- 20
         fresh
         open 20.06 closing
         pay kseries 10.00 ref=R1
         claim D1
         done T1 -> applied notices=completed,updated due=10.06
         pay kseries 10.06 ref=R2
         claim D1
         done T2 -> applied notices=completed,closed T=20.06",
    );
}

#[test]
fn references_are_for_ever() {
    check(
        "-- 3 to 6
         open 20.06 as=A
         pay kseries 5.00 ref=R1 -> ok keys=1
         pay kseries 5.00 ref=R1 -> reference-used changes=none
         pay kseries 6.00 ref=R1 -> reference-used
         open 20.06 loc=there as=THERE
         pay kseries 5.00 ref=R1 loc=there staff=1 -> ok
         pay kseries 5.00 ref=R1 app=2 in=A -> ok
         open 5.00 oref=R1 ttl=60000 maker=E1:R1 -> ok order=proposed
         open 5.00 oref=R1 ttl=60000 maker=E1:R1 -> reference-used
         -- a failed payment keeps its reference
         pay kseries 50.00 ref=R2 in=A -> ok state=failed fail=OVERPAID
         pay kseries 1.00 ref=R2 -> reference-used
         -- what is refused at once takes nothing
         pay kseries 0 ref=R3 -> not-positive money=amount
         pay kseries 5.001 ref=R4 -> too-many-digits money=amount
         pay kseries 5 tip=-0.01 ref=R4 -> negative money=tip
         pay kseries 5 tip=0.001 ref=R4 -> too-many-digits money=tip
         pay kseries 5 ref=R4 endpoint=? -> endpoint-not-found changes=none
         pay kseries 5 ref=R4 loc=99 -> order-not-found changes=none
         pay kseries 5 ref=R4 -> ok state=pending
         -- the reference is looked at before the endpoint, the amounts before the reference
         pay kseries 5 ref=R4 endpoint=? -> reference-used
         pay kseries 0 ref=R4 endpoint=? -> not-positive",
    );
}

#[test]
fn every_failure_is_recorded() {
    check(
        "-- 12
         open 20.06
         pay kseries 5 ref=R1 order=none endpoint=E1
             -> ok state=failed fail=INVALID_TASK has-order=false amount=5.00 notices=failed:INVALID_TASK
                entries=payment.failed keys=1
         pay kseries 5 ref=R1 order=none -> reference-used
         -- 18
         pay kseries 20.07 ref=R2 endpoint=E1
             -> ok state=failed fail=OVERPAID n=1 paid=0.00 due=20.06 notices=failed:OVERPAID keys=1
         show -> watchers=none
         -- 21
         pay kseries 5 ref=R3 order=A9.9 -> ok fail=ACCOUNT_NOT_FOUND has-order=false notices=failed:ACCOUNT_NOT_FOUND
         pay kseries 5 ref=R4 loc=there -> ok fail=ACCOUNT_NOT_FOUND
         pay kseries 5 ref=R5 method=? -> ok fail=PAYMENT_METHOD_NOT_FOUND n=2
         pay kseries 5 ref=R6 method=terminal -> ok fail=NATIVE_PAYMENT_NOT_SUPPORTED
         pay kseries 5 ref=R7 staff=? -> ok fail=STAFF_NOT_FOUND
         pay kseries 5 ref=R8 staff=42 -> ok state=pending staff=42
         close -> payments-pending
         void #5
         close
         pay kseries 5 ref=R9 -> ok fail=ACCOUNT_ALREADY_CLOSED order=closed
         open 5.00 loc=there as=THERE
         pay kseries 5 ref=R1 loc=there -> ok fail=MISSING_STAFF
         pay kseries 5 ref=R2 loc=there staff=3 -> ok state=pending printer=none",
    );
}

#[test]
fn the_first_row_of_the_table_counts() {
    check(
        "-- every later reason is there as well
         open 20.00 as=A
         pay kseries 99 ref=R1 order=none method=? staff=? -> fail=INVALID_TASK
         pay kseries 99 ref=R2 order=A9.9 method=? staff=? -> fail=ACCOUNT_NOT_FOUND
         open 20.00 as=B
         close
         pay kseries 99 ref=R3 method=? staff=? -> fail=ACCOUNT_ALREADY_CLOSED
         pay kseries 99 ref=R4 method=? staff=? in=A -> fail=PAYMENT_METHOD_NOT_FOUND
         pay kseries 99 ref=R5 method=terminal staff=? -> fail=NATIVE_PAYMENT_NOT_SUPPORTED
         pay kseries 99 ref=R6 staff=? -> fail=STAFF_NOT_FOUND
         pay kseries 99 ref=R7 -> fail=OVERPAID
         open 20.00 loc=there as=C
         pay kseries 99 ref=R1 loc=there -> fail=MISSING_STAFF
         -- however an order ended, to the app it is closed
         open 20.00 as=D
         cancel
         pay kseries 99 ref=R8 method=? -> fail=ACCOUNT_ALREADY_CLOSED
         open 20.00 as=E
         reject
         pay kseries 99 ref=R9 -> fail=ACCOUNT_ALREADY_CLOSED
         open 20.00 as=F
         erase
         pay kseries 99 ref=R10 -> fail=ACCOUNT_ALREADY_CLOSED
         -- a check that no till has taken yet is not there
         open 20.00 as=G ttl=60000
         pay kseries 99 ref=R11 method=? -> fail=ACCOUNT_NOT_FOUND order=proposed",
    );
}

#[test]
fn overpayment_counts_what_others_reserve() {
    check(
        "-- 19
         open 20.06
         pay kseries 15.00 ref=R1 -> state=pending
         pay kseries 15.00 ref=R2 -> state=failed fail=OVERPAID
         pay kseries 5.06 ref=R3 -> state=pending due=0.00
         pay kounta 0.01 -> exceeds-due
         claim D1 -> tasks=2
         refuse T1 UPDATE_FAILED -> refused due=15.00
         pay kseries 15.00 ref=R4 -> state=pending due=0.00
         done T2 -> applied paid=5.06
         fresh
         -- 22
         open 20.06
         pay kseries 20.06 ref=R1 ttl=60000
         wait 60000
         expire T1 -> ok due=20.06 notices=failed:TIMEOUT
         show #1 -> state=failed fail=TIMEOUT
         pay kseries 20.06 ref=R2 -> ok state=pending",
    );
}

#[test]
fn many_guests_at_once() {
    let guests: String = (1..=20)
        .map(|n| format!("pay kseries 1.00 ref=G{n} -> state=pending\n"))
        .collect();
    let tills: String = (1..=20).map(|n| format!("done T{n} -> applied\n")).collect();
    check(&format!(
        "open 20.00 service=10% closing -> T=22.00
         {guests}
         show -> due=2.00 reserved=20.00 pending=20
         pay kseries 2.01 ref=X -> fail=OVERPAID
         -- staff go on adding lines
         lines 5.00 -> T=27.50 due=7.50
         claim D1 max=100 -> tasks=20
         {tills}
         show -> paid=20.00 reserved=0.00 pending=0 order=open
         pay kseries 7.50 ref=LAST
         claim D1
         done T21 -> applied order=closed C=2.50 S=2.50"
    ));
}

#[test]
fn an_order_that_is_full_refuses_at_once() {
    let watchers: String = (1..=64)
        .map(|n| format!("pay kseries 0.01 ref=W{n} endpoint=E{n} -> state=pending\n"))
        .collect();
    check(&format!(
        "open 20.00
         {watchers}
         -- an endpoint too many cannot be told about the order
         pay kseries 0.01 ref=W65 endpoint=E65 -> state=failed fail=UPDATE_FAILED
         pay kseries 0.01 ref=W66 endpoint=E64 -> state=pending
         pay kounta 0.01 -> ok"
    ));
}

#[test]
fn an_order_that_has_all_the_payments_it_can_have() {
    let mut script = Script::new("EUR");
    script.step("open 20.00");
    let order = script.order.expect("an order");
    let head = script
        .bench
        .snapshot
        .orders
        .get_mut(&(MERCHANT, order))
        .expect("the order");
    head.last_payment_number = PAYMENTS_PER_ORDER_MAX - 2;
    script.bench.unchecked = true;
    for (line, expected) in [
        ("pay kseries 1.00 ref=R1", "ok"),
        ("pay kseries 99.00 ref=R2", "ok"),
        // The next one, failed or not, would be one too many.
        ("pay kseries 1.00 ref=R3", "order-full"),
        ("pay kseries 99.00 ref=R4", "order-full"),
        ("pay kounta 99.00", "exceeds-due"),
        ("pay kounta 1.00", "order-full"),
        ("pay om receipt 1", "order-full"),
    ] {
        assert_eq!(script.step(line).result(), expected, "{line}");
    }
}

#[test]
fn watchers_keep_the_last_reference_they_gave() {
    check(
        "open 20.00
         pay kseries 1 ref=R1 endpoint=E1 -> watchers=E1:R1
         pay kseries 1 ref=R2 endpoint=E1 -> watchers=E1:R2
         pay kseries 1 ref=R3 endpoint=E2 -> watchers=E1:R2,E2:R3
         fresh
         open 20.00 maker=E1:order-x -> watchers=E1:order-x!
         pay kseries 1 ref=R1 endpoint=E1 -> watchers=E1:order-x!",
    );
}
