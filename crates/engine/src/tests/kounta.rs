//! The contribution rule and the payment rows of spec kounta 14. Order O: goods 10.00, service 10 %, total 11.00.

use super::check;

#[test]
fn worked_examples() {
    check(
        "open 10.00 service=10% -> T=11.00 S=1.00 R=11.00
         pay kounta 5.00 -> ok c=0.45 u=0.00 R=6.00 paid=5.00 tips=0.00
         fresh
         open 10.00 service=10%
         pay kounta 4.00 tip=0.10 -> ok c=0.37 u=0.10 R=6.90 paid=4.10 tips=0.00
         fresh
         open 10.00 service=10%
         pay kounta 4.00 tip=2.00 -> ok c=1.00 u=1.00 R=6.00 paid=5.00 tips=1.00",
    );
}

#[test]
fn published_examples_to_the_end() {
    check(
        "-- 32
         open 10.00 service=10%
         pay kounta 5.00 -> ok c=0.45 R=6.00
         pay kounta 6.00 -> ok c=0.55 R=0.00 C=1.00 S=1.00 T=11.00 rate=0.1
         fresh
         -- 33
         open 10.00 service=10%
         pay kounta 4.00 tip=0.10 -> ok c=0.37 R=6.90 tips=0.00
         pay kounta 6.90 -> ok c=0.63 C=1.00 R=0.00
         fresh
         -- 34
         open 10.00 service=10%
         pay kounta 4.00 tip=2.00 -> ok c=1.00 R=6.00 paid=5.00 tips=1.00
         pay kounta 6.00 tip=0.50 -> ok c=0.00 R=0.00 tips=1.50 C=1.00",
    );
}

#[test]
fn rounding_residuals() {
    check(
        "-- 35
         open 10.00 service=10%
         pay kounta 3.67 -> ok c=0.33
         pay kounta 3.67 -> ok c=0.33
         pay kounta 3.66 -> ok c=0.34 C=1.00 R=0.00
         fresh
         -- 37
         open 10.00 service=10%
         pay kounta 1.57 -> ok c=0.14
         pay kounta 1.57 -> ok c=0.14
         pay kounta 1.57 -> ok c=0.14
         pay kounta 1.57 -> ok c=0.14
         pay kounta 1.57 -> ok c=0.14
         pay kounta 1.57 -> ok c=0.14
         pay kounta 1.58 -> ok c=0.16 C=1.00 R=0.00
         fresh
         -- 38
         open 11.00 service=1.00 -> T=12.00
         pay kounta 1.50 -> ok c=0.13
         pay kounta 1.50 -> ok c=0.13
         pay kounta 1.50 -> ok c=0.13
         pay kounta 1.50 -> ok c=0.13
         pay kounta 1.50 -> ok c=0.13
         pay kounta 1.50 -> ok c=0.13
         pay kounta 1.50 -> ok c=0.13
         pay kounta 1.50 -> ok c=0.09 C=1.00 R=0.00
         fresh
         -- 39
         open 100.00 service=12.5% -> T=112.50
         pay kounta 37.50 -> ok c=4.17
         pay kounta 37.50 -> ok c=4.17
         pay kounta 37.50 -> ok c=4.16 C=12.50 R=0.00
         fresh
         -- 41: the last payment contributes more than its own money, and the order still balances
         open 10.00 service=10%
         pay kounta 2.69 -> ok c=0.24
         pay kounta 2.69 -> ok c=0.24
         pay kounta 2.69 -> ok c=0.24
         pay kounta 2.69 -> ok c=0.24
         pay kounta 0.23 -> ok c=0.02
         pay kounta 0.01 -> ok c=0.02 C=1.00 R=0.00
                            postings=tender.1:1,receivable.goods:1,receivable.service:-2",
    );
}

#[test]
fn eleven_times_one() {
    let tenth = "pay kounta 1.00 -> ok c=0.09\n".repeat(10);
    check(&format!(
        "open 10.00 service=10%\n{tenth}pay kounta 1.00 -> ok c=0.10 C=1.00 R=0.00"
    ));
}

#[test]
fn thirty_tenths_leave_nothing_behind() {
    let tenths = "pay kounta 0.1 -> ok\n".repeat(30);
    check(&format!(
        "open 10.00 service=10%\n{tenths}pay kounta 8.00 -> ok C=1.00 R=0.00"
    ));
}

