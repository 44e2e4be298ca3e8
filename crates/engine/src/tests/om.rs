//! The state machine, limits, corrections and refunds of spec om 10, rows 10 to 49. No order closes by itself here.

use super::check;

#[test]
fn amounts_by_value() {
    check(
        "fresh KWD
         open 10.000
         pay om receipt 1.234 -> ok amount=1.234
         pay om receipt 1.2345 -> too-many-digits money=amount
         fresh
         open 100.00
         pay om receipt 10.5 -> ok amount=10.50
         pay om receipt 10.50 -> ok amount=10.50
         pay om receipt 10.500 -> ok amount=10.50
         pay om receipt 1.05e1 -> ok amount=10.50
         pay om receipt 10.501 -> too-many-digits
         pay om receipt 0 -> not-positive money=amount
         fresh JPY
         open 1000
         pay om receipt 100 -> ok
         pay om receipt 100.5 -> too-many-digits",
    );
}

#[test]
fn limits_of_receipts() {
    let tenths = "pay om receipt 0.1 complete\n".repeat(10);
    check(&format!(
        "-- 12
         open 100.00
         {tenths}
         pay om receipt 99 -> ok due=0.00
         pay om receipt 0.01 -> exceeds-due
         fresh
         -- 13
         open 100.00
         pay om receipt 30
         pay om receipt rest -> ok amount=70.00 custom=false
         pay om receipt rest -> nothing-due
         fresh
         -- 14
         open 100.00
         pay om receipt 60
         pay om receipt 50 -> exceeds-due changes=none
         pay om receipt 40 -> ok
         delete #1 -> ok state=voided hidden=true due=60.00
         pay om receipt 60 -> ok due=0.00
         fresh
         open 100.00
         pay om receipt 60 progress -> ok state=progress
         pay om receipt 50 -> exceeds-due
         pay om receipt 40 -> ok
         delete #1 -> ok
         pay om receipt 60 progress -> ok
         fresh
         -- 15
         open 100.00
         pay om receipt 60
         update #1 amount=101 -> exceeds-due changes=none
         update #1 amount=100 -> ok amount=100.00 reserved=100.00"
    ));
}

#[test]
fn fifty_at_once() {
    let fitting = "pay om receipt 10 -> ok\n".repeat(10);
    let over = "pay om receipt 10 -> exceeds-due\n".repeat(40);
    check(&format!(
        "open 100.00\n{fitting}{over}show -> due=0.00 pending=10"
    ));
    let fitting = "pay om refund 10 complete -> ok\n".repeat(10);
    let over = "pay om refund 10 complete -> exceeds-refundable\n".repeat(40);
    check(&format!(
        "open 100.00\npay om receipt 100 complete\n{fitting}{over}show -> paid=0.00"
    ));
}

#[test]
fn orders() {
    check(
        "-- 17
         open 100.00
         pay om receipt 1 order=? -> order-not-found changes=none
         fresh
         -- 18
         open 50.00
         pay om receipt 50 complete
         close
         pay om receipt 1 -> order-closed
         update #1 note=x -> order-closed
         update #1 state=reversed -> order-closed
         delete #1 -> order-closed
         pay om refund 20 complete src=#1 -> ok state=complete
         pay om refund 10 src=#1 -> ok state=pending
         confirm #3 -> ok state=complete order=closed
         pay om refund 21 src=#1 -> exceeds-refundable
         -- operations on refunds of a closed order
         update #2 note=x -> ok note=x
         delete #2 -> ok state=reversed paid=40.00
         fresh
         -- 19
         open 50.00
         cancel
         pay om receipt 1 -> order-cancelled
         pay om refund 1 -> order-cancelled
         fresh
         -- 20
         open 100.00
         pay om receipt 100
         confirm #1 -> ok
         close
         confirm #1 -> ok changes=none state=complete
         fresh
         -- L11
         open 100.00
         pay om receipt 10
         close -> payments-pending
         cancel -> payments-pending
         confirm #1
         cancel -> money-on-order
         pay om refund 10
         cancel -> payments-pending
         confirm #2
         cancel -> ok
         show -> order=cancelled
         confirm #1 -> ok changes=none
         update #1 note=x -> order-cancelled
         delete #1 -> order-cancelled",
    );
}

