//! Stopping: what was taken is finished, what waits is woken, what hangs is cut.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::get as on_get;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::{Client, Handover, PATIENCE, Running, SHORT, get, soon};
use crate::{ConnectionHandle, Server, ServerOptions, StopReport, untimed};

const CLEAN: StopReport = StopReport { connections_cut: 0 };

/// A route that says when it is reached and answers when it is released.
fn gated() -> (Router, oneshot::Receiver<()>, oneshot::Sender<()>) {
    let (started, has_started) = oneshot::channel::<()>();
    let (release, released) = oneshot::channel::<()>();
    let gate = Handover::new((started, released));
    let router = Router::new().route(
        "/gated",
        on_get(move || async move {
            let (started, released) = gate.take();
            started.send(()).unwrap();
            let _ = released.await;
            "done"
        }),
    );
    (router, has_started, release)
}

#[tokio::test]
async fn requests_in_flight_are_answered_and_idle_connections_closed() {
    let (router, has_started, release) = gated();
    let router = router.route("/", on_get(async || "hello"));
    let mut server = Running::start(router, ServerOptions::default()).await;
    let mut idle = server.connect().await;
    idle.send(&get("/")).await;
    assert_eq!(idle.answer().await.status, 200);
    let mut busy = server.connect().await;
    busy.send(&get("/gated")).await;
    soon(has_started).await.unwrap();

    server.begin_stop();
    assert_eq!(idle.ended().await, "");
    // The listener is closed before anything is drained.
    assert!(TcpStream::connect(server.address).await.is_err());
    release.send(()).unwrap();
    let answer = busy.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "done"));
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(busy.ended().await, "");
    assert_eq!(server.stopped().await, CLEAN);
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cut_and_counted() {
    let (router, has_started, release) = gated();
    let options = ServerOptions {
        drain_timeout: SHORT,
        ..ServerOptions::default()
    };
    let mut server = Running::start(router, options).await;
    let metrics = server.metrics.clone();
    let mut busy = server.connect().await;
    busy.send(&get("/gated")).await;
    soon(has_started).await.unwrap();
    server.begin_stop();
    assert_eq!(server.stopped().await, StopReport { connections_cut: 1 });
    assert!(release.is_closed(), "the handler is gone");
    assert_eq!(busy.ended().await, "");
    assert!(
        metrics
            .text()
            .contains(r#"tender_http_connections_cut_total{reason="stop"} 1"#)
    );
}

#[tokio::test]
async fn long_polls_are_woken_and_answered() {
    let (started, has_started) = oneshot::channel::<()>();
    let started = Handover::new(started);
    let poll = on_get(move |request: Request| async move {
        let handle = ConnectionHandle::of(request.extensions()).unwrap().clone();
        started.take().send(()).unwrap();
        handle.stopping().await;
        format!("stopping: {}", handle.is_stopping())
    });
    let router = Router::new().route("/poll", poll.layer(untimed()));
    let mut server = Running::start(router, ServerOptions::default()).await;
    let mut poller = server.connect().await;
    poller.send(&get("/poll")).await;
    soon(has_started).await.unwrap();
    server.begin_stop();
    assert_eq!(poller.answer().await.body, "stopping: true");
    assert_eq!(server.stopped().await, CLEAN);
}

#[tokio::test]
async fn connections_that_only_the_kernel_has_seen_are_served() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut clients = Vec::new();
    for _ in 0..8 {
        let mut client = Client::connect(address).await;
        client.send(&get("/")).await;
        clients.push(client);
    }
    let router = Router::new().route("/", on_get(async || "hello"));
    let server = tokio::spawn(Server::run(
        listener,
        router,
        ServerOptions::default(),
        std::future::ready(()),
    ));
    for mut client in clients {
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    }
    assert_eq!(soon(server).await.unwrap().unwrap(), CLEAN);
}

#[tokio::test]
async fn a_connection_without_a_request_does_not_hold_the_server_up() {
    let router = Router::new().route("/", on_get(async || "hello"));
    let options = ServerOptions {
        drain_timeout: PATIENCE,
        keep_alive_timeout: Duration::MAX,
        ..ServerOptions::default()
    };
    let mut server = Running::start(router, options).await;
    let silent = server.connect().await;
    server.counted("tender_http_connections 1").await;
    server.begin_stop();
    assert_eq!(silent.ended().await, "");
    assert_eq!(server.stopped().await, CLEAN);
}
