//! Every refusal, as one committed table of codes, statuses and bodies, and what holds for all of them.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use axum::body::to_bytes;
use axum::response::Response;
use tender_engine::{MoneyField, Rejection};
use tender_http::{BodyError, FailureKind};
use tender_service::{AuthFailure, Failure, UrlRefusal};
use tender_wire::{FieldError, JsonError, JsonErrorKind, Kind};

use super::{ApiError, Fault, unauthorized};

const ALLOW: &[axum::http::Method] = &[axum::http::Method::GET];

/// Every way in which the service fails. A new one has to be added here too, or this does not compile.
fn failures() -> Vec<(&'static str, Failure)> {
    let all = [
        Failure::Rejected(Rejection::ExceedsDue),
        Failure::Busy { retry_after_s: 7 },
        Failure::OutcomeUnknown,
        Failure::Internal,
    ];
    all.into_iter()
        .map(|failure| {
            let name = match failure {
                Failure::Rejected(_) => "rejected",
                Failure::Busy { .. } => "busy",
                Failure::OutcomeUnknown => "outcome-unknown",
                Failure::Internal => "internal",
            };
            (name, failure)
        })
        .collect()
}

/// Every way in which nobody is recognised.
fn auth_failures() -> Vec<(&'static str, AuthFailure)> {
    let all = [
        AuthFailure::Missing,
        AuthFailure::Unknown,
        AuthFailure::Expired,
        AuthFailure::Revoked,
        AuthFailure::Disabled,
        AuthFailure::Unavailable(Failure::Busy { retry_after_s: 7 }),
    ];
    all.into_iter()
        .map(|failure| {
            let name = match failure {
                AuthFailure::Missing => "missing",
                AuthFailure::Unknown => "unknown",
                AuthFailure::Expired => "expired",
                AuthFailure::Revoked => "revoked",
                AuthFailure::Disabled => "disabled",
                AuthFailure::Unavailable(_) => "unavailable",
            };
            (name, failure)
        })
        .collect()
}

/// Every kind of what is expected of a field or found in it.
fn kinds() -> Vec<(&'static str, Kind)> {
    let all = [
        Kind::Absent,
        Kind::Null,
        Kind::Bool,
        Kind::Integer,
        Kind::Number,
        Kind::OutOfRange,
        Kind::TooManyDigits,
        Kind::String,
        Kind::Array,
        Kind::Object,
        Kind::Any,
    ];
    all.into_iter()
        .map(|kind| {
            let name = match kind {
                Kind::Absent => "absent",
                Kind::Null => "null",
                Kind::Bool => "bool",
                Kind::Integer => "integer",
                Kind::Number => "number",
                Kind::OutOfRange => "out-of-range",
                Kind::TooManyDigits => "too-many-digits",
                Kind::String => "string",
                Kind::Array => "array",
                Kind::Object => "object",
                Kind::Any => "any",
            };
            (name, kind)
        })
        .collect()
}

fn json_errors() -> Vec<(&'static str, JsonErrorKind)> {
    let all = [
        JsonErrorKind::Empty,
        JsonErrorKind::Incomplete,
        JsonErrorKind::Syntax,
        JsonErrorKind::TrailingText,
        JsonErrorKind::NotUnicode,
        JsonErrorKind::TooDeep,
        JsonErrorKind::TooManyMembers,
    ];
    all.into_iter()
        .map(|kind| {
            let name = match kind {
                JsonErrorKind::Empty => "empty",
                JsonErrorKind::Incomplete => "incomplete",
                JsonErrorKind::Syntax => "syntax",
                JsonErrorKind::TrailingText => "trailing-text",
                JsonErrorKind::NotUnicode => "not-unicode",
                JsonErrorKind::TooDeep => "too-deep",
                JsonErrorKind::TooManyMembers => "too-many-members",
            };
            (name, kind)
        })
        .collect()
}

fn url_refusals() -> Vec<(&'static str, UrlRefusal)> {
    let all = [
        UrlRefusal::TooLong,
        UrlRefusal::Malformed,
        UrlRefusal::Scheme,
        UrlRefusal::Credentials,
        UrlRefusal::Address("loopback"),
    ];
    all.into_iter()
        .map(|refusal| {
            let name = match refusal {
                UrlRefusal::TooLong => "too-long",
                UrlRefusal::Malformed => "malformed",
                UrlRefusal::Scheme => "scheme",
                UrlRefusal::Credentials => "credentials",
                UrlRefusal::Address(_) => "address",
            };
            (name, refusal)
        })
        .collect()
}

