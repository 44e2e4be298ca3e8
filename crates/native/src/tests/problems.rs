//! Every problem that this API answers, proven complete against the codes that its description names: each is in a
//! conversation, or in one of the two tables here. That no answer has a code that is not described is checked with every
//! answer of every test.
//!
//! `ledger.txt` has a row per refusal of the ledger, `own.txt` what conversations cannot easily bring about. `BLESS=1` writes
//! both anew.

use std::fs;
use std::path::{Path, PathBuf};

use axum::body::to_bytes;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use tender_engine::{MoneyField, Rejection};
use tender_http::{BodyError, Failed, FailureKind, RequestId};
use tender_openapi::routes;
use tender_service::{AuthFailure, DirectoryKind, Endpoint, Failure};

use super::fence::kseries;
use super::place::{APP, EUR, MERCHANT, POS_APP, Place, Who};
use crate::refusal::{self, Repeatable};
use crate::{access, body};

const MONEY_FIELDS: [MoneyField; 5] = [
    MoneyField::Amount,
    MoneyField::Tip,
    MoneyField::Surcharge,
    MoneyField::Line,
    MoneyField::Service,
];
/// Its answer is the description itself.
const DESCRIPTION: &str = "/api/v1/openapi.json";
/// As many webhook endpoints as a merchant can have.
const ENDPOINTS_MAX: u64 = 500;

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests")
}

pub(super) fn compare(name: &str, rows: &[String]) {
    let path = tests().join("problems").join(name);
    let found = format!("{}\n", rows.join("\n"));
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "{name}: BLESS=1 writes it anew.");
}

/// A row: how it came about, the status, the advice as the headers have it, and the body.
pub(super) async fn row(name: &str, answer: Response) -> String {
    let status = answer.status().as_u16();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let advice = format!("{} {}", header("tender-money-moved"), header("tender-retry"));
    let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
    format!("{name}: {status} {advice} {}", str::from_utf8(&body).unwrap())
}

#[tokio::test]
async fn every_refusal_of_the_ledger_is_told_as_the_table_says() {
    let mut rows = Vec::new();
    for example in Rejection::examples() {
        let code = example.code();
        let all = match example.money_field() {
            None => vec![(code.to_owned(), example)],
            Some(_) => MONEY_FIELDS
                .iter()
                .filter_map(|field| {
                    Some((
                        format!("{code} {field:?}"),
                        Rejection::from_code(code, Some(*field))?,
                    ))
                })
                .collect(),
        };
        for (name, rejection) in all {
            rows.push(row(&name, refusal::of_rejection(&rejection).into_response()).await);
        }
    }
    compare("ledger.txt", &rows);
}

#[tokio::test]
async fn every_other_problem_is_told_as_the_table_says() {
    let mut rows = Vec::new();
    for failure in [
        AuthFailure::Missing,
        AuthFailure::Unknown,
        AuthFailure::Expired,
        AuthFailure::Revoked,
        AuthFailure::Disabled,
        AuthFailure::Unavailable(Failure::Busy { retry_after_s: 3 }),
    ] {
        rows.push(row(&format!("{failure:?}"), access::refuse(&failure)).await);
    }
    for failure in [
        Failure::Busy { retry_after_s: 3 },
        Failure::OutcomeUnknown,
        Failure::Internal,
    ] {
        for repeatable in [Repeatable::Yes, Repeatable::No] {
            let name = format!("{failure:?}, repeatable {repeatable:?}");
            rows.push(row(&name, refusal::of_failure(&failure, repeatable).into_response()).await);
        }
        let name = format!("{failure:?}, reading");
        rows.push(row(&name, refusal::of_read_failure(&failure).into_response()).await);
    }
    for error in [BodyError::TooLarge, BodyError::Timeout, BodyError::Disconnected] {
        rows.push(row(&format!("{error:?}"), body::of_body_error(error).into_response()).await);
    }
    for kind in [FailureKind::Panic, FailureKind::Deadline] {
        for method in [Method::GET, Method::POST] {
            let failed = crate::failed(&Failed {
                kind,
                method: &method,
                path: "/api/v1/orders",
                request_id: RequestId::of(&axum::http::Extensions::new()),
                has_key: false,
            });
            rows.push(row(&format!("{kind:?} {method}"), failed).await);
        }
    }
    rows.extend(asked().await);
    compare("own.txt", &rows);
}

