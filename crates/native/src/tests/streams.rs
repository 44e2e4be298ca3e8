//! Server-sent events over real sockets.

use std::future::pending;
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use tender_http::{Server, ServerOptions};
use tender_service::Settings;
use tender_testbed::Broken;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tower::ServiceExt;

use super::place::{Place, Who, scratch};
use crate::pace::Pace;
use crate::routes::router_at;

/// Longer than anything here takes; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Event {
    id: String,
    name: String,
    data: String,
}

impl Event {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

struct Stream {
    lines: tokio::io::Lines<BufReader<OwnedReadHalf>>,
    status: String,
    // Closing our half would look like going away.
    _writer: tokio::net::tcp::OwnedWriteHalf,
}

impl Stream {
    async fn open(address: std::net::SocketAddr, path: &str, who: Who, headers: &[(&str, &str)]) -> Self {
        let mut request = format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\nauthorization: Bearer {}\r\n",
            who.token()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        let (reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
        writer.write_all(request.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(reader).lines();
        let status = lines.next_line().await.unwrap().unwrap();
        while !lines.next_line().await.unwrap().unwrap().is_empty() {}
        Self {
            lines,
            status,
            _writer: writer,
        }
    }

    /// The next event; `None` at the end. Chunk sizes and comments are passed over.
    async fn next(&mut self) -> Option<Event> {
        let mut event = Event::default();
        let reading = async {
            loop {
                let line = self.lines.next_line().await.ok()??;
                let line = line.trim_end();
                match line.split_once(": ") {
                    Some(("id", value)) => event.id = value.to_owned(),
                    Some(("event", value)) => event.name = value.to_owned(),
                    Some(("data", value)) => event.data = value.to_owned(),
                    _ if line.is_empty() && !event.data.is_empty() => {
                        return Some(std::mem::take(&mut event));
                    }
                    _ => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, reading)
            .await
            .expect("an event in time")
    }
}

/// A listening server, its address, and what stops it.
async fn serve(
    place: &Place,
) -> (
    std::net::SocketAddr,
    oneshot::Sender<()>,
    tokio::task::JoinHandle<()>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let router = place.router.clone();
    let server = tokio::spawn(async move {
        let shutdown = async {
            if stopped.await.is_err() {
                pending::<()>().await;
            }
        };
        let report = Server::run(listener, router, ServerOptions::default(), shutdown)
            .await
            .unwrap();
        assert_eq!(report.connections_cut, 0);
    });
    (address, stop, server)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_has_what_was_and_what_comes_without_a_gap() {
    let place = Place::new().await;
    let (address, _stop, _server) = serve(&place).await;
    let order = place.order("100").await;
    let mut stream = Stream::open(address, "/api/v1/events", Who::Admin, &[]).await;
    assert!(stream.status.contains("200"), "{}", stream.status);
    let opened = stream.next().await.unwrap();
    assert_eq!(
        (opened.name.as_str(), &opened.json()["order_id"]),
        ("order.opened", &order.as_str().into())
    );
    let writer = {
        let (place, order) = (place.clone(), order.clone());
        tokio::spawn(async move {
            for number in 0..40 {
                let body = format!(r#"{{"amount":"1","reference":"r{number}"}}"#);
                place.pay(&order, &body).await.expect(201);
            }
        })
    };
    let mut seen = Vec::new();
    for number in 0..40 {
        let event = stream.next().await.unwrap();
        assert_eq!(event.name, "payment.completed");
        assert_eq!(event.json()["facts"]["reference"], format!("r{number}"));
        assert_eq!(event.json()["id"], event.id.as_str());
        seen.push(event);
    }
    writer.await.unwrap();
    // Who comes back goes on where it was; the pages tell the same.
    let last = seen[19].id.as_str();
    let mut again = Stream::open(address, "/api/v1/events", Who::Admin, &[("last-event-id", last)]).await;
    for expected in &seen[20..] {
        assert_eq!(again.next().await.as_ref(), Some(expected));
    }
    let page = place
        .get(Who::Admin, &format!("/api/v1/events?after={last}&limit=1000"))
        .await
        .expect(200)
        .json();
    let ids: Vec<&str> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    let expected: Vec<&str> = seen[20..].iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, expected);
    assert_eq!(page["next"], serde_json::Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_can_be_narrowed_and_knows_no_other_merchant() {
    let place = Place::new().await;
    let (address, _stop, _server) = serve(&place).await;
    let path = "/api/v1/events?type=payment.completed";
    let mut stream = Stream::open(address, path, Who::EurApp, &[]).await;
    let mut other = Stream::open(address, "/api/v1/events", Who::Other, &[]).await;
    let yen = place.order_at(super::place::JPY, "1000").await;
    place.pay(&yen, r#"{"amount":"100"}"#).await.expect(201);
    let order = place.order("10").await;
    place.pay(&order, r#"{"amount":"3"}"#).await.expect(201);
    let event = stream.next().await.unwrap();
    assert_eq!(
        (&event.json()["order_id"], event.name.as_str()),
        (&order.as_str().into(), "payment.completed")
    );
    let body = r#"{"location_id":"201","lines":[]}"#;
    let theirs = place
        .post(Who::Other, "/api/v1/orders", body)
        .await
        .expect(201)
        .at("/id");
    assert_eq!(other.next().await.unwrap().json()["order_id"], theirs);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_end_when_the_server_stops() {
    let place = Place::new().await;
    let (address, stop, server) = serve(&place).await;
    place.order("10").await;
    let mut events = Stream::open(address, "/api/v1/events", Who::Admin, &[]).await;
    let mut tasks = Stream::open(address, "/api/v1/till/tasks?device_id=501", Who::Till, &[]).await;
    assert_eq!(events.next().await.unwrap().name, "order.opened");
    stop.send(()).unwrap();
    assert_eq!(events.next().await, None);
    assert_eq!(tasks.next().await, None);
    tokio::time::timeout(PATIENCE, server)
        .await
        .expect("the server stops")
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_are_pushed_under_a_lease() {
    let place = Place::new().await;
    let (address, _stop, _server) = serve(&place).await;
    let mut stream = Stream::open(address, "/api/v1/till/tasks?device_id=501", Who::Till, &[]).await;
    let order = place.order("10").await;
    for reference in ["a", "b"] {
        place.pay_at_till(&order, "2", reference).await;
        let event = stream.next().await.unwrap();
        let task = event.json();
        assert_eq!(
            (event.name.as_str(), &task["payment"]["reference"]),
            ("task", &reference.into())
        );
        assert_eq!(task["lease"], 1);
        assert!(place.claim(502).await.is_none());
        let path = format!("/api/v1/till/tasks/{}/confirm", task["id"].as_str().unwrap());
        assert_eq!(
            place
                .post(Who::Till, &path, r#"{"lease":1}"#)
                .await
                .expect(200)
                .at("/outcome"),
            "applied"
        );
    }
}

#[tokio::test]
async fn a_stream_begins_at_a_place_that_exists() {
    let place = Place::new().await;
    let headers = [("accept", "text/event-stream"), ("last-event-id", "yesterday")];
    let answer = place
        .call(
            Who::Admin,
            axum::http::Method::GET,
            "/api/v1/events",
            &headers,
            "",
        )
        .await;
    answer.problem(400, "invalid-parameter");
}

#[tokio::test]
async fn streams_beyond_the_maximum_are_told_to_come_back() {
    let place = Place::new().await;
    let router = crate::router(place.tender.clone());
    let mut open = Vec::new();
    for _ in 0..crate::STREAMS_MAX {
        open.push(stream_of(&router, "/api/v1/events", Who::Admin).await);
    }
    assert!(open.iter().all(|answer| answer.status() == 200));
    let refused = stream_of(&router, "/api/v1/events", Who::Admin).await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (503, &"5".parse().unwrap())
    );
    open.pop();
    assert_eq!(
        stream_of(&router, "/api/v1/events", Who::Admin).await.status(),
        200
    );
}

/// Heartbeats follow each other at once; the stream's end is out of sight.
const LIVELY: Pace = Pace {
    heartbeat: Duration::from_millis(1),
    life_max: Pace::USUAL.life_max,
};

/// In real time: a clock that jumps whenever nobody runs would jump past the stream's end while the database reads.
#[tokio::test]
async fn a_quiet_stream_has_a_heartbeat_and_ends_with_its_token() {
    let place = Place::new().await;
    for (path, who) in QUIET {
        let mut body = body_of(&place, LIVELY, path, who).await;
        for _ in 0..3 {
            assert_eq!(frame(&mut body).await.unwrap(), ": still here\n\n", "{path}");
        }
        place.revoke(who).await;
        assert_eq!(frame(&mut body).await, None, "{path}");
    }
}

#[tokio::test]
async fn a_stream_ends_when_its_time_is_over() {
    let place = Place::new().await;
    let over = Pace {
        life_max: Duration::ZERO,
        ..LIVELY
    };
    for (path, who) in QUIET {
        let mut body = body_of(&place, over, path, who).await;
        assert_eq!(frame(&mut body).await, None, "{path}");
    }
}

/// The news of an event may come before the feed shows it, and nothing tells when it does.
#[tokio::test]
async fn an_event_that_is_held_back_comes_without_further_news() {
    let store = scratch();
    let place = Place::on(store.clone(), Settings::default()).await;
    let silent = Pace {
        heartbeat: Pace::USUAL.life_max,
        ..Pace::USUAL
    };
    let mut body = body_of(&place, silent, "/api/v1/events", Who::Admin).await;
    for _ in 0..2 {
        store.set(Broken::FeedHeld);
        let order = place.order("10").await;
        // The stream hears of the order and finds nothing.
        let early = tokio::time::timeout(Duration::from_millis(20), body.frame()).await;
        assert!(early.is_err(), "{early:?}");
        store.set(Broken::Nothing);
        let event = frame(&mut body).await.expect("the stream goes on");
        let event = String::from_utf8(event.to_vec()).unwrap();
        assert!(event.contains(&order), "{event}");
    }
}

/// The streams, and who has nothing to hear there.
const QUIET: [(&str, Who); 2] = [
    ("/api/v1/events", Who::Admin),
    ("/api/v1/till/tasks?device_id=501", Who::Till),
];

/// A stream at a pace of its own.
async fn body_of(place: &Place, pace: Pace, path: &str, who: Who) -> Body {
    let router = router_at(pace, place.tender.clone());
    let answer = stream_of(&router, path, who).await;
    assert_eq!(answer.status(), 200, "{path}");
    assert_eq!(answer.headers()["content-type"], "text/event-stream", "{path}");
    // Else a proxy in between may keep events back.
    assert_eq!(answer.headers()["x-accel-buffering"], "no", "{path}");
    answer.into_body()
}

/// What a stream says next; `None` at its end.
async fn frame(body: &mut Body) -> Option<Bytes> {
    let frame = tokio::time::timeout(PATIENCE, body.frame())
        .await
        .expect("a frame in time")?;
    Some(frame.unwrap().into_data().unwrap())
}

async fn stream_of(router: &axum::Router, path: &str, who: Who) -> axum::response::Response {
    let request = axum::http::Request::builder()
        .uri(path)
        .header("accept", "text/event-stream")
        .header("authorization", format!("Bearer {}", who.token()))
        .body(Body::empty())
        .unwrap();
    router.clone().oneshot(request).await.unwrap()
}