#[test]
fn currencies() {
    check(
        "-- 40
         fresh JPY
         open 1000 service=10% -> T=1100 S=100
         pay kounta 500 -> ok c=45
         pay kounta 600 -> ok c=55 R=0
         fresh KWD
         open 10.000 service=10% -> T=11.000
         pay kounta 5.000 -> ok c=0.455
         pay kounta 6.000 -> ok c=0.545 R=0.000
         fresh JPY
         -- 20
         open 1000 service=10%
         pay kounta 500.5 -> too-many-digits money=amount
         fresh KWD
         open 11.000
         pay kounta 5.0001 -> too-many-digits money=amount
         pay kounta 5.001 -> ok",
    );
}

#[test]
fn edges_of_tip_and_service() {
    check(
        "-- 42
         open 10.00 service=10%
         pay kounta 4.00 tip=0.50 -> ok c=0.50 R=6.50
         pay kounta 6.50 -> ok c=0.50 R=0.00
         fresh
         -- 43
         open 10.00 service=10%
         pay kounta 11.00 tip=2.00 -> ok c=1.00 u=0.00 R=0.00 paid=11.00 tips=2.00
         fresh
         open 10.00 service=10%
         pay kounta 10.50 tip=1.00 -> ok u=0.50 c=1.00 R=0.00 tips=0.50
         fresh
         -- 44
         open 10.00 service=10%
         pay kounta 10.00 -> ok c=0.91
         pay kounta 0 tip=1.00 -> ok c=0.09 R=0.91 paid=10.09 tips=0.91
         pay kounta 0.91 -> ok c=0.00 R=0.00
         fresh
         -- 45
         open 10.00
         pay kounta 4.00 tip=2.00 -> ok c=0.00 u=0.00 R=6.00 tips=2.00",
    );
}

#[test]
fn only_kounta_tips_pay_service() {
    check(
        "open 10.00 service=10%
         pay native 4.00 tip=2.00 -> ok c=0.36 u=0.00 R=7.00 paid=4.00 tips=2.00
         pay om receipt 7.00 complete -> ok c=0.64 C=1.00 R=0.00",
    );
}

#[test]
fn refunds() {
    check(
        "-- 46
         open 10.00 service=10%
         pay kounta -1.00 -> exceeds-refundable changes=none
         pay kounta 5.00
         pay kounta -2.00 -> ok type=refund c=-0.18 R=8.00 paid=3.00
         pay kounta -3.01 -> exceeds-refundable
         pay kounta -3.00 -> ok c=-0.27 R=11.00 paid=0.00 C=0.00
         fresh
         -- 47
         open 10.00 service=10%
         pay kounta 3.67
         pay kounta 3.67
         pay kounta 3.66 -> C=1.00
         pay kounta -3.67 -> ok c=-0.33
         pay kounta -3.67 -> ok c=-0.33
         pay kounta -3.66 -> ok c=-0.34 C=0.00 R=11.00
         fresh
         -- 48
         open 10.00 service=10%
         pay kounta 4.00 tip=2.00 -> ok C=1.00
         pay kounta -5.00 -> ok c=-1.00 R=11.00 tips=1.00 C=0.00",
    );
}

#[test]
fn adding_payments() {
    check(
        "-- 15, 16
         open 10.00 service=10%
         pay kounta 5 ref=INV2-8M9F -> ok n=1 ref=INV2-8M9F method=1 amount=5.00
         pay kounta 1.00 ref=INV2-8M9F -> ok n=2
         pay kounta 5 method=? -> method-not-found changes=none
         fresh
         -- 17
         open 10.00 service=10%
         pay kounta 11.01 -> exceeds-due changes=none R=11.00
         -- 18, decided one after the other
         pay kounta 6.00 -> ok
         pay kounta 6.00 -> exceeds-due paid=6.00
         fresh
         -- 19
         open 10.00 service=10%
         pay kounta 1.005 -> too-many-digits money=amount
         pay kounta 1.00 tip=0.001 -> too-many-digits money=tip
         pay kounta 1.00 surcharge=0.001 -> too-many-digits money=surcharge
         pay kounta 0 -> nothing-to-pay
         pay kounta 0 tip=1 -> ok n=1
         pay kounta 0 surcharge=0.20 -> ok n=2 R=10.00 paid=1.00 surcharges=0.20
         fresh
         -- section 13: a tip or surcharge beside a negative amount, and negative ones
         open 10.00 service=10%
         pay kounta 5.00
         pay kounta -1.00 tip=1.00 -> not-on-refund money=tip
         pay kounta -1.00 surcharge=1.00 -> not-on-refund money=surcharge
         pay kounta 1.00 tip=-1.00 -> negative money=tip
         pay kounta 1.00 surcharge=-1.00 -> negative money=surcharge",
    );
}

