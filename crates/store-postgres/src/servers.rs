//! Where the database is: its hosts, how they are reached, and which of them is the primary.
//!
//! All hosts of the URL are asked at the same time, so that one that does not answer costs nothing while another one
//! does. One that cannot be written to is a standby, and is left alone.
//!
//! After a failover the old primary may come back as if nothing had happened, and can be written to as well. The
//! *timeline* tells them apart: every promotion begins a new one with a higher number. Of several hosts that can be
//! written to, the one with the highest timeline is used; and once a store has seen a timeline it uses no server on
//! a lower one, and gives up the sessions that it still has there.

use std::time::Duration;

use futures_util::future::join_all;
use tender_store::StoreError;
use tokio::net::lookup_host;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, Error};

use crate::error::describe;
use crate::tls::{Connector, Encryption};

/// How long it may take until a session with one host is ready, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// After this long without a sign of the server the connection is probed, and given up soon after: a node behind a
/// broken network must find the new primary without anyone's help.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(5);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);
const KEEPALIVE_RETRIES: u32 = 3;
const UNACKNOWLEDGED_TIMEOUT: Duration = Duration::from_secs(10);

/// The number of a history of the database; each promotion begins a higher one. 0 where it is not known.
pub(crate) type Timeline = u32;

/// The servers that may have the database.
#[derive(Debug)]
pub(crate) struct Servers {
    config: Config,
    pub connector: Connector,
    pub connect_timeout: Duration,
    /// How long any statement may go unanswered.
    pub answer_timeout: Duration,
    newest: watch::Sender<Timeline>,
}

/// One address to try.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// Host and port, for messages.
    pub name: String,
    pub config: Config,
}

