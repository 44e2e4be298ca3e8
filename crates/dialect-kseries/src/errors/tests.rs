use axum::http::StatusCode;
use http_body_util::BodyExt;
use tender_engine::{Rejection, Timestamp};
use tender_http::MoneyMoved;
use tender_money::Currency;
use tender_service::Failure;

use super::{Asked, Refusal, of_failure};
use crate::time::TimeForm;

const NOW: Timestamp = Timestamp(1_699_398_020_075);

fn asked(is_order: bool) -> Asked<'static> {
    Asked {
        is_order,
        reference: "12345678901234",
        endpoint: "MY-ENDPOINT",
        location: 45_454_565_682_155,
        currency: Currency::from_code("EUR"),
        money_moved_before: MoneyMoved::Yes,
    }
}

async fn written(refusal: Refusal) -> String {
    let answer = refusal.into_response(NOW, TimeForm::Offset, "/o/op/1/pay");
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let header = |name: &str| {
        parts
            .headers
            .get(name)
            .map_or("-", |value| value.to_str().expect("text"))
    };
    format!(
        "{} money-moved={} retry={} {}",
        parts.status.as_u16(),
        header("tender-money-moved"),
        header("tender-retry"),
        String::from_utf8(bytes.to_vec()).expect("text")
    )
}

#[tokio::test]
async fn envelope_a_reads_as_published() {
    let refusal = of_failure(&Failure::Rejected(Rejection::ReferenceUsed), &asked(false));
    let text = written(refusal).await;
    let expected = concat!(
        r#"{"timestamp":"2023-11-07T23:00:20.075+0000","status":400,"error":"Bad Request","#,
        r#""message":"reference has already been used 12345678901234","path":"/o/op/1/pay"}"#
    );
    assert!(text.ends_with(expected), "{text}");
}

#[tokio::test]
async fn envelope_c_has_two_keys_and_no_more() {
    let refusal = of_failure(&Failure::Rejected(Rejection::ReferenceUsed), &asked(true));
    let text = written(refusal).await;
    assert!(
        text.ends_with(r#" {"status":"fail","msg":"reference has already been used 12345678901234"}"#),
        "{text}"
    );
    assert!(
        text.starts_with(&StatusCode::CONFLICT.as_u16().to_string()),
        "{text}"
    );
}
