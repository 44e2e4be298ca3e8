//! Orders and lines that a till has to take first (spec kseries 9).

use super::check;

#[test]
fn taken_by_a_till() {
    check(
        "-- 39
         open 10.00 table=5 ttl=60000 oref=X maker=E1:X closing
             -> ok order=proposed entries=order.proposed postings=none notices=none watchers=E1:X!
         pay kounta 1.00 -> order-proposed
         lines 1.00 -> order-proposed
         close -> order-proposed
         set stage=accepted -> order-proposed
         claim D1 -> tasks=1 kind=order
         wait 10
         done T1 -> applied order=open entries=order.opened notices=opened,updated
                    postings=receivable.goods:1000,sales:-1000
         done T1 -> applied changes=none
         pay kounta 10.00 -> ok order=closed",
    );
}

#[test]
fn with_an_embedded_payment() {
    check(
        "-- 42
         open 12.00 ttl=60000 pay=12.00+2.00 closing
             -> ok order=proposed reserved=12.00 entries=order.proposed,payment.accepted pending=1
         -- it stands or falls with the order
         void #1 via=native -> order-proposed
         confirm #1 -> order-proposed
         update #1 note=x -> order-proposed
         delete #1 -> order-proposed
         claim D1
         done T1 -> applied order=closed paid=12.00 tips=2.00 notices=opened,completed,closed
         fresh
         -- refused by the till
         open 12.00 ttl=60000 pay=12.00 maker=E1:X
         claim D1
         refuse T1 ITEM_NOT_FOUND -> refused order=cancelled reserved=0.00
                entries=payment.failed,order.failed notices=failed:ITEM_NOT_FOUND,order-failed:ITEM_NOT_FOUND
         done T1 -> superseded case=confirmed-after-end
         show #1 -> state=failed fail=ITEM_NOT_FOUND
         pay kounta 1.00 -> order-cancelled
         fresh
         -- nobody took it
         open 12.00 ttl=60000 pay=12.00
         wait 60000
         expire T1 -> ok order=cancelled notices=failed:TIMEOUT,order-failed:TIMEOUT
         expire T1 -> ok changes=none",
    );
}

#[test]
fn offered_from_a_time_on() {
    check(
        "open 10.00 ttl=90000 from=30000 maker=E1:X -> ok order=proposed
         claim D1 -> tasks=0
         wait 29999
         claim D1 -> tasks=0
         wait 1
         claim D1 -> tasks=1 lease=1
         done T1 -> applied order=open
         -- lines as well; and never later than its end
         lines 5.00 ttl=60000 from=60001 later via=kseries
         wait 59999
         claim D1 -> tasks=0
         wait 1
         claim D1 -> tasks=0
         expire T2 -> ok notices=update-failed:TIMEOUT:app1",
    );
}

#[test]
fn taken_twice() {
    check(
        "open 12.00 ttl=60000 pay=12.00
         claim D1
         wait 30000
         claim D2
         done T1 lease=2 -> applied
         done T1 lease=1 -> superseded case=confirmed-twice
         fresh
         -- without money there is nothing to look after, and what was paid later is no part of it
         open 12.00 ttl=60000
         claim D1
         wait 30000
         claim D2
         done T1 lease=2 -> applied
         pay kounta 12.00
         done T1 lease=1 -> superseded case=none changes=none",
    );
}

