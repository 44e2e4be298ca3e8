//! The committer: takes whatever is queued, decides it in memory, writes it in one transaction, answers after the commit.
//!
//! An alone request waits for nobody: the batch is what has queued up while the last one was being synced. One bad item never
//! fails its neighbours: each is decided on its own, and a panic in one is caught and answered as an internal failure.

mod queue;
mod tally;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use tender_engine::{
    Command, Context, Decision, Delivery, DeliveryId, DeliveryState, EndpointId, MerchantId, Notice, OrderId,
    Snapshot, Timestamp, decide,
};
use tender_store::{
    Batch, BoxFuture, Counter, CounterName, Record, StoreError, Transaction, Wake, WakeKind, Write, Writes,
};
use tokio::sync::oneshot;

use crate::accounts::{Account, accounts_among};
use crate::guard::{Expected, Guards};
use crate::ids::BatchIds;
use crate::loader::{Reads, get};
use crate::tender::{Caller, Done, Inner};
use crate::{Directory, Endpoint, Failure, WebhookEncoder, WebhookEvent};

pub(crate) use self::queue::Queue;
use self::tally::Tally;
use self::told::{Told, load_full_orders, payments_of, view_of};

/// Commands that may wait for the committer; beyond it callers hear "busy".
pub(crate) const QUEUE_MAX: usize = 8_192;

/// Something to commit.
pub(crate) struct Job {
    pub(crate) work: JobWork,
    pub(crate) reply: oneshot::Sender<Result<Done, Failure>>,
}

pub(crate) enum JobWork {
    /// A command for the engine.
    Command {
        caller: Caller,
        directory: Arc<Directory>,
        command: Box<Command>,
        dry_run: bool,
    },
    /// Rows that no rule judges: directory, credentials, deliveries, attempts.
    Rows { rows: Vec<Write>, wakes: Vec<Wake> },
    /// The same, but only while other rows are as the caller read them: single-use tokens, compare and set.
    Guarded {
        expected: Vec<Expected>,
        rows: Vec<Write>,
        wakes: Vec<Wake>,
        messages: Vec<Encoded>,
    },
}

/// Runs a committer until every sender is gone.
pub(crate) async fn run(inner: Weak<Inner>, queue: Arc<Queue>) {
    while let Some((jobs, _under_way)) = queue.take().await {
        // Whoever queued a job holds the service until the answer is there, so this is only empty when nobody waits.
        let Some(inner) = inner.upgrade() else { return };
        inner
            .metrics
            .waiting
            .dec_by(i64::try_from(jobs.len()).unwrap_or_default());
        commit(&inner, jobs).await;
    }
}

async fn commit(inner: &Arc<Inner>, jobs: Vec<Job>) {
    let state = Arc::new(Mutex::new(State {
        jobs,
        ..State::default()
    }));
    let batch = LedgerBatch {
        inner: Arc::clone(inner),
        state: Arc::clone(&state),
    };
    let began = Instant::now();
    let (_, result) = inner.store.commit(Box::new(batch)).await;
    let State {
        jobs,
        results,
        wakes,
        opened,
        runs,
    } = std::mem::take(&mut *lock(&state));
    inner
        .metrics
        .committed(jobs.len(), runs, began.elapsed(), result.as_ref().err());
    match result {
        Ok(()) => {
            inner.accounts.learn(opened);
            inner.announce(&wakes);
            for (job, result) in jobs.into_iter().zip(results) {
                // A caller that went away does not undo what it asked for.
                let _ = job.reply.send(result);
            }
        }
        // The unique backstop found what the snapshot did not show: one item is at fault, so each goes alone.
        Err(StoreError::Duplicate { .. }) if jobs.len() > 1 => {
            for job in jobs {
                Box::pin(commit(inner, vec![job])).await;
            }
        }
        Err(error) => {
            tracing::error!(error = %error, jobs = jobs.len(), "a batch could not be committed");
            for job in jobs {
                let _ = job.reply.send(Err(Failure::from(&error)));
            }
        }
    }
}

#[derive(Default)]
struct State {
    jobs: Vec<Job>,
    results: Vec<Result<Done, Failure>>,
    wakes: Vec<Wake>,
    /// The accounts of orders that the batch opens.
    opened: Vec<Account>,
    /// How often the batch was worked out.
    runs: u32,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

struct LedgerBatch {
    inner: Arc<Inner>,
    state: Arc<Mutex<State>>,
}

impl Batch for LedgerBatch {
    fn requests(&self) -> usize {
        lock(&self.state).jobs.len()
    }

