//! Every error on the wire, as two committed tables (spec om 8.2): the dialect's own, and one row per refusal of the ledger.

use std::fs;

use axum::http::Method;
use http_body_util::BodyExt;
use tender_engine::Rejection;
use tender_http::{Failed, FailureKind, MoneyMoved, RequestId, Retry};

use super::goldens::{all_errors, folder};
use crate::errors::{NO_PLACE, OmError};

/// A row: what it is, and its status, advice and member `error`.
fn row(error: &OmError) -> String {
    let name = match error {
        OmError::Rejected(rejection) => match rejection.money_field() {
            Some(field) => format!("{} {field:?}", rejection.code()),
            None => rejection.code().to_owned(),
        },
        other => format!("{other:?}"),
    };
    let told = error.told();
    let [_, _, _, json] = super::goldens::shown_error(error);
    let json = json.trim_start_matches(r#""error":"#).trim_end_matches('}');
    format!(
        "{name}: {} {} {} {json}}}",
        told.status.as_u16(),
        told.moved.as_str(),
        told.retry
    )
}

fn compare(name: &str, rows: &[String]) {
    let path = folder().join("errors").join(name);
    let actual = format!("{}\n", rows.join("\n"));
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, actual).expect("a golden file");
        return;
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, text, "{name} differs; run with BLESS=1 if that is right");
}

#[test]
fn every_error_is_told_as_the_table_says() {
    let (refusals, own): (Vec<OmError>, Vec<OmError>) = all_errors()
        .into_iter()
        .partition(|error| matches!(error, OmError::Rejected(_)));
    let mut own: Vec<String> = own.iter().map(row).collect();
    own.dedup();
    compare("dialect.txt", &own);
    let refusals: Vec<String> = refusals.iter().map(row).collect();
    compare("refusals.txt", &refusals);
}

#[test]
fn a_refusal_moves_no_money_and_is_final() {
    for rejection in Rejection::examples() {
        let told = OmError::Rejected(rejection).told();
        assert_eq!((told.moved, told.retry), (MoneyMoved::No, Retry::Never));
        assert!(!told.message.is_empty());
    }
}

/// Only what the dialect asks for is told in words of its own.
#[test]
fn refusals_of_other_dialects_have_no_place_here() {
    let codes: Vec<&str> = Rejection::examples()
        .iter()
        .filter(|rejection| OmError::Rejected((*rejection).clone()).told().message == NO_PLACE)
        .map(Rejection::code)
        .collect();
    assert_eq!(
        codes,
        [
            "task-not-found",
            "case-not-found",
            "line-not-found",
            "negative",
            "not-on-refund",
            "reference-used",
            "reference-fenced",
            "endpoint-not-found",
            "payments-locked",
            "lines-fixed",
            "payments-pending",
            "money-on-order",
            "total-below-paid",
            "state-final",
            "staff-not-found",
            "staff-missing",
            "item-not-found",
        ]
    );
}

/// Nobody knows what a handler had done that panicked or took too long; a create with a key can be sent again.
#[tokio::test]
async fn a_handler_that_gave_no_answer() {
    for kind in [FailureKind::Panic, FailureKind::Deadline] {
        for (method, has_key, retry) in [
            (Method::POST, true, "same-key"),
            (Method::POST, false, "never"),
            (Method::PATCH, true, "never"),
        ] {
            let response = crate::failed(&Failed {
                kind,
                method: &method,
                path: "/v1/om/payments",
                request_id: RequestId::of(&axum::http::Extensions::new()),
                has_key,
            });
            assert_eq!(response.status(), 500);
            let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
            assert_eq!(header("tender-money-moved"), "unknown");
            assert_eq!(header("tender-retry"), retry, "{method} {has_key}");
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
            assert_eq!(body["error"]["code"], "Unknown");
        }
    }
}
