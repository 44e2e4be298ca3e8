use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::{Metrics, Server, ServerOptions, Site, StopReport};

mod exchange;
mod limits;
mod log;
mod operations;
mod stop;

/// How long a test waits for what must come. Far above what it takes, so that only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Long enough for a loopback round trip on a busy machine, short enough to wait for.
const SHORT: Duration = Duration::from_millis(150);

const SEND_BUFFER_BYTES: u32 = 16 * 1024;

async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("nothing came")
}

/// A server on a port of its own.
struct Running {
    address: SocketAddr,
    metrics: Metrics,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<StopReport>>,
}

impl Running {
    async fn start(site: impl Into<Site>, options: ServerOptions) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let metrics = options.metrics.clone();
        let (stop, stopped) = oneshot::channel();
        let site: Site = site.into();
        let task = tokio::spawn(Server::run(listener, site, options, async {
            let _ = stopped.await;
        }));
        Self {
            address,
            metrics,
            stop: Some(stop),
            task,
        }
    }

    async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Sends one request over a connection of its own.
    async fn exchange(&self, request: &str) -> Answer {
        let mut client = self.connect().await;
        client.send(request).await;
        client.answer().await
    }

    async fn get(&self, path: &str) -> Answer {
        self.exchange(&get(path)).await
    }

    /// Asks the server to stop, without waiting for it.
    fn begin_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    async fn stopped(self) -> StopReport {
        soon(self.task).await.unwrap().unwrap()
    }

    /// Waits until a line of the metrics' text is this.
    async fn counted(&self, line: &str) {
        soon(async {
            while !self.metrics.text().lines().any(|given| given == line) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n")
}

fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// A client that knows nothing but bytes, because real ones are too polite.
struct Client {
    tcp: TcpStream,
    received: Vec<u8>,
}

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // With little in the kernel's hands, a server that closes early is noticed by whoever is still sending.
        socket.set_send_buffer_size(SEND_BUFFER_BYTES).unwrap();
        let tcp = soon(socket.connect(address)).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        Self {
            tcp,
            received: Vec::new(),
        }
    }

    async fn send(&mut self, text: &str) {
        soon(self.tcp.write_all(text.as_bytes())).await.unwrap();
    }

    /// One answer with a `Content-Length`.
    async fn answer(&mut self) -> Answer {
        loop {
            if let Some((answer, length)) = Answer::parse(&self.received) {
                self.received.drain(..length);
                return answer;
            }
            let text = String::from_utf8_lossy(&self.received).into_owned();
            let count = soon(self.tcp.read_buf(&mut self.received)).await.unwrap();
            assert!(count > 0, "the connection ended after {text:?}");
        }
    }

    /// Waits for the end of the connection; what came before it is the result.
    async fn ended(mut self) -> String {
        let outcome = soon(self.tcp.read_to_end(&mut self.received)).await;
        // A reset is an end as well: the client may have sent something that nobody read.
        if let Err(error) = outcome {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        }
        String::from_utf8(self.received).unwrap()
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    /// The first answer in these bytes and its length.
    fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let text = std::str::from_utf8(bytes).unwrap();
        let (head, rest) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let status_line = lines.next().unwrap();
        let status = status_line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|line| line.get(..3))
            .unwrap()
            .parse()
            .unwrap();
        let headers: Vec<_> = lines
            .map(|line| {
                let (name, value) = line.split_once(": ").unwrap();
                (name.to_ascii_lowercase(), value.to_owned())
            })
            .collect();
        let mut answer = Self {
            status,
            headers,
            body: String::new(),
        };
        let length: usize = answer
            .header("content-length")
            .expect("an answer of known length")
            .parse()
            .unwrap();
        answer.body = rest.get(..length)?.to_owned();
        Some((answer, head.len() + 4 + length))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(given, value)| (given == name).then_some(value.as_str()))
    }
}

/// Tells its other end when it is dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Dropped {
    fn pair() -> (Self, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        (Self(Some(sender)), receiver)
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(());
        }
    }
}

/// Hands one value to the one request that takes it.
struct Handover<T>(Arc<std::sync::Mutex<Option<T>>>);

impl<T> Clone for Handover<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Handover<T> {
    fn new(value: T) -> Self {
        Self(Arc::new(std::sync::Mutex::new(Some(value))))
    }

    fn take(&self) -> T {
        self.0.lock().unwrap().take().expect("taken once")
    }
}
