//! The facade that translators, tills and the console speak to.

use std::sync::{Arc, Weak};

use tender_engine::{
    ApplicationId, Command, Decision, EndpointId, LocationId, MerchantId, Outcome, Timestamp, Via, Warning,
};
use tender_store::{Direction, Op, Scan, Store, Table, Wake, WakeKind, Write};
use tokio::sync::{broadcast, oneshot};

use crate::accounts::Accounts;
use crate::auth::{self, AuthState};
use crate::clock::real_now;
use crate::committer::{Committer, Encoded, Job, JobWork, Sender, queue};
use crate::directory::DirectoryCache;
use crate::guard::Expected;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::tills::Tills;
use crate::{Clock, CommitEvent, Directory, DirectoryKind, Failure, Ids, WebhookEncoder};

/// Events that a slow listener may fall behind before it has to look for itself.
const EVENTS_MAX: usize = 4_096;
/// Directory records of one merchant.
const DIRECTORY_MAX: u32 = 100_000;

/// Who asks, after authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant.
    pub merchant: MerchantId,
    /// The application.
    pub application: ApplicationId,
    /// Through what.
    pub via: Via,
}

/// A command's success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What it led to; `None` for work that is no command.
    pub outcome: Option<Outcome>,
    /// Whether this is the first answer to an idempotency key given again.
    pub repeated: bool,
    /// What the caller should know besides.
    pub warnings: Vec<Warning>,
    /// Whether it changed any record, or said anything to anybody; false for a repeat and for what was so already.
    pub(crate) changed: bool,
    /// Whether the condition of a conditional write held; true for everything else.
    held: bool,
}

impl Done {
    pub(crate) const fn nothing() -> Self {
        Self::guarded(true)
    }

    pub(crate) const fn guarded(held: bool) -> Self {
        Self {
            outcome: None,
            repeated: false,
            warnings: Vec::new(),
            changed: held,
            held,
        }
    }

    /// What a caller is told of a decision. `changed` because the committer has taken the changes out of it by then.
    pub(crate) fn from_decision(decision: Decision, changed: bool) -> Result<Self, Failure> {
        let outcome = Some(decision.outcome?);
        Ok(Self {
            outcome,
            repeated: decision.repeated,
            warnings: decision.warnings,
            changed,
            held: true,
        })
    }
}

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a till task is offered when the caller does not say.
    pub ttl_ms: i64,
    /// How long a device keeps a claimed task to itself.
    pub lease_ms: i64,
    /// Whether the sandbox routes exist: clock, till behaviour.
    pub sandbox: bool,
    /// Whether webhooks may call private and loopback addresses.
    pub private_webhooks: bool,
    /// Jitter of webhook retries, in percent of the wait (0 to 50).
    pub retry_jitter_percent: u8,
    /// K-Series money in checks and webhooks as JSON numbers instead of strings.
    pub kseries_money_as_numbers: bool,
    /// Whether rate limits and quotas apply.
    pub rate_limits: bool,
    /// Kounta requests per minute with Basic credentials, up to [`crate::PER_MINUTE_MAX`]; 0: no limit.
    pub rate_limit_basic: u32,
    /// Kounta requests per minute with a token, up to [`crate::PER_MINUTE_MAX`]; 0: no limit.
    pub rate_limit_token: u32,
    /// om: refuse to delete what is not pending or in progress.
    pub om_delete_open_only: bool,
    /// om: refuse to confirm what is complete already.
    pub om_confirm_once: bool,
    /// Origin of the URLs that the server emits, without a closing slash; absent: taken from the request's `Host`.
    pub public_url: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ttl_ms: 300_000,
            lease_ms: 30_000,
            sandbox: false,
            private_webhooks: false,
            retry_jitter_percent: 10,
            kseries_money_as_numbers: false,
            rate_limits: true,
            rate_limit_basic: 60,
            rate_limit_token: 180,
            om_delete_open_only: false,
            om_confirm_once: false,
            public_url: None,
        }
    }
}

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) encoders: Vec<Arc<dyn WebhookEncoder>>,
    pub(crate) settings: Settings,
    pub(crate) auth: AuthState,
    pub(crate) tills: Tills,
    pub(crate) limits: Limits,
    pub(crate) accounts: Accounts,
    pub(crate) metrics: Metrics,
    directories: DirectoryCache,
    queue: Sender,
    events: broadcast::Sender<CommitEvent>,
}