impl Servers {
    /// Reads a connection URL (or key-value string) and completes it.
    ///
    /// # Errors
    /// When it cannot be read, names no host, or the certificates it names cannot be used.
    pub(crate) fn parse(url: &str, answer_timeout: Duration) -> Result<Self, StoreError> {
        let refused = |what: String| StoreError::Internal(format!("the database URL: {what}"));
        let (rest, encryption) = Encryption::extract(url)?;
        let mut config: Config = rest
            .parse()
            .map_err(|error: Error| refused(unreadable(url, &error)))?;
        // What the parser has read by itself (from keys and values, or behind a password with odd characters) stays.
        if config.get_ssl_mode() == SslMode::Prefer {
            config.ssl_mode(encryption.mode);
        }
        let (hosts, addresses) = (config.get_hosts().len(), config.get_hostaddrs().len());
        if hosts.max(addresses) == 0 {
            return Err(refused("it names no host".to_owned()));
        }
        if hosts > 0 && addresses > 0 && hosts != addresses {
            return Err(refused("host and hostaddr differ in number".to_owned()));
        }
        if config.get_ports().len() > 1 && config.get_ports().len() != hosts.max(addresses) {
            return Err(refused("hosts and ports differ in number".to_owned()));
        }
        if config.get_application_name().is_none() {
            config.application_name("tender");
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNACKNOWLEDGED_TIMEOUT);
        }
        let connect_timeout = match config.get_connect_timeout() {
            Some(given) if !given.is_zero() => *given,
            _ => CONNECT_TIMEOUT,
        };
        Ok(Self {
            config,
            connector: encryption.connector()?,
            connect_timeout,
            answer_timeout,
            newest: watch::Sender::new(0),
        })
    }

    /// Every address of every host, with the hosts whose names are not known.
    pub(crate) async fn candidates(&self) -> (Vec<Candidate>, Vec<String>) {
        let (hosts, addresses) = (self.config.get_hosts(), self.config.get_hostaddrs());
        let lookups = (0..hosts.len().max(addresses.len())).map(|at| async move {
            let ports = self.config.get_ports();
            let port = ports.get(at).or_else(|| ports.first()).copied().unwrap_or(5432);
            match (hosts.get(at), addresses.get(at)) {
                (Some(Host::Unix(folder)), None) => {
                    let name = format!("{}:{port}", folder.display());
                    let mut config = self.plain(port);
                    // As for the server's own programs: what does not leave the machine is not encrypted.
                    config.host_path(folder).ssl_mode(SslMode::Disable);
                    Ok(vec![Candidate { name, config }])
                }
                (host, Some(address)) => {
                    let mut config = self.plain(port);
                    match host {
                        Some(Host::Tcp(name)) => config.host(name),
                        Some(Host::Unix(_)) | None => config.host(address.to_string()),
                    };
                    config.hostaddr(*address);
                    let name = format!("{address}:{port}");
                    Ok(vec![Candidate { name, config }])
                }
                (Some(Host::Tcp(name)), None) => self.look_up(name, port).await,
                (None, None) => Ok(Vec::new()),
            }
        });
        let (mut candidates, mut failures) = (Vec::new(), Vec::new());
        for found in join_all(lookups).await {
            match found {
                Ok(found) => candidates.extend(found),
                Err(failure) => failures.push(failure),
            }
        }
        (candidates, failures)
    }

    async fn look_up(&self, host: &str, port: u16) -> Result<Vec<Candidate>, String> {
        let addresses = match timeout(self.connect_timeout, lookup_host((host, port))).await {
            Ok(Ok(addresses)) => addresses,
            Ok(Err(error)) => return Err(format!("{host}: {error}")),
            Err(_) => return Err(format!("{host}: its name was not resolved in time")),
        };
        let candidates = addresses.map(|address| {
            let mut config = self.plain(port);
            config.host(host).hostaddr(address.ip());
            Candidate {
                name: format!("{host}:{port}"),
                config,
            }
        });
        Ok(candidates.collect())
    }

    /// Everything that is the same for all hosts.
    fn plain(&self, port: u16) -> Config {
        let given = &self.config;
        let mut config = Config::new();
        if let Some(user) = given.get_user() {
            config.user(user);
        }
        if let Some(password) = given.get_password() {
            config.password(password);
        }
        if let Some(database) = given.get_dbname() {
            config.dbname(database);
        }
        if let Some(options) = given.get_options() {
            config.options(options);
        }
        if let Some(name) = given.get_application_name() {
            config.application_name(name);
        }
        if let Some(limit) = given.get_tcp_user_timeout() {
            config.tcp_user_timeout(*limit);
        }
        config
            .port(port)
            .ssl_mode(given.get_ssl_mode())
            .ssl_negotiation(given.get_ssl_negotiation())
            .channel_binding(given.get_channel_binding())
            .connect_timeout(self.connect_timeout)
            .keepalives(true)
            .keepalives_idle(KEEPALIVE_IDLE)
            .keepalives_interval(KEEPALIVE_INTERVAL)
            .keepalives_retries(KEEPALIVE_RETRIES)
            // A standby is refused, also when it is the only one that answers.
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        config
    }

    /// Notes the timeline of a server that can be written to; `false` when it is older than one seen before.
    pub(crate) fn admit(&self, timeline: Timeline) -> bool {
        self.newest.send_if_modified(|newest| {
            let is_newer = timeline > *newest;
            *newest = timeline.max(*newest);
            is_newer
        });
        self.is_current(timeline)
    }

    /// Whether no later timeline has been seen.
    pub(crate) fn is_current(&self, timeline: Timeline) -> bool {
        timeline == 0 || timeline >= *self.newest.borrow()
    }

    /// Tells of every timeline that is newer than those before.
    pub(crate) fn promotions(&self) -> watch::Receiver<Timeline> {
        self.newest.subscribe()
    }
}

fn unreadable(url: &str, error: &Error) -> String {
    let what = describe(error);
    match url.contains("://") {
        true => what,
        false => format!("{what} (sslrootcert and sslmode=verify-… are read from postgres:// URLs only)"),
    }
}

#[cfg(test)]
mod tests;