/// Every refusal that this dialect can answer: where it comes from, its code there, the answer.
fn all() -> Vec<(&'static str, String, Response)> {
    let mut rows = Vec::new();
    for fault in Fault::ALL {
        let mut error = ApiError::of(*fault).at("field").with("detail");
        if *fault == Fault::Method {
            error = ApiError::method_not_allowed(ALLOW);
        }
        rows.push(("fault", fault.code().to_owned(), error.into_answer(true)));
    }
    for rejection in Rejection::examples() {
        let answer = ApiError::from(&rejection).into_answer(true);
        rows.push(("ledger", rejection.code().to_owned(), answer));
    }
    for field in [
        MoneyField::Amount,
        MoneyField::Tip,
        MoneyField::Surcharge,
        MoneyField::Line,
        MoneyField::Service,
    ] {
        let answer = ApiError::from(&Rejection::OutOfRange(field)).into_answer(true);
        rows.push(("money", format!("{field:?}").to_lowercase(), answer));
    }
    for (name, failure) in failures() {
        let keyed = ApiError::from(failure.clone()).into_answer(true);
        rows.push(("service", format!("{name} with a key"), keyed));
        let bare = ApiError::from(failure.clone()).known_by(false).into_answer(true);
        rows.push(("service", format!("{name} without a key"), bare));
        let plain = ApiError::from(failure).known_by(false).into_answer(false);
        rows.push(("service", format!("{name} not about money"), plain));
    }
    for (name, failure) in auth_failures() {
        rows.push(("credential", name.to_owned(), unauthorized(&failure, true)));
    }
    for (kind_name, kind) in kinds() {
        // What is expected shows where the type is wrong; what was found decides which error it is.
        let error = |expected, found| FieldError {
            path: "field".to_owned(),
            expected,
            found,
        };
        let wanted = ApiError::from(error(kind, Kind::Object)).into_answer(true);
        rows.push(("field", format!("{kind_name} is wanted"), wanted));
        let found = ApiError::from(error(Kind::String, kind)).into_answer(true);
        rows.push(("field", format!("{kind_name} is found"), found));
    }
    let whole = FieldError {
        path: String::new(),
        expected: Kind::Object,
        found: Kind::Array,
    };
    rows.push((
        "field",
        "whole body".to_owned(),
        ApiError::from(whole).into_answer(true),
    ));
    for (name, kind) in json_errors() {
        let error = JsonError {
            kind,
            line: 1,
            column: 2,
        };
        rows.push(("json", name.to_owned(), ApiError::from(error).into_answer(true)));
    }
    for (name, error) in [
        ("too-large", BodyError::TooLarge),
        ("timeout", BodyError::Timeout),
        ("disconnected", BodyError::Disconnected),
    ] {
        rows.push(("body", name.to_owned(), ApiError::from(error).into_answer(true)));
    }
    for (name, refusal) in url_refusals() {
        let error = ApiError::of(Fault::Url).at("field").with(refusal.to_string());
        rows.push(("url", name.to_owned(), error.into_answer(true)));
    }
    for (name, kind) in [("panic", FailureKind::Panic), ("deadline", FailureKind::Deadline)] {
        for (place, is_about_money) in [("about money", true), ("not about money", false)] {
            let answer = ApiError::unanswered(kind, is_about_money).into_answer(is_about_money);
            rows.push(("handler", format!("{name} {place}"), answer));
        }
    }
    rows
}

/// One row: source, code, status, what the headers say about money and a repeat, the body.
async fn row(source: &str, code: &str, response: Response) -> String {
    let (parts, body) = response.into_parts();
    let header = |name: &str| {
        parts
            .headers
            .get(name)
            .map_or("-", |value| value.to_str().unwrap())
    };
    let body = String::from_utf8(to_bytes(body, 10_000).await.unwrap().to_vec()).unwrap();
    format!(
        "{source} {code}: {} {} {} {body}",
        parts.status.as_u16(),
        header("tender-money-moved"),
        header("tender-retry"),
    )
}

/// With `BLESS=1` the table is written instead of compared.
#[tokio::test]
async fn every_refusal_is_in_the_table() {
    let mut table = String::from(
        "# Every refusal of the dialect: where it comes from, its code there, status, Tender-Money-Moved, Tender-Retry, body.\n",
    );
    for (source, code, response) in all() {
        writeln!(table, "{}", row(source, &code, response).await).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/refusals.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &table).unwrap();
    }
    let recorded = fs::read_to_string(&file).unwrap_or_default();
    for (old, new) in recorded.lines().zip(table.lines()) {
        assert_eq!(old, new, "run with BLESS=1 and look at the difference");
    }
    assert_eq!(recorded, table, "run with BLESS=1 and look at the difference");
}

/// No refusal can have a code or words of its own that another has too: a code names one thing.
#[test]
fn codes_are_unique() {
    let mut codes: Vec<&str> = Fault::ALL.iter().map(|fault| fault.code()).collect();
    codes.sort_unstable();
    let count = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), count);
}

/// The words at which a client in the field refreshes its token and sends again for ever stand in no refusal but a 401,
/// whatever its source; and each is a JSON object with both texts and nothing left to fill.
#[tokio::test]
async fn no_refusal_says_the_words() {
    for (source, code, response) in all() {
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 10_000).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let body: serde_json::Value = serde_json::from_str(&text).unwrap();
        for name in ["error", "error_description"] {
            let words = body[name].as_str().unwrap_or_default();
            assert!(
                !words.is_empty() && !words.contains(['{', '}']) || words.contains("/sites/{id}/"),
                "{source} {code}: {text}"
            );
        }
        let lower = text.to_lowercase();
        assert!(
            status == 401 || !(lower.contains("invalid") || lower.contains("expired")),
            "{source} {code}: {text}"
        );
    }
}

#[test]
fn the_fixed_text_is_the_published_one() {
    assert_eq!(
        Fault::ExceedsRemaining.words().error,
        "amount exceeds the amount remaining on the order"
    );
    assert_eq!(Fault::Limit.words().error, "Limit exceeded");
    assert_eq!(Fault::NotFound.words().error, "Not Found");
}

#[test]
fn waits_are_a_second_at_least() {
    let response = ApiError::from(Failure::Busy { retry_after_s: 0 }).into_answer(false);
    assert_eq!(response.headers()["retry-after"], "1");
    let response = ApiError::limit_exceeded(3).into_answer(true);
    assert_eq!(response.headers()["retry-after"], "3");
}

#[test]
fn a_credential_that_is_not_recognised_is_challenged_twice() {
    for (_, failure) in auth_failures() {
        let response = unauthorized(&failure, true);
        let challenges = response.headers().get_all("www-authenticate").iter().count();
        match failure {
            // Whom nobody can look up is not told that it is nobody.
            AuthFailure::Unavailable(_) => assert_eq!((response.status().as_u16(), challenges), (503, 0)),
            _ => assert_eq!((response.status().as_u16(), challenges), (401, 2)),
        }
    }
}
