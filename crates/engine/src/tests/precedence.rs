//! Which refusal is answered when several apply: each line breaks one rule less than the line before it.

use super::check;

#[test]
fn of_payments() {
    check(
        "open 10.00 as=A
         close
         -- order, digits, signs, keys, endpoint, order state
         pay kounta 0.001 tip=-1 endpoint=? method=? order=? -> order-not-found
         pay kounta 0.001 tip=-1 endpoint=? method=? -> too-many-digits money=amount
         pay kounta 99 tip=-0.001 surcharge=-1 endpoint=? method=? -> too-many-digits money=tip
         pay kounta 99 tip=-1 surcharge=-1 endpoint=? method=? -> negative money=tip
         pay kounta 99 surcharge=-1 endpoint=? method=? -> negative money=surcharge
         pay kounta 99 endpoint=? method=? staff=? src=? -> endpoint-not-found
         pay kounta 99 method=? staff=? src=? -> order-closed
         -- lock, method, staff, source, amounts
         open 10.00 as=B locked
         pay kounta 99 via=till method=? staff=? src=? -> payments-locked
         pay kounta 99 method=? staff=? src=? -> method-not-found
         pay kounta 99 method=terminal staff=? src=? -> method-is-terminal
         pay kounta 99 staff=? src=? -> staff-not-found
         pay kounta 99 src=? -> source-invalid
         pay kounta 99 -> exceeds-due
         pay kounta 10 -> ok",
    );
}

#[test]
fn of_om_creation() {
    check(
        "open 10.00
         close
         pay om receipt 0.001 reversed method=? src=? key=k -> too-many-digits
         pay om receipt 99 reversed method=? src=? -> order-closed
         open 10.00
         pay om receipt 99 reversed method=? src=? -> invalid-state
         pay om receipt 99 method=? src=? -> method-not-found
         pay om receipt 99 src=? -> source-invalid
         pay om receipt 99 -> exceeds-due",
    );
}

#[test]
fn of_om_updates() {
    check(
        "open 10.00 as=A
         open 20.00 as=B
         pay om receipt 10 complete
         pay om receipt 1 complete
         pay om refund 2 complete src=#1
         close
         update ? amount=0.001 order=A -> payment-not-found
         update #1 amount=0.001 order=A -> order-mismatch
         update #1 amount=0.001 state=pending -> too-many-digits
         update #1 state=complete -> ok changes=none
         update #1 amount=99 method=? src=? state=pending -> order-closed
         open 20.00 as=C
         pay om receipt 10 complete
         pay om receipt 1 complete
         pay om refund 2 complete src=#1
         update #1 amount=99 method=? src=? state=pending -> invalid-state
         update #1 amount=99 method=? src=? state=reversed -> correction-required
         update #1 amount=99 method=? src=? state=reversed correction -> has-refunds
         update #1 amount=99 method=? src=? correction -> method-not-found
         update #1 amount=99 src=? correction -> source-invalid
         update #1 amount=99 correction -> exceeds-due
         update #1 amount=1 correction -> exceeds-refundable
         update #1 amount=2 correction -> ok",
    );
}

#[test]
fn of_ending_a_payment() {
    check(
        "open 10.00 as=B
         open 10.00 as=A
         pay om receipt 1 complete
         pay om receipt 1
         delete #2
         close
         confirm #2 order=B -> payment-not-found
         delete #1 open-only -> order-closed
         open 10.00 as=B
         pay om receipt 1
         confirm #1 order=A tref=x -> order-mismatch
         confirm #1 tref=x -> ok
         confirm #1 tref=y -> invalid-state",
    );
}

#[test]
fn of_lines_and_states() {
    check(
        "open 10.00 stage=accepted as=A
         pay kounta 10.00
         lines 0.001 order=? loc=here via=kounta -> order-not-found
         lines 0.001 maker=?:x via=kounta -> endpoint-not-found
         lines 0.001 via=kounta -> lines-fixed
         lines 0.001 -> too-many-digits
         drop 2 via=kounta -> line-not-found
         drop 1 via=kounta -> lines-fixed
         drop 1 -> total-below-paid
         pay om refund 1
         cancel order=? -> order-not-found
         cancel -> payments-pending
         confirm #2
         cancel -> money-on-order
         close
         cancel -> state-final",
    );
}

#[test]
fn of_opening() {
    check(
        "open 10.00 oref=X ttl=60000
         open 0.001 loc=99 pay=0.001 oref=X maker=?:x labels=33 service=-1% -> order-not-found
         open 0.001 pay=0.001 oref=X maker=?:x labels=33 service=-1% -> too-many-digits money=amount
         open 0.001 pay=99 oref=X maker=?:x labels=33 service=-1% -> reference-used
         open 0.001 pay=99 maker=?:x labels=33 service=-1% -> endpoint-not-found
         open 0.001 pay=99 labels=33 service=-1% -> order-full
         open 0.001 pay=99 service=-1% -> negative money=service
         open 0.001 pay=99 -> too-many-digits money=line
         open 1 pay=99 -> exceeds-due
         open 1 pay=1 -> ok",
    );
}
