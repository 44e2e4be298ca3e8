//! A wire between the store and the server that can be cut at a chosen moment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

/// When to cut the connection that commits next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Cut {
    Never = 0,
    /// The server never sees the commit.
    BeforeCommit = 1,
    /// The server has committed, and its answer is lost.
    AfterCommit = 2,
    /// The server never sees the beginning of the transaction.
    BeforeBegin = 3,
    /// The beginning of the transaction vanishes on its way, and nobody is told.
    SilentBegin = 4,
    /// The commit vanishes on its way, and nobody is told.
    SilentCommit = 5,
}

/// The wire. Its tasks end with the runtime of the test.
pub(super) struct Proxy {
    address: SocketAddr,
    cut: Arc<AtomicU8>,
}

impl Proxy {
    pub(super) async fn to(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let cut = Arc::new(AtomicU8::new(Cut::Never as u8));
        let shared = Arc::clone(&cut);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&socket).await.expect("the server listens");
                tokio::spawn(forward(client, server, Arc::clone(&shared)));
            }
        });
        Self { address, cut }
    }

    /// The URL of a database through the wire.
    pub(super) fn url(&self, direct: &str) -> String {
        let (scheme, rest) = direct.split_once("://").expect("a URL");
        let (user, path) = rest.split_once('@').expect("a user");
        let (_, database) = path.split_once('/').expect("a database");
        format!("{scheme}://{user}@{}/{database}", self.address)
    }

    /// Cuts the next connection that comes to this point.
    pub(super) fn cut(&self, when: Cut) {
        self.cut.store(when as u8, Ordering::SeqCst);
    }

    /// Whether the cut has not happened yet.
    pub(super) fn is_armed(&self) -> bool {
        self.cut.load(Ordering::SeqCst) != Cut::Never as u8
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

async fn forward(mut client: TcpStream, mut server: UnixStream, cut: Arc<AtomicU8>) {
    let (mut from_client, mut from_server) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let fires = |when: Cut| {
        cut.compare_exchange(when as u8, Cut::Never as u8, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    };
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let Ok(length @ 1..) = read else { return };
                let bytes = &from_client[..length];
                if contains(bytes, b"BEGIN ISOLATION LEVEL READ COMMITTED") && fires(Cut::BeforeBegin) {
                    return;
                }
                if contains(bytes, b"BEGIN ISOLATION LEVEL READ COMMITTED") && fires(Cut::SilentBegin) {
                    return std::future::pending().await;
                }
                if contains(bytes, b"COMMIT\0") {
                    if fires(Cut::SilentCommit) {
                        return std::future::pending().await;
                    }
                    if fires(Cut::BeforeCommit) {
                        return;
                    }
                    if fires(Cut::AfterCommit) {
                        server.write_all(bytes).await.expect("the server reads");
                        swallow_commit(&mut server).await;
                        return;
                    }
                }
                if server.write_all(bytes).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut from_server) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&from_server[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Reads the server's answers until it says that it has committed.
async fn swallow_commit(server: &mut UnixStream) {
    let mut answers = Vec::new();
    while !contains(&answers, b"COMMIT\0") {
        let read = server.read_buf(&mut answers).await.expect("the server answers");
        assert_ne!(read, 0, "the server hung up");
    }
}
