//! The task that exchanges wakes with other nodes and keeps this node's number.
//!
//! It has a session of its own, because `LISTEN` belongs to a session and a renewal must not wait behind commits.
//! Wakes sent while it reconnects are lost, which the port allows: a wake is a hint.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tender_store::Wake;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, sleep_until, timeout};
use tokio_postgres::Notification;

use crate::error::describe;
use crate::lease::{self, Fence, RENEWAL_S};
use crate::link::{PAUSE_FIRST, PAUSE_MAX, pause};
use crate::outbox::Outbox;
use crate::servers::Servers;
use crate::session::Session;
use crate::wake::{self, CHANNEL};

/// Notifications waiting to be decoded; more are dropped.
const NOTIFICATION_BACKLOG: usize = 1024;

/// The least time between two sendings of wakes. The first one after a quiet time waits for nothing; under load each is a
/// transaction of its own that the server has to do beside the payments, and a till does not notice whether it waits a little longer.
const PACE: Duration = Duration::from_millis(25);

/// Everything the task needs.
#[derive(Debug)]
pub(crate) struct Listener {
    pub servers: Arc<Servers>,
    /// This store's own number among the senders of wakes.
    pub origin: u64,
    pub wakes: broadcast::Sender<Wake>,
    /// What other nodes are to be told.
    pub outbox: Arc<Outbox>,
    pub fence: Arc<OnceLock<Fence>>,
    /// Closed when the store is closed or dropped.
    pub end: oneshot::Receiver<()>,
    /// Told once the first attempt to listen is over.
    pub started: Option<oneshot::Sender<()>>,
}

/// Why [`Listener::listen`] returned.
enum Ended {
    Store,
    Session,
}

impl Listener {
    /// Listens until the store is dropped, reconnecting as often as needed.
    pub(crate) async fn run(mut self) {
        let mut failures = 0;
        loop {
            let (sender, notifications) = mpsc::channel(NOTIFICATION_BACKLOG);
            let opened = tokio::select! {
                biased;
                _ = &mut self.end => return self.release(None).await,
                opened = Session::open(&self.servers, Some(sender)) => opened,
            };
            match opened {
                Ok(session) => {
                    failures = 0;
                    match self.listen(&session, notifications).await {
                        Ended::Store => return self.release(Some(session)).await,
                        Ended::Session => tracing::warn!("the listening session was lost"),
                    }
                }
                Err(error) => tracing::warn!(%error, "cannot listen for the wakes of other nodes"),
            }
            self.tell_started();
            let pause = pause(PAUSE_FIRST, PAUSE_MAX, failures);
            failures = failures.saturating_add(1);
            tokio::select! {
                biased;
                _ = &mut self.end => return self.release(None).await,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn listen(&mut self, session: &Session, mut notifications: mpsc::Receiver<Notification>) -> Ended {
        let listen = format!("LISTEN {CHANNEL}");
        match timeout(session.answer_timeout(), session.client().batch_execute(&listen)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!("LISTEN failed: {}", describe(&error));
                return Ended::Session;
            }
            Err(_) => {
                tracing::warn!("LISTEN was not answered");
                return Ended::Session;
            }
        }
        self.tell_started();
        let mut renewals = tokio::time::interval(Duration::from_secs(RENEWAL_S));
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut promotions = self.servers.promotions();
        // One that was noticed between connecting and here counts as well.
        promotions.mark_changed();
        let mut next_at = Instant::now();
        loop {
            tokio::select! {
                _ = &mut self.end => {
                    if !self.outbox.is_empty() {
                        // Whether it works or not: the store is closed.
                        let _ = self.tell(session).await;
                    }
                    return Ended::Store;
                }
                // The sender is in `self.servers`, so this never fails.
                _ = promotions.changed() => {
                    if !self.servers.is_current(session.timeline()) {
                        return Ended::Session;
                    }
                }
                notification = notifications.recv() => match notification {
                    Some(notification) => self.hear(&notification),
                    // The session's driver holds the sender.
                    None => return Ended::Session,
                },
                () = async { sleep_until(next_at).await; self.outbox.filled().await } => {
                    let Some(pace) = self.tell(session).await else {
                        return Ended::Session;
                    };
                    next_at = Instant::now() + pace;
                }
                _ = renewals.tick() => {
                    if !self.renew(session).await {
                        return Ended::Session;
                    }
                }
            }
        }
    }

    fn tell_started(&mut self) {
        if let Some(started) = self.started.take() {
            // Nobody waiting any more is fine.
            let _ = started.send(());
        }
    }

    fn hear(&self, notification: &Notification) {
        match wake::decode(notification.payload()) {
            Some((_, origin)) if origin == self.origin => {}
            Some((wake, _)) => {
                // Nobody listening is fine.
                let _ = self.wakes.send(wake);
            }
            None => tracing::debug!(payload = notification.payload(), "unknown wake"),
        }
    }

    /// Sends what waits to the other nodes. Returns after which time more may be sent; nothing when the session no longer
    /// works. What could not be sent waits on.
    async fn tell(&self, session: &Session) -> Option<Duration> {
        let wakes = self.outbox.take();
        let payloads = wake::payloads(&wakes, self.origin);
        let limit = session.answer_timeout();
        let sending = async {
            let statement = session.prepare(wake::NOTIFY_SOON).await?;
            session.client().execute(&statement, &[&CHANNEL, &payloads]).await
        };
        let (problem, is_answered) = match timeout(limit, sending).await {
            Ok(Ok(_)) => return Some(PACE),
            Ok(Err(error)) => (describe(&error), true),
            Err(_) => (format!("no answer in {limit:?}"), false),
        };
        tracing::warn!("other nodes could not be told of news: {problem}");
        self.outbox.add(wakes);
        (is_answered && !session.is_closed()).then_some(PAUSE_MAX)
    }

    /// Extends the lease, if there is one. Returns whether the session still works.
    async fn renew(&self, session: &Session) -> bool {
        let Some(fence) = self.fence.get() else {
            return true;
        };
        let limit = session.answer_timeout();
        match timeout(limit, lease::renew(session, *fence)).await {
            Ok(Ok(true)) => true,
            Ok(Ok(false)) => {
                tracing::error!(
                    node = fence.node,
                    "another program has taken this node's number: every commit is refused until this program is \
                     started again"
                );
                true
            }
            Ok(Err(error)) => {
                tracing::warn!("the node number could not be renewed: {}", describe(&error));
                !session.is_closed()
            }
            Err(_) => {
                tracing::warn!("the node number could not be renewed: no answer in {limit:?}");
                false
            }
        }
    }

    /// Gives the node number back, if there is one, in one attempt: without it the lease runs out by itself.
    async fn release(&self, session: Option<Session>) {
        let Some(fence) = self.fence.get() else {
            return;
        };
        let session = match session {
            Some(session) => Ok(session),
            None => Session::open(&self.servers, None).await,
        };
        let outcome = match session {
            Ok(session) => (lease::release(&session, *fence).await).map_err(|error| describe(&error)),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = outcome {
            tracing::warn!(node = fence.node, "the node number was not given back: {error}");
        }
    }
}
