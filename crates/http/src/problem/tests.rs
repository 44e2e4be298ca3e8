use axum::body::to_bytes;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;

use super::{MoneyMoved, PROBLEM_CONTENT_TYPE, Problem, Retry, advise};

#[tokio::test]
async fn a_refusal_says_that_no_money_moved() {
    let answer = Problem::new(StatusCode::CONFLICT, "order-closed", "The order is closed").into_response();
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    assert_eq!(answer.headers().get(CONTENT_TYPE).unwrap(), PROBLEM_CONTENT_TYPE);
    assert_eq!(answer.headers().get("tender-money-moved").unwrap(), "no");
    assert_eq!(answer.headers().get("tender-retry").unwrap(), "never");
    assert!(answer.headers().get(RETRY_AFTER).is_none());
    let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
    let expected = concat!(
        r#"{"type":"urn:tender:problem:order-closed","title":"The order is closed","status":409,"#,
        r#""code":"order-closed","money_moved":"no","retry":"never"}"#
    );
    assert_eq!(body, expected);
}

#[tokio::test]
async fn everything_that_is_known_is_told() {
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy".to_owned())
        .detail("The queue is \"full\"")
        .field("lines[2].quantity")
        .money_moved(MoneyMoved::Unknown)
        .retry(Retry::After(7));
    assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE);
    let answer = problem.into_response();
    assert_eq!(answer.headers().get("tender-money-moved").unwrap(), "unknown");
    assert_eq!(answer.headers().get("tender-retry").unwrap(), "after:7");
    assert_eq!(answer.headers().get(RETRY_AFTER).unwrap(), "7");
    let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
    let expected = concat!(
        r#"{"type":"urn:tender:problem:busy","title":"Busy","status":503,"#,
        r#""detail":"The queue is \"full\"","field":"lines[2].quantity","code":"busy","#,
        r#""money_moved":"unknown","retry":"after:7"}"#
    );
    assert_eq!(body, expected);
}

#[test]
fn advice_replaces_earlier_advice() {
    let mut headers = HeaderMap::new();
    advise(&mut headers, MoneyMoved::No, Retry::Never);
    advise(&mut headers, MoneyMoved::Yes, Retry::SameKey);
    assert_eq!(headers.get("tender-money-moved").unwrap(), "yes");
    assert_eq!(headers.get("tender-retry").unwrap(), "same-key");
    assert_eq!(headers.len(), 2);
}
