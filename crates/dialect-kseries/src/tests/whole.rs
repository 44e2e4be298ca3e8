//! That the golden files are whole: every route with every method, every refusal, every failure that is told, every
//! rejection of the ledger has its text. What there is comes from lists that the compiler keeps whole (`every`, the table
//! of routes); what is shown comes from playing the files.

use std::collections::BTreeSet;
use std::fmt::Write;

use axum::body::Body;
use axum::http::Request;
use tender_engine::{Failure, Rejection};
use tender_wire::{FieldError, JsonError, Kind};

use super::every;
use super::golden::{Goldens, normalise};
use super::goldens::{play_all, told_in_files};
use super::routes::{filled, served};
use super::told::{asked, line};
use super::world::{World, token};
use crate::encoder::tests::every::{order_failure, payment_failure};
use crate::errors::{Fault, Refusal, of_failure};
use crate::orders::tests::order_faults;
use crate::request::{Expected, Mismatch, body_fault};
use crate::routes::ROUTES;
use crate::visit;

/// Methods that are tried on every path.
const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE",
];

/// Faults that no file shows, and why not. Their texts stand in `golden/refusals/faults.txt`.
const IN_NO_FILE: [(&str, &str); 14] = [
    (
        "BodyTooLarge",
        "too long for a file; a row of the checklist sends one",
    ),
    ("TextTooLong", "too long for a file; tested beside the rows"),
    ("BodyLate", "needs a client that stops, and a minute"),
    ("BodyCutOff", "needs a connection that breaks"),
    ("ParametersTooMany", "needs a hundred parameters"),
    ("SubscriptionsTooMany", "needs a hundred subscriptions"),
    ("EndpointsFull", "needs a thousand endpoints"),
    ("NotOnRefund", "there are no refunds here"),
    ("Ledger", "needs a check that is full"),
    ("Busy", "needs storage that is away"),
    ("OutcomeUnknown", "needs storage that breaks in the middle"),
    ("Internal", "must not happen"),
    ("BrokeOff", "must not happen"),
    ("TooSlow", "needs storage that hangs"),
];

/// Lines of a table.
#[derive(Default)]
struct Table(String);

impl Table {
    fn add(&mut self, name: &str, text: &str) {
        writeln!(self.0, "{name}: {}", text.trim_end()).expect("a text grows");
    }

    fn text(&self) -> &str {
        self.0.trim_end()
    }
}

/// Every refusal, every failure behind one, on the wire.
#[tokio::test]
async fn every_refusal_has_its_text() {
    let mut goldens = Goldens::new("refusals");
    let mut table = Table::default();
    for (name, refusal) in every::refusals::all() {
        table.add(name, &line(refusal).await);
    }
    goldens.check("forms.txt", table.text());

    let mut table = Table::default();
    for (name, fault) in every::faults::all() {
        table.add(name, &line(fault.into()).await);
    }
    goldens.check("faults.txt", table.text());

    let mut table = Table::default();
    for (name, kind) in every::syntax::all() {
        let (line_number, column) = (1, 2);
        let fault = Fault::NotJson(JsonError {
            kind,
            line: line_number,
            column,
        });
        table.add(name, &fault.to_string());
    }
    goldens.check("not-json.txt", table.text());

    let mut table = Table::default();
    for (type_name, java_type) in every::types::all() {
        for (found_name, found) in every::kinds::all() {
            let fault = unreadable(Expected::Type(java_type), found);
            table.add(&format!("{type_name} from {found_name}"), &fault.to_string());
        }
        let fault = Fault::ParameterUnreadable {
            name: "parameter",
            text: "x".to_owned(),
            java_type,
        };
        table.add(&format!("{type_name} as a parameter"), &fault.to_string());
    }
    let words = Expected::Words(&["ENABLE", "DISABLE"]);
    table.add("words", &unreadable(words, Kind::String).to_string());
    goldens.check("unreadable.txt", table.text());

    let mut table = Table::default();
    for (name, stranger) in every::strangers::all() {
        table.add(name, &line(visit::of_stranger(&stranger)).await);
    }
    goldens.check("strangers.txt", table.text());

    let mut table = Table::default();
    for (name, failure) in every::failures::all() {
        table.add(
            &format!("{name}, payment"),
            &line(of_failure(&failure, &asked(false))).await,
        );
        table.add(
            &format!("{name}, order"),
            &line(of_failure(&failure, &asked(true))).await,
        );
    }
    for (name, error) in every::bodies::all() {
        table.add(
            &format!("body {name}"),
            &line(body_fault(&error, 65_536).into()).await,
        );
    }
    for (name, kind) in every::unanswered::all() {
        table.add(
            &format!("unanswered {name}"),
            &line(visit::unanswered(kind).into()).await,
        );
    }
    goldens.check("failures.txt", table.text());
    goldens.finish();
}

fn unreadable(expected: Expected, found: Kind) -> Fault {
    Fault::Unreadable {
        object: "standalonePayment",
        mismatch: Mismatch {
            expected,
            error: FieldError {
                path: "member".to_owned(),
                expected: Kind::Any,
                found,
            },
        },
    }
}

