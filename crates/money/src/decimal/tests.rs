use std::cmp::Ordering;
use std::hash::{BuildHasher, RandomState};

use proptest::prelude::*;

use super::{Decimal, MAX_FRACTION_DIGITS, MAX_TEXT_LEN};
use crate::{AmountError, ParseError};

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn numbers_are_read_exactly_and_shown_plainly() {
    for (text, shown, digits) in [
        ("0", "0", 0),
        ("-0", "0", 0),
        ("-0.00", "0", 0),
        ("0e999999999", "0", 0),
        ("0.000E-999999999999999999999999999999", "0", 0),
        ("20.06", "20.06", 2),
        ("2.006e1", "20.06", 2),
        ("2.006E+1", "20.06", 2),
        ("2006e-2", "20.06", 2),
        ("20.0600", "20.06", 2),
        ("10.50", "10.5", 1),
        ("-0.01", "-0.01", 2),
        ("100", "100", 0),
        ("1e2", "100", 0),
        ("100e-2", "1", 0),
        ("0.1", "0.1", 1),
        ("0.30000000000000004", "0.30000000000000004", 17),
        ("1e-18", "0.000000000000000001", 18),
        ("1.0e-18", "0.000000000000000001", 18),
        ("0.0000000000000000000000001e25", "1", 0),
        ("10000000000000000000000000e-25", "1", 0),
        ("9007199254740993", "9007199254740993", 0),
        ("1e38", "100000000000000000000000000000000000000", 0),
        (
            "170141183460469231731687303715884105727",
            "170141183460469231731687303715884105727",
            0,
        ),
        (
            "-170141183460469231731.687303715884105727",
            "-170141183460469231731.687303715884105727",
            18,
        ),
        ("1e0000000000000000000000000000000000000000000000000002", "100", 0),
    ] {
        let value = decimal(text);
        assert_eq!(value.to_string(), shown, "{text}");
        assert_eq!(value.fraction_digits(), digits, "{text}");
        assert_eq!(format!("{value:?}"), format!("Decimal({shown})"));
    }
}

#[test]
fn what_json_does_not_call_a_number_is_refused() {
    for text in [
        "",
        " ",
        "-",
        "+1",
        "01",
        "-01",
        "00",
        ".5",
        "5.",
        "-.5",
        "1.e2",
        "1e",
        "1e+",
        "1e-",
        "1e1.5",
        "1e1e1",
        "NaN",
        "Infinity",
        "-Infinity",
        "inf",
        "1,5",
        "1_000",
        " 1",
        "1 ",
        "1\n",
        "0x10",
        "--1",
        "1-",
        "١",
        "1\u{0}",
        "\"1\"",
        "null",
        "true",
        "1.2.3",
        "e5",
        "-e5",
        "1f",
        "½",
    ] {
        assert_eq!(Decimal::parse(text), Err(ParseError::NotANumber), "{text:?}");
    }
}

#[test]
fn numbers_beyond_what_is_held_exactly_are_refused() {
    for text in [
        "1e400",
        "-1e39",
        "1e999999999",
        "1e99999999999999999999999999999999999999999999",
        "170141183460469231731687303715884105728",
        "2e38",
        "1701411834604692317316.87303715884105728",
    ] {
        assert_eq!(Decimal::parse(text), Err(ParseError::OutOfRange), "{text}");
    }
    for text in [
        "1e-19",
        "0.0000000000000000001",
        "1.0000000000000000001",
        "1e-400",
        "1e-99999999999999999999999999999999999999999999",
    ] {
        assert_eq!(Decimal::parse(text), Err(ParseError::TooManyDigits), "{text}");
    }
}

#[test]
fn text_is_bounded_before_it_is_read() {
    let longest = format!("1.{}", "0".repeat(MAX_TEXT_LEN - 2));
    assert_eq!(decimal(&longest), Decimal::ONE);
    assert_eq!(
        Decimal::parse(&format!("{longest}0")),
        Err(ParseError::OutOfRange)
    );
    let zeros_then_one = format!("0.{}1e397", "0".repeat(MAX_TEXT_LEN - 7));
    assert_eq!(decimal(&zeros_then_one).to_string(), "1000");
    let one_then_zeros = format!("1{}e-394", "0".repeat(MAX_TEXT_LEN - 6));
    assert_eq!(decimal(&one_then_zeros), Decimal::ONE);
}