#[test]
fn life_cycle() {
    check(
        "-- 21
         open 100.00
         pay om receipt 100 -> ok state=pending completed-at=none created-at=1000000 updated-at=1000000
         wait 5
         confirm #1 -> ok state=complete completed-at=1000005 updated-at=1000005 created-at=1000000 updated-via=om
         wait 5
         confirm #1 -> ok changes=none completed-at=1000005 updated-at=1000005
         fresh
         -- 22
         open 100.00
         pay om receipt 1 reversed -> invalid-state changes=none
         pay om receipt 1
         update #1 state=reversed -> invalid-state
         confirm #1
         update #1 state=pending -> invalid-state
         update #1 state=progress -> invalid-state
         fresh
         -- 23
         open 100.00
         pay om receipt 40 -> reserved=40.00
         update #1 state=progress -> ok state=progress reserved=40.00
         update #1 state=pending -> ok state=pending reserved=40.00
         update #1 state=progress -> ok reserved=40.00
         update #1 state=complete -> ok state=complete reserved=0.00 paid=40.00
         fresh
         -- 24
         open 100.00
         pay om receipt 100 complete -> completed-at=1000000
         wait 5
         update #1 state=reversed -> ok state=reversed completed-at=1000000 reversed-at=1000005 due=100.00
         pay om receipt 100 -> ok
         wait 5
         confirm #1 -> invalid-state
         update #1 note=x -> invalid-state
         update #1 state=complete -> invalid-state
         update #1 state=reversed -> ok changes=none reversed-at=1000005
         delete #1 -> ok hidden=true state=reversed
         update #1 -> payment-not-found
         fresh
         -- created in every state
         open 100.00
         pay om receipt 1 progress -> state=progress completed-at=none
         pay om receipt 1 complete -> state=complete completed-at=1000000",
    );
}

#[test]
fn confirming() {
    check(
        "-- 25
         open 100.00
         pay om receipt 10 attrs=a:1
         confirm #1 tref=T1 attrs=b:2 -> ok attrs=a:1,b:2 tref=T1
         confirm #1 tref=T1 -> ok changes=none warn=none
         confirm #1 tref=T2 -> invalid-state
         confirm #1 tref=T1 attrs=c:3 -> ok attrs=a:1,b:2 warn=not-applied:attrs changes=none
         confirm #1 attrs=b:2 -> ok warn=none
         confirm #1 customer=X -> ok warn=not-applied:customerUid
         -- 27
         open 50.00 as=B
         pay om receipt 10
         confirm B#1 order=O -> order-mismatch
         update B#1 note=x order=O -> order-mismatch
         update B#1 note=x order=? -> order-mismatch
         update B#1 note=x order=B -> ok
         confirm B#1 order=B customer=Y -> ok customer=Y
         confirm ? -> payment-not-found",
    );
}

#[test]
fn confirming_once() {
    check(
        "-- the switch of row 33: one confirm, whatever it brings
         open 50.00 as=B
         open 100.00 as=A
         pay om receipt 10
         confirm #1 once tref=T1 -> ok state=complete tref=T1
         confirm #1 once tref=T1 -> invalid-state changes=none
         confirm #1 once -> invalid-state changes=none
         confirm #1 -> ok changes=none
         -- after the payment and the asserted order, before the order's state
         confirm ? once -> payment-not-found
         confirm #1 once order=B -> order-mismatch
         close
         confirm #1 once -> invalid-state
         confirm #1 once tref=T2 -> order-closed
         -- it takes nothing from the first confirm: progress, and what another way completed
         fresh
         open 100.00
         pay om receipt 10 progress
         update #1 state=complete
         confirm #1 once -> invalid-state changes=none
         pay om receipt 10 progress
         confirm #2 once -> ok state=complete",
    );
    let repeats = "confirm #1 once -> invalid-state changes=none\n".repeat(49);
    check(&format!(
        "open 100.00
         pay om receipt 100
         confirm #1 once -> ok paid=100.00
         {repeats}"
    ));
}

