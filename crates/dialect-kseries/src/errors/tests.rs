use axum::http::StatusCode;
use tender_engine::Rejection;
use tender_service::Failure;

use super::of_failure;
use crate::tests::told::{asked, line};

#[tokio::test]
async fn envelope_a_reads_as_published() {
    let refusal = of_failure(&Failure::Rejected(Rejection::ReferenceUsed), &asked(false));
    let text = line(refusal).await;
    let expected = concat!(
        r#"{"timestamp":"2023-11-07T23:00:20.075+0000","status":400,"error":"Bad Request","#,
        r#""message":"reference has already been used 12345678901234","path":"/o/op/1/pay"}"#
    );
    assert!(text.ends_with(expected), "{text}");
}

#[tokio::test]
async fn envelope_c_has_two_keys_and_no_more() {
    let refusal = of_failure(&Failure::Rejected(Rejection::ReferenceUsed), &asked(true));
    let text = line(refusal).await;
    assert!(
        text.ends_with(r#" {"status":"fail","msg":"reference has already been used 12345678901234"}"#),
        "{text}"
    );
    assert!(
        text.starts_with(&StatusCode::CONFLICT.as_u16().to_string()),
        "{text}"
    );
}