#[test]
fn that_can_never_succeed() {
    check(
        "open 10.00 ttl=60000 refusal=ITEM_NOT_FOUND oref=X maker=E1:X
             -> ok order=cancelled entries=order.proposed,order.failed notices=order-failed:ITEM_NOT_FOUND keys=1
         open 10.00 ttl=60000 oref=X -> reference-used
         claim D1 -> tasks=0
         -- without a till as well
         open 10.00 refusal=ITEM_NOT_FOUND -> ok order=cancelled
         -- more paid than it costs
         open 10.00 ttl=60000 pay=10.01 -> ok order=cancelled notices=order-failed:OVERPAID payments=0
         open 10.00 ttl=60000 pay=6.00 pay=6.00
             -> ok order=cancelled notices=accepted,failed:OVERPAID,order-failed:OVERPAID reserved=0.00
         -- lines that cannot be priced leave sums of nothing
         open 5.00 10.00_11.00 ttl=60000 -> ok order=cancelled T=0.00 lines=none notices=order-failed:UNKNOWN
         open 1000000000000000 0.01 ttl=60000 -> ok order=cancelled T=0.00 lines=none
         -- amounts that are none are told at once, and take no reference
         open 10.00 ttl=60000 pay=0.001 oref=Y -> too-many-digits changes=none
         open 10.00 ttl=60000 pay=0 oref=Y -> not-positive changes=none
         open 10.00 ttl=60000 oref=Y -> ok order=proposed
         open 10.00 ttl=60000 oref=Z maker=?:Z -> endpoint-not-found
         open 10.00 ttl=60000 oref=Y maker=?:Z -> reference-used
         open 10.00 loc=99 -> order-not-found",
    );
}

#[test]
fn lines_for_a_check() {
    check(
        "-- 41
         open 10.00 maker=E1:first
         lines 5.00 ttl=60000 oref=X maker=E1:X later via=kseries -> ok T=10.00 watchers=E1:first!
         claim D1 -> kind=lines
         done T1 -> applied T=15.00 lines=10.00,5.00 notices=updated
         lines 5.00 ttl=60000 oref=Y maker=E2:Y later via=kseries -> ok watchers=E1:first!,E2:Y
         claim D1
         refuse T2 ITEM_NOT_ADDED -> refused T=15.00 entries=order.failed notices=update-failed:ITEM_NOT_ADDED:app1:E2:Y
         -- another application than the one that opened the order, on the endpoint that made it
         lines 5.00 ttl=60000 maker=E1:Z later via=kseries app=5
         wait 60000
         expire T3 -> ok notices=update-failed:TIMEOUT:app5:E1:Z order=open watchers=E1:first!,E2:Y
         lines 5.00 oref=Y ttl=60000 later -> reference-used
         -- the order closed before the till took them
         lines 5.00 ttl=60000 later via=kseries
         claim D1
         close
         done T4 -> applied T=15.00 entries=order.failed notices=update-failed:UPDATE_FAILED:app1",
    );
}

#[test]
fn lines_with_a_payment() {
    check(
        "-- at once: all or nothing
         open 10.00 closing as=A
         lines 5.00 pay=3.00+1.00 -> ok T=15.00 paid=3.00 tips=1.00 notices=completed,updated
                entries=order.lines_changed,payment.completed
         lines 5.00 pay=17.01 -> exceeds-due changes=none
         lines 5.00 pay=1.001 -> too-many-digits changes=none
         lines 5.00 pay=0 -> not-positive changes=none
         lines 5.00 pay=17.00 -> ok order=closed notices=completed,closed
         fresh
         -- a till is asked first: nothing is reserved for what is not on the bill yet
         open 10.00 closing maker=E1:first
         lines 5.00 ttl=60000 oref=X maker=E2:X pay=15.00+2.00 later via=kseries app=5
                -> ok T=10.00 reserved=0.00 payments=0 keys=1 entries=none notices=none
         claim D1 -> kind=lines tasks=1
         done T1 -> applied T=15.00 paid=15.00 tips=2.00 order=closed lines=10.00,5.00 payments=1
                entries=order.lines_changed,payment.completed,order.closed notices=completed,closed
         show #1 -> state=complete amount=15.00 created-via=kseries created-by=5
         done T1 -> applied changes=none
         lines 5.00 ttl=60000 oref=X later app=5 -> reference-used
         fresh
         -- refused by the till: the payment stands as failed, and a late confirm is a case
         open 10.00
         lines 5.00 ttl=60000 pay=5.00 later via=kseries
         claim D1
         refuse T1 ITEM_NOT_ADDED -> refused T=10.00 reserved=0.00 payments=1
                entries=payment.failed,order.failed notices=failed:ITEM_NOT_ADDED,update-failed:ITEM_NOT_ADDED:app1
         show #1 -> state=failed fail=ITEM_NOT_ADDED amount=5.00
         done T1 -> superseded case=confirmed-after-end
         done T1 -> superseded changes=none
         fresh
         -- nobody took it
         open 10.00
         lines 5.00 ttl=60000 pay=5.00 later via=kseries
         wait 60000
         expire T1 -> ok notices=failed:TIMEOUT,update-failed:TIMEOUT:app1
         show #1 -> state=failed
         fresh
         -- taken twice
         open 10.00
         lines 5.00 ttl=60000 pay=5.00 later via=kseries
         claim D1
         wait 30000
         claim D2
         done T1 lease=2 -> applied paid=5.00
         done T1 lease=1 -> superseded case=confirmed-twice",
    );
}