impl Inner {
    fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        encoders: Vec<Arc<dyn WebhookEncoder>>,
        settings: Settings,
        node: u8,
        queue: Sender,
    ) -> Self {
        let (events, _) = broadcast::channel(EVENTS_MAX);
        Self {
            ids: Ids::new(node, real_now()),
            store,
            clock,
            encoders,
            settings,
            auth: AuthState::default(),
            tills: Tills::default(),
            limits: Limits::default(),
            accounts: Accounts::default(),
            metrics: Metrics::new(),
            directories: DirectoryCache::default(),
            queue,
            events,
        }
    }

    /// Real time, for ids: a sandbox's clock must not make them run ahead.
    pub(crate) fn real_now(&self) -> Timestamp {
        real_now()
    }

    /// Tells this process what became durable. Other nodes hear it from the store.
    pub(crate) fn announce(&self, wakes: &[Wake]) {
        for wake in wakes {
            self.hear(*wake);
        }
    }

    fn hear(&self, wake: Wake) {
        let event = match wake.kind {
            WakeKind::Task => CommitEvent::Task(LocationId::from_i64(wake.id)),
            WakeKind::Delivery => CommitEvent::Delivery(EndpointId::from_i64(wake.id)),
            WakeKind::Journal => CommitEvent::Journal(MerchantId::from_i64(wake.id)),
            WakeKind::Directory => {
                let merchant = MerchantId::from_i64(wake.id);
                self.directories.forget(merchant);
                if wake.id == auth::CREDENTIALS_WAKE_ID {
                    self.auth.forget_all();
                }
                CommitEvent::Directory(merchant)
            }
        };
        // Nobody listening is fine: a listener reads the truth when it comes.
        let _ = self.events.send(event);
    }
}

/// The running service. Clones are handles to the same one.
#[derive(Clone)]
pub struct Tender(Arc<Inner>);

impl std::fmt::Debug for Tender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tender")
            .field("store", &self.0.store)
            .finish_non_exhaustive()
    }
}

impl Tender {
    /// Starts the service on the current runtime.
    ///
    /// # Errors
    /// [`Failure::Busy`] when the storage cannot give this node a number.
    pub async fn start(
        store: Arc<dyn Store>,
        clock: Clock,
        encoders: Vec<Arc<dyn WebhookEncoder>>,
        settings: Settings,
    ) -> Result<Self, Failure> {
        let node = store.node().await?;
        let (queue, jobs) = queue(store.writers());
        let inner = Arc::new(Inner::new(store, clock, encoders, settings, node.node, queue));
        // The workers hold the service weakly: it ends when its last handle does, and they with it.
        inner.store.serve(Arc::new(Committer::new(&inner, jobs)));
        tokio::spawn(hear_other_nodes(Arc::downgrade(&inner), inner.store.wakes()));
        tokio::spawn(auth::purge_regularly(Arc::downgrade(&inner)));
        Ok(Self(inner))
    }

    /// A service that only reads: for exports and audits beside a running server. Commands are answered
    /// [`Failure::Busy`].
    #[must_use]
    pub fn reader(store: Arc<dyn Store>, clock: Clock, settings: Settings) -> Self {
        let queue = Sender::closed();
        Self(Arc::new(Inner::new(store, clock, Vec::new(), settings, 0, queue)))
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Now, by the clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// A new id.
    #[must_use]
    pub fn new_id(&self) -> u64 {
        self.0.ids.next(self.0.real_now())
    }

    /// News of commits, from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<CommitEvent> {
        self.0.events.subscribe()
    }

    /// The storage port.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    /// Another handle to a running service.
    pub(crate) fn of(inner: Arc<Inner>) -> Self {
        Self(inner)
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }

    /// Decides and commits a command. `Ok` means that it is on disk.
    ///
    /// # Errors
    /// [`Failure::Rejected`] when the ledger says no, [`Failure::Busy`] when the queue is full or the storage away,
    /// [`Failure::OutcomeUnknown`] when the commit broke half-way.
    pub async fn execute(&self, caller: &Caller, command: Command) -> Result<Done, Failure> {
        self.run(caller, command, false).await
    }

    /// Decides a command on the current state and writes nothing: the answer is what [`Tender::execute`] would give.
    ///
    /// # Errors
    /// As [`Tender::execute`].
    pub async fn dry_run(&self, caller: &Caller, command: Command) -> Result<Done, Failure> {
        self.run(caller, command, true).await
    }