#[test]
fn plain_changes() {
    check(
        "-- 28
         open 100.00
         pay om receipt 10 -> updated-at=1000000
         wait 5
         update #1 note=hello -> ok note=hello updated-at=1000005 created-at=1000000 entries=payment.amended
         wait 5
         update #1 -> ok changes=none updated-at=1000005
         update #1 note=hello -> ok changes=none updated-at=1000005
         update #1 note=- -> ok note=none
         -- row 36: null clears these three
         update #1 tref=T -> ok tref=T
         update #1 tref=- -> ok tref=none
         -- row 37: absent is unchanged
         update #1 note=kept -> note=kept
         update #1 tref=T2 -> ok note=kept tref=T2
         -- 29
         update #1 attrs=a:1,b:2 -> ok attrs=a:1,b:2
         update #1 attrs=a:-,c:3 -> ok attrs=b:2,c:3
         update #1 attrs=b:2 -> ok changes=none
         update #1 attrs=z:- -> ok changes=none
         update #1 custom=true customer=C1 -> ok custom=true customer=C1
         -- row 8: what is not money may change on a complete payment
         confirm #1
         update #1 note=n tref=T3 attrs=d:4 customer=C2 -> ok note=n tref=T3 customer=C2 attrs=b:2,c:3,d:4",
    );
}

#[test]
fn attributes_have_a_maximum() {
    let large = "x".repeat(16_000);
    check(&format!(
        "open 100.00
         pay om receipt 10 attrs=a:{large},b:{large} key=k -> attributes-too-large keys=0
         pay om receipt 10 key=k
         update #1 attrs=a:{large} -> ok
         update #1 attrs=b:{large} -> attributes-too-large changes=none
         confirm #1 attrs=b:{large} -> attributes-too-large changes=none
         confirm #1 -> ok
         confirm #1 attrs=b:{large} -> ok warn=not-applied:attrs"
    ));
}

#[test]
fn corrections() {
    check(
        "-- 30
         open 100.00
         pay om receipt 50 complete
         update #1 amount=40 -> correction-required
         update #1 note=x amount=40 -> correction-required
         show #1 -> note=none
         update #1 note=x amount=40 correction -> ok amount=40.00 note=x paid=40.00 entries=payment.amended
         update #1 method=2 -> correction-required
         update #1 method=2 correction -> ok method=2
                   postings=tender.1:-4000,receivable.goods:4000,tender.2:4000,receivable.goods:-4000
         update #1 custom=true -> correction-required
         update #1 custom=true correction -> ok custom=true
         update #1 amount=40 method=2 custom=true -> ok changes=none
         update #1 method=? correction -> method-not-found
         fresh
         -- 31
         open 100.00
         pay om receipt 50 complete
         pay om refund 30 complete src=#1
         update #1 amount=29 correction -> exceeds-refundable changes=none
         update #1 amount=30 correction -> ok amount=30.00 paid=0.00
         fresh
         open 100.00
         pay om receipt 50 complete
         update #1 amount=101 correction -> exceeds-due
         update #1 amount=100 correction -> ok paid=100.00
         fresh
         -- L7: a lowered receipt must cover the order's refunds too
         open 100.00
         pay om receipt 50 complete
         pay om refund 30 complete
         update #1 amount=29 correction -> exceeds-refundable
         update #1 amount=30 correction -> ok
         fresh
         -- L7: a raised refund fits its source and its order
         open 100.00
         pay om receipt 50 complete
         pay om receipt 50 complete
         pay om refund 30 complete src=#1
         update #3 amount=51 correction -> exceeds-refundable
         update #3 amount=50 correction -> ok paid=50.00
         show #1 -> refunds=50.00
         -- without effect on open payments, and never on reversed ones
         pay om refund 10
         update #4 amount=11 -> ok amount=11.00
         delete #4
         update #3 state=reversed
         update #3 amount=10 correction -> invalid-state",
    );
}