#[test]
fn order_states() {
    check(
        "-- 22
         open 10.00 service=10%
         reject -> ok order=rejected
         pay kounta 1.00 -> order-rejected
         pay kounta -1.00 -> order-rejected
         pay kounta 0 tip=1.00 -> order-rejected
         fresh
         open 10.00 service=10%
         erase -> ok order=deleted notices=deleted
         pay kounta 1.00 -> order-deleted
         pay kounta -1.00 -> order-deleted
         fresh
         open 10.00 service=10%
         pay kounta 11.00
         close -> ok order=closed
         pay kounta 1.00 -> order-closed
         pay kounta -4.00 -> ok R=4.00 order=closed
         pay kounta 1.00 -> order-closed
         -- a late tip is neither positive nor negative
         pay kounta 0 tip=1.00 -> ok order=closed
         pay kounta 0 surcharge=0.50 -> ok surcharges=0.50
         fresh
         -- 23: a lock is for tills alone; also for what an app sends to a till
         open 10.00 service=10% locked
         pay kounta 5.00 -> ok
         pay till 1.00 -> payments-locked
         pay kseries 1.00 ref=R1 -> ok state=pending
         claim D1 -> ok tasks=1
         done T1 -> applied paid=6.00
         set locked=off
         pay till 1.00 -> ok paid=7.00
         fresh
         -- 24
         open 10.00 service=10% closing
         pay kounta 11.00 -> ok order=closed notices=completed,closed
         fresh
         open 10.00 service=10%
         pay kounta 11.00 -> ok order=open notices=completed,updated
         fresh
         -- submitted, on hold and accepted orders take payments
         open 10.00 stage=submitted
         pay kounta 1.00 -> ok
         set stage=on-hold
         pay kounta 1.00 -> ok
         set stage=accepted
         pay kounta 1.00 -> ok paid=3.00",
    );
}

#[test]
fn orders_that_come_with_payments() {
    check(
        "-- 25
         open 10.00 service=10% pay=5.50 settle=close -> ok order=closed paid=5.50 payments=1
         fresh
         open 10.00 service=10% pay=11.01 -> exceeds-due changes=none
         fresh
         open 10.00 service=10% pay=6.00 pay=6.00 -> exceeds-due changes=none
         fresh
         open 10.00 service=10% pay=6.00 pay=4.00+2.00 closing settle=close -> ok order=closed tips=1.55 C=1.00 R=0.55
         fresh
         -- a payment on what an earlier one closed
         open 10.00 pay=10.00 pay=1.00 closing -> order-closed changes=none
         fresh
         open 10.00 pay=0.001 -> too-many-digits money=amount changes=none
         open 10.00 pay=0 -> not-positive money=amount changes=none",
    );
}

#[test]
fn updating_payments() {
    check(
        "-- 27
         open 10.00 service=10%
         pay kounta 5.00 method=3
         amend #1 ref=R2 -> ok n=1 ref=R2 notices=amended,updated
         amend #1 ref=R3 -> ok ref=R3
         amend #1 ref=R3 -> ok changes=none
         amend #1 ref=- -> ok ref=none
         -- 28
         amend #1 tip=0.30 -> ok n=2 amount=0.00 tip=0.30 method=3 c=0.30 R=5.70 tips=0.00
         -- 29
         amend #1 tip=0.40 -> ok n=3 u=0.25 R=5.45 paid=5.55 tips=0.15
         -- 30
         amend #1 surcharge=0.25 -> ok n=1 surcharge=0.25 R=5.45 paid=5.55 surcharges=0.25
         amend #1 surcharge=0.30 -> ok surcharge=0.30 surcharges=0.30 entries=payment.amended
                                    postings=tender.3:5,surcharge:-5
         amend #1 surcharge=0 -> ok surcharges=0.00 postings=tender.3:-30,surcharge:30
         -- 31
         amend #1 -> ok n=1 changes=none
         amend #1 tip=0 -> ok n=1 changes=none
         amend ? ref=x -> payment-not-found
         amend #1 tip=0.001 -> too-many-digits money=tip
         amend #1 surcharge=0.001 -> too-many-digits money=surcharge
         amend #1 tip=-1 -> negative money=tip
         amend #1 surcharge=-1 -> negative money=surcharge",
    );
}