#[test]
fn minor_units_are_exact_or_refused() {
    for (text, digits, expected) in [
        ("20.06", 2, Ok(2006)),
        ("20.06", 3, Ok(20060)),
        ("20.06", 1, Err(AmountError::TooManyDigits)),
        ("20.006", 2, Err(AmountError::TooManyDigits)),
        ("805", 0, Ok(805)),
        ("805.0", 0, Ok(805)),
        ("-0.01", 2, Ok(-1)),
        ("92233720368547758.07", 2, Ok(i64::MAX)),
        ("92233720368547758.08", 2, Err(AmountError::OutOfRange)),
        ("-92233720368547758.08", 2, Ok(i64::MIN)),
        ("1", u32::MAX, Err(AmountError::OutOfRange)),
        ("0", u32::MAX, Ok(0)),
        ("1e38", 2, Err(AmountError::OutOfRange)),
    ] {
        assert_eq!(decimal(text).to_minor(digits), expected, "{text} with {digits}");
    }
}

#[test]
fn rounding_is_half_away_from_zero() {
    for (text, digits, expected) in [
        ("20.005", 2, Ok(2001)),
        ("20.0049", 2, Ok(2000)),
        ("-20.005", 2, Ok(-2001)),
        ("-20.0049", 2, Ok(-2000)),
        ("0.5", 0, Ok(1)),
        ("-0.5", 0, Ok(-1)),
        ("0.499999999999999999", 0, Ok(0)),
        ("1.5", 3, Ok(1500)),
        ("0", 2, Ok(0)),
        ("9223372036854775807.4", 0, Ok(i64::MAX)),
        ("9223372036854775807.5", 0, Err(AmountError::OutOfRange)),
        ("-9223372036854775808.4", 0, Ok(i64::MIN)),
        ("-9223372036854775808.5", 0, Err(AmountError::OutOfRange)),
    ] {
        assert_eq!(
            decimal(text).round_half_up_minor(digits),
            expected,
            "{text} to {digits}"
        );
    }
}

#[test]
fn only_whole_numbers_are_integers() {
    for (text, expected) in [
        ("3", Some(3)),
        ("3.0", Some(3)),
        ("3e2", Some(300)),
        ("3.5", None),
        ("-9223372036854775808", Some(i64::MIN)),
        ("9223372036854775808", None),
    ] {
        assert_eq!(decimal(text).to_integer(), expected, "{text}");
    }
}

#[test]
fn arithmetic_is_exact_or_refused() {
    assert_eq!(decimal("0.1").checked_add(decimal("0.2")), Ok(decimal("0.3")));
    assert_eq!(decimal("1.5").checked_sub(decimal("0.5")), Ok(Decimal::ONE));
    assert_eq!(decimal("1.1").checked_mul(decimal("1.1")), Ok(decimal("1.21")));
    assert_eq!(decimal("2.5").checked_mul(decimal("0.4")), Ok(Decimal::ONE));
    assert_eq!(decimal("1.5").checked_neg(), Ok(decimal("-1.5")));
    assert_eq!(Decimal::ZERO.checked_neg(), Ok(Decimal::ZERO));
    let tiny = decimal("1e-18");
    let huge = decimal("1e38");
    assert_eq!(huge.checked_add(tiny), Err(AmountError::OutOfRange));
    assert_eq!(huge.checked_add(huge), Err(AmountError::OutOfRange));
    assert_eq!(huge.checked_mul(decimal("10")), Err(AmountError::OutOfRange));
    assert_eq!(tiny.checked_mul(decimal("0.1")), Err(AmountError::TooManyDigits));
    assert_eq!(tiny.checked_mul(decimal("10")), Ok(decimal("1e-17")));
    let lowest = decimal("-170141183460469231731687303715884105727")
        .checked_sub(Decimal::ONE)
        .unwrap();
    assert_eq!(lowest.to_string(), "-170141183460469231731687303715884105728");
    assert_eq!(lowest.checked_neg(), Err(AmountError::OutOfRange));
    assert_eq!(lowest.round_half_up_minor(0), Err(AmountError::OutOfRange));
}

#[test]
fn order_is_by_value() {
    let rising = [
        "-1e38",
        "-2",
        "-1.000000000000000001",
        "-1",
        "-0.5",
        "-0.05",
        "0",
        "1e-18",
        "0.05",
        "0.5",
        "0.51",
        "1",
        "1.000000000000000001",
        "2",
        "1e38",
    ]
    .map(decimal);
    for (i, left) in rising.iter().enumerate() {
        for (j, right) in rising.iter().enumerate() {
            assert_eq!(left.cmp(right), i.cmp(&j), "{left} against {right}");
        }
    }
}

#[test]
fn signs_are_told_apart() {
    for (text, zero, negative, positive) in [
        ("0.0", true, false, false),
        ("-0.01", false, true, false),
        ("0.01", false, false, true),
    ] {
        let value = decimal(text);
        assert_eq!(
            (value.is_zero(), value.is_negative(), value.is_positive()),
            (zero, negative, positive)
        );
    }
}