#[test]
fn lines_whose_payment_the_ledger_refuses() {
    check(
        "-- at once, by the check as it will be
         open 10.00
         lines 5.00 ttl=60000 oref=X maker=E1:X pay=15.01 later via=kseries
             -> ok notices=order-failed:OVERPAID keys=1
         show -> T=10.00 order=open
         -- two of which the second is too much
         open 10.00
         lines 5.00 ttl=60000 pay=10.00 pay=5.01 later via=kseries -> ok notices=order-failed:OVERPAID
         lines 5.00 ttl=60000 pay=10.00 pay=5.00 later via=kseries -> ok payments=0
         claim D1
         done T1 -> applied paid=15.00 payments=2
         -- what is no amount is told at once, before the reference is taken
         open 10.00
         lines 5.00 ttl=60000 oref=Y pay=0.001 later via=kseries -> too-many-digits changes=none
         lines 0.001 ttl=60000 oref=Y pay=0.001 later via=kseries maker=?:x -> too-many-digits money=amount
         lines 0.001 ttl=60000 oref=Y pay=1 later via=kseries maker=?:x -> endpoint-not-found
         -- somebody paid while the till was asked: neither the lines nor the payment
         lines 5.00 ttl=60000 oref=Y pay=15.00 later via=kseries
         pay kounta 1.00
         claim D1
         done T2 -> applied T=10.00 paid=1.00 payments=2 lines=10.00
             entries=payment.failed,order.failed notices=failed:OVERPAID,update-failed:OVERPAID:app1
         show #2 -> state=failed fail=OVERPAID
         -- a check that takes no payments from tills takes those of apps
         open 10.00 locked
         lines 5.00 ttl=60000 pay=15.00 later via=kseries
         claim D1
         done T3 -> applied paid=15.00",
    );
}

#[test]
fn lines_that_can_never_succeed() {
    check(
        "open 10.00
         lines 5.00 ttl=60000 oref=X maker=E1:X later refusal=ITEM_NOT_FOUND via=kseries
             -> ok entries=order.failed notices=order-failed:ITEM_NOT_FOUND keys=1
         lines 5.00 ttl=60000 oref=X maker=E1:X later -> reference-used
         lines 5.00 ttl=60000 oref=Y later order=A9.9 loc=here maker=E1:Y -> ok notices=order-failed:ACCOUNT_NOT_FOUND
         lines 5.00 ttl=60000 oref=Z later order=A9.9 -> order-not-found
         lines 5.00 order=A9.9 loc=here -> order-not-found
         lines 5.00 ttl=60000 later loc=here maker=?:Z -> endpoint-not-found
         close
         lines 5.00 ttl=60000 oref=Q later via=kseries -> ok notices=order-failed:ACCOUNT_ALREADY_CLOSED
         show -> order=closed T=10.00",
    );
}
