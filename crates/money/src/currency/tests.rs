use super::Currency;

#[test]
fn codes_are_read_exactly() {
    for (code, digits) in [
        ("EUR", 2),
        ("USD", 2),
        ("JPY", 0),
        ("KWD", 3),
        ("CLF", 4),
        ("XAU", 0),
        ("XXX", 0),
    ] {
        let currency = Currency::from_code(code).unwrap();
        assert_eq!(currency.code(), code);
        assert_eq!(currency.to_string(), code);
        assert_eq!(format!("{currency:?}"), code);
        assert_eq!(currency.digits(), digits, "{code}");
    }
    for code in ["", "eur", "Eur", "EU", "EURO", " EUR", "EUR ", "ZZZ", "€", "978"] {
        assert_eq!(Currency::from_code(code), None, "{code:?}");
    }
}

#[test]
fn currencies_sort_by_code() {
    let [chf, eur, usd] = ["CHF", "EUR", "USD"].map(|code| Currency::from_code(code).unwrap());
    assert!(chf < eur && eur < usd);
}