#[test]
fn a_refund_made_smaller_asks_for_nothing_that_is_not_due() {
    check(
        "open 100.00
         pay om receipt 100 complete
         pay om refund 40 complete
         pay om receipt 40 complete -> due=0.00
         update #2 amount=30 correction -> exceeds-due changes=none
         delete #3
         pay om receipt 35 -> ok due=5.00
         update #2 amount=30 correction -> exceeds-due
         update #2 amount=35 correction -> ok due=0.00",
    );
}

#[test]
fn corrections_keep_the_service_charge_whole() {
    check(
        "open 10.00 service=10%
         pay om receipt 5.00 complete -> ok c=0.45
         pay om receipt 6.00 complete -> ok c=0.55 C=1.00
         update #1 method=2 correction -> ok c=0.45 C=1.00
         update #1 amount=4.00 correction -> ok c=0.36 C=0.91
         update #1 amount=5.00 correction -> ok c=0.45 C=1.00 R=0.00
         update #2 state=reversed -> ok C=0.45 R=6.00
         update #1 state=reversed -> ok C=0.00 R=11.00",
    );
}

#[test]
fn correcting_a_refund_in_the_past_of_a_settled_order() {
    check(
        "open 371 service=33 -> T=404.00
         pay om receipt 110 complete -> ok C=8.99
         pay om refund 14 complete -> ok C=7.85
         pay om receipt 308 complete -> ok R=0.00 C=33.00
         update #2 method=2 correction -> ok R=0.00 C=33.00
         -- made smaller, it may settle the order by itself
         delete #3
         pay om receipt 300 complete -> due=8.00
         update #2 amount=6 correction -> ok due=0.00 C=33.00
         update #2 amount=7 correction -> ok due=1.00
         update #1 state=reversed -> ok
         update #2 state=reversed -> ok",
    );
}

#[test]
fn state_and_money_together() {
    check(
        "-- 32, row 51
         open 100.00
         pay om receipt 60
         update #1 amount=50 state=complete -> ok amount=50.00 state=complete paid=50.00
                   entries=payment.amended,payment.completed
         update #1 amount=40 state=reversed -> correction-required
         update #1 amount=40 state=reversed correction -> ok state=reversed amount=40.00 paid=0.00
                   entries=payment.amended,payment.reversed
         pay om receipt 60
         update #2 amount=101 state=complete -> exceeds-due changes=none
         show #2 -> state=pending amount=60.00
         update #2 amount=0 -> not-positive money=amount
         update #2 amount=1.001 -> too-many-digits money=amount",
    );
}

#[test]
fn refunds_of_a_source() {
    check(
        "-- 34
         open 100.00
         pay om receipt 100 complete
         pay om refund 60 complete src=#1 -> ok src=1
         pay om refund 50 complete src=#1 -> exceeds-refundable
         pay om refund 40 complete src=#1 -> ok
         delete #2 -> ok state=reversed
         pay om refund 60 complete src=#1 -> ok
         show #1 -> state=complete refunds=100.00 reversed-at=none
         fresh
         -- 35
         open 100.00 as=A
         pay om receipt 10 complete
         open 100.00 as=B
         pay om receipt 10 complete
         pay om receipt 10
         pay om refund 5 complete src=#1
         pay om receipt 1 src=#1 -> source-invalid
         pay om refund 1 src=? -> source-invalid
         pay om refund 1 src=#2 -> source-invalid
         pay om refund 1 src=#3 -> source-invalid
         pay om refund 1 src=A#1 -> source-invalid
         pay om refund 1 src=#9 -> source-invalid
         -- a new source must qualify as well
         pay om refund 1 -> n=4
         update #4 src=A#1 -> source-invalid
         update #4 src=? -> source-invalid
         update #1 src=#1 correction -> source-invalid
         update #4 src=#1 -> ok src=1
         show #1 -> refunds=6.00
         update #4 src=- -> ok src=none
         show #1 -> refunds=5.00
         confirm #4
         update #4 src=#1 -> correction-required
         update #4 src=#1 correction -> ok
         show #1 -> refunds=6.00",
    );
}

