use proptest::prelude::*;
use tender_money::Decimal;

use super::{Bound, bound, product, quotient, rate, without_tax};

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

#[test]
fn rates_have_long_tails() {
    assert_eq!(rate("9.666666666666666"), Some(decimal("9.666666666666666")));
    assert_eq!(
        rate("0.33333333333333331483"),
        Some(decimal("0.333333333333333314"))
    );
    assert_eq!(rate("1e-2"), Some(decimal("0.01")));
    for text in [
        "",
        "x",
        "1.",
        "1.2.3",
        "0.1234567890123456789e-5",
        "1e-30",
        "-",
        ".5",
    ] {
        assert_eq!(rate(text), None, "{text}");
    }
}

#[test]
fn bounds_are_judged_by_their_value() {
    for (text, digits, floor, ceil) in [
        ("11", 2, 1100, 1100),
        ("11.005", 2, 1100, 1101),
        ("10.950000000000001", 2, 1095, 1096),
        ("10.9999999999999999999999", 2, 1099, 1100),
        ("11.000000000000000000001", 2, 1100, 1101),
        ("-0.001", 2, -1, 0),
        ("-11.000000000000000000001", 2, -1101, -1100),
        ("500.5", 0, 500, 501),
        ("5.001", 3, 5001, 5001),
        ("1e1", 2, 1000, 1000),
    ] {
        assert_eq!(bound(text, digits), Some(Bound { floor, ceil }), "{text}");
    }
    for text in ["", "ten", "1e999", "99999999999999999999"] {
        assert_eq!(bound(text, 2), None, "{text}");
    }
}

#[test]
fn prices_without_tax() {
    assert_eq!(
        without_tax(decimal("1.50"), decimal("0.1")),
        decimal("1.36363636")
    );
    assert_eq!(without_tax(decimal("11"), decimal("0.1")), decimal("10"));
    assert_eq!(without_tax(decimal("11"), Decimal::ZERO), decimal("11"));
    assert_eq!(quotient(decimal("1"), Decimal::ZERO), None);
}

proptest! {
    #[test]
    fn a_product_divided_by_one_factor_is_the_other(own in 0_i64..1_000_000, of_order in 1_i64..10_000) {
        let (own, of_order) = (Decimal::from_minor(own, 4), Decimal::from_minor(of_order, 4));
        prop_assert_eq!(quotient(product(own, of_order), of_order), Some(own));
    }

    #[test]
    fn price_and_tax_sum_to_the_price(price in 0_i64..10_000_000_000, rate in 0_i64..1_000) {
        let (price, rate) = (Decimal::from_minor(price, 4), Decimal::from_minor(rate, 3));
        let bare = without_tax(price, rate);
        prop_assert!(bare <= price);
        let taxed = product(bare, rate).checked_add(bare).unwrap();
        let (low, high) = if taxed < price { (taxed, price) } else { (price, taxed) };
        prop_assert!(high.checked_sub(low).unwrap() <= decimal("0.00000002"));
    }

    #[test]
    fn a_bound_encloses_its_value(minor in -1_000_000_i64..1_000_000, digits in 0_u32..4) {
        let exact = Decimal::from_minor(minor, digits).to_string();
        prop_assert_eq!(bound(&exact, digits), Some(Bound { floor: minor, ceil: minor }));
        let near = Decimal::from_minor(minor, 3);
        let Bound { floor, ceil } = bound(&near.to_string(), 1).unwrap();
        prop_assert!(Decimal::from_minor(floor, 1) <= near && near <= Decimal::from_minor(ceil, 1));
        prop_assert!(ceil - floor <= 1);
    }

    #[test]
    fn no_text_is_too_much(text in "[-+0-9.eE]{0,60}") {
        let _ = (rate(&text), bound(&text, 2));
    }
}
