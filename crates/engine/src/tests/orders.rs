//! States and data of orders.

use super::check;

#[test]
fn final_states() {
    check(
        "open 10.00
         cancel -> ok order=cancelled closed-at=1000000 notices=cancelled entries=order.cancelled
                   postings=receivable.goods:-1000,sales:1000
         cancel -> ok changes=none
         close -> state-final
         reject -> state-final
         set stage=accepted -> state-final
         set notes=late -> ok order-notes=late
         lines 1.00 -> order-cancelled
         fresh
         open 10.00
         close -> ok order=closed postings=none notices=closed
         close -> ok changes=none
         cancel -> state-final
         erase -> state-final
         close order=? -> order-not-found
         set notes=x order=? -> order-not-found
         fresh
         open 10.00 settle=close -> order=closed
         open 10.00 settle=cancel -> order=cancelled
         fresh
         open 10.00
         set settle=reject notes=no -> ok order=rejected order-notes=no notices=updated,cancelled
         set settle=close -> state-final",
    );
}

#[test]
fn money_stands_in_the_way() {
    check(
        "open 10.00
         pay kounta 5.00
         cancel -> money-on-order
         reject -> money-on-order
         erase -> money-on-order
         close -> ok R=5.00
         fresh
         open 10.00
         pay kounta 5.00
         pay kounta -5.00
         pay om refund 1 -> exceeds-refundable
         cancel -> ok
         fresh
         open 10.00
         pay kseries 1 ref=R1
         close -> payments-pending
         cancel -> payments-pending
         set settle=close -> payments-pending",
    );
}

#[test]
fn closing_when_paid() {
    check(
        "open 10.00
         pay kounta 10.00 -> order=open
         set closing=on -> ok order=closed notices=updated,closed
         fresh
         open 10.00
         pay om receipt 10.00
         set closing=on -> ok order=open
         confirm #1 -> ok order=closed
         fresh
         open 10.00 closing
         pay om receipt 5.00
         pay kounta 5.00 -> order=open
         update #1 state=complete -> ok order=closed
         fresh
         -- a correction, and an undone refund, may settle it
         open 10.00 closing
         pay om receipt 5.00 complete
         update #1 amount=10 correction -> ok order=closed notices=amended,closed
         fresh
         open 10.00 closing
         pay om receipt 5.00 complete
         pay om refund 2.00 complete
         pay om receipt 5.00 complete -> due=2.00
         delete #2 -> ok order=closed
         fresh
         open 10.00 closing
         pay om receipt 5.00 complete
         pay om refund 2.00 complete
         pay om receipt 5.00 complete
         update #2 state=reversed -> ok order=closed
         fresh
         -- an order that costs nothing waits for staff
         open 0.00 closing -> order=open
         pay kounta 0 tip=1.00 -> ok order=open",
    );
}

#[test]
fn data() {
    check(
        "open 10.00
         set table=3 name=terrace notes=hi -> ok notices=updated entries=order.updated
         set table=3 name=terrace -> ok changes=none
         set table=- -> ok
         set label=a:1 -> labels=a:1
         set label=b:2 -> labels=a:1,b:2
         set label=a:1 -> ok changes=none
         set label=a:3 -> labels=a:3,b:2
         set label=a:- -> labels=b:2
         set ready -> ok notices=ready entries=none
         set stage=on-hold ready -> ok stage=on-hold notices=staged,ready
         set stage=on-hold -> ok changes=none
         set stage=submitted notes=z -> ok notices=staged,updated entries=order.updated
         set notes=y -> ok notices=updated
         set stage=on-hold -> ok notices=staged
         open 10.00 labels=33 -> order-full
         open 10.00 labels=32 -> ok
         set label=more:1 -> order-full changes=none",
    );
}

#[test]
fn numbers_and_names() {
    check(
        "open 1.00 as=A -> account=A1234.1
         open 1.00 as=B -> account=A1234.2
         open 1.00 loc=there as=C -> account=A77.1
         pay kseries 1 ref=R1 order=A1234.2 -> state=pending
         show in=B -> reserved=1.00
         -- an account is found at its own location alone
         pay kseries 1 ref=R2 order=A77.1 -> fail=ACCOUNT_NOT_FOUND
         -- the client's own number leads to the newest order that has it, wherever that is
         open 1.00 ext=S1 as=D
         pay kounta 0.10 order=sale:S1 -> ok
         open 2.00 ext=S1 loc=there as=E
         pay kounta 0.20 order=sale:S1 -> ok
         show in=D -> paid=0.10
         show in=E -> paid=0.20
         pay kounta 0.10 order=sale:S2 -> order-not-found
         -- what came to nothing has a number too
         open 1.00 ttl=60000 refusal=UNKNOWN -> account=A1234.4",
    );
}
