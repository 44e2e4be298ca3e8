//! That the golden files are complete: every route with every method, every part of a path, every refusal.
//!
//! What there is comes from the code itself (exhaustive matches and the closed tables), what is recorded from playing
//! the files. A route, a method or a refusal without a scenario fails here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use axum::http::Method;
use tender_engine::{EndpointId, LocationId, OrderId, PaymentId, Rejection};

use super::{Played, files, play};
use crate::errors::Fault;
use crate::route::{OrderPart, Route, StaffRef, Target};
use crate::tests::shop::{Bill, Call, SITE, Shop};

/// Every method that a client may try.
const METHODS: [Method; 7] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::PATCH,
    Method::OPTIONS,
];

/// Rows of the acceptance checklist.
const CHECKLIST_ROWS: u32 = 55;

async fn played() -> Vec<Played> {
    let mut all = Vec::new();
    for file in files() {
        all.push(play(&fs::read_to_string(&file).unwrap()).await);
    }
    all
}

/// The name of a kind of path. Finer than its template: a sale number and a filtered list are paths of their own. A new
/// route does not compile without its name here, and without its sample below it has no path.
fn form(route: &Route) -> String {
    match route {
        Route::OrderBySaleId(_) => "/v1/companies/{company}/orders/saleid/{sale}".to_owned(),
        Route::Orders(parts) if !parts.is_empty() => "/v1/companies/{company}/orders with filters".to_owned(),
        Route::SitesStatus
        | Route::Company
        | Route::Statuses
        | Route::Sites(_)
        | Route::Site(_)
        | Route::SiteStatus(_)
        | Route::SiteRegisters(_)
        | Route::Registers
        | Route::Register(_)
        | Route::StaffList
        | Route::Staff(_)
        | Route::Methods(_)
        | Route::Webhooks
        | Route::Webhook(_)
        | Route::Orders(_)
        | Route::Order(_)
        | Route::Lines(_)
        | Route::Line(..)
        | Route::Payments(_)
        | Route::Payment(_) => route.template().to_owned(),
    }
}

/// A path of every form. `{order}` is an order with a line and a payment, `{hook}` a webhook.
fn samples() -> BTreeMap<String, String> {
    let mut paths: Vec<String> = Route::TEMPLATES
        .iter()
        .map(|template| {
            template
                .replace("{company}", "5678")
                .replace("{site}", "923")
                .replace("{staff}", "42")
                .replace("{register}", "9231")
                .replace("{number}", "1")
        })
        .collect();
    paths.push("/v1/companies/5678/orders/saleid/tj4-ds8".to_owned());
    paths.push("/v1/companies/5678/orders/complete".to_owned());
    paths
        .into_iter()
        .map(|path| {
            let filled = path.replace("{order}", "1").replace("{webhook}", "1");
            (form(&Target::of(&filled).unwrap().route), path)
        })
        .collect()
}

/// Every route has a sample; `form` names every route.
#[test]
fn every_form_of_path_has_a_sample() {
    let order = OrderId(1);
    let routes = [
        Route::SitesStatus,
        Route::Company,
        Route::Statuses,
        Route::Sites(None),
        Route::Sites(Some(StaffRef::Me)),
        Route::Site(SITE),
        Route::SiteStatus(SITE),
        Route::SiteRegisters(SITE),
        Route::Registers,
        Route::Register(1),
        Route::StaffList,
        Route::Staff(StaffRef::Id(1)),
        Route::Methods(None),
        Route::Methods(Some(SITE)),
        Route::Webhooks,
        Route::Webhook(EndpointId(1)),
        Route::Orders(Vec::new()),
        Route::Orders(vec![OrderPart::Complete]),
        Route::Order(order),
        Route::OrderBySaleId("1".to_owned()),
        Route::Lines(order),
        Route::Line(order, 1),
        Route::Payments(order),
        Route::Payment(PaymentId { order, number: 1 }),
    ];
    let forms: BTreeSet<String> = routes.iter().map(form).collect();
    assert_eq!(forms, samples().into_keys().collect());
}

/// Every row of the acceptance checklist is a test of that name. Row 4 is about tokens and stands with them.
#[test]
fn every_row_of_the_checklist_is_a_test() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = fs::read_to_string(crates.join("../oauth/src/tests/token.rs")).unwrap();
    for entry in fs::read_dir(crates.join("src/tests")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            sources.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    let missing: Vec<u32> = (1..=CHECKLIST_ROWS)
        .filter(|row| {
            let names = [format!("fn row_{row:02}_"), format!("fn kounta_row_{row:02}_")];
            let is_there = sources
                .lines()
                .any(|line| line.starts_with("async fn") && names.iter().any(|name| line.contains(name)));
            !is_there
        })
        .collect();
    assert!(missing.is_empty(), "rows without a test: {missing:?}");
}

