//! The day close is the sum of the journal, in every currency, and of nothing else.

use std::collections::BTreeMap;

use axum::http::Method;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert_eq, proptest};
use proptest::test_runner::TestCaseError;
use serde_json::Value;
use tender_engine::LocationId;
use tender_money::Decimal;

use super::place::{Answer, EUR, JPY, KWD, Place, Who};

async fn report(place: &Place, location: LocationId, more: &str) -> Answer {
    let path = format!("/api/v1/reports/day-close?location_id={}{more}", location.0);
    place.get(Who::Admin, &path).await
}

/// The location's postings by ledger, added up from the feed, which is all of today's.
async fn journal(place: &Place, location: LocationId) -> BTreeMap<String, Decimal> {
    let mut sums = BTreeMap::new();
    let mut after = "0-0".to_owned();
    loop {
        let path = format!("/api/v1/events?limit=50&location_id={}&after={after}", location.0);
        let page = place.get(Who::Admin, &path).await.expect(200).json();
        for posting in page["items"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|item| item["postings"].as_array().unwrap())
        {
            let amount = Decimal::parse(posting["amount"].as_str().unwrap()).unwrap();
            let sum: &mut Decimal = sums
                .entry(posting["ledger"].as_str().unwrap().to_owned())
                .or_insert(Decimal::ZERO);
            *sum = sum.checked_add(amount).unwrap();
        }
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => return sums,
        }
    }
}

fn decimal(value: &Value) -> Decimal {
    Decimal::parse(value.as_str().unwrap()).unwrap()
}

/// Every ledger's balance is the journal's, the purposes sum to the methods' net, and nothing is out of balance.
fn check(report: &Value, journal: &BTreeMap<String, Decimal>) -> Result<(), TestCaseError> {
    let ledgers: BTreeMap<String, Decimal> = report["ledgers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ledger| {
            (
                ledger["ledger"].as_str().unwrap().to_owned(),
                decimal(&ledger["balance"]),
            )
        })
        .collect();
    prop_assert_eq!(&ledgers, journal);
    let totals = &report["totals"];
    let sum = |names: &[&str]| {
        let amounts = names.iter().map(|name| decimal(&totals[name]));
        amounts.fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount).unwrap())
    };
    prop_assert_eq!(sum(&["net"]), sum(&["goods", "service", "tips", "surcharges"]));
    let net = decimal(&totals["received"])
        .checked_sub(decimal(&totals["refunds"]))
        .unwrap();
    prop_assert_eq!(
        sum(&["net"]),
        net.checked_add(decimal(&totals["corrections"])).unwrap()
    );
    prop_assert_eq!(sum(&["imbalance"]), Decimal::ZERO);
    let methods = report["methods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|method| decimal(&method["net"]));
    let methods = methods.fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount).unwrap());
    prop_assert_eq!(methods, sum(&["net"]));
    for ledger in ["tips", "surcharge"] {
        let name = if ledger == "surcharge" {
            "surcharges"
        } else {
            ledger
        };
        let credited = journal
            .get(ledger)
            .copied()
            .unwrap_or(Decimal::ZERO)
            .checked_neg()
            .unwrap();
        prop_assert_eq!(sum(&[name]), credited);
    }
    Ok(())
}

/// Something that happens at a location.
#[derive(Debug, Clone)]
enum Deed {
    Open {
        price: u32,
        percent: u32,
    },
    Pay {
        amount: u32,
        tip: u32,
        surcharge: u32,
        method: usize,
        by_till: bool,
    },
    Answer {
        confirm: bool,
    },
    Void,
    Refund {
        amount: u32,
    },
    AddLine {
        price: u32,
    },
    Close,
    Cancel,
}

fn deed() -> impl Strategy<Value = Deed> {
    let amount = 1_u32..20_000;
    proptest::prop_oneof![
        (amount.clone(), 0_u32..3).prop_map(|(price, tenths)| Deed::Open {
            price,
            percent: tenths * 5
        }),
        (amount.clone(), 0_u32..500, 0_u32..50, 0_usize..3, any::<bool>()).prop_map(
            |(amount, tip, surcharge, method, by_till)| Deed::Pay {
                amount,
                tip,
                surcharge,
                method,
                by_till
            }
        ),
        any::<bool>().prop_map(|confirm| Deed::Answer { confirm }),
        proptest::strategy::Just(Deed::Void),
        amount.clone().prop_map(|amount| Deed::Refund { amount }),
        amount.prop_map(|price| Deed::AddLine { price }),
        proptest::strategy::Just(Deed::Close),
        proptest::strategy::Just(Deed::Cancel),
    ]
}

