//! One connection to the server with its settings and prepared statements.

use std::collections::HashMap;
use std::time::Duration;

use tender_store::StoreError;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::{AsyncMessage, Client, Config, Error, NoTls, Notification, Statement};

use crate::error::{describe, unreachable};

/// How long connecting may take, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// After this long without a sign of the server the connection is probed, and given up soon after: a node behind a
/// broken network must find the new primary without anyone's help.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);
const KEEPALIVE_RETRIES: u32 = 3;
const UNACKNOWLEDGED_TIMEOUT: Duration = Duration::from_secs(15);

/// Statements kept prepared. The program has far fewer texts; if it ever had more, all are prepared anew.
const STATEMENTS_MAX: usize = 512;

/// Settings of every session.
///
/// A commit is acknowledged when it is on disk, whatever the server's default, but not less strictly than that
/// (`remote_apply`). Every statement here is a lookup by key or a bounded range of an index. Statistics are a bad
/// adviser for that (those of a table that was empty a minute ago suggest reading it whole), so the plans that read
/// or hash whole tables are discouraged, and plans are made once and not per set of parameters.
///
/// The timeouts bound what a node that hangs can do to others: its locks are released when the server ends its
/// transaction. They are far below the margin of a node's lease.
const SETTINGS: &str = "
SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');
SET lock_timeout = '5s';
SET statement_timeout = '20s';
SET idle_in_transaction_session_timeout = '20s';
SET jit = off;
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
";

/// Reads a connection URL or key-value string and completes it.
pub(crate) fn configure(url: &str) -> Result<Config, StoreError> {
    let mut config: Config = url
        .parse()
        .map_err(|error: Error| StoreError::Internal(format!("the database URL: {}", describe(&error))))?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_application_name().is_none() {
        config.application_name("tender");
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNACKNOWLEDGED_TIMEOUT);
    }
    config
        .keepalives(true)
        .keepalives_idle(KEEPALIVE_IDLE)
        .keepalives_interval(KEEPALIVE_INTERVAL)
        .keepalives_retries(KEEPALIVE_RETRIES)
        // With several hosts in the URL this finds the primary, and never settles on a standby.
        .target_session_attrs(TargetSessionAttrs::ReadWrite);
    Ok(config)
}

/// A connection. Dropping it closes it, which ends any transaction on it.
#[derive(Debug)]
pub(crate) struct Session {
    client: Client,
    statements: HashMap<String, Statement>,
    driver: JoinHandle<()>,
}

impl Session {
    /// Connects. Notifications go to `notifications` if given, which must never make the driver wait: those that
    /// find no room are dropped.
    pub(crate) async fn open(
        config: &Config,
        notifications: Option<mpsc::Sender<Notification>>,
    ) -> Result<Self, StoreError> {
        let (client, mut connection) = config.connect(NoTls).await.map_err(|error| unreachable(&error))?;
        let driver = tokio::spawn(async move {
            while let Some(message) = std::future::poll_fn(|context| connection.poll_message(context)).await {
                match message {
                    Ok(AsyncMessage::Notification(notification)) => {
                        if let Some(notifications) = &notifications {
                            let _ = notifications.try_send(notification);
                        }
                    }
                    Ok(AsyncMessage::Notice(notice)) => {
                        tracing::debug!(code = notice.code().code(), "notice: {}", notice.message());
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::debug!("connection ended: {}", describe(&error));
                        break;
                    }
                }
            }
        });
        let session = Self {
            client,
            statements: HashMap::new(),
            driver,
        };
        session
            .client
            .batch_execute(SETTINGS)
            .await
            .map_err(|error| unreachable(&error))?;
        Ok(session)
    }

    /// Whether the connection is known to be gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The prepared statement for a text.
    pub(crate) async fn prepare(&mut self, text: &str) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(text) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(text).await?;
        if self.statements.len() >= STATEMENTS_MAX {
            self.statements.clear();
        }
        self.statements.insert(text.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The driver would end by itself after saying goodbye to the server, unless the server never answers.
        // Closing the socket says as much, and at once.
        self.driver.abort();
    }
}