/// What a client can do is recorded as a success, for every form of path and every method that it takes.
#[tokio::test]
async fn every_route_and_method_has_a_scenario() {
    let mut recorded = BTreeSet::new();
    for (method, path, status) in played().await.into_iter().flat_map(|file| file.answered) {
        let path = path.split('?').next().unwrap_or_default().to_owned();
        if let Some(target) = Target::of(&path)
            && (200..300).contains(&status)
        {
            recorded.insert((form(&target.route), method));
        }
    }
    let mut missing = Vec::new();
    for (form, path) in samples() {
        let path = path.replace("{order}", "1").replace("{webhook}", "1");
        // Payments and lines have no method that reads; their own are enough.
        for method in Target::of(&path).unwrap().route.methods() {
            if !recorded.contains(&(form.clone(), method.to_string())) {
                missing.push(format!("{method} {form}"));
            }
        }
    }
    assert!(missing.is_empty(), "no scenario succeeds at: {missing:#?}");
}

/// Every part that narrows a list of orders is asked for.
#[tokio::test]
async fn every_filter_of_a_path_has_a_scenario() {
    let word = |part: &OrderPart| match part {
        OrderPart::Complete => "complete",
        OrderPart::Pending => "pending",
        OrderPart::OnHold => "on_hold",
        OrderPart::Submitted => "submitted",
        OrderPart::Accepted => "accepted",
        OrderPart::Rejected => "rejected",
        OrderPart::PendingAccounts => "pending/accounts",
        OrderPart::Discounted => "discounted",
        OrderPart::LinkedCustomer => "linkedcustomer",
        OrderPart::Deleted => "deleted",
        OrderPart::Customer(_) => "customers",
        OrderPart::Site(_) => "sites",
        OrderPart::Register(_) => "registers",
        OrderPart::Staff(_) => "staff",
    };
    let mut missing: BTreeSet<&str> = [
        OrderPart::Complete,
        OrderPart::Pending,
        OrderPart::OnHold,
        OrderPart::Submitted,
        OrderPart::Accepted,
        OrderPart::Rejected,
        OrderPart::PendingAccounts,
        OrderPart::Discounted,
        OrderPart::LinkedCustomer,
        OrderPart::Deleted,
        OrderPart::Customer(1),
        OrderPart::Site(LocationId(1)),
        OrderPart::Register(1),
        OrderPart::Staff(StaffRef::Me),
    ]
    .iter()
    .map(word)
    .collect();
    for (_, path, status) in played().await.into_iter().flat_map(|file| file.answered) {
        let path = path.split('?').next().unwrap_or_default();
        if let Some(Route::Orders(parts)) = Target::of(path).map(|target| target.route)
            && status == 200
        {
            for part in &parts {
                missing.remove(word(part));
            }
        }
    }
    assert!(missing.is_empty(), "no scenario asks for: {missing:?}");
}

/// Every form of path under every method: its status, and what `Allow` says. With `BLESS=1` the table is written.
#[tokio::test]
async fn every_method_of_every_path_is_in_the_table() {
    let shop = Shop::open().await;
    let mut table = String::from(
        "# Every form of path under every method: the status, and the methods that Allow names.\n",
    );
    for (form, path) in samples() {
        for method in METHODS {
            // A fresh order and webhook each, because some methods take them away.
            let named = Bill {
                external: Some("tj4-ds8".to_owned()),
                ..Bill::default()
            };
            let order = shop.bill(named).await;
            shop.pay(order, "1", "0").await.expect(201, &[]);
            let hook = shop
                .post(
                    "/v1/companies/5678/webhooks.json",
                    r#"{"topic":"orders/deleted","address":"https://pos.example/hook"}"#,
                )
                .await
                .expect(201, &[])
                .at("/id");
            let path = path
                .replace("{order}", &order.0.to_string())
                .replace("{webhook}", &hook);
            let body = if method == Method::PUT { "{}" } else { "" };
            let mut call = Call::new(method.as_str(), &path).header("Accept", "*/*");
            if !body.is_empty() {
                call = call.body(body);
            }
            let reply = shop.send(call).await;
            let allow = reply
                .header("Allow")
                .map_or(String::new(), |allow| format!(" ({allow})"));
            assert_eq!(reply.status == 405, !allow.is_empty(), "{method} {path}");
            writeln!(table, "{method} {form}: {}{allow}", reply.status).unwrap();
            shop.send(Call::delete(&format!("/v1/companies/5678/webhooks/{hook}.json")))
                .await;
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/methods.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &table).unwrap();
    }
    let recorded = fs::read_to_string(&file).unwrap_or_default();
    for (old, new) in recorded.lines().zip(table.lines()) {
        assert_eq!(old, new, "run with BLESS=1 and look at the difference");
    }
    assert_eq!(recorded, table, "run with BLESS=1 and look at the difference");
}

