//! Lines: prices, sums, the service charge that follows them, and what is paid already.

use super::check;

#[test]
fn prices() {
    check(
        "open 3.50*2 -> T=7.00 lines=7.00
         open 10.00+0.1 -> T=11.00 tax=1.00
         open 11.00/0.1 -> T=11.00 tax=1.00
         -- tax is computed after the price, each rounded once, half up
         open 0.05*0.5 -> T=0.03
         open 0.25+0.1 -> T=0.28 tax=0.03
         open 1.3636!*3+0.1 -> T=4.50 tax=0.41
         open 10.00~0.9 -> T=9.00
         open 10.00_2.50 -> T=7.50
         open 9.99_33% -> T=6.69
         open 10.00_100% -> T=0.00
         open 9.666666666666666!*3 -> T=29.00
         -- refused
         open 0.001 -> too-many-digits money=line
         open 10.00*0 -> not-positive money=line
         open 10.00*-1 -> not-positive money=line
         open 10.00*1.0001 -> too-many-digits money=line
         open -1.00 -> negative money=line
         open 10.00~-1 -> negative money=line
         open 10.00+-0.1 -> negative money=line
         open 10.00_10.01 -> out-of-range money=line
         open 10.00_-1 -> out-of-range money=line
         open 10.00_101% -> out-of-range money=line
         open 10.00 service=-1% -> negative money=service
         open 10.00 service=-1.00 -> negative money=service
         fresh JPY
         open 100*1.5 -> T=150
         open 33!*0.5 -> T=17
         open 0.5 -> too-many-digits money=line
         open 0.5! -> T=1",
    );
}

#[test]
fn positions_and_sub_lines() {
    check(
        "open 1.00 2.00 3.00 -> lines=1.00,2.00,3.00 numbers=1,2,3
         lines 4.00 at=2 -> lines=1.00,4.00,2.00,3.00 numbers=1,2,3,4
         lines 5.00 at=99 -> lines=1.00,4.00,2.00,3.00,5.00
         line 5 number=1 -> lines=5.00,1.00,4.00,2.00,3.00
         line 1 number=99 -> lines=1.00,4.00,2.00,3.00,5.00
         drop 2 -> lines=1.00,2.00,3.00,5.00 T=11.00
         drop 9 -> line-not-found
         line 9 quantity=1 -> line-not-found
         -- what belongs to a line goes with it, wherever it stands
         lines 10.00 0.10^0 0.01^1 -> T=21.11
         line 7 number=1 -> lines=0.01,1.00,2.00,3.00,5.00,10.00,0.10
         drop 6 -> lines=1.00,2.00,3.00,5.00",
    );
}

#[test]
fn changing_a_line() {
    check(
        "open 10.00_1.00 -> T=9.00
         line 1 quantity=3 -> T=29.00
         line 1 quantity=1.5 -> T=14.00
         line 1 variation=0.5 -> T=6.50
         line 1 price=20.00 variation=1 -> T=29.00
         line 1 item=4.00 -> T=6.00
         line 1 notes=no-onions -> T=6.00
         line 1 quantity=0 -> not-positive
         line 1 quantity=1.0001 -> too-many-digits
         line 1 price=-1 -> negative
         line 1 variation=-1 -> negative
         line 1 quantity=999999999999 price=99999999 -> out-of-range
         show -> T=6.00",
    );
}

#[test]
fn the_service_charge_follows() {
    check(
        "open 10.00 service=10% -> S=1.00
         pay kounta 5.00 -> ok c=0.45
         lines 10.00 -> T=22.00 S=2.00 C=0.45 R=17.00
                postings=receivable.goods:1000,sales:-1000,receivable.service:100,service:-100
         pay kounta 17.00 -> ok c=1.55 C=2.00 R=0.00
         fresh
         -- a fixed charge does not
         open 10.00 service=1.00
         lines 10.00 -> S=1.00 T=21.00
         drop 1
         drop 1 -> S=1.00 T=1.00
         fresh
         -- 12.5 % of 0.20 is 0.025
         open 0.20 service=12.5% -> S=0.03",
    );
}

#[test]
fn contributions_never_exceed_a_charge_that_shrinks() {
    check(
        "open 10.00 10.00 service=10% -> S=2.00 T=22.00
         pay kounta 10.00 tip=1.90 -> ok c=1.90 R=10.10
         -- the order costs 11.00 now: less than what is paid
         drop 2 -> total-below-paid changes=none
         pay kounta -1.90 -> ok c=-0.17 C=1.73 paid=10.00
         drop 2 -> ok S=1.00 C=1.00 R=1.00
         pay kounta 1.00 -> ok c=0.00 C=1.00 R=0.00
         fresh
         -- settled by a change of lines
         open 10.00 1.00 service=10% -> T=12.10
         pay kounta 11.00 -> ok c=1.00
         drop 2 -> ok R=0.00 S=1.00 C=1.00 order=open
         fresh
         open 10.00 1.00 service=10%
         pay kounta 5.00
         pay kounta 6.00 -> C=1.00
         lines 5.00 -> C=1.00 S=1.60
         pay kounta 5.00 -> C=1.45
         drop 3 -> total-below-paid",
    );
}

#[test]
fn what_is_reserved_is_not_taken_away() {
    check(
        "open 10.00 10.00
         pay om receipt 15.00
         drop 2 -> total-below-paid
         line 2 price=5.00 -> ok T=15.00 due=0.00
         void #1
         drop 2 -> ok T=10.00
         drop 1 -> ok T=0.00 lines=none",
    );
}

#[test]
fn a_change_of_lines_may_leave_nothing_due() {
    check(
        "open 10.00 5.00 closing
         pay kounta 10.00
         drop 2 -> ok order=closed notices=closed entries=order.lines_changed,order.closed
         lines 1.00 -> order-closed
         line 1 quantity=2 -> order-closed
         drop 1 -> order-closed
         fresh
         -- nothing sold is not paid
         open 10.00 closing
         pay kounta 10.00 surcharge=1.00
         fresh
         open 10.00 closing
         pay kounta 5.00
         pay kounta -5.00
         drop 1 -> ok order=open T=0.00
         lines 5.00 -> ok order=open",
    );
}

#[test]
fn accepted_lines_are_fixed_for_apps() {
    check(
        "open 10.00 stage=accepted
         lines 1.00 via=kounta -> lines-fixed
         lines 1.00 via=kseries -> lines-fixed
         line 1 quantity=2 via=kounta -> lines-fixed
         drop 1 via=kounta -> lines-fixed
         lines 1.00 via=till -> ok
         lines 1.00 via=native -> ok T=12.00",
    );
}

#[test]
fn an_order_has_a_maximum_of_lines() {
    check(
        "open 0.01 same=1001 -> order-full changes=none
         open 0.01 same=1000 -> ok T=10.00
         lines 0.01 -> order-full",
    );
}
