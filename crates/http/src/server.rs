//! The accept loop: takes connections, refuses what is too much, and stops without losing what it took.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use crate::connection::{Connection, Phase, Stage, TimeLimits, Verdict};
use crate::exchange::{ConnectionService, Shared};
use crate::options::{HEAD_BYTES_MIN, HEADERS_MAX_WITHOUT_ALLOCATION};
use crate::request_id::RequestIds;
use crate::stream::{LINGER_TIMEOUT, TrackedStream};
use crate::{ServerOptions, Site};

/// The most connections that are being told "503" at a time; beyond, they are closed without a word.
const REFUSALS_MAX: usize = 256;

/// What a refused connection gets. The path is not known yet, so the body is empty and fits every dialect.
const REFUSAL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// How long to wait after an accept that failed for want of something, such as file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a connection that has not sent anything yet may still do so once the server stops. Its request may be on
/// the way or lie in the kernel unread, and the client has no earlier answer to tell it that the server was leaving.
const FRESH_GRACE: Duration = Duration::from_millis(250);

/// How long cut connections may take to drop what they hold.
const CUT_TIMEOUT: Duration = Duration::from_secs(1);

/// A listening server.
#[derive(Debug, Clone, Copy)]
pub struct Server;

/// How a server stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopReport {
    /// The connections that had not finished within the drain timeout and were cut.
    pub connections_cut: usize,
}

impl Server {
    /// Serves until `shutdown` completes, then stops accepting, lets the requests in flight finish within the drain
    /// timeout, and cuts what is left. Connections that the kernel had accepted by then are served too.
    ///
    /// Every request's extensions lead to its [`RequestId`](crate::RequestId), [`RawPath`](crate::RawPath) and
    /// [`ConnectionHandle`](crate::ConnectionHandle).
    ///
    /// # Errors
    /// When the listener cannot be used any more. Failures to accept single connections are logged and survived.
    pub async fn run(
        listener: TcpListener,
        site: impl Into<Site> + Send,
        options: ServerOptions,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<StopReport> {
        let acceptor = Acceptor::new(site.into(), &options);
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = listener.accept() => match accepted {
                    Ok((tcp, peer)) => acceptor.take(tcp, peer),
                    Err(error) => pause_after(&error).await,
                },
            }
        }
        acceptor.take_backlog(listener)?;
        Ok(acceptor.stop(options.drain_timeout).await)
    }
}

/// A connection that failed while it waited is the client's business; anything else is ours, and trying again at
/// once would only spin.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        tracing::error!(error = %error, "cannot accept connections");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

struct Acceptor {
    shared: Arc<Shared>,
    protocol: http1::Builder,
    limits: TimeLimits,
    stage: watch::Sender<Stage>,
    connections_max: u32,
    connections: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
}

impl Acceptor {
    fn new(site: Site, options: &ServerOptions) -> Self {
        let mut protocol = http1::Builder::new();
        protocol.max_buf_size(options.head_bytes_max.max(HEAD_BYTES_MIN));
        if options.headers_max != HEADERS_MAX_WITHOUT_ALLOCATION {
            protocol.max_headers(options.headers_max);
        }
        Self {
            shared: Arc::new(Shared {
                site,
                failure: Arc::clone(&options.failure),
                metrics: options.metrics.http(),
                request_ids: RequestIds::new(),
            }),
            protocol,
            limits: TimeLimits::of(options),
            stage: watch::Sender::new(Stage::Serving),
            connections_max: options.connections_max,
            connections: Arc::new(Semaphore::new(as_permits(options.connections_max))),
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
        }
    }

    /// Serves a connection, or refuses it when there are too many.
    fn take(&self, tcp: TcpStream, peer: SocketAddr) {
        // Answers are written whole; waiting to fill a packet would only delay them.
        if let Err(error) = tcp.set_nodelay(true) {
            tracing::debug!(error = %error, "connection is gone already");
            return;
        }
        match Arc::clone(&self.connections).try_acquire_owned() {
            Ok(permit) => self.serve(tcp, peer, permit),
            Err(_) => self.refuse(tcp),
        }
    }

    fn serve(&self, tcp: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        let connection = Arc::new(Connection::new(peer, self.limits, self.stage.subscribe()));
        let open = OpenConnection::new(Arc::clone(&self.shared), permit);
        let service = ConnectionService {
            shared: Arc::clone(&self.shared),
            connection: Arc::clone(&connection),
        };
        let stream = TokioIo::new(TrackedStream::new(tcp, Arc::clone(&connection)));
        let protocol = self.protocol.serve_connection(stream, service);
        let stage = self.stage.subscribe();
        tokio::spawn(async move {
            drive(protocol, &connection, stage, &open.shared).await;
            drop(open);
        });
    }

