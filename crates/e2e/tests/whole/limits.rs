//! What a connection may do: bare sockets, slow clients, and many of them.

use std::time::{Duration, Instant};

use anyhow::ensure;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tender_e2e::{Options, Server, Socket, json_answer};

/// How long a request's headers may take.
const HEADERS_MAX: Duration = Duration::from_secs(10);

/// Bytes that are no request are answered with a 4xx or an end, and never with silence.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_on_the_socket_is_refused() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let address = server.address();
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    let target = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "y".repeat(100_000));
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(1_000));
    let pay = "POST /o/op/1/pay HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let garbage: [Vec<u8>; 14] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00\x00\x00\x00\r\n\r\n".to_vec(),
        b"\0\0\0\0\0\0\0\0\r\n\r\n".to_vec(),
        b"\r\n\r\n\r\nhello\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nhost: x\r\nx: \x01\x02\r\n\r\n".to_vec(),
        long.into_bytes(),
        target.into_bytes(),
        many.into_bytes(),
        format!("{pay}content-length: -1\r\n\r\n{{}}").into_bytes(),
        format!("{pay}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}").into_bytes(),
        format!("{pay}content-length: 99999999999999999999999\r\n\r\n{{}}").into_bytes(),
    ];
    for bytes in garbage {
        let shown =
            String::from_utf8_lossy(bytes.get(..bytes.len().min(40)).unwrap_or_default()).into_owned();
        let mut socket = Socket::connect(&address)?;
        // The server may have ended the connection before all was sent.
        let sent = socket.send(&bytes).and_then(|()| socket.finish());
        let answer = socket.read_to_end()?;
        let is_refusal = answer.starts_with("HTTP/1.1 4") || answer.is_empty();
        ensure!(is_refusal, "{shown:?} ({sent:?}) was answered {answer}");
    }
    server.healthy().await
}

/// Two requests that only one of two readers would see: never a second answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_never_read_in_two_ways() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let hidden = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let head = "POST /o/op/1/pay HTTP/1.1\r\nhost: x\r\n";
    for framing in [
        format!(
            "content-length: {}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            hidden.len() + 5
        ),
        "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n".to_owned(),
        "transfer-encoding: chunked\r\n\r\nzz\r\n\r\n".to_owned(),
        "transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n\r\n".to_owned(),
    ] {
        let mut socket = Socket::connect(&server.address())?;
        // The server may have ended the connection already.
        let _ = socket.send(format!("{head}{framing}{hidden}").as_bytes());
        let _ = socket.finish();
        let answer = socket.read_to_end()?;
        ensure!(!answer.contains("HTTP/1.1 200"), "{framing:?}: {answer}");
    }
    server.healthy().await
}

/// Headers that never end are cut off; meanwhile others are served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_headers_are_cut_off() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let started = Instant::now();
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut socket = Socket::connect(&server.address())?;
        socket.send(b"POST /o/op/1/pay HTTP/1.1\r\nhost: x\r\nx-slow: ")?;
        slow.push(socket);
    }
    let order = server.open_check("20.06").await?;
    server
        .pay(&server.pay_body(&order, "meanwhile", "demo", &json!(1)))
        .await?;
    for socket in &mut slow {
        let answer = socket.read_to_end()?;
        ensure!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{answer}"
        );
    }
    ensure!(
        started.elapsed() < HEADERS_MAX * 2,
        "cut after {:?}",
        started.elapsed()
    );
    server.healthy().await
}

/// A client that leaves in the middle of its body has done nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_ends_early_does_nothing() -> anyhow::Result<()> {
    let server = Server::start(Options::default()).await?;
    let order = server.open_check("20.06").await?;
    let body = server.pay_body(&order, "cut", "demo", &json!(1)).to_string();
    for sent in [0, 1, body.len() / 2, body.len() - 1] {
        let mut socket = Socket::connect(&server.address())?;
        let token = server.secret("/kseries/access_token");
        let head = format!(
            "POST /o/op/1/pay HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        socket.send(head.as_bytes())?;
        socket.send(body.as_bytes().get(..sent).unwrap_or_default())?;
        socket.finish()?;
        let answer = socket.read_to_end()?;
        ensure!(!answer.contains(" 200 "), "{answer}");
    }
    server.pay(&serde_json::from_str(&body)?).await?;
    server.healthy().await
}

/// Beyond the most connections a client is told to come again; when others leave there is room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_beyond_the_most_are_told_to_come_again() -> anyhow::Result<()> {
    let arguments = ["--connections-max", "20"].map(str::to_owned).to_vec();
    let server = Server::start(Options {
        arguments,
        ..Options::default()
    })
    .await?;
    let request = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut open = Vec::new();
    let mut refused = None;
    for _ in 0..40 {
        let mut socket = Socket::connect(&server.address())?;
        // A refusal may come, and the connection end, before anything was sent.
        let _ = socket.send(request);
        let answer = socket.read_until("\r\n\r\n")?;
        if answer.starts_with("HTTP/1.1 503") {
            refused = Some(answer);
            break;
        }
        open.push(socket);
    }
    let refused = refused
        .map(|answer| answer.to_ascii_lowercase())
        .unwrap_or_default();
    ensure!(
        refused.contains("retry-after:"),
        "{} open connections, then {refused:?}",
        open.len()
    );
    drop(open);
    tender_e2e::eventually("room", async || {
        let answer = server.request(Method::GET, "/healthz").send().await;
        Ok(answer
            .is_ok_and(|answer| answer.status() == StatusCode::OK)
            .then_some(()))
    })
    .await
}

/// Rate limits apply when asked for, follow the clock, and say when to come again.
#[tokio::test]
async fn rate_limits_say_when_to_come_again() -> anyhow::Result<()> {
    let arguments = ["--rate-limits", "--rate-limit-basic", "5"]
        .map(str::to_owned)
        .to_vec();
    let server = Server::start(Options {
        arguments,
        ..Options::default()
    })
    .await?;
    let company = server.secret("/kounta/company_id");
    let ask = || server.kounta(Method::GET, &format!("/v1/companies/{company}.json"));
    for _ in 0..5 {
        let (status, body) = json_answer(ask()).await?;
        ensure!(status == StatusCode::OK, "{status}: {body}");
    }
    let answer = ask().send().await?;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait_s: u64 = answer
        .headers()
        .get("retry-after")
        .and_then(|it| it.to_str().ok())
        .unwrap_or("0")
        .parse()?;
    ensure!((1..=60).contains(&wait_s), "retry after {wait_s}");
    let body: serde_json::Value = answer.json().await?;
    assert_eq!(body["error"], json!("Limit exceeded"));
    server.advance(wait_s * 1_000).await?;
    let (status, body) = json_answer(ask()).await?;
    ensure!(status == StatusCode::OK, "{status}: {body}");
    server.healthy().await
}