    fn run<'a>(
        &'a mut self,
        transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        Box::pin(async move {
            lock(&self.state).runs += 1;
            let now = self.inner.clock.now();
            let mut reads = Reads::default();
            let mut guards = Guards::default();
            for job in &lock(&self.state).jobs {
                match &job.work {
                    JobWork::Command { caller, command, .. } => reads.add(caller, command),
                    JobWork::Guarded { expected, .. } => guards.add(expected),
                    JobWork::Rows { .. } => {}
                }
            }
            guards.load(transaction).await?;
            let mut snapshot = reads.load(transaction, now, &self.inner.accounts).await?;
            let mut tally = Tally::default();
            self.decide_all(&mut snapshot, &guards, &mut tally, now);
            self.fan_out(transaction, &mut snapshot, &mut tally, now).await?;
            lock(&self.state).opened = accounts_among(&tally.aliases, &snapshot);
            let writes = tally.into_writes(&snapshot)?;
            lock(&self.state).wakes.clone_from(&writes.wakes);
            Ok(writes)
        })
    }
}

impl LedgerBatch {
    fn decide_all(&self, snapshot: &mut Snapshot, guards: &Guards, tally: &mut Tally, now: Timestamp) {
        let mut state = lock(&self.state);
        let mut results = Vec::with_capacity(state.jobs.len());
        // Most commands make a payment, many of them with a task.
        let is_command = |job: &&Job| matches!(job.work, JobWork::Command { .. });
        let commands = state.jobs.iter().filter(is_command).count();
        snapshot.payments.reserve(commands);
        snapshot.tasks.reserve(commands);
        for job in &state.jobs {
            let result = match &job.work {
                JobWork::Rows { rows, wakes } => {
                    tally.plain.extend(rows);
                    tally.wakes.extend(wakes.iter().copied());
                    Ok(Done::nothing())
                }
                JobWork::Guarded {
                    expected,
                    rows,
                    wakes,
                    messages,
                } => {
                    let held = guards.hold(expected, &tally.plain);
                    if held {
                        tally.plain.extend(rows);
                        tally.wakes.extend(wakes.iter().copied());
                        tally.messages.extend(messages.iter().cloned());
                    }
                    Ok(Done::guarded(held))
                }
                JobWork::Command {
                    caller,
                    directory,
                    command,
                    dry_run,
                } => match self.decide_one(snapshot, caller, directory, command, now) {
                    Ok(mut decision) => {
                        let changed = !dry_run && !decision.changes.is_empty();
                        if changed {
                            let changes = std::mem::take(&mut decision.changes);
                            if self.concerned(directory, &changes.notices).next().is_some() {
                                tally.told.push(Told::new(caller.merchant, directory, &changes));
                            }
                            tally.take(caller.merchant, snapshot, changes);
                        }
                        Done::from_decision(decision, changed)
                    }
                    Err(failure) => Err(failure),
                },
            };
            results.push(result);
        }
        state.results = results;
    }

    fn decide_one(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        directory: &Directory,
        command: &Command,
        now: Timestamp,
    ) -> Result<Decision, Failure> {
        let mut ids = BatchIds {
            ids: &self.inner.ids,
            now: self.inner.real_now(),
        };
        let locations = |id| directory.facts(id);
        let mut context = Context {
            now,
            merchant: caller.merchant,
            application: caller.application,
            via: caller.via,
            locations: &locations,
            ids: &mut ids,
        };
        // The snapshot is only read, so nothing is left half done in it.
        catch_unwind(AssertUnwindSafe(|| decide(snapshot, command, &mut context))).map_err(|_| {
            tracing::error!("a decision panicked; nothing of it is written");
            Failure::Internal
        })
    }