/// Problems that need more than a conversation beforehand.
async fn asked() -> Vec<String> {
    let place = Place::new().await;
    let mut rows = Vec::new();
    let mut note = |asked: &str, answer: super::place::Answer| {
        rows.push(format!("{asked}: {} {}", answer.status, answer.text));
    };
    let order = place.order("10").await;
    for application in [APP, POS_APP] {
        kseries(&place, &order, "r", application, EUR).await.unwrap();
    }
    let path = "/api/v1/payments/by-reference/r";
    note("two payments of one reference", place.get(Who::Admin, path).await);
    let foreign = format!("{path}?application_id=app_{}", POS_APP.0);
    note(
        "another application's reference",
        place.get(Who::App, &foreign).await,
    );
    note(
        "no delivery",
        place.get(Who::Admin, "/api/v1/deliveries/dlv_1").await,
    );
    let twice = r#"{"name":"x","name":"y"}"#;
    let endpoints = "/api/v1/webhook-endpoints";
    note(
        "a field twice",
        place.call(Who::Admin, Method::POST, endpoints, &[], twice).await,
    );
    for id in 1..=ENDPOINTS_MAX {
        let endpoint = Endpoint {
            id,
            application: POS_APP.0,
            dialect: "kseries".to_owned(),
            url: "https://example.com/k".to_owned(),
            ..Endpoint::default()
        };
        let put = place
            .tender
            .put_directory(MERCHANT, DirectoryKind::Endpoint, id, &endpoint)
            .await;
        put.unwrap();
    }
    let url = r#"{"url":"https://example.com/mine"}"#;
    let theirs = format!("{endpoints}/whe_1");
    note(
        "an endpoint of another dialect",
        place.call(Who::Admin, Method::PATCH, &theirs, &[], url).await,
    );
    note(
        "one endpoint too many",
        place.call(Who::Admin, Method::POST, endpoints, &[], url).await,
    );
    rows
}

/// Every conversation and both tables, as they are written. That they are what happens is checked elsewhere.
fn written() -> String {
    let mut text = String::new();
    for folder in ["golden", "problems"] {
        for file in fs::read_dir(tests().join(folder)).unwrap() {
            text.push_str(&fs::read_to_string(file.unwrap().path()).unwrap());
        }
    }
    text
}

#[test]
fn every_problem_type_is_written_down() {
    let document = crate::openapi::openapi();
    let codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
        .as_array()
        .unwrap();
    assert!(codes.len() > Rejection::examples().len());
    let written = written();
    let missing: Vec<&str> = codes
        .iter()
        .filter_map(|code| code.as_str())
        .filter(|code| {
            let (wide, tight) = (format!(r#""code": "{code}""#), format!(r#""code":"{code}""#));
            !written.contains(&wide) && !written.contains(&tight)
        })
        .collect();
    assert!(missing.is_empty(), "nowhere written down: {missing:?}");
}

/// Whether a path is one of a template.
fn is_of(path: &str, template: &str) -> bool {
    let path: Vec<&str> = path.split('?').next().unwrap_or_default().split('/').collect();
    let template: Vec<&str> = template.split('/').collect();
    path.len() == template.len()
        && path
            .iter()
            .zip(&template)
            .all(|(part, name)| part == name || (name.starts_with('{') && !part.is_empty()))
}

#[test]
fn every_route_is_in_a_conversation() {
    let written = written();
    let asked: Vec<(&str, &str)> = written
        .lines()
        .filter_map(|line| line.strip_prefix("> ")?.split_once(' '))
        .filter_map(|(method, rest)| Some((method, rest.split(' ').next()?)))
        .collect();
    let missing: Vec<String> = routes(&crate::openapi::openapi())
        .into_iter()
        .filter(|(method, template)| {
            let is_asked = |(asked, path): &(&str, &str)| asked == method && is_of(path, template);
            template != DESCRIPTION && !asked.iter().any(is_asked)
        })
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    assert!(missing.is_empty(), "in no conversation: {missing:#?}");
}