    async fn run(&self, caller: &Caller, command: Command, dry_run: bool) -> Result<Done, Failure> {
        let directory = self.directory(caller.merchant).await?.ok_or(Failure::Internal)?;
        let command = Box::new(command);
        self.submit(JobWork::Command {
            caller: caller.clone(),
            directory,
            command,
            dry_run,
        })
        .await
    }

    /// Commits rows that no rule judges.
    pub(crate) async fn write_rows(&self, rows: Vec<Write>, wakes: Vec<Wake>) -> Result<(), Failure> {
        self.submit(JobWork::Rows { rows, wakes }).await.map(drop)
    }

    /// Commits rows if others are still as expected, and says whether they were. Nothing is written when they were not.
    pub(crate) async fn write_guarded(
        &self,
        expected: Vec<Expected>,
        rows: Vec<Write>,
        wakes: Vec<Wake>,
    ) -> Result<bool, Failure> {
        self.write_and_tell(expected, rows, wakes, Vec::new()).await
    }

    /// The same, with messages for webhook endpoints in the same commit.
    pub(crate) async fn write_and_tell(
        &self,
        expected: Vec<Expected>,
        rows: Vec<Write>,
        wakes: Vec<Wake>,
        messages: Vec<Encoded>,
    ) -> Result<bool, Failure> {
        self.submit(JobWork::Guarded {
            expected,
            rows,
            wakes,
            messages,
        })
        .await
        .map(|done| done.held)
    }

    async fn submit(&self, work: JobWork) -> Result<Done, Failure> {
        let (reply, answer) = oneshot::channel();
        let waiting = &self.0.metrics.waiting;
        // Counted first: a committer may have taken the job, and counted it out, before this goes on.
        waiting.inc();
        if self.0.queue.send(Job { work, reply }).is_err() {
            waiting.dec();
            return Err(Failure::Busy { retry_after_s: 1 });
        }
        answer.await.unwrap_or(Err(Failure::OutcomeUnknown))
    }

    /// A merchant's directory; `None` when there is no such merchant.
    ///
    /// # Errors
    /// As every query.
    pub async fn directory(&self, merchant: MerchantId) -> Result<Option<Arc<Directory>>, Failure> {
        if let Some(known) = self.0.directories.get(merchant) {
            return Ok(Some(known));
        }
        let reading = self.0.directories.begin(merchant);
        let scan = Scan::new(Table::Directory, DIRECTORY_MAX).equals("merchant_id", merchant.to_i64());
        // Boxed, so that requests do not carry the space for this with them when the directory is in memory.
        let rows = Box::pin(self.scan_rows(scan)).await?;
        let Some(directory) = Directory::from_rows(&rows)? else {
            return Ok(None);
        };
        let directory = Arc::new(directory);
        self.0.directories.keep(&reading, &directory);
        Ok(Some(directory))
    }

    /// The ids of all merchants after one, in order.
    ///
    /// # Errors
    /// As every query.
    pub async fn merchants(&self, after: MerchantId, limit: u32) -> Result<Vec<MerchantId>, Failure> {
        let scan = Scan::new(Table::Directory, limit)
            .equals("kind", DirectoryKind::Merchant.number())
            .filter("id", Op::Gt, after.to_i64())
            .order_by("id", Direction::Ascending);
        let rows = self.scan_rows(scan).await?;
        Ok(rows
            .iter()
            .map(|row| MerchantId::from_i64(row.column("id")))
            .collect())
    }
}

/// Passes on what other nodes (and this one) committed. When too much was missed, all caches are dropped.
async fn hear_other_nodes(inner: Weak<Inner>, mut wakes: broadcast::Receiver<Wake>) {
    loop {
        let heard = wakes.recv().await;
        let Some(inner) = inner.upgrade() else { return };
        match heard {
            Ok(wake) => inner.hear(wake),
            Err(broadcast::error::RecvError::Lagged(_)) => inner.directories.clear(),
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tender;
    use crate::testing::{settings, store};
    use crate::{Clock, Failure};

    #[tokio::test]
    async fn what_could_not_be_queued_does_not_wait() {
        let tender = Tender::reader(store(), Clock::new(), settings());
        let refused = tender.write_rows(Vec::new(), Vec::new()).await;
        assert_eq!(refused, Err(Failure::Busy { retry_after_s: 1 }));
        assert_eq!(tender.inner().metrics.waiting.get(), 0);
    }
}
