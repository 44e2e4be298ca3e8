//! The committer: takes whatever is queued, decides it in memory, writes it in one transaction, answers after the commit.
//!
//! An alone request waits for nobody: the batch is what has queued up while the last one was being synced. One bad item never
//! fails its neighbours: each is decided on its own, and a panic in one is caught and answered as an internal failure.

mod queue;
mod tally;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::Instant;

use tender_engine::{
    Command, Context, Decision, Delivery, DeliveryId, DeliveryState, EndpointId, MerchantId, Notice, OrderId,
    Snapshot, Timestamp, decide,
};
use tender_store::{
    Batch, BoxFuture, Counter, CounterName, Lane, Record, Source, Sourced, StoreError, Transaction, Wake,
    WakeKind, Write, Writes,
};
use tokio::sync::oneshot;

use crate::accounts::{Account, accounts_among};
use crate::guard::{Expected, Guards};
use crate::ids::BatchIds;
use crate::loader::{Reads, get};
use crate::tender::{Caller, Done, Inner};
use crate::{Directory, Endpoint, Failure, WebhookEncoder, WebhookEvent};

use self::queue::UnderWay;
pub(crate) use self::queue::{Queue, Sender, queue};
use self::tally::Tally;
use self::told::{Told, load_full_orders, payments_of, view_of};

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

/// What the storage's writers take their batches from. It holds the service weakly: the service holds the storage.
pub(crate) struct Committer {
    inner: Weak<Inner>,
    queue: Arc<Queue>,
}

impl Committer {
    pub(crate) fn new(inner: &Arc<Inner>, queue: Arc<Queue>) -> Self {
        Self {
            inner: Arc::downgrade(inner),
            queue,
        }
    }
}

impl Debug for Committer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Committer").finish_non_exhaustive()
    }
}

impl Source for Committer {
    fn next(&self, lane: Lane) -> BoxFuture<'_, Option<Box<dyn Sourced>>> {
        Box::pin(async move {
            let (jobs, under_way) = self.queue.take(lane).await?;
            // Whoever queued a job holds the service until the answer is there, so this is only empty when nobody waits.
            let inner = self.inner.upgrade()?;
            inner
                .metrics
                .waiting
                .dec_by(i64::try_from(jobs.len()).unwrap_or_default());
            Some(Box::new(LedgerBatch {
                inner,
                under_way,
                began: Instant::now(),
                jobs,
                results: Vec::new(),
                wakes: Vec::new(),
                opened: Vec::new(),
                runs: 0,
            }) as Box<dyn Sourced>)
        })
    }
}

/// Jobs on their way through one transaction.
struct LedgerBatch {
    inner: Arc<Inner>,
    under_way: UnderWay,
    began: Instant,
    jobs: Vec<Job>,
    results: Vec<Result<Done, Failure>>,
    wakes: Vec<Wake>,
    /// The accounts of orders that the batch opens.
    opened: Vec<Account>,
    /// How often the batch was worked out.
    runs: u32,
}

impl Batch for LedgerBatch {
    fn run<'a>(
        &'a mut self,
        transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        Box::pin(async move {
            self.runs += 1;
            let now = self.inner.clock.now();
            let mut reads = Reads::default();
            let mut guards = Guards::default();
            for job in &self.jobs {
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
            self.opened = accounts_among(&tally.aliases, &snapshot);
            let writes = tally.into_writes(&snapshot)?;
            self.wakes.clone_from(&writes.wakes);
            Ok(writes)
        })
    }
}

impl Sourced for LedgerBatch {
    fn ended(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self {
            inner,
            under_way,
            began,
            jobs,
            results,
            wakes,
            opened,
            runs,
        } = *self;
        let error = outcome.as_ref().err();
        inner.metrics.committed(jobs.len(), runs, began.elapsed(), error);
        let answers = match outcome {
            Ok(()) => {
                inner.accounts.learn(opened);
                inner.announce(&wakes);
                results
            }
            // The unique backstop found what the snapshot did not show: one item is at fault, so each goes alone.
            Err(StoreError::Duplicate { .. }) if jobs.len() > 1 => {
                let waiting = &inner.metrics.waiting;
                waiting.inc_by(i64::try_from(jobs.len()).unwrap_or_default());
                return under_way.send_alone(jobs);
            }
            Err(error) => {
                tracing::error!(error = %error, jobs = jobs.len(), "a batch could not be committed");
                jobs.iter().map(|_| Err(Failure::from(&error))).collect()
            }
        };
        // Whoever has the last answer may end the service, and go on when it has ended.
        drop(inner);
        for (job, answer) in jobs.into_iter().zip(answers) {
            // A caller that went away does not undo what it asked for.
            let _ = job.reply.send(answer);
        }
    }
}

impl LedgerBatch {
    fn decide_all(&mut self, snapshot: &mut Snapshot, guards: &Guards, tally: &mut Tally, now: Timestamp) {
        let mut results = Vec::with_capacity(self.jobs.len());
        // Most commands make a payment, many of them with a task.
        let is_command = |job: &&Job| matches!(job.work, JobWork::Command { .. });
        let commands = self.jobs.iter().filter(is_command).count();
        snapshot.payments.reserve(commands);
        snapshot.tasks.reserve(commands);
        for job in &self.jobs {
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
        self.results = results;
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
