//! Amounts near the ends of what the ledger can hold are refused, and never stop it.

use super::check;

#[test]
fn amounts_that_do_not_fit() {
    check(
        "open 10.00
         pay kounta 92233720368547758.07 -> out-of-range money=amount
         pay kounta 92233720368547758.08 -> out-of-range money=amount
         pay kounta 1000000000000000.01 -> out-of-range money=amount
         pay kounta 1000000000000000 -> exceeds-due
         pay kounta -92233720368547758.08 -> out-of-range money=amount
         pay kounta 1e30 -> out-of-range money=amount
         pay kounta 1.00 tip=1e20 -> out-of-range money=tip
         pay kounta 1.00 tip=-1e20 -> out-of-range money=tip
         pay kounta 1.00 surcharge=1000000000000000.01 -> out-of-range money=surcharge
         pay om receipt 1
         update #1 amount=1e17 -> out-of-range money=amount
         update #1 amount=1e15 -> exceeds-due
         amend #1 surcharge=1e17 -> out-of-range money=surcharge
         amend #1 tip=1e17 -> out-of-range money=tip",
    );
}

#[test]
fn orders_that_do_not_fit() {
    check(
        "open 1000000000000000 -> ok
         open 1000000000000000.01 -> out-of-range money=line
         open 1000000000000000 0.01 -> out-of-range money=line
         open 1000000000000000 service=0.01 -> out-of-range money=line
         open 0 service=1000000000000000.01 -> out-of-range money=service
         open 1 service=1e30% -> out-of-range money=service
         open 1000000000000000*1000 -> out-of-range money=line
         open 1e30! -> out-of-range money=line
         open 1000000000000000 same=1000 -> out-of-range money=line
         open 1000000000000000+1 -> out-of-range money=line
         open 1+1e30 -> out-of-range money=line
         open 1/1e30 -> out-of-range money=line
         open 1_1e30% -> out-of-range money=line
         open 1!*0.001~0.0000000000000001 -> out-of-range money=line
         open 1000000000000000 as=BIG service=0%
         lines 0.01 -> out-of-range money=line
         line 1 quantity=1.001 -> out-of-range money=line
         pay kounta 1000000000000000 tip=1000000000000000 surcharge=1000000000000000 -> ok R=0.00
         pay kounta -1000000000000000 -> ok paid=0.00",
    );
}

#[test]
fn sums_that_grow_for_ever_end_in_a_refusal() {
    // 92 rounds bring the sum of receipts to the end of the integer.
    let round = "pay kounta 1000000000000000 -> ok\npay kounta -1000000000000000 -> ok\n".repeat(92);
    check(&format!(
        "open 1000000000000000
         {round}
         pay kounta 1000000000000000 -> out-of-range money=amount changes=none
         pay om receipt 1000000000000000 -> out-of-range changes=none
         pay kounta 1 -> ok"
    ));
    let tips = "pay kounta 0 tip=1000000000000000 -> ok\n".repeat(92);
    check(&format!(
        "open 1\n{tips}pay kounta 0 tip=1000000000000000 -> out-of-range changes=none"
    ));
}

#[test]
fn a_charge_larger_than_the_goods() {
    check(
        "open 1.00 service=1000% -> S=10.00 T=11.00
         pay kounta 1.00 tip=20.00 -> ok u=10.00 c=10.00 R=0.00 tips=10.00",
    );
}
