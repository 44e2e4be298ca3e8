use axum::body::to_bytes;
use axum::response::IntoResponse;
use serde_json::Value;
use tender_engine::Rejection;
use tender_http::Problem;
use tender_service::Failure;

use super::{Repeatable, of_failure, of_read_failure, of_rejection};

/// Every refusal of the ledger, with its status and the field it names.
const TABLE: &str = "
    order-not-found       404 -
    payment-not-found     404 -
    task-not-found        404 -
    case-not-found        404 -
    line-not-found        404 -
    order-mismatch        409 -
    too-many-digits       422 amount
    out-of-range          422 amount
    not-positive          422 amount
    negative              422 tip
    not-on-refund         422 tip
    nothing-to-pay        422 amount
    amount-required       422 amount
    reference-used        409 reference
    key-reused            409 amount
    reference-fenced      409 reference
    endpoint-not-found    404 -
    order-closed          409 -
    order-cancelled       409 -
    order-rejected        409 -
    order-deleted         409 -
    order-proposed        409 -
    payments-locked       409 -
    lines-fixed           409 -
    payments-pending      409 -
    money-on-order        409 -
    total-below-paid      409 -
    state-final           409 -
    invalid-state         409 -
    correction-required   409 -
    method-not-found      422 method_code
    method-is-terminal    422 method_code
    staff-not-found       422 staff_id
    staff-missing         422 staff_id
    source-invalid        409 -
    exceeds-due           422 amount
    exceeds-refundable    422 amount
    nothing-due           422 amount
    has-refunds           409 -
    item-not-found        422 sku
    attributes-too-large  422 -
    order-full            409 -";

async fn json(problem: Problem) -> Value {
    let body = problem.into_response().into_body();
    serde_json::from_slice(&to_bytes(body, 10_000).await.unwrap()).unwrap()
}

#[tokio::test]
async fn every_refusal_has_its_problem() {
    let mut rows = TABLE.lines().filter(|line| !line.trim().is_empty());
    for rejection in Rejection::examples() {
        let problem = json(of_rejection(&rejection)).await;
        let field = problem["field"].as_str().unwrap_or("-");
        let found = format!("{:<21} {} {field}", rejection.code(), problem["status"]);
        assert_eq!(Some(found.as_str()), rows.next().map(str::trim));
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
    assert_eq!(rows.next(), None);
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
