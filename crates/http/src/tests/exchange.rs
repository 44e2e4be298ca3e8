//! What every request gets: an id, its raw path, and isolation from other requests' failures.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, Path, Request};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get as on_get, post as on_post};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Handover, Running, get, post, soon};
use crate::stream::LINGER_TIMEOUT;
use crate::{
    ConnectionHandle, Failed, MoneyMoved, PrefixTable, Problem, RawPath, RequestId, Retry, ServerOptions,
    Site, collapse_slashes, read_body, rewrite_path,
};

#[tokio::test]
async fn every_answer_carries_the_id_that_its_handler_saw() {
    let router = Router::new().route("/id", on_get(async |id: RequestId| id.to_string()));
    let server = Running::start(router, ServerOptions::default()).await;
    let mut client = server.connect().await;
    let mut seen = HashSet::new();
    for _ in 0..3 {
        client
            .send("GET /id HTTP/1.1\r\nhost: test\r\nx-request-id: chosen-by-client\r\n\r\n")
            .await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-request-id"), Some(answer.body.as_str()));
        assert_eq!(answer.body.len(), 36);
        assert!(seen.insert(answer.body));
    }
    let missing = server.get("/nowhere").await;
    assert_eq!(missing.status, 404);
    assert!(missing.header("x-request-id").is_some());
}

#[tokio::test]
async fn requests_sent_at_once_over_one_connection_are_answered_in_order() {
    let router = Router::new().route("/echo/{n}", on_get(async |Path(n): Path<u32>| n.to_string()));
    let server = Running::start(router, ServerOptions::default()).await;
    let mut client = server.connect().await;
    let requests: String = (0..20).map(|n| get(&format!("/echo/{n}"))).collect();
    client.send(&requests).await;
    for n in 0..20 {
        assert_eq!(client.answer().await.body, n.to_string());
    }
}

#[tokio::test]
async fn routes_see_the_rewritten_path_and_handlers_the_raw_one() {
    let inner = Router::new().route(
        "/orders/{id}",
        on_get(
            async |Path(id): Path<String>, raw: RawPath, OriginalUri(uri): OriginalUri| {
                format!("{id} {} {}", raw.as_str(), uri.query().unwrap_or("-"))
            },
        ),
    );
    // Only what belongs to the version is rewritten, and the raw path is still the client's.
    let site = Site::new(inner.clone()).on("/v1", rewrite_path(inner, without_version));
    let server = Running::start(site, ServerOptions::default()).await;
    let answer = server.get("/v1//orders///7/?a=%2F&b=//").await;
    assert_eq!(answer.body, "7 /v1//orders///7/ a=%2F&b=//");
    assert_eq!(server.get("/orders/8").await.body, "8 /orders/8 -");
    server
        .counted(r#"tender_http_requests_total{route="/orders/{id}",method="GET",status="200"} 2"#)
        .await;
}

fn without_version(path: &str) -> Option<Cow<'_, str>> {
    path.strip_prefix("/v1").map(collapse_slashes)
}

fn failing() -> Router {
    Router::new()
        .route("/native/panic", on_get(panicking))
        .route("/other/panic", on_get(panicking))
        .route("/broken/panic", on_get(panicking))
        .route("/ok", on_get(async || "fine"))
}

async fn panicking(_: Request) -> &'static str {
    panic!("on purpose")
}

fn worded(failed: &Failed<'_>) -> axum::response::Response {
    let table = PrefixTable::new("bare")
        .on("/native", "problem")
        .on("/broken", "broken");
    match *table.get(failed.path) {
        "problem" => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something broke")
            .detail(failed.request_id.to_string())
            .money_moved(MoneyMoved::Unknown)
            .retry(Retry::SameKey)
            .into_response(),
        "broken" => panic!("even here"),
        _ => (
            StatusCode::BAD_GATEWAY,
            format!("{:?} {}", failed.kind, failed.method),
        )
            .into_response(),
    }
}