    fn refuse(&self, tcp: TcpStream) {
        self.shared.metrics.refused.inc();
        if let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() {
            tokio::spawn(async move {
                // Whether the client hears it is the client's business.
                let _ = tokio::time::timeout(LINGER_TIMEOUT, tell_refusal(tcp)).await;
                drop(permit);
            });
        }
    }

    /// Takes the connections that the kernel has accepted and nobody has seen, then closes the listener.
    fn take_backlog(&self, listener: TcpListener) -> io::Result<()> {
        let listener = listener.into_std()?;
        loop {
            match listener.accept() {
                Ok((tcp, peer)) => {
                    tcp.set_nonblocking(true)?;
                    self.take(TcpStream::from_std(tcp)?, peer);
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // Out of file descriptors, most likely. What waits cannot be served; what is open still can.
                Err(error) => {
                    tracing::error!(error = %error, "cannot accept the last connections");
                    return Ok(());
                }
            }
        }
    }

    async fn stop(self, drain_timeout: Duration) -> StopReport {
        self.stage.send_replace(Stage::Draining);
        if self.all_closed(drain_timeout).await {
            return StopReport { connections_cut: 0 };
        }
        let open = as_permits(self.connections_max).saturating_sub(self.connections.available_permits());
        tracing::warn!(
            connections = open,
            "cutting connections that did not finish in time"
        );
        self.stage.send_replace(Stage::Cutting);
        self.all_closed(CUT_TIMEOUT).await;
        StopReport {
            connections_cut: open,
        }
    }

    async fn all_closed(&self, timeout: Duration) -> bool {
        tokio::time::timeout(timeout, self.connections.acquire_many(self.connections_max))
            .await
            .is_ok()
    }
}

fn as_permits(count: u32) -> usize {
    usize::try_from(count).unwrap_or(Semaphore::MAX_PERMITS)
}

/// Holds a connection's place and its count, however its task ends.
struct OpenConnection {
    shared: Arc<Shared>,
    _permit: OwnedSemaphorePermit,
}

impl OpenConnection {
    fn new(shared: Arc<Shared>, permit: OwnedSemaphorePermit) -> Self {
        shared.metrics.connections.inc();
        Self {
            shared,
            _permit: permit,
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.shared.metrics.connections.dec();
    }
}

/// Runs one connection to its end, watching its limits and the server's stage.
async fn drive(
    protocol: http1::Connection<TokioIo<TrackedStream>, ConnectionService>,
    connection: &Connection,
    mut stage: watch::Receiver<Stage>,
    shared: &Shared,
) {
    let mut protocol = pin!(protocol);
    let mut look = pin!(tokio::time::sleep_until(connection.first_look()));
    // Set while the server stops and this connection has its grace to send a first request.
    let mut grace_until: Option<Instant> = None;
    loop {
        tokio::select! {
            biased;
            outcome = &mut protocol => {
                if let Err(error) = outcome {
                    tracing::debug!(error = %error, "connection ended");
                }
                return;
            }
            changed = stage.changed() => {
                let stage = if changed.is_ok() { *stage.borrow_and_update() } else { Stage::Cutting };
                match stage {
                    Stage::Serving => {}
                    Stage::Draining if connection.phase() == Phase::Fresh => {
                        let until = Instant::now() + FRESH_GRACE;
                        grace_until = Some(until);
                        look.as_mut().reset(until);
                    }
                    Stage::Draining => protocol.as_mut().graceful_shutdown(),
                    Stage::Cutting => {
                        shared.metrics.cut("stop");
                        return;
                    }
                }
            }
            () = &mut look => {
                let now = Instant::now();
                if grace_until.take_if(|until| *until <= now).is_some() {
                    protocol.as_mut().graceful_shutdown();
                }
                match connection.look(now) {
                    Verdict::LookAgain(next) => {
                        let next = grace_until.map_or(next, |until| until.min(next));
                        look.as_mut().reset(next);
                    }
                    Verdict::Close => {
                        // Nothing is in flight, so this ends the connection, and the next look is only a backstop.
                        protocol.as_mut().graceful_shutdown();
                        look.as_mut().reset(now + LINGER_TIMEOUT);
                    }
                    Verdict::Cut(reason) => {
                        shared.metrics.cut(reason.label());
                        return;
                    }
                }
            }
        }
    }
}

async fn tell_refusal(mut tcp: TcpStream) -> io::Result<()> {
    tcp.write_all(REFUSAL).await?;
    tcp.shutdown().await?;
    // What the client sends is taken off, or the kernel would answer it with a reset that can erase the refusal.
    let mut space = [0; 4096];
    while tcp.read(&mut space).await? > 0 {}
    Ok(())
}
