//! A webhook receiver on a real socket, that answers as it is told and shows what it got.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use crate::testing::soon;

/// Requests kept until a test reads them.
const REQUESTS_MAX: usize = 4_096;

/// How the receiver answers.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    Status(u16),
    With(u16, &'static str, String),
    /// Accepts the request and says nothing.
    Silence,
    /// Answers 200 when the test says so.
    Held,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("text"))
            .unwrap_or_default()
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }
}

struct Script {
    replies: Mutex<VecDeque<Reply>>,
    after: Mutex<Reply>,
    released: Semaphore,
    received: mpsc::Sender<Received>,
}

/// The receiver. Ends when dropped.
pub(super) struct Receiver {
    pub(super) url: String,
    script: Arc<Script>,
    received: mpsc::Receiver<Received>,
    server: JoinHandle<()>,
}

impl Receiver {
    /// Answers with `replies` one after another, then always with `after`.
    pub(super) async fn start(replies: impl IntoIterator<Item = Reply>, after: Reply) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, received) = mpsc::channel(REQUESTS_MAX);
        let script = Arc::new(Script {
            replies: Mutex::new(replies.into_iter().collect()),
            after: Mutex::new(after),
            released: Semaphore::new(0),
            received: sender,
        });
        let server = tokio::spawn(serve(listener, Arc::clone(&script)));
        Self {
            url: format!("http://{address}/hook"),
            script,
            received,
            server,
        }
    }

    pub(super) async fn next(&mut self) -> Received {
        soon("a webhook", self.received.recv())
            .await
            .expect("the server runs")
    }

    /// What has arrived and was not read yet.
    pub(super) fn unread(&mut self) -> usize {
        self.received.len()
    }

    /// Answers otherwise from now on.
    pub(super) fn answer(&self, after: Reply) {
        *self.script.after.lock().expect("not poisoned") = after;
    }

    /// Lets held requests be answered.
    pub(super) fn release(&self, count: usize) {
        self.script.released.add_permits(count);
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, script: Arc<Script>) {
    while let Ok((stream, _)) = listener.accept().await {
        let script = Arc::clone(&script);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, Arc::clone(&script)));
            // A client that gives up is part of the tests.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    script: Arc<Script>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let reply = script.replies.lock().expect("not poisoned").pop_front();
    let reply = reply.unwrap_or_else(|| script.after.lock().expect("not poisoned").clone());
    let _ = script
        .received
        .send(Received {
            headers: parts.headers,
            body,
        })
        .await;
    let mut response = Response::new(Full::new(Bytes::from_static(b"thanks")));
    match reply {
        Reply::Status(status) => *response.status_mut() = StatusCode::from_u16(status).expect("a status"),
        Reply::With(status, header, value) => {
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            response
                .headers_mut()
                .insert(header, value.parse().expect("a header value"));
        }
        Reply::Silence => std::future::pending().await,
        Reply::Held => script.released.acquire().await.expect("open").forget(),
    }
    Ok(response)
}
