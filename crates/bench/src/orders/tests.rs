use serde_json::Value;

use super::{Account, account, payment};

#[test]
fn a_payment_is_as_long_as_the_published_example() {
    let body = payment(&Account::sample(), 12_345_678_901_234);
    let json: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(json["thirdPartyPaymentReference"], "12345678901234");
    assert_eq!(json.as_object().unwrap().len(), 12);
    // The example has a time limit of 60000 and a line end.
    assert_eq!(body.len(), 329 + 1);
}

#[test]
fn payments_go_round_the_orders() {
    let accounts: Vec<Account> = ["A1.1", "A1.2"]
        .into_iter()
        .map(|identifier| Account {
            identifier: identifier.to_owned(),
            ..Account::sample()
        })
        .collect();
    let paid = |number| account(&accounts, number).unwrap().identifier.as_str();
    assert_eq!([paid(0), paid(1), paid(2)], ["A1.1", "A1.2", "A1.1"]);
    assert!(account(&[], 0).is_err());
}