/// Does things to the newest order and its newest payment; what is refused is refused.
struct Doer<'p> {
    place: &'p Place,
    location: LocationId,
    digits: u32,
    order: String,
    payment: String,
}

impl Doer<'_> {
    fn amount(&self, minor: u32) -> String {
        tender_money::format_minor(i64::from(minor), self.digits)
    }

    async fn send(&self, path: &str, body: &str) -> Answer {
        let answer = self.place.post(Who::Admin, path, body).await;
        assert!(answer.status < 500, "{path} {body}: {}", answer.text);
        answer
    }

    async fn act(&mut self, deed: &Deed) {
        let order = format!("/api/v1/orders/{}", self.order);
        let payment = format!("/api/v1/payments/{}", self.payment);
        match deed {
            Deed::Open { price, percent } => {
                let body = format!(
                    r#"{{"location_id":"{}","lines":[{{"name":"x","quantity":3,"unit_amount":"{}"}}],
                        "service_charge":{{"rate":"0.{percent:02}"}}}}"#,
                    self.location.0,
                    self.amount(*price)
                );
                self.order = self.send("/api/v1/orders", &body).await.expect(201).at("/id");
            }
            Deed::Pay {
                amount,
                tip,
                surcharge,
                method,
                by_till,
            } => {
                let method = ["", r#","method_code":"CASH""#, r#","method_code":"APM""#][*method];
                let mode = if *by_till { "till" } else { "immediate" };
                let [amount, tip, surcharge] = [amount, tip, surcharge].map(|minor| self.amount(*minor));
                let body = format!(
                    r#"{{"amount":"{amount}","tip":"{tip}","surcharge":"{surcharge}","mode":"{mode}"{method}}}"#
                );
                let answer = self.send(&format!("{order}/payments"), &body).await;
                if answer.status == 201 {
                    self.payment = answer.at("/id");
                }
            }
            Deed::Answer { confirm } => {
                let device = if self.location == EUR { 501 } else { 601 };
                let body = format!(r#"{{"device_id":"{device}"}}"#);
                let answer = self.send("/api/v1/till/claim", &body).await;
                if answer.status == 200 && answer.has("/tasks/0") {
                    let task = answer.at("/tasks/0/id");
                    let (verb, body) = if *confirm {
                        ("confirm", r#"{"lease":1}"#)
                    } else {
                        ("refuse", r#"{"lease":1,"reason":"no"}"#)
                    };
                    self.send(&format!("/api/v1/till/tasks/{task}/{verb}"), body)
                        .await;
                }
            }
            Deed::Void => drop(self.send(&format!("{payment}/void"), "").await),
            Deed::Refund { amount } => {
                let body = format!(r#"{{"amount":"{}"}}"#, self.amount(*amount));
                self.send(&format!("{payment}/refund"), &body).await;
            }
            Deed::AddLine { price } => {
                let line = format!(
                    r#"{{"lines":[{{"name":"y","quantity":"0.5","unit_amount":"{}"}}]}}"#,
                    self.amount(*price)
                );
                self.send(&format!("{order}/lines"), &line).await;
            }
            Deed::Close => drop(self.send(&format!("{order}/close"), "").await),
            Deed::Cancel => drop(self.send(&format!("{order}/cancel"), "").await),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn the_day_close_is_the_sum_of_the_journal(
        deeds in proptest::collection::vec((0_usize..3, deed()), 20..80)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let place = Place::new().await;
            let mut doers: Vec<Doer<'_>> = Vec::new();
            for (location, digits) in [(EUR, 2), (JPY, 0), (KWD, 3)] {
                let mut doer = Doer {
                    place: &place,
                    location,
                    digits,
                    order: String::new(),
                    payment: "pay_1_1".to_owned(),
                };
                doer.act(&Deed::Open { price: 5_000, percent: 10 }).await;
                doers.push(doer);
            }
            for (at, deed) in &deeds {
                doers[*at].act(deed).await;
            }
            for doer in &doers {
                let report = report(&place, doer.location, "").await.expect(200).json();
                check(&report, &journal(&place, doer.location).await)?;
            }
            Ok::<(), TestCaseError>(())
        })?;
    }
}

#[tokio::test]
async fn a_report_has_its_sums_in_the_digits_of_the_currency() {
    for (location, price, part, expected) in [
        (EUR, "100.00", "10.01", ["10.01", "1.00", "0.10", "11.11"]),
        (JPY, "10000", "1001", ["1001", "100", "10", "1111"]),
        (KWD, "100.000", "10.010", ["10.010", "1.000", "0.100", "11.110"]),
    ] {
        let place = Place::new().await;
        let order = place.order_at(location, price).await;
        let body = format!(
            r#"{{"amount":"{part}","tip":"{}","surcharge":"{}","method_code":"CASH"}}"#,
            expected[1], expected[2]
        );
        let paid = place.pay(&order, &body).await.expect(201);
        let refund = format!(r#"{{"amount":"{}"}}"#, expected[2]);
        let path = format!("/api/v1/payments/{}/refund", paid.at("/id"));
        place.post(Who::Admin, &path, &refund).await.expect(201);
        let report = report(&place, location, "").await.expect(200);
        let totals =
            ["received", "tips", "surcharges", "refunds"].map(|name| report.at(&format!("/totals/{name}")));
        assert_eq!(
            totals,
            [expected[3], expected[1], expected[2], expected[2]].map(str::to_owned)
        );
        assert_eq!(report.at("/charged/sales"), price);
        assert_eq!(report.at("/methods/0/method_code"), "CASH");
        assert_eq!(
            (report.at("/methods/0/payments"), report.at("/methods/0/refunds")),
            ("1".into(), "1".into())
        );
    }
}

#[tokio::test]
async fn a_day_ends_where_the_location_is() {
    let place = Place::new().await;
    let order = place.order("10").await;
    place.pay(&order, r#"{"amount":"1"}"#).await.expect(201);
    let today = report(&place, EUR, "").await.expect(200);
    assert_eq!(today.at("/totals/received"), "1.00");
    let date = today.at("/date");
    place
        .call(
            Who::Admin,
            Method::POST,
            "/api/v1/sandbox/clock",
            &[],
            r#"{"advance_ms":86400000}"#,
        )
        .await
        .expect(200);
    place.pay(&order, r#"{"amount":"2"}"#).await.expect(201);
    let tomorrow = report(&place, EUR, "").await.expect(200);
    assert_ne!(tomorrow.at("/date"), date);
    assert_eq!(
        (tomorrow.at("/totals/received"), tomorrow.at("/charged/sales")),
        ("2.00".into(), "0.00".into())
    );
    let again = report(&place, EUR, &format!("&date={date}")).await.expect(200);
    assert_eq!(again.at("/totals/received"), "1.00");
    assert_eq!(again.at("/time_zone"), "Europe/Berlin");
    let never = report(&place, EUR, "&date=2020-02-29").await.expect(200);
    assert_eq!(
        (never.at("/journal_entries"), never.at("/totals/net")),
        ("0".into(), "0.00".into())
    );
}

#[tokio::test]
async fn open_cases_are_counted() {
    let place = Place::new().await;
    let order = place.order("10").await;
    place.pay_at_till(&order, "4", "a").await;
    let (task, lease) = place.claim(501).await.unwrap();
    let refuse = format!(r#"{{"lease":{lease},"reason":"no"}}"#);
    place
        .post(Who::Till, &format!("/api/v1/till/tasks/{task}/refuse"), &refuse)
        .await
        .expect(200);
    let payment = order.replace("ord", "pay") + "_1";
    place
        .post(Who::Admin, &format!("/api/v1/payments/{payment}/confirm"), "")
        .await
        .problem(409, "invalid-state");
    let there = report(&place, EUR, "").await.expect(200);
    assert_eq!(
        (there.at("/open_cases/count"), there.at("/open_cases/amount")),
        ("1".into(), "4.00".into())
    );
    assert_eq!(
        report(&place, JPY, "").await.expect(200).at("/open_cases/count"),
        "0"
    );
}

#[tokio::test]
async fn the_csv_says_what_the_json_says() {
    let place = Place::new().await;
    let order = place.order("100").await;
    place
        .pay(&order, r#"{"amount":"12.34","tip":"1","method_code":"APM"}"#)
        .await
        .expect(201);
    let json = report(&place, EUR, "").await.expect(200);
    let csv = report(&place, EUR, "&format=csv").await.expect(200);
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let rows: Vec<Vec<&str>> = csv
        .text
        .split("\r\n")
        .map(|row| row.split(',').collect())
        .collect();
    assert_eq!(
        rows[0],
        ["section", "name", "code", "count", "amount", "currency"]
    );
    for (name, amount) in json.json()["totals"].as_object().unwrap() {
        let row = rows
            .iter()
            .find(|row| row[0] == "total" && row[1] == name)
            .unwrap();
        assert_eq!((row[4], row[5]), (amount.as_str().unwrap(), "EUR"));
    }
    assert!(rows.contains(&vec!["received", "apm", "APM", "1", "13.34", "EUR"]));
}