    /// Encodes what the decisions want told, and appends the deliveries to the batch.
    async fn fan_out(
        &self,
        transaction: &mut dyn Transaction,
        snapshot: &mut Snapshot,
        tally: &mut Tally,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut messages = self
            .encode_all(transaction, snapshot, std::mem::take(&mut tally.told), now)
            .await?;
        messages.append(&mut tally.messages);
        let mut sequences = sequences_of(transaction, &messages).await?;
        for Encoded {
            merchant,
            endpoint,
            order,
            message,
        } in messages
        {
            let counter = sequences
                .entry((merchant, endpoint))
                .or_insert_with(|| sequence(merchant, endpoint));
            counter.value = counter.value.saturating_add(1);
            let delivery = Delivery {
                id: DeliveryId(self.inner.ids.next(self.inner.real_now())),
                merchant,
                endpoint,
                order,
                message_id: uuid::Uuid::new_v4().to_string(),
                event: message.event,
                body: message.body,
                sequence: counter.value.cast_unsigned(),
                state: DeliveryState::Pending,
                attempts: 0,
                next_at: now,
                created_at: now,
            };
            tally.rows.push(Write::Insert(delivery.to_row()));
            tally.wakes.push(Wake {
                kind: WakeKind::Delivery,
                id: endpoint.to_i64(),
            });
        }
        tally.counters = sequences;
        Ok(())
    }

    async fn encode_all(
        &self,
        transaction: &mut dyn Transaction,
        snapshot: &mut Snapshot,
        told: Vec<Told>,
        now: Timestamp,
    ) -> Result<Vec<Encoded>, StoreError> {
        let mut messages = Vec::new();
        let mut loaded = BTreeSet::new();
        for told in told {
            let targets: Vec<_> = self.concerned(&told.directory, &told.notices).collect();
            if (targets.iter()).any(|(endpoint, encoder)| encoder.needs_full_order(&told.notices, endpoint)) {
                load_full_orders(transaction, snapshot, &told, &mut loaded).await?;
            }
            let order_id = told.notices.iter().find_map(|notice| notice.order);
            // The order as this command left it: later commands of the batch have not been told yet.
            let view = order_id.and_then(|id| view_of(snapshot, &told, id));
            let payments = payments_of(snapshot, &told);
            let event = WebhookEvent {
                notices: &told.notices,
                order: view.as_ref(),
                payments: &payments,
                directory: &told.directory,
                now,
            };
            let order = order_id.or_else(|| payments.first().map(|payment| payment.id.order));
            for (endpoint, encoder) in targets {
                messages.extend(
                    encoder
                        .encode(&event, endpoint)
                        .into_iter()
                        .map(|message| Encoded {
                            merchant: told.merchant,
                            endpoint: EndpointId(endpoint.id),
                            order,
                            message,
                        }),
                );
            }
        }
        Ok(messages)
    }

    /// The endpoints for which notices can be news, each with its encoder. Of most payments nobody is told, and nothing is kept.
    fn concerned<'t>(
        &'t self,
        directory: &'t Directory,
        notices: &'t [Notice],
    ) -> impl Iterator<Item = (&'t Endpoint, &'t dyn WebhookEncoder)> {
        let enabled = directory.endpoints.values().filter(|endpoint| !endpoint.disabled);
        enabled.filter_map(|endpoint| {
            let encoders = &mut self.inner.encoders.iter();
            let encoder = encoders.find(|encoder| encoder.dialect() == endpoint.dialect)?;
            encoder.concerns(notices).then_some((endpoint, encoder.as_ref()))
        })
    }
}

/// Where the endpoints' sequences stand. All are asked for at once, so that batches of several nodes lock them in one order.
async fn sequences_of(
    transaction: &mut dyn Transaction,
    messages: &[Encoded],
) -> Result<Sequences, StoreError> {
    let told: BTreeSet<_> = messages
        .iter()
        .map(|message| (message.merchant, message.endpoint))
        .collect();
    let key = |(merchant, endpoint)| sequence(merchant, endpoint).to_row().key().to_vec();
    let known = get::<Counter>(transaction, told.into_iter().map(key).collect()).await?;
    Ok(known
        .into_iter()
        .map(|counter| ((counter.merchant, EndpointId::from_i64(counter.owner)), counter))
        .collect())
}

/// The sequence of an endpoint that was never told anything.
fn sequence(merchant: MerchantId, endpoint: EndpointId) -> Counter {
    Counter {
        merchant,
        name: CounterName::EndpointSequence,
        owner: endpoint.to_i64(),
        value: 0,
    }
}

type Sequences = BTreeMap<(MerchantId, EndpointId), Counter>;

/// A message to one endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Encoded {
    merchant: MerchantId,
    endpoint: EndpointId,
    order: Option<OrderId>,
    message: crate::fanout::Message,
}

impl Encoded {
    /// A message that has no order to be in line with.
    pub(crate) fn about_no_order(
        merchant: MerchantId,
        endpoint: EndpointId,
        message: crate::fanout::Message,
    ) -> Self {
        Self {
            merchant,
            endpoint,
            order: None,
            message,
        }
    }
}
