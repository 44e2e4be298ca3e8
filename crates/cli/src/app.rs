//! A running server: storage, service, workers, listener; started in that order and stopped in the reverse one.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tender_http::{Metrics, Server, ServerOptions};
use tender_service::{Clock, Settings, Tender};
use tender_store::{Migrate, Store};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::args::ServerArguments;
use crate::assemble;
use crate::exit;

#[cfg(test)]
mod tests;

/// A server that answers requests.
pub struct App {
    /// Where it listens.
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<tender_http::StopReport>>,
    workers: tender_service::Workers,
    store: Arc<dyn Store>,
}

/// What the command line says about the service.
pub fn settings(server: &ServerArguments) -> Settings {
    Settings {
        ttl_ms: server.ttl_ms,
        lease_ms: server.lease_ms,
        retry_jitter_percent: server.retry_jitter_percent,
        kseries_money_as_numbers: server.kseries_money_as_numbers,
        rate_limits: true,
        rate_limit_basic: server.rate_limit_basic,
        rate_limit_token: server.rate_limit_token,
        om_delete_open_only: server.om_delete_open_only,
        om_confirm_once: server.om_confirm_once,
        public_url: server
            .public_url
            .clone()
            .map(|url| url.trim_end_matches('/').to_owned()),
        ..Settings::default()
    }
}

impl App {
    /// Binds the address first, so that a taken port is told before anything else happens, then starts everything.
    /// `prepare` runs after the service has started and before the first request is taken.
    ///
    /// # Errors
    /// When the address is taken, the ledger cannot be opened, or `prepare` fails.
    pub async fn start<F, P, T>(
        server: &ServerArguments,
        settings: Settings,
        prepare: F,
    ) -> anyhow::Result<(Self, T)>
    where
        F: FnOnce(Tender, SocketAddr) -> P,
        P: Future<Output = anyhow::Result<T>>,
    {
        let listener = bind(server.listen).await?;
        let address = listener.local_addr().context("the listener has no address")?;
        let store = assemble::open_store(&server.store, Migrate::Behind).await?;
        let encoders = assemble::encoders(&settings);
        let tender = Tender::start(Arc::clone(&store), Clock::new(), encoders, settings)
            .await
            .map_err(|failure| {
                exit::coded(
                    exit::UNAVAILABLE,
                    format!("the ledger cannot be used: {failure:?}"),
                )
            })?;
        let prepared = match prepare(tender.clone(), address).await {
            Ok(prepared) => prepared,
            Err(error) => {
                store.close().await;
                return Err(error);
            }
        };
        let workers = tender.spawn_workers();
        let metrics = Metrics::new();
        metrics.register(|registry| tender.register_metrics(registry));
        let site = assemble::site(&tender, &metrics);
        let options = ServerOptions {
            connections_max: server.connections_max,
            metrics,
            failure: assemble::failure_handler(),
            ..ServerOptions::default()
        };
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            // A dropped sender means the same as a sent stop.
            let _ = stopped.await;
        };
        let server = tokio::spawn(Server::run(listener, site, options, shutdown));
        Ok((
            Self {
                address,
                stop,
                server,
                workers,
                store,
            },
            prepared,
        ))
    }

    /// The server's origin as a client on this machine sees it.
    pub fn base_url(&self) -> String {
        base_url(self.address)
    }

    /// Waits for an interrupt or a termination signal, then stops: no new requests, the accepted ones are answered, the
    /// workers finish what they hold.
    ///
    /// # Errors
    /// When the listener had broken before.
    pub async fn run_until_stopped(self) -> anyhow::Result<()> {
        let Self {
            stop,
            mut server,
            workers,
            store,
            ..
        } = self;
        tokio::select! {
            () = stop_signal() => {}
            // The listener ends by itself only when it is broken.
            ended = &mut server => {
                workers.stop().await;
                store.close().await;
                ended??;
                return Ok(());
            }
        }
        let _ = stop.send(());
        let report = server.await;
        workers.stop().await;
        // Last, because nothing can be committed after it.
        store.close().await;
        let report = report??;
        if report.connections_cut > 0 {
            tracing::warn!(
                connections = report.connections_cut,
                "stopped with requests unanswered"
            );
        }
        Ok(())
    }
}

/// Takes an address to listen on.
///
/// # Errors
/// With exit code 4 when it cannot be had.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "; is another tender running there? Choose another address with --listen, port 0 takes a free one"
            }
            _ => "",
        };
        exit::coded(
            exit::UNAVAILABLE,
            format!("cannot listen on {address}: {error}{hint}"),
        )
    })
}

/// An address as a URL; an unspecified one is reached through loopback.
pub fn base_url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://127.0.0.1:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupted.await;
        }
    }
}