#[test]
fn undoing_receipts_that_have_refunds() {
    check(
        "-- 36
         open 100.00
         pay om receipt 100 complete
         pay om refund 10 src=#1
         update #1 state=reversed -> has-refunds
         delete #1 -> has-refunds
         delete #2 -> ok state=voided
         update #1 state=reversed -> ok
         delete #1 -> ok hidden=true
         fresh
         -- row 25 comes first, and the order's own limit after it (L8)
         open 100.00
         pay om receipt 60 complete
         pay om receipt 40 complete
         pay om refund 50 complete
         update #1 state=reversed -> exceeds-refundable
         delete #1 -> exceeds-refundable
         delete #2 -> ok paid=10.00
         fresh
         open 100.00
         pay om receipt 60 complete
         pay om refund 1
         delete #1 -> exceeds-refundable",
    );
}

#[test]
fn undoing_a_refund_may_settle_the_order() {
    let receipts = "pay kounta 1.57 -> ok c=0.14\n".repeat(6);
    check(&format!(
        "open 10.00 service=10%
         {receipts}
         pay kounta -1.57 -> ok c=-0.14 C=0.70
         pay kounta 1.58 -> ok c=0.14 C=0.84 R=1.57
         -- what rounding left over comes with it
         update #7 state=reversed -> ok C=1.00 R=0.00"
    ));
}

#[test]
fn refunds_without_a_source() {
    check(
        "-- 37
         open 100.00
         pay om refund 1 -> exceeds-refundable
         pay om refund rest -> amount-required
         pay om receipt 100 complete
         pay om refund 70 complete -> ok
         pay om refund 40 complete src=#1 -> exceeds-refundable
         pay om refund 30 complete src=#1 -> ok
         fresh
         -- 38
         open 100.00
         pay om receipt 100 complete
         pay om refund rest complete src=#1 -> ok amount=100.00
         pay om refund rest complete src=#1 -> nothing-due
         fresh
         -- 39
         open 100.00
         pay om receipt 100 complete
         pay om refund 40
         pay om receipt 10 -> exceeds-due
         confirm #2 -> due=40.00
         pay om receipt 40 -> ok due=0.00
         delete #2 -> exceeds-due changes=none
         update #2 state=reversed -> exceeds-due changes=none",
    );
}

#[test]
fn methods_and_deletion() {
    check(
        "-- 41
         open 100.00
         pay om receipt 1 method=? -> method-not-found
         pay om receipt 1 method=none -> ok method=none
         update #1 method=2 -> ok method=2
         update #1 method=none -> ok method=none
         -- 42
         delete #1 -> ok
         delete #1 -> payment-not-found
         update #1 note=x -> payment-not-found
         confirm #1 -> payment-not-found
         pay om receipt 1 progress -> n=2
         delete #2 -> ok state=voided
         pay om receipt 1 complete -> n=3
         delete #3 -> ok state=reversed hidden=true entries=payment.reversed
         -- the policy that protects all but open ones
         pay om receipt 1 complete -> n=4
         delete #4 open-only -> invalid-state
         pay om receipt 1 -> n=5
         delete #5 open-only -> ok",
    );
}

