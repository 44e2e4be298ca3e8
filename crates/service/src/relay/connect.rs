//! Connections to receivers, made only to addresses that have been checked.
//!
//! Owns: resolving a host and connecting. Must not know: HTTP, what is sent.
//!
//! The name is resolved here, once, and the connection goes to an address that came out of that and passed the check: a
//! name that resolves differently a moment later leads nowhere. An address written into the URL takes the same way.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tower_service::Service;

use super::address::{self, UrlRefusal};

/// Name look-ups under way. Each occupies a thread until the system's resolver gives up, which may be long after the
/// attempt that asked has been counted as failed.
const LOOKUPS_MAX: usize = 128;
/// Addresses of one host that are tried.
const ADDRESSES_MAX: usize = 4;
/// How long one address may take to accept the connection.
const CONNECT_MS: u64 = 4_000;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error(transparent)]
    Refused(#[from] UrlRefusal),
    #[error("the host name cannot be resolved")]
    Resolve,
    #[error("too many host names are being resolved")]
    Busy,
    #[error("no connection: {0}")]
    Connect(#[source] std::io::Error),
    #[error("no connection: timeout")]
    Timeout,
}

/// Connects to checked addresses.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    private_allowed: bool,
    lookups: Arc<Semaphore>,
}

impl Connector {
    pub(super) fn new(private_allowed: bool) -> Self {
        Self {
            private_allowed,
            lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)),
        }
    }

    async fn connect(self, uri: Uri) -> Result<TcpStream, ConnectError> {
        let mut result = Err(ConnectError::Resolve);
        for address in self.addresses(&uri).await? {
            let connecting = TcpStream::connect(address);
            result = match tokio::time::timeout(Duration::from_millis(CONNECT_MS), connecting).await {
                Ok(Ok(stream)) => {
                    // Requests are small and answered one by one: waiting to fill a packet only adds delay.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => Err(ConnectError::Connect(error)),
                Err(_) => Err(ConnectError::Timeout),
            };
        }
        result
    }

    /// Where the host may be reached: checked, and not empty.
    async fn addresses(&self, uri: &Uri) -> Result<Vec<SocketAddr>, ConnectError> {
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") {
            443
        } else {
            80
        });
        let found: Vec<IpAddr> = match address::literal(uri) {
            Some(address) => vec![address],
            None => self.resolve(uri.host().unwrap_or_default().to_owned()).await?,
        };
        let mut refusal = None;
        let mut usable = Vec::new();
        for ip in found {
            match address::check(ip, self.private_allowed) {
                Ok(()) => usable.push(SocketAddr::new(ip, port)),
                Err(error) => refusal = Some(error),
            }
        }
        usable.truncate(ADDRESSES_MAX);
        match (usable.is_empty(), refusal) {
            (false, _) => Ok(usable),
            (true, Some(refusal)) => Err(refusal.into()),
            (true, None) => Err(ConnectError::Resolve),
        }
    }

    async fn resolve(&self, host: String) -> Result<Vec<IpAddr>, ConnectError> {
        let permit = Arc::clone(&self.lookups)
            .try_acquire_owned()
            .map_err(|_| ConnectError::Busy)?;
        // In a task of its own, so that the permit is held as long as the thread is, and not only as long as the attempt.
        let lookup = tokio::spawn(async move {
            let found = tokio::net::lookup_host((host, 0)).await;
            drop(permit);
            found.map(|found| found.map(|address| address.ip()).collect())
        });
        let found: std::io::Result<Vec<IpAddr>> = lookup.await.map_err(|_| ConnectError::Resolve)?;
        found.map_err(|_| ConnectError::Resolve)
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(uri).await.map(TokioIo::new) })
    }
}
