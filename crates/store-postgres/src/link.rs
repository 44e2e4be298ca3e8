//! A session that comes back.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tender_store::StoreError;
use tokio::time::Instant;

use crate::servers::Servers;
use crate::session::Session;

/// The first pause after a failed attempt to connect, doubled after each further one.
pub(crate) const PAUSE_FIRST: Duration = Duration::from_millis(50);

/// The longest pause between attempts to connect. A promotion takes about a second, so a longer one would be most of
/// the interruption; an attempt is one connection per host.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(1);

/// How often any link of a store has connected: the news that the server is back, for those that wait.
#[derive(Debug, Clone, Default)]
pub(crate) struct Comebacks(Arc<AtomicU64>);

impl Comebacks {
    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The time between two connections of any link of a store. All its sessions were then with the same run of the same server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch(pub(crate) u64);

/// The owner of a session. It connects when somebody needs it, and between failed attempts it answers that the
/// server is away instead of trying: nobody waits longer than one attempt takes. When another link of the store has
/// connected meanwhile, it tries at once.
#[derive(Debug)]
pub(crate) struct Link {
    servers: Arc<Servers>,
    session: Option<Arc<Session>>,
    failures: u32,
    next_attempt_at: Instant,
    last_error: String,
    comebacks: Comebacks,
    /// The comebacks before the last attempt that failed.
    seen: u64,
}

impl Link {
    pub(crate) fn new(servers: Arc<Servers>, comebacks: Comebacks) -> Self {
        Self {
            servers,
            session: None,
            failures: 0,
            next_attempt_at: Instant::now(),
            last_error: String::new(),
            seen: comebacks.count(),
            comebacks,
        }
    }

    /// Whether there is a session with the primary, as far as anyone knows.
    pub(crate) fn is_open(&self) -> bool {
        let is_good =
            |session: &Arc<Session>| !session.is_closed() && self.servers.is_current(session.timeline());
        self.session.as_ref().is_some_and(is_good)
    }

    /// The session, and the epoch in which it was found open; none if any link has connected meanwhile, this one included.
    pub(crate) async fn session_in_epoch(&mut self) -> Result<(Arc<Session>, Option<Epoch>), StoreError> {
        let comebacks = self.comebacks.clone();
        let before = comebacks.count();
        let session = self.session().await?;
        let epoch = (comebacks.count() == before).then_some(Epoch(before));
        Ok((session, epoch))
    }

    /// Closes a session; the next caller connects anew.
    pub(crate) fn close(&mut self, session: &Arc<Session>) {
        session.give_up();
        self.session.take_if(|open| Arc::ptr_eq(open, session));
    }

    /// The session, connected now if it was not.
    pub(crate) async fn session(&mut self) -> Result<Arc<Session>, StoreError> {
        match &self.session {
            Some(session) if self.is_open() => Ok(Arc::clone(session)),
            _ => {
                let session = Arc::new(self.connect().await?);
                Ok(Arc::clone(self.session.insert(session)))
            }
        }
    }

    async fn connect(&mut self) -> Result<Session, StoreError> {
        if let Some(session) = self.session.take() {
            session.give_up();
        }
        let comebacks = self.comebacks.count();
        if Instant::now() < self.next_attempt_at && comebacks == self.seen {
            return Err(StoreError::Unavailable(format!(
                "waiting before the next attempt to connect, the last one failed: {}",
                self.last_error
            )));
        }
        match Session::open(&self.servers, None).await {
            Ok(session) => {
                self.failures = 0;
                self.comebacks.add();
                Ok(session)
            }
            Err(error) => {
                let pause = pause(PAUSE_FIRST, PAUSE_MAX, self.failures);
                self.failures = self.failures.saturating_add(1);
                self.next_attempt_at = Instant::now() + pause;
                self.last_error = error.to_string();
                self.seen = comebacks;
                tracing::warn!(%error, pause_ms = pause.as_millis(), "cannot connect to the database");
                Err(error)
            }
        }
    }
}

/// The pause after `failures` earlier ones: doubled each time up to a limit, and somewhere between half of that and
/// all of it, so that nodes that failed together do not come back together.
pub(crate) fn pause(first: Duration, longest: Duration, failures: u32) -> Duration {
    let doubled = first.saturating_mul(1 << failures.min(16)).min(longest);
    let half = doubled / 2;
    let span = u64::try_from(half.as_micros())
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    half + Duration::from_micros(random() % span)
}

/// A number that differs between processes and calls. It need not be unpredictable.
pub(crate) fn random() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_limit_and_vary() {
        let (first, longest) = (Duration::from_millis(10), Duration::from_millis(100));
        for (failures, most) in [
            (0, 10),
            (1, 20),
            (2, 40),
            (3, 80),
            (4, 100),
            (5, 100),
            (u32::MAX, 100),
        ] {
            let most = Duration::from_millis(most);
            for _ in 0..100 {
                let pause = pause(first, longest, failures);
                assert!(pause >= most / 2 && pause <= most, "{failures}: {pause:?}");
            }
        }
        let differing: std::collections::BTreeSet<_> = (0..100).map(|_| pause(first, longest, 4)).collect();
        assert!(differing.len() > 10);
    }
}
