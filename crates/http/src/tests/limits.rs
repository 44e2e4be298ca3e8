//! Clients that are slow, large or many.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get as on_get, post as on_post};
use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::{Client, Dropped, Handover, PATIENCE, Running, SHORT, get, post, soon};
use crate::{BodyError, Failed, ServerOptions, read_body, untimed};

fn greeting() -> Router {
    Router::new().route("/", on_get(async || "hello"))
}

#[tokio::test]
async fn headers_that_trickle_are_cut_however_lively_the_client_is() {
    let options = ServerOptions {
        header_read_timeout: SHORT,
        ..ServerOptions::default()
    };
    let server = Running::start(greeting(), options).await;
    let client = server.connect().await;
    let started = Instant::now();
    let (read, mut write) = client.tcp.into_split();
    let trickle = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        write
            .write_all(b"GET / HTTP/1.1\r\nhost: test\r\nx-slow: ")
            .await
            .unwrap();
        loop {
            ticks.tick().await;
            if write.write_all(b"z").await.is_err() {
                break;
            }
        }
    });
    soon(trickle).await.unwrap();
    drop(read);
    assert!(
        started.elapsed() >= SHORT,
        "cut early, after {:?}",
        started.elapsed()
    );
    server
        .counted(r#"tender_http_connections_cut_total{reason="slow-headers"} 1"#)
        .await;
}

#[tokio::test]
async fn idle_connections_are_closed_with_or_without_an_earlier_request() {
    let options = ServerOptions {
        keep_alive_timeout: SHORT,
        ..ServerOptions::default()
    };
    let server = Running::start(greeting(), options).await;
    let silent = server.connect().await;
    let mut used = server.connect().await;
    used.send(&get("/")).await;
    assert_eq!(used.answer().await.body, "hello");
    let since_answer = Instant::now();
    assert_eq!(used.ended().await, "");
    // The limit is counted in whole milliseconds, and from the moment the answer was handed over.
    assert!(since_answer.elapsed() >= SHORT.saturating_sub(Duration::from_millis(20)));
    assert_eq!(silent.ended().await, "");
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_dropped_and_answered_for() {
    let (dropped, was_dropped) = Dropped::pair();
    let guard = Handover::new(dropped);
    let router = greeting().route(
        "/stuck",
        on_get(move || async move {
            let _dropped = guard.take();
            std::future::pending::<&'static str>().await
        }),
    );
    let options = ServerOptions {
        request_deadline: SHORT,
        failure: Arc::new(|failed: &Failed<'_>| {
            (StatusCode::SERVICE_UNAVAILABLE, format!("{:?}", failed.kind)).into_response()
        }),
        ..ServerOptions::default()
    };
    let server = Running::start(router, options).await;
    let mut client = server.connect().await;
    let started = Instant::now();
    client.send(&get("/stuck")).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (503, "Deadline"));
    assert!(started.elapsed() >= SHORT);
    soon(was_dropped).await.unwrap();
    // The connection has lost nothing by it.
    client.send(&get("/")).await;
    assert_eq!(client.answer().await.body, "hello");
    server
        .counted(r#"tender_http_handler_failures_total{route="/stuck",kind="deadline"} 1"#)
        .await;
}