#[test]
fn one_update_changes_everything_and_answers_the_tip() {
    check(
        "open 10.00 service=10%
         pay kounta 5.00
         amend #1 ref=R2 surcharge=0.10 tip=0.30 -> ok n=2 tip=0.30 ref=none surcharge=0.00
         show #1 -> ref=R2 surcharge=0.10 amount=5.00
         -- refused as a whole
         reject -> money-on-order
         pay kounta -5.30
         reject -> ok
         amend #1 ref=R3 tip=0.30 -> order-rejected changes=none
         amend #1 ref=R3 surcharge=0.30 -> order-rejected changes=none
         show #1 -> ref=R2
         -- the reference alone is accepted on any order
         amend #1 ref=R3 -> ok ref=R3
         fresh
         open 10.00
         pay kounta 10.00
         close
         amend #1 ref=R4 -> ok
         amend #1 tip=1.00 -> ok tips=1.00 order=closed
         amend #1 surcharge=1.00 -> ok surcharges=1.00
         fresh
         open 10.00
         pay kounta 5.00
         erase -> money-on-order
         pay kounta -5.00
         erase -> ok
         amend #1 tip=1.00 -> order-deleted
         amend #1 ref=R5 -> ok ref=R5",
    );
}

#[test]
fn updates_with_a_key() {
    check(
        "open 10.00 service=10%
         pay kounta 5.00
         amend #1 tip=0.30 key=k1 -> ok n=2 keys=1
         amend #1 tip=0.30 key=k1 -> again:ok n=2 changes=none payments=2
         amend #1 tip=0.40 key=k1 -> key-reused field=tip payments=2
         amend #1 ref=R key=k2 -> ok n=1
         amend #1 ref=other
         amend #1 ref=R key=k2 -> again:ok ref=R
         show #1 -> ref=other
         -- what was refused leaves the key free
         pay kounta -5.30
         reject
         amend #1 tip=0.30 key=k3 -> order-rejected keys=0",
    );
}

#[test]
fn a_surcharge_is_changed_on_living_money_only() {
    check(
        "open 10.00
         pay kounta 5.00
         pay kounta -1.00
         amend #2 surcharge=0.10 -> not-on-refund money=surcharge
         amend #2 surcharge=0 -> ok changes=none
         -- a pending payment carries it along
         pay om receipt 1.00 -> ok n=3 state=pending
         amend #3 surcharge=0.50 -> ok surcharges=0.00 postings=none
         confirm #3 -> ok surcharges=0.50
         update #3 state=reversed -> ok surcharges=0.00
         amend #3 surcharge=0.60 -> invalid-state changes=none
         pay om receipt 1.00 -> n=4
         void #4
         amend #4 surcharge=0.60 -> invalid-state",
    );
}

#[test]
fn a_tip_that_reduces_nothing_leaves_no_service_behind() {
    check(
        "-- all of the bill is reserved, so the tip pays no service and still counts for the minimum
         open 10.00 service=10%
         pay om receipt 11.00 -> ok n=1 due=0.00
         pay kounta 0 tip=1.00 -> ok n=2 u=0.00 c=0.09 paid=0.00 tips=1.00 C=0.09
         -- the order is cancelled with every account empty
         void #1
         cancel -> ok order=cancelled postings=receivable.goods:-1009,sales:1000,receivable.service:-91,service:100
         fresh
         open 10.00 service=10%
         pay om receipt 11.00
         pay kounta 0 tip=1.00 -> ok n=2 c=0.09
         confirm #1 -> ok c=0.91 C=1.00 R=0.00
         -- undoing it leaves a settled order, which owes no service
         update #2 state=reversed -> ok C=1.00 R=0.00 tips=0.00",
    );
}
