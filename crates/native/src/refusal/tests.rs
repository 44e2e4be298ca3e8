use axum::body::to_bytes;
use axum::response::IntoResponse;
use serde_json::Value;
use tender_engine::Rejection;
use tender_http::Problem;
use tender_service::Failure;

use super::{Repeatable, of_failure, of_read_failure, of_rejection};

async fn json(problem: Problem) -> Value {
    let body = problem.into_response().into_body();
    serde_json::from_slice(&to_bytes(body, 10_000).await.unwrap()).unwrap()
}

/// What each is told as is a committed table: `tests/problems/ledger.txt`.
#[tokio::test]
async fn every_refusal_is_final_and_says_what_to_do_next() {
    for rejection in Rejection::examples() {
        let problem = json(of_rejection(&rejection)).await;
        assert_eq!(problem["code"], rejection.code());
        assert_eq!(
            problem["type"],
            format!("urn:tender:problem:{}", rejection.code())
        );
        assert_eq!(problem["money_moved"], "no");
        assert_eq!(problem["retry"], "never");
        let words = |name: &str| problem[name].as_str().unwrap().to_owned();
        assert!(
            words("title").ends_with('.') && words("detail").ends_with('.'),
            "{problem}"
        );
        assert_ne!(words("detail"), words("title"), "says what to do next: {problem}");
    }
}

#[tokio::test]
async fn failures_say_whether_to_repeat() {
    let table = [
        (
            Failure::Busy { retry_after_s: 3 },
            Repeatable::No,
            503,
            "busy",
            "no",
            "after:3",
        ),
        (
            Failure::OutcomeUnknown,
            Repeatable::Yes,
            500,
            "outcome-unknown",
            "unknown",
            "same-key",
        ),
        (
            Failure::OutcomeUnknown,
            Repeatable::No,
            500,
            "outcome-unknown",
            "unknown",
            "never",
        ),
        (
            Failure::Internal,
            Repeatable::Yes,
            500,
            "internal",
            "no",
            "same-key",
        ),
        (Failure::Internal, Repeatable::No, 500, "internal", "no", "never"),
        (
            Failure::Rejected(Rejection::ExceedsDue),
            Repeatable::Yes,
            422,
            "exceeds-due",
            "no",
            "never",
        ),
    ];
    for (failure, repeatable, status, code, money_moved, retry) in table {
        let problem = json(of_failure(&failure, repeatable)).await;
        let found = (
            &problem["status"],
            &problem["code"],
            &problem["money_moved"],
            &problem["retry"],
        );
        let expected = (&status.into(), &code.into(), &money_moved.into(), &retry.into());
        assert_eq!(found, expected, "{failure:?}");
    }
}

#[tokio::test]
async fn a_reading_never_has_an_unknown_outcome() {
    let problem = json(of_read_failure(&Failure::OutcomeUnknown)).await;
    assert_eq!(
        (&problem["code"], &problem["money_moved"]),
        (&"busy".into(), &"no".into())
    );
}