#[tokio::test]
async fn a_panic_ends_its_own_request_only_and_is_answered_in_the_dialect_of_its_path() {
    let (release, released) = oneshot::channel::<()>();
    let (started, has_started) = oneshot::channel::<()>();
    let waiting = Handover::new((started, released));
    let router = failing().route(
        "/wait",
        on_get(move || async move {
            let (started, released) = waiting.take();
            started.send(()).unwrap();
            released.await.unwrap();
            "waited"
        }),
    );
    let options = ServerOptions {
        failure: Arc::new(worded),
        ..ServerOptions::default()
    };
    let server = Running::start(router, options).await;
    let mut bystander = server.connect().await;
    bystander.send(&get("/wait")).await;
    soon(has_started).await.unwrap();

    let mut client = server.connect().await;
    client.send(&get("/native/panic?token=1")).await;
    let problem = client.answer().await;
    assert_eq!(problem.status, 500);
    assert_eq!(problem.header("tender-money-moved"), Some("unknown"));
    assert_eq!(problem.header("tender-retry"), Some("same-key"));
    assert!(
        problem.body.contains(problem.header("x-request-id").unwrap()),
        "{}",
        problem.body
    );
    assert!(!problem.body.contains("on purpose"));
    client.send(&get("/other/panic")).await;
    let other = client.answer().await;
    assert_eq!((other.status, other.body.as_str()), (502, "Panic GET"));
    client.send(&get("/broken/panic")).await;
    let broken = client.answer().await;
    assert_eq!((broken.status, broken.body.as_str()), (500, ""));
    assert!(broken.header("x-request-id").is_some());
    // Where the wording says nothing about money, it is not known to stand still.
    for answer in [&other, &broken] {
        assert_eq!(answer.header("tender-money-moved"), Some("unknown"));
        assert_eq!(answer.header("tender-retry"), Some("never"));
    }
    client.send(&get("/ok")).await;
    assert_eq!(client.answer().await.body, "fine");

    release.send(()).unwrap();
    assert_eq!(bystander.answer().await.body, "waited");
    server
        .counted(r#"tender_http_handler_failures_total{route="/native/panic",kind="panic"} 1"#)
        .await;
}

#[tokio::test]
async fn a_server_without_words_answers_failures_with_bare_statuses() {
    let server = Running::start(failing(), ServerOptions::default()).await;
    let answer = server.get("/other/panic").await;
    assert_eq!((answer.status, answer.body.as_str()), (500, ""));
}

#[tokio::test]
async fn a_request_with_a_key_may_be_sent_again_after_a_panic() {
    let options = ServerOptions {
        failure: Arc::new(|failed| format!("{}", failed.has_key).into_response()),
        ..ServerOptions::default()
    };
    let server = Running::start(failing(), options).await;
    let mut client = server.connect().await;
    for (header, has_key, retry) in [
        ("Idempotency-Key: k\r\n", "true", "same-key"),
        ("", "false", "never"),
    ] {
        client
            .send(&format!(
                "GET /other/panic HTTP/1.1\r\nhost: test\r\n{header}\r\n"
            ))
            .await;
        let answer = client.answer().await;
        assert_eq!(answer.body, has_key);
        assert_eq!(answer.header("tender-money-moved"), Some("unknown"));
        assert_eq!(answer.header("tender-retry"), Some(retry));
    }
}

#[tokio::test]
async fn a_panic_with_the_body_unread_still_reaches_a_client_that_is_sending_it() {
    let router = Router::new().route("/panic", on_post(panicking));
    let server = Running::start(router, ServerOptions::default()).await;
    let answer = server.exchange(&post("/panic", &"x".repeat(1024 * 1024))).await;
    assert_eq!(answer.status, 500);
}

#[tokio::test]
async fn a_client_that_goes_away_takes_its_handler_with_it() {
    let (dropped, was_dropped) = super::Dropped::pair();
    let (started, has_started) = oneshot::channel::<()>();
    let guard = Handover::new((started, dropped));
    let router = Router::new().route(
        "/wait",
        on_get(move || async move {
            let (started, _dropped) = guard.take();
            started.send(()).unwrap();
            std::future::pending::<&'static str>().await
        }),
    );
    let server = Running::start(router, ServerOptions::default()).await;
    let mut client = server.connect().await;
    client.send(&get("/wait")).await;
    soon(has_started).await.unwrap();
    drop(client);
    soon(was_dropped).await.unwrap();
    server
        .counted(r#"tender_http_requests_abandoned_total{route="/wait"} 1"#)
        .await;
}

#[tokio::test]
async fn handlers_know_their_peer_and_read_bodies_of_any_framing() {
    let router = Router::new()
        .route(
            "/peer",
            on_get(async |request: Request| {
                let handle = ConnectionHandle::of(request.extensions()).unwrap();
                format!("{} {}", handle.peer(), handle.is_stopping())
            }),
        )
        .route(
            "/body",
            on_post(async |request: Request| match read_body(request, 64).await {
                Ok(body) => String::from_utf8(body.to_vec()).unwrap(),
                Err(error) => error.to_string(),
            }),
        );
    let server = Running::start(router, ServerOptions::default()).await;
    let mut client = server.connect().await;
    let address = client.tcp.local_addr().unwrap();
    client.send(&get("/peer")).await;
    assert_eq!(client.answer().await.body, format!("{address} false"));
    client
        .send(
            "POST /body HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n\
             3\r\nabc\r\n1\r\nd\r\n2\r\nef\r\n0\r\n\r\n",
        )
        .await;
    assert_eq!(client.answer().await.body, "abcdef");
    client.send(&post("/body", "")).await;
    assert_eq!(client.answer().await.body, "");
    client.send(&post("/body", &"y".repeat(64))).await;
    assert_eq!(client.answer().await.body, "y".repeat(64));
}

#[tokio::test]
async fn a_connection_whose_body_was_read_is_closed_without_lingering() {
    let router = Router::new().route(
        "/body",
        on_post(async |request: Request| match read_body(request, 64).await {
            Ok(body) => body.into_response(),
            Err(error) => error.to_string().into_response(),
        }),
    );
    let server = Running::start(router, ServerOptions::default()).await;
    let mut client = server.connect().await;
    let started = Instant::now();
    client
        .send(
            "POST /body HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\
             transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        )
        .await;
    assert_eq!(client.answer().await.body, "a");
    // The client keeps its side open, so it is the server that lets go.
    server.counted("tender_http_connections 0").await;
    assert!(started.elapsed() < LINGER_TIMEOUT);
    drop(client);
}