#[test]
#[should_panic(expected = "fraction digits")]
fn more_digits_than_any_currency_has_are_a_mistake() {
    let _ = Decimal::from_minor(1, MAX_FRACTION_DIGITS + 1);
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0..=MAX_FRACTION_DIGITS).prop_map(|(minor, digits)| Decimal::from_minor(minor, digits))
}

proptest! {
    #[test]
    fn display_reads_back(value in any_decimal()) {
        let text = value.to_string();
        prop_assert_eq!(Decimal::parse(&text), Ok(value));
        prop_assert!(!text.contains(['e', 'E', '+']));
        prop_assert!(!text.contains('.') || !text.ends_with('0'));
    }

    #[test]
    fn minor_units_come_back(minor: i64, digits in 0..=MAX_FRACTION_DIGITS) {
        let value = Decimal::from_minor(minor, digits);
        prop_assert_eq!(value.to_minor(digits), Ok(minor));
        prop_assert_eq!(value.round_half_up_minor(digits), Ok(minor));
        prop_assert_eq!(value.is_negative(), minor < 0);
    }

    #[test]
    fn one_value_has_one_form(minor in -1_000_000..=1_000_000_i64, digits in 0..=6_u32, zeros in 0..=6_u32) {
        let short = Decimal::from_minor(minor, digits);
        let long = Decimal::from_minor(minor * 10_i64.pow(zeros), digits + zeros);
        prop_assert_eq!(short, long);
        prop_assert_eq!(short.cmp(&long), Ordering::Equal);
        let hasher = RandomState::new();
        prop_assert_eq!(hasher.hash_one(short), hasher.hash_one(long));
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        // A panic fails the test; a text that is read must follow the grammar.
        if Decimal::parse(&text).is_ok() {
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_digit() || b"-+.eE".contains(&byte)));
        }
    }

    #[test]
    fn texts_of_the_grammar_are_always_numbers(
        text in "-?(0|[1-9][0-9]{0,24})([.][0-9]{1,24})?([eE][+-]?[0-9]{1,12})?",
    ) {
        prop_assert_ne!(Decimal::parse(&text), Err(ParseError::NotANumber));
    }

    #[test]
    fn an_exponent_only_moves_the_point(minor in -1_000_000_000..=1_000_000_000_i64, digits in 0..=9_u32) {
        prop_assert_eq!(Decimal::parse(&format!("{minor}e-{digits}")), Ok(Decimal::from_minor(minor, digits)));
        prop_assert_eq!(
            Decimal::parse(&format!("{minor}e{digits}")),
            Ok(Decimal::from_integer(minor * 10_i64.pow(digits)))
        );
    }

    #[test]
    fn addition_does_not_depend_on_order(values in prop::collection::vec(any_decimal(), 1..8), pivot: prop::sample::Index) {
        let sum = |values: &[Decimal]| {
            values.iter().try_fold(Decimal::ZERO, |sum, value| sum.checked_add(*value))
        };
        let mut turned = values.clone();
        turned.rotate_left(pivot.index(values.len()));
        prop_assert!(sum(&values).is_ok());
        prop_assert_eq!(sum(&values), sum(&turned));
    }

    #[test]
    fn subtraction_undoes_addition(left in any_decimal(), right in any_decimal()) {
        prop_assert_eq!(left.checked_add(right).unwrap().checked_sub(right), Ok(left));
        prop_assert_eq!(left.checked_sub(right).unwrap().cmp(&Decimal::ZERO), left.cmp(&right));
    }

    #[test]
    fn multiplication_distributes(left in -1_000_000..1_000_000_i64, a in -1_000_000..1_000_000_i64, b in -1_000_000..1_000_000_i64) {
        let (left, a, b) = (Decimal::from_minor(left, 4), Decimal::from_minor(a, 2), Decimal::from_minor(b, 3));
        let together = left.checked_mul(a.checked_add(b).unwrap());
        let apart = left.checked_mul(a).unwrap().checked_add(left.checked_mul(b).unwrap());
        prop_assert_eq!(together, apart);
    }

    #[test]
    fn rounding_moves_by_half_a_unit_at_most(value in any_decimal(), digits in 0..=4_u32) {
        let Ok(rounded) = value.round_half_up_minor(digits) else {
            prop_assert!(value.fraction_digits() < digits);
            return Ok(());
        };
        let off = Decimal::from_minor(rounded, digits).checked_sub(value).unwrap();
        let half = Decimal::from_minor(5, digits + 1);
        prop_assert!(off <= half && half.checked_neg().unwrap() <= off);
        if value.is_negative() {
            prop_assert_ne!(off, half, "a half must move away from zero");
        } else {
            prop_assert_ne!(off, half.checked_neg().unwrap(), "a half must move away from zero");
        }
    }
}
