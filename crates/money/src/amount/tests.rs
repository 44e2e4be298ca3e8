use proptest::prelude::*;

use super::{Amount, format_minor};
use crate::{AmountError, Currency, Decimal, MAX_FRACTION_DIGITS};

fn amount(minor: i64, code: &str) -> Amount {
    Amount {
        minor,
        currency: Currency::from_code(code).unwrap(),
    }
}

#[test]
fn arithmetic_keeps_the_currency_and_the_range() {
    let eur = |minor| amount(minor, "EUR");
    assert_eq!(eur(2006).checked_add(eur(-6)), Ok(eur(2000)));
    assert_eq!(eur(2006).checked_sub(eur(2007)), Ok(eur(-1)));
    assert_eq!(eur(2006).checked_neg(), Ok(eur(-2006)));
    assert_eq!(
        eur(1).checked_add(amount(1, "USD")),
        Err(AmountError::CurrencyMismatch)
    );
    assert_eq!(
        eur(1).checked_sub(amount(1, "USD")),
        Err(AmountError::CurrencyMismatch)
    );
    assert_eq!(eur(i64::MAX).checked_add(eur(1)), Err(AmountError::OutOfRange));
    assert_eq!(eur(i64::MIN).checked_sub(eur(1)), Err(AmountError::OutOfRange));
    assert_eq!(eur(i64::MIN).checked_neg(), Err(AmountError::OutOfRange));
}

#[test]
fn amounts_are_shown_with_their_currencys_digits() {
    assert_eq!(amount(2006, "EUR").to_string(), "20.06 EUR");
    assert_eq!(amount(805, "JPY").to_string(), "805 JPY");
    assert_eq!(amount(-1, "KWD").to_string(), "-0.001 KWD");
}

#[test]
fn minor_units_have_exactly_the_asked_digits() {
    for (minor, digits, text) in [
        (2006, 2, "20.06"),
        (805, 0, "805"),
        (1250, 3, "1.250"),
        (-1, 2, "-0.01"),
        (0, 2, "0.00"),
        (0, 0, "0"),
        (-100, 2, "-1.00"),
        (7, 4, "0.0007"),
        (i64::MAX, 2, "92233720368547758.07"),
        (i64::MIN, 2, "-92233720368547758.08"),
        (i64::MIN, 0, "-9223372036854775808"),
        (i64::MIN, 18, "-9.223372036854775808"),
    ] {
        assert_eq!(format_minor(minor, digits), text);
    }
}

#[test]
#[should_panic(expected = "fraction digits")]
fn more_digits_than_any_currency_has_are_a_mistake() {
    let _ = format_minor(1, MAX_FRACTION_DIGITS + 1);
}

proptest! {
    #[test]
    fn formatted_minor_units_read_back(minor: i64, digits in 0..=MAX_FRACTION_DIGITS) {
        let text = format_minor(minor, digits);
        prop_assert_eq!(Decimal::parse(&text).unwrap().to_minor(digits), Ok(minor));
        let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        prop_assert_eq!(fraction, digits as usize);
    }

    #[test]
    fn adding_then_subtracting_gives_the_amount_back(left: i32, right: i32) {
        let (left, right) = (amount(left.into(), "EUR"), amount(right.into(), "EUR"));
        prop_assert_eq!(left.checked_add(right).unwrap().checked_sub(right), Ok(left));
        prop_assert_eq!(left.checked_add(right), right.checked_add(left));
    }
}