#[tokio::test]
async fn routes_that_wait_on_purpose_outlive_the_deadline() {
    let (started, has_started) = oneshot::channel::<()>();
    let (release, released) = oneshot::channel::<()>();
    let waiting = Handover::new((started, released));
    let poll = on_get(move || async move {
        let (started, released) = waiting.take();
        started.send(()).unwrap();
        released.await.unwrap();
        "polled"
    });
    let router = Router::new()
        .route("/poll", poll.layer(untimed()))
        .route("/stuck", on_get(std::future::pending::<&'static str>));
    let options = ServerOptions {
        request_deadline: SHORT,
        ..ServerOptions::default()
    };
    let server = Running::start(router, options).await;
    let mut poller = server.connect().await;
    poller.send(&get("/poll")).await;
    soon(has_started).await.unwrap();
    // Two deadlines of requests that began later pass before the poll is released.
    for _ in 0..2 {
        assert_eq!(server.get("/stuck").await.status, 503);
    }
    release.send(()).unwrap();
    assert_eq!(poller.answer().await.body, "polled");
}

fn reading(bytes_max: usize) -> (Router, mpsc::Receiver<Result<Bytes, BodyError>>) {
    let (outcomes, outcome) = mpsc::channel(8);
    let router = Router::new().route(
        "/",
        on_post(move |request: Request| async move {
            let body = read_body(request, bytes_max).await;
            outcomes.send(body.clone()).await.unwrap();
            match body {
                Ok(_) => StatusCode::OK,
                Err(BodyError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
                Err(BodyError::Timeout) => StatusCode::REQUEST_TIMEOUT,
                Err(BodyError::Disconnected) => StatusCode::BAD_REQUEST,
            }
        }),
    );
    (router, outcome)
}

#[tokio::test]
async fn a_body_too_large_is_refused_and_its_sender_hears_it() {
    let (router, mut outcome) = reading(1_000);
    let server = Running::start(router, ServerOptions::default()).await;
    // Announced: refused before anything is read, while the client goes on sending.
    let answer = server.exchange(&post("/", &"x".repeat(2 * 1024 * 1024))).await;
    assert_eq!(answer.status, 413);
    assert_eq!(soon(outcome.recv()).await, Some(Err(BodyError::TooLarge)));
    // Not announced: refused in the middle.
    let chunk = format!("400\r\n{}\r\n", "y".repeat(0x400));
    let chunked = format!(
        "POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(512)
    );
    assert_eq!(server.exchange(&chunked).await.status, 413);
    assert_eq!(soon(outcome.recv()).await, Some(Err(BodyError::TooLarge)));
    // Exactly the limit.
    assert_eq!(server.exchange(&post("/", &"z".repeat(1_000))).await.status, 200);
    assert_eq!(server.exchange(&post("/", &"z".repeat(1_001))).await.status, 413);
}

#[tokio::test]
async fn a_client_that_waits_for_leave_need_not_send_what_would_be_refused() {
    let (router, _outcome) = reading(10);
    let server = Running::start(router, ServerOptions::default()).await;
    let request = "POST / HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 11\r\n\r\n";
    assert_eq!(server.exchange(request).await.status, 413);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_given_up() {
    let (router, mut outcome) = reading(1_000);
    let options = ServerOptions {
        body_read_timeout: SHORT,
        ..ServerOptions::default()
    };
    let server = Running::start(router, options).await;
    let mut client = server.connect().await;
    client
        .send("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\n12345")
        .await;
    assert_eq!(client.answer().await.status, 408);
    assert_eq!(soon(outcome.recv()).await, Some(Err(BodyError::Timeout)));
}

#[tokio::test]
async fn a_body_that_ends_too_early_is_told_from_one_that_is_whole() {
    let (router, mut outcome) = reading(1_000);
    let server = Running::start(router, ServerOptions::default()).await;
    for request in [
        "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\n12345",
        "POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n",
        "POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\nnot-a-length\r\n",
    ] {
        let mut client = server.connect().await;
        client.send(request).await;
        client.tcp.shutdown().await.unwrap();
        assert_eq!(
            soon(outcome.recv()).await,
            Some(Err(BodyError::Disconnected)),
            "{request}"
        );
    }
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused_and_their_sender_hears_it() {
    let options = ServerOptions {
        head_bytes_max: 8 * 1024,
        headers_max: 10,
        ..ServerOptions::default()
    };
    let server = Running::start(greeting(), options).await;
    let many = (0..11).map(|n| format!("x-{n}: 1\r\n")).collect::<String>();
    let request = format!("GET / HTTP/1.1\r\n{many}\r\n");
    assert_eq!(server.exchange(&request).await.status, 431);
    let large = format!("GET / HTTP/1.1\r\nx-large: {}\r\n\r\n", "x".repeat(64 * 1024));
    assert_eq!(server.exchange(&large).await.status, 431);
    let few = (0..10).map(|n| format!("x-{n}: 1\r\n")).collect::<String>();
    assert_eq!(
        server
            .exchange(&format!("GET / HTTP/1.1\r\n{few}\r\n"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn one_connection_too_many_is_told_so_and_a_freed_place_is_used_again() {
    let options = ServerOptions {
        connections_max: 2,
        ..ServerOptions::default()
    };
    let server = Running::start(greeting(), options).await;
    let mut first = server.connect().await;
    let mut second = server.connect().await;
    for client in [&mut first, &mut second] {
        client.send(&get("/")).await;
        assert_eq!(client.answer().await.status, 200);
    }
    let mut third = server.connect().await;
    third.send(&get("/")).await;
    let refusal = third.answer().await;
    assert_eq!(refusal.status, 503);
    assert_eq!(refusal.header("retry-after"), Some("1"));
    assert_eq!(third.ended().await, "");
    server.counted("tender_http_connections_refused_total 1").await;
    server.counted("tender_http_connections 2").await;

    drop(first);
    server.counted("tender_http_connections 1").await;
    assert_eq!(second_chance(&server).await, 200);
}

/// The place is free a moment after the count says so, so the first try may still be refused.
async fn second_chance(server: &Running) -> u16 {
    soon(async {
        loop {
            let status = server.get("/").await.status;
            if status != 503 {
                return status;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_cut() {
    let (dropped, was_dropped) = Dropped::pair();
    let guard = Handover::new(dropped);
    let router = Router::new().route(
        "/endless",
        on_get(move || async move {
            let dropped = guard.take();
            let piece = Bytes::from_static(&[b'x'; 64 * 1024]);
            Body::from_stream(futures_util::stream::unfold(dropped, move |dropped| {
                let piece = piece.clone();
                async move { Some((Ok::<_, Infallible>(piece), dropped)) }
            }))
        }),
    );
    let options = ServerOptions {
        write_stall_timeout: SHORT,
        ..ServerOptions::default()
    };
    let server = Running::start(router, options).await;
    let mut client: Client = server.connect().await;
    client.send(&get("/endless")).await;
    soon(was_dropped).await.unwrap();
    server
        .counted(r#"tender_http_connections_cut_total{reason="write-stall"} 1"#)
        .await;
    drop(client);
}

#[tokio::test]
async fn limits_that_no_clock_can_hold_are_no_limits() {
    let options = ServerOptions {
        header_read_timeout: Duration::MAX,
        keep_alive_timeout: Duration::MAX,
        request_deadline: Duration::MAX,
        write_stall_timeout: Duration::MAX,
        drain_timeout: PATIENCE,
        ..ServerOptions::default()
    };
    let server = Running::start(greeting(), options).await;
    assert_eq!(server.get("/").await.body, "hello");
}