/// One table of all rejections of the ledger: what a payment and an order are answered where it is found at once, and what
/// their endpoint is told where the wire has said 200 before.
#[tokio::test]
async fn every_rejection_has_its_answers_and_its_notifications() {
    let mut table = Table::default();
    for rejection in rejections() {
        let field = rejection.money_field();
        let field = field.map_or(String::new(), |field| {
            format!("({})", every::fields::name(&field))
        });
        let name = format!("{}{field}", rejection.code());
        let failure = tender_service::Failure::Rejected(rejection.clone());
        let told = Failure::new(rejection.to_failure_code());
        table.add(
            &format!("{name}\n  payment, at once"),
            &line(of_failure(&failure, &asked(false))).await,
        );
        table.add(
            "  order, at once",
            &line(of_failure(&failure, &asked(true))).await,
        );
        table.add("  payment, told later", &payment_failure(told.clone()));
        table.add("  order, told later", &order_failure(told));
    }
    let mut goldens = Goldens::new("rejections");
    goldens.check("every.txt", table.text());
    goldens.finish();
}

/// Every rejection, with each money field where there is one.
fn rejections() -> Vec<Rejection> {
    let mut all = Vec::new();
    for example in Rejection::examples() {
        match example.money_field() {
            None => all.push(example),
            Some(_) => all.extend(
                every::fields::all()
                    .into_iter()
                    .filter_map(|(_, field)| Rejection::from_code(example.code(), Some(field))),
            ),
        }
    }
    all
}

/// Plays the files: each answers as it says, every route succeeds in one, and every refusal a request can meet stands in one.
#[tokio::test]
async fn every_request_gets_the_response_of_its_file() {
    let played = play_all().await;
    for (method, path) in served() {
        let succeeds = played.iter().any(|request| {
            (200..300).contains(&request.status) && request.method == method && is_at(&request.path, path)
        });
        assert!(succeeds, "in no golden file {method} {path} succeeds");
    }
    let refusals: Vec<&Refusal> = played
        .iter()
        .filter_map(|request| request.refusal.as_ref())
        .collect();
    let forms: BTreeSet<&str> = refusals
        .iter()
        .map(|refusal| every::refusals::name(refusal))
        .collect();
    for (form, _) in every::refusals::all() {
        assert!(forms.contains(form), "no golden file shows the refusal {form}");
    }
    let faults = refusals.iter().filter_map(|refusal| match refusal {
        Refusal::Fault(fault) => Some(every::faults::name(fault)),
        _ => None,
    });
    let faults: BTreeSet<&str> = faults.collect();
    let mut missing = Vec::new();
    for (fault, _) in every::faults::all() {
        let excused = IN_NO_FILE.iter().any(|(name, _)| *name == fault);
        if faults.contains(fault) == excused {
            missing.push(fault);
        }
    }
    assert!(
        missing.is_empty(),
        "golden files lack these faults, or show them although they are excused: {missing:?}"
    );
}

/// Whether a request's path is one of a route.
fn is_at(path: &str, route: &str) -> bool {
    let path = path.split('?').next().unwrap_or(path);
    let asked: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let served: Vec<&str> = route.split('/').filter(|segment| !segment.is_empty()).collect();
    asked.len() == served.len()
        && asked
            .iter()
            .zip(&served)
            .all(|(asked, served)| served.starts_with('{') || asked == served)
}

/// Every failure that is told later is told in a file: all codes for payments, all reasons for orders.
#[test]
fn every_failure_is_told_in_a_file() {
    let told = told_in_files();
    for (name, code) in every::codes::all() {
        let mark = match code {
            tender_engine::FailureCode::Timeout => r#""errors":{"timeout":{"#.to_owned(),
            code => format!(r#""errors":{{"account":{{"type":"{}"}}}}"#, code.code()),
        };
        assert!(
            told.iter()
                .any(|body| body.contains(&mark) && body.contains(r#""type":"PAYMENT""#)),
            "no golden file tells a payment's failure {name}"
        );
    }
    for (name, failure) in order_faults() {
        let reason = match failure.message {
            Some(message) => message,
            None => "Staff not found".to_owned(),
        };
        let mark = format!(r#"{{"status":"FAILURE","reason":"{reason}","#);
        assert!(
            told.iter().any(|body| body.starts_with(&mark)),
            "no golden file tells an order's failure {name}: {reason}"
        );
    }
}

/// Every path with every method: what is served, and what the others are told.
#[tokio::test]
async fn every_path_answers_every_method() {
    let world = World::new().await;
    let mut table = Table::default();
    for (path, methods) in ROUTES {
        for method in METHODS {
            let small = method.to_ascii_lowercase();
            let is_served = methods.contains(&small.as_str()) || method == "HEAD" && methods.contains(&"get");
            let request = Request::builder().method(method).uri(filled(path));
            let request = request.header("authorization", format!("Bearer {}", token("app1")));
            let answer = world.call(request.body(Body::empty()).expect("a request")).await;
            let name = format!("{method} {path}");
            if is_served {
                assert_ne!(answer.status.as_u16(), 405, "{name}");
                table.add(&name, "served");
                continue;
            }
            let allow = answer.header("allow").expect("a 405 says what is allowed");
            let text = format!(
                "{} allow={allow} {}",
                answer.status.as_u16(),
                normalise(&answer.body)
            );
            table.add(&name, &text);
        }
    }
    let mut goldens = Goldens::new("routes");
    goldens.check("methods.txt", table.text());
    goldens.finish();
}
