//! The access log: enough to follow a request, nothing that is a secret.

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::post as on_post;
use tracing_subscriber::fmt::MakeWriter;

use super::Running;
use crate::ServerOptions;

#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn one_line_tells_the_route_and_the_outcome_and_no_secret() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    // The test's runtime has one thread, so the server's tasks log here as well.
    let _guard = tracing::subscriber::set_default(subscriber);
    let router = Router::new().route("/orders/{id}/pay", on_post(async || "paid"));
    let server = Running::start(router, ServerOptions::default()).await;
    let answer = server
        .exchange(
            "POST /orders/private-order/pay?code=query-secret HTTP/1.1\r\nhost: test\r\n\
             authorization: Bearer header-secret\r\ncontent-length: 11\r\n\r\nbody-secret",
        )
        .await;
    assert_eq!(answer.status, 200);
    let text = lines.text();
    let mut access = text.lines().filter(|line| line.contains("tender_http::access"));
    let line = access.next().expect("a line about the request");
    for part in [
        "http.route=/orders/{id}/pay",
        "http.method=POST",
        "http.status=200",
        "duration_ms=",
        answer.header("x-request-id").unwrap(),
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert_eq!(access.next(), None);
    for secret in ["private-order", "query-secret", "header-secret", "body-secret"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
