//! The webhook relay: messages that are due go out, at least once, in the order of their order.
//!
//! Owns: when a delivery is tried, how often, and by whom; endpoint secrets and signatures; which addresses may be
//! called. Must not know: what a message says, any dialect, who asked for it.
//!
//! The hard thing here is that nobody waits for anybody else. Every endpoint has a lane, a small task of its own; within
//! it every order's messages are a chain, of which only the first may be under way. A lane takes less of what is shared
//! the fuller the relay is, and hardly anything for a receiver that is down, however much waits for it. What is due is in the store, not in memory: a claim is a lease on the delivery's row, so
//! several nodes can relay for one database, and what a crashed one held is offered again when its leases end.

mod address;
mod carry;
mod connect;
mod exchange;
mod health;
mod lane;
mod look;
mod manage;
mod pace;
mod signature;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use tender_engine::{EndpointId, MerchantId};
use tokio::sync::Semaphore;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::background::{BackgroundTask, Stop};
use crate::{CommitEvent, Tender};
use exchange::Exchange;
use health::Health;
use lane::{LaneSign, serve};
use look::endpoints_with_work;
pub(crate) use look::{FirstDue, first_dues};

pub use address::{UrlRefusal, WEBHOOK_URL_BYTES_MAX, check_webhook_url};
pub use manage::Replayed;
pub use signature::{SignatureError, WebhookHeaders, verify_webhook};

/// Messages under way at once, to all endpoints.
const IN_FLIGHT_MAX: usize = 1_024;
/// How long a claimed delivery belongs to its carrier, by the clock. Longer than a try and writing it down can take.
const LEASE_MS: i64 = 60_000;
/// The whole of one HTTP exchange, in real time.
const EXCHANGE_TIMEOUT_MS: u64 = 10_000;
/// How often endpoints with pending deliveries are looked up, in case news of one was missed or another node died.
const DISCOVERY_MS: u64 = 60_000;
/// Endpoints served at once.
const LANES_MAX: usize = 65_536;

/// The running relay. Dropping it, or [`BackgroundTask::stop`], ends it after the tries that are under way.
pub type RelayHandle = BackgroundTask;

/// What carriers and lanes share.
#[derive(Debug)]
struct Relay {
    tender: Tender,
    exchange: Exchange,
    health: Health,
    permits: Arc<Semaphore>,
    stop: Stop,
}

impl Tender {
    /// Starts sending webhooks that are due, until the handle is stopped or dropped.
    pub fn spawn_relay(&self) -> RelayHandle {
        self.spawn_relay_with(EXCHANGE_TIMEOUT_MS)
    }

    fn spawn_relay_with(&self, timeout_ms: u64) -> RelayHandle {
        let tender = self.clone();
        BackgroundTask::start(move |stop| relay(tender, timeout_ms, stop))
    }
}

async fn relay(tender: Tender, timeout_ms: u64, stop: Stop) {
    // Subscribed before anything is looked up, so that nothing falls between.
    let events = tender.events();
    let private_allowed = tender.settings().private_webhooks;
    let made = tokio::task::spawn_blocking(move || Exchange::new(private_allowed, timeout_ms)).await;
    let Ok(exchange) = made else {
        tracing::error!("no HTTP client could be made; webhooks are not sent");
        return;
    };
    let permits = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    let relay = Arc::new(Relay {
        tender,
        exchange,
        health: Health::default(),
        permits,
        stop,
    });
    Lanes {
        relay,
        lanes: HashMap::new(),
        tasks: JoinSet::new(),
    }
    .run(events)
    .await;
}

/// All lanes. Starts one for every endpoint with news, and ends with the last.
struct Lanes {
    relay: Arc<Relay>,
    lanes: HashMap<EndpointId, Arc<LaneSign>>,
    tasks: JoinSet<EndpointId>,
}

impl Lanes {
    async fn run(mut self, mut events: tokio::sync::broadcast::Receiver<CommitEvent>) {
        let mut stop = self.relay.stop.clone();
        let mut discovery = tokio::time::interval(Duration::from_millis(DISCOVERY_MS));
        discovery.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_set() {
            tokio::select! {
                () = stop.wait() => {}
                _ = discovery.tick() => self.discover().await,
                event = events.recv() => match event {
                    Ok(CommitEvent::Delivery(endpoint)) => self.wake(endpoint),
                    Ok(CommitEvent::Directory(merchant)) => self.wake_merchant(merchant),
                    Ok(CommitEvent::Journal(_) | CommitEvent::Task(_)) => {}
                    Err(RecvError::Lagged(_)) => discovery.reset_immediately(),
                    Err(RecvError::Closed) => break,
                },
                Some(ended) = self.tasks.join_next() => self.ended(ended),
            }
        }
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(error = %error, "a webhook lane broke");
            }
        }
    }

    fn wake(&mut self, endpoint: EndpointId) {
        if let Some(sign) = self.lanes.get(&endpoint) {
            sign.wake.notify_one();
        } else if self.lanes.len() < LANES_MAX {
            let sign = Arc::new(LaneSign::default());
            self.lanes.insert(endpoint, Arc::clone(&sign));
            let relay = Arc::clone(&self.relay);
            self.tasks.spawn(async move {
                serve(relay, endpoint, sign).await;
                endpoint
            });
        }
    }

    fn wake_merchant(&self, merchant: MerchantId) {
        for sign in self.lanes.values() {
            let known = sign.merchant.load(Ordering::Relaxed);
            if known == 0 || known == merchant.0 {
                sign.wake.notify_one();
            }
        }
    }

    async fn discover(&mut self) {
        match endpoints_with_work(&self.relay.tender, LANES_MAX).await {
            Ok(endpoints) => endpoints.into_iter().for_each(|endpoint| self.wake(endpoint)),
            Err(failure) => tracing::warn!(failure = ?failure, "cannot look for pending webhooks"),
        }
    }

    /// A lane ends when nothing is pending. News that came while it was ending start it again.
    fn ended(&mut self, ended: Result<EndpointId, tokio::task::JoinError>) {
        let endpoint = match ended {
            Ok(endpoint) => endpoint,
            Err(error) => {
                // The sign stays behind, so the endpoint would never be served again: forget all that have no task.
                tracing::error!(error = %error, "a webhook lane broke");
                self.lanes.retain(|_, sign| Arc::strong_count(sign) > 1);
                return;
            }
        };
        let had_news = self
            .lanes
            .remove(&endpoint)
            .is_some_and(|sign| sign.wake.notified().now_or_never().is_some());
        if had_news {
            self.wake(endpoint);
        }
    }
}