/// What no request alone can bring about, and why. Each is in the table of refusals all the same.
const UNREACHABLE: &[(&str, &str)] = &[
    ("body-cut-off", CONNECTION),
    ("body-timeout", CONNECTION),
    ("panicked", SERVER),
    ("took-too-long", SERVER),
    ("tills-locked", "the lock is for tills, not for this dialect"),
    (
        "ledger payments-locked",
        "the lock is for tills, not for this dialect",
    ),
    ("other-order", ELSEWHERE),
    ("ledger order-mismatch", ELSEWHERE),
    ("reference-used", "a reference is a label here, not unique"),
    ("ledger reference-used", "a reference is a label here, not unique"),
    (
        "reference-closed",
        "a reference is a label here, and no label is fenced",
    ),
    (
        "ledger reference-fenced",
        "a reference is a label here, and no label is fenced",
    ),
    ("webhook-unknown", ELSEWHERE),
    ("ledger endpoint-not-found", ELSEWHERE),
    ("payment-state", ELSEWHERE),
    ("ledger invalid-state", ELSEWHERE),
    ("correction-only", ELSEWHERE),
    ("ledger correction-required", ELSEWHERE),
    (
        "source-refused",
        "a refund is of the order and names no payment here",
    ),
    (
        "ledger source-invalid",
        "a refund is of the order and names no payment here",
    ),
    ("has-refunds", ELSEWHERE),
    ("ledger has-refunds", ELSEWHERE),
    ("attributes-too-large", ELSEWHERE),
    ("ledger attributes-too-large", ELSEWHERE),
    ("nothing-remains", "an amount is always named here"),
    ("ledger nothing-due", "an amount is always named here"),
    ("ledger amount-required", "an amount is always named here"),
    ("ledger task-not-found", ELSEWHERE),
    ("ledger case-not-found", ELSEWHERE),
    ("ledger staff-not-found", "no employee is named here"),
    ("ledger staff-missing", "no employee is named here"),
    ("ledger payment-not-found", READER),
    ("ledger item-not-found", READER),
    ("ledger too-many-digits", READER),
    ("ledger not-positive", READER),
    ("ledger negative", READER),
    ("ledger not-on-refund", READER),
    ("ledger nothing-to-pay", READER),
];

const CONNECTION: &str = "it takes a connection that breaks or waits; the tests of the HTTP crate break one";
const SERVER: &str = "it takes a handler that fails; the sweep fails one";
const ELSEWHERE: &str = "only other dialects send such a command";
const READER: &str = "the dialect finds it before the ledger is asked";

/// Every refusal that a request can meet is met in a scenario; the others say why they are not.
#[tokio::test]
async fn every_refusal_has_a_scenario() {
    let met: BTreeSet<String> = played()
        .await
        .into_iter()
        .flat_map(|file| file.refusals)
        .collect();
    let unreachable: BTreeSet<&str> = UNREACHABLE.iter().map(|(code, _)| *code).collect();
    let faults = Fault::ALL.iter().map(|fault| fault.code().to_owned());
    let ledger = Rejection::examples()
        .into_iter()
        .map(|rejection| format!("ledger {}", rejection.code()));
    let credentials =
        ["missing", "unknown", "expired", "revoked", "disabled"].map(|name| format!("credential {name}"));
    let all: BTreeSet<String> = faults.chain(ledger).chain(credentials).collect();
    let missing: Vec<&String> = all
        .iter()
        .filter(|code| !met.contains(*code) && !unreachable.contains(code.as_str()))
        .collect();
    assert!(missing.is_empty(), "no scenario meets: {missing:#?}");
    let unknown: Vec<&String> = met.difference(&all).collect();
    assert!(unknown.is_empty(), "met, but in no table: {unknown:?}");
    for (code, why) in UNREACHABLE {
        assert!(all.contains(*code) && !why.is_empty(), "{code} is no refusal");
        assert!(!met.contains(*code), "{code} can be met after all");
    }
}