#[test]
fn keys_and_references() {
    check(
        "-- 46
         open 100.00
         pay om receipt 10 key=k note=x -> ok n=1
         pay om receipt 10.00 note=x key=k -> again:ok n=1 payments=1
         pay om receipt 11 note=x key=k -> key-reused field=amount payments=1
         wait 2600000000
         pay om receipt 10 key=k note=x -> again:ok n=1
         pay om receipt 101 key=k2 -> exceeds-due keys=1
         delete #1
         pay om receipt 101 key=k2 -> again:exceeds-due
         pay om receipt 1 key=k2 -> key-reused field=amount
         pay om receipt 1 key=k3 order=? -> order-not-found keys=0
         pay om receipt 1 key=k3 -> ok
         -- a request stopped before the key takes none
         pay om receipt 1.001 key=k4 -> too-many-digits keys=0
         pay om receipt 1 key=k4 -> ok
         fresh
         -- 47
         open 100.00
         pay om receipt 1 tref=T -> ok warn=none
         pay om receipt 1 tref=T -> ok warn=duplicate
         pay om receipt 1 tref=T method=2 -> ok warn=none
         pay om receipt 1 tref=T key=k -> ok warn=none
         pay om receipt 1 tref=U -> warn=none
         void #5
         pay om receipt 1 tref=U -> ok warn=none",
    );
}

#[test]
fn across_dialects() {
    check(
        "-- 48
         open 100.00
         pay kounta 10
         pay kounta -5 -> ok type=refund amount=5.00
         pay om refund 5 src=#1 -> ok
         fresh
         -- 49
         open 100.00
         pay kseries 10 ref=R1 -> ok state=pending
         claim D1
         confirm #1 -> ok state=complete
         done T1 -> superseded case=confirmed-twice
         pay kseries 10 ref=R2 -> state=pending
         claim D1
         refuse T2 UPDATE_FAILED -> refused state=failed
         confirm #2 -> invalid-state case=confirm-of-failed
         confirm #2 -> invalid-state case=none
         update #2 note=x -> invalid-state
         update #2 -> invalid-state
         delete #2 -> invalid-state
         -- section 7: what is voided is gone here, and is known natively
         pay native 10 ref=R3 till
         void #3 via=native -> ok state=voided
         void #3 via=native -> ok changes=none
         confirm #3 -> payment-not-found
         update #3 note=x -> payment-not-found
         delete #3 -> payment-not-found
         confirm #3 via=native -> invalid-state",
    );
}

#[test]
fn a_doubt_is_kept_even_on_an_order_that_is_over() {
    check(
        "open 100.00
         pay kseries 10 ref=R1
         claim D1
         refuse T1 UNKNOWN says=no -> refused says=no fail=UNKNOWN
         pay om receipt 100 complete
         close
         confirm #1 -> order-closed case=confirm-of-failed
         case C1 looked-into -> ok entries=case.resolved
         case C1 again -> ok changes=none
         case C2 x -> case-not-found",
    );
}

#[test]
fn a_confirm_that_is_no_repeat_meets_the_state_of_the_order_first() {
    check(
        "open 50.00
         pay om receipt 50 complete tref=T1
         close
         confirm #1 tref=T1 -> ok changes=none
         confirm #1 tref=T2 -> order-closed changes=none",
    );
}

#[test]
fn the_amount_of_an_update_is_what_is_applied() {
    check(
        "open 10.00 service=10%
         pay kounta 4.00 tip=0.10 -> ok u=0.10 paid=4.10
         update #1 amount=4.10 -> ok changes=none
         update #1 amount=5.10 correction -> ok amount=5.00 u=0.10 paid=5.10
         update #1 amount=0.05 correction -> invalid-state changes=none paid=5.10
         update #1 amount=0.10 correction -> ok amount=0.00 u=0.10 paid=0.10
         close
         update #1 amount=0.05 correction -> order-closed",
    );
}
