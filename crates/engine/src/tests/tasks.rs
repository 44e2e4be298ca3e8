//! Till tasks: leases, answers, lateness, and the cases that late answers open.

use super::check;

#[test]
fn claiming() {
    check(
        "open 100.00
         pay kseries 1 ref=R1
         pay kseries 2 ref=R2 device=D2
         pay kseries 3 ref=R3
         -- oldest first, and only what this device may have
         claim D1 max=1 -> tasks=1 lease=1 holder=D1 held-ms=30000
         claim D1 -> tasks=1
         claim D1 -> tasks=0 changes=none
         claim D2 -> tasks=1
         -- a lease that lapses is offered again, under the next number
         wait 30000
         claim D3 -> tasks=2 lease=2 holder=D3
         claim D2 -> tasks=1 lease=2
         -- elsewhere there is nothing
         claim D1 loc=there -> tasks=0",
    );
}

#[test]
fn a_claim_has_a_maximum() {
    let payments: String = (1..=110)
        .map(|n| format!("pay kseries 0.01 ref=R{n}\n"))
        .collect();
    check(&format!(
        "open 100.00
         {payments}
         claim D1 max=0 -> tasks=0
         claim D1 max=1000 -> tasks=100
         claim D1 max=1000 -> tasks=10"
    ));
}

#[test]
fn a_lease_never_outlives_its_task() {
    check(
        "open 100.00
         pay kseries 1 ref=R1 ttl=60000
         wait 50000
         claim D1 -> lease=1 held-ms=60000
         wait 10000
         claim D2 -> tasks=0",
    );
}

#[test]
fn confirming_and_repeating() {
    check(
        "open 100.00
         pay kseries 10 ref=R1
         done T1 -> task-not-found
         claim D1
         done T1 lease=0 -> task-not-found
         done T1 lease=2 -> task-not-found
         done T1 loc=there -> task-not-found
         done T9 -> task-not-found
         done T1 -> applied task=applied paid=10.00 notices=completed,updated
         done T1 -> applied changes=none
         refuse T1 UNKNOWN -> superseded changes=none
         show #1 -> state=complete",
    );
}

#[test]
fn refusing_and_repeating() {
    check(
        "open 100.00
         pay kseries 10 ref=R1
         claim D1
         refuse T1 ITEM_NOT_FOUND says=kitchen-closed
             -> refused task=refused:ITEM_NOT_FOUND state=failed fail=ITEM_NOT_FOUND says=kitchen-closed
                due=100.00 notices=failed:ITEM_NOT_FOUND
         refuse T1 UPDATE_FAILED -> refused changes=none fail=ITEM_NOT_FOUND
         -- the same lease says yes after its no
         done T1 -> superseded case=confirmed-after-end
         done T1 -> superseded case=none changes=none
         -- a word that nobody published
         pay kseries 10 ref=R2
         claim D1
         refuse T2 printer-on-fire -> refused fail=UNKNOWN",
    );
}

#[test]
fn the_newest_lease_is_the_only_one() {
    check(
        "open 100.00
         pay kseries 10 ref=R1
         claim D1
         wait 30000
         claim D2 -> lease=2
         -- the first device comes back: the second may take the money again
         done T1 lease=1 -> superseded case=confirmed-twice task=open state=pending
         done T1 lease=1 -> superseded changes=none
         done T1 lease=2 -> applied state=complete
         done T1 lease=1 -> superseded changes=none
         done T1 lease=2 -> applied changes=none
         fresh
         open 100.00
         pay kseries 10 ref=R1
         claim D1
         wait 30000
         claim D2
         refuse T1 UNKNOWN lease=1 -> superseded changes=none
         refuse T1 UNKNOWN lease=2 -> refused
         done T1 lease=1 -> superseded case=confirmed-after-end
         fresh
         -- a lapsed lease that nobody took over still counts
         open 100.00
         pay kseries 10 ref=R1
         claim D1
         wait 60000
         done T1 -> applied state=complete",
    );
}

#[test]
fn time_over_but_not_yet_written() {
    check(
        "open 100.00
         pay kseries 10 ref=R1 ttl=60000
         claim D1 lease=100000
         expire T1 -> ok changes=none
         wait 60000
         -- too late, though the expiry is not written: the payment fails later, once, as timed out
         done T1 -> superseded task=open state=pending case=confirmed-after-end
         done T1 -> superseded changes=none
         expire T1 -> ok task=expired notices=failed:TIMEOUT entries=payment.failed due=100.00
         show #1 -> state=failed fail=TIMEOUT updated-via=server
         expire T1 -> ok changes=none
         done T1 -> superseded changes=none
         fresh
         open 100.00
         pay kseries 10 ref=R1 ttl=60000
         claim D1 lease=100000
         wait 60000
         refuse T1 UNKNOWN -> superseded changes=none
         expire T1
         show #1 -> state=failed fail=TIMEOUT
         expire T9 -> task-not-found",
    );
}

#[test]
fn confirming_after_the_end() {
    check(
        "-- expired
         open 100.00
         pay kseries 10 ref=R1 ttl=60000
         claim D1
         wait 60000
         expire T1
         done T1 -> superseded case=confirmed-after-end entries=case.opened state=failed
         done T1 -> superseded changes=none
         -- one case per task, whoever asks
         confirm #1 -> invalid-state case=none
         -- voided
         pay kseries 10 ref=R2
         claim D1
         void #2 via=native -> ok state=voided
         done T2 -> superseded case=confirmed-after-end task=withdrawn
         -- completed elsewhere
         pay kseries 10 ref=R3
         claim D1
         confirm #3
         refuse T3 UNKNOWN -> superseded changes=none
         done T3 -> superseded case=confirmed-twice
         case C1 refunded -> ok entries=case.resolved",
    );
}

#[test]
fn messages() {
    check(
        "message hello 60000 -> ok tasks=1 kind=message
         claim D1 -> tasks=1 kind=message
         done T1 -> applied task=applied
         message hello 60000
         wait 60000
         claim D1 -> tasks=0
         expire T2 -> ok task=expired
         message hello 60000 loc=99 -> order-not-found",
    );
}

#[test]
fn a_refund_on_a_till_may_be_all_that_keeps_an_order_open() {
    check(
        "open 10.00 closing
         pay kounta 5.00
         pay native -1.00 till -> ok type=refund state=pending refundable=4.00
         pay kounta 5.00 -> ok order=open
         claim D1
         refuse T1 UNKNOWN -> refused order=closed notices=failed:UNKNOWN,closed
         fresh
         open 10.00 closing
         pay kounta 5.00
         pay native -1.00 till ttl=60000
         pay kounta 5.00
         wait 60000
         expire T1 -> ok order=closed
         fresh
         open 10.00 closing
         pay kounta 5.00
         pay native -1.00 till
         pay kounta 5.00
         void #2 via=native -> ok order=closed notices=voided,closed
         fresh
         -- and is no refund of its source any more
         open 10.00
         pay kounta 5.00
         pay native -4.00 till src=#1 -> ok refundable=1.00
         show #1 -> refunds=4.00
         claim D1
         refuse T1 UNKNOWN
         show #1 -> refunds=0.00
         pay om refund 5 src=#1 -> ok
         fresh
         -- a failed receipt is told once and changes no sums
         open 10.00 closing
         pay kseries 5 ref=R1
         claim D1
         refuse T1 UNKNOWN -> refused notices=failed:UNKNOWN",
    );
}
