//! The lane of one endpoint: its own small task, so that a receiver can only ever delay itself.
//!
//! Owns: how many messages to an endpoint are under way, and when to look for more. Must not know: other endpoints,
//! HTTP, what a message says.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tender_engine::{Delivery, DeliveryState, EndpointId, MerchantId, Timestamp};
use tender_store::{Direction, Record, Scan, Table, Write};
use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::Relay;
use super::carry::{Carried, carry};
use super::look::{Ask, Blocked, Chain, Look, look};
use super::pace::{Pace, Streak};
use crate::background::sleep_until;
use crate::directory::endpoint_key;
use crate::guard::Expected;
use crate::{Failure, Tender};

/// Messages to one endpoint that may be under way at once, while the relay has plenty to spare.
const IN_FLIGHT_PER_ENDPOINT_MAX: usize = 32;
/// An endpoint may have this part of what the relay has to spare: the fuller it is, the less anybody gets.
const SHARE: usize = 16;
/// Rows looked at beyond those that can be taken: messages of busy chains are passed over.
const WINDOW_SPARE: usize = 16;
/// The most rows looked at, however crowded they are.
const WINDOW_MAX: usize = 1_024;
/// Deliveries dropped in one go.
const DROPS_MAX: u32 = 256;
/// How long to leave the storage alone after it failed.
const PAUSE_MS: u64 = 1_000;

/// What the supervisor knows of a lane.
#[derive(Debug, Default)]
pub(super) struct LaneSign {
    /// Something is new at the endpoint.
    pub(super) wake: Notify,
    /// The merchant, once the lane knows it; 0 before.
    pub(super) merchant: AtomicU64,
    /// How its latest attempts have gone.
    pub(super) streak: Streak,
}

/// Whether an endpoint can be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Receiver {
    /// At this address.
    Ready(String),
    /// Messages wait until it is enabled again.
    Disabled,
    /// Messages are dropped.
    Deleted,
}

struct Lane {
    relay: Arc<Relay>,
    endpoint: EndpointId,
    sign: Arc<LaneSign>,
    carriers: JoinSet<Carried>,
    chains: HashMap<Id, Chain>,
    /// When to look again; `None` when only news or the end of a carrier can change anything.
    look_at: Option<Timestamp>,
    window_extra: usize,
    paused_until: Option<Instant>,
    /// Whether the last look found nobody else to serve but could not begin for want of a permit.
    starved: bool,
    /// Whether the endpoint is disabled.
    dormant: bool,
    pace: Pace,
    /// The address that the pace is about.
    url: String,
}

/// Serves an endpoint until nothing is pending for it or the relay stops.
pub(super) async fn serve(relay: Arc<Relay>, endpoint: EndpointId, sign: Arc<LaneSign>) {
    let lane = Lane {
        look_at: Some(relay.tender.now()),
        relay,
        endpoint,
        sign,
        carriers: JoinSet::new(),
        chains: HashMap::new(),
        window_extra: 0,
        paused_until: None,
        starved: false,
        dormant: false,
        pace: Pace::default(),
        url: String::new(),
    };
    lane.run().await;
}

impl Lane {
    async fn run(mut self) {
        let relay = Arc::clone(&self.relay);
        let clock = relay.tender.clock();
        let mut stop = relay.stop.clone();
        while !stop.is_set() {
            if self.should_look(clock.now()) && self.look().await.is_break() {
                return;
            }
            let until = self.next_look().filter(|_| self.room() > 0 && !self.starved);
            tokio::select! {
                () = stop.wait() => {}
                () = self.sign.wake.notified() => {
                    self.look_at = Some(clock.now());
                    self.dormant = false;
                    self.adjust_pace();
                }
                Some(ended) = self.carriers.join_next_with_id() => self.ended(ended),
                _ = relay.permits.acquire(), if self.starved => self.starved = false,
                () = wait_out(self.paused_until), if self.paused_until.is_some() => self.paused_until = None,
                () = sleep_until(clock, until), if self.paused_until.is_none() => {}
            }
        }
        while let Some(ended) = self.carriers.join_next_with_id().await {
            self.ended(ended);
        }
    }

    fn should_look(&self, now: Timestamp) -> bool {
        self.paused_until.is_none()
            && !self.starved
            && self.next_look().is_some_and(|at| at <= now)
            && self.room() > 0
    }

    /// When to look: as soon as there is reason to, but not while the receiver is left alone. However much is committed for
    /// it meanwhile, the storage is not asked.
    fn next_look(&self) -> Option<Timestamp> {
        let at = self.look_at?;
        Some(self.pace.not_before().map_or(at, |not_before| at.max(not_before)))
    }

    fn adjust_pace(&mut self) {
        let is_down = self.sign.streak.is_down();
        let now = self.relay.tender.now();
        self.pace.adjust(is_down, self.carriers.is_empty(), now);
    }

    /// How many messages may be begun. Zero until a good part is free, so that a busy lane does not look for every single
    /// one.
    fn room(&self) -> usize {
        if self.pace.is_probing() {
            return usize::from(self.carriers.is_empty());
        }
        let allowed = (self.relay.permits.available_permits() / SHARE).clamp(1, IN_FLIGHT_PER_ENDPOINT_MAX);
        let room = allowed.saturating_sub(self.carriers.len());
        if self.carriers.is_empty() || room.saturating_mul(4) >= allowed {
            room
        } else {
            0
        }
    }

    /// Looks for work and begins it. Breaks when there is nothing left to wait for.
    async fn look(&mut self) -> ControlFlow<()> {
        match self.try_look().await {
            Ok(flow) => flow,
            Err(failure) => {
                tracing::warn!(endpoint.id = self.endpoint.0, failure = ?failure, "cannot look for due webhooks");
                self.pause();
                ControlFlow::Continue(())
            }
        }
    }

    /// Leaves the storage alone for a moment of real time: no sandbox's clock makes it come back sooner.
    fn pause(&mut self) {
        self.paused_until = Some(Instant::now() + Duration::from_millis(PAUSE_MS));
    }

    async fn try_look(&mut self) -> Result<ControlFlow<()>, Failure> {
        let tender = &self.relay.tender;
        let room = self.room();
        let busy: HashSet<Chain> = self.chains.values().copied().collect();
        // Rows under way are not due, but those behind them in their chains are.
        let window = room
            .saturating_add(busy.len().saturating_mul(2))
            .saturating_add(WINDOW_SPARE);
        let window = window.saturating_add(self.window_extra).min(WINDOW_MAX);
        let ask = Ask {
            endpoint: self.endpoint,
            now: tender.now(),
            busy: Arc::new(busy),
            room,
            window: u32::try_from(window).unwrap_or(u32::MAX),
        };
        let look = look(tender, ask).await?;
        let Some(merchant) = look.merchant else {
            self.look_at = None;
            return Ok(if self.carriers.is_empty() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            });
        };
        self.sign.merchant.store(merchant.0, Ordering::Relaxed);
        match receiver(tender, merchant, self.endpoint).await? {
            Receiver::Ready(url) => {
                if self.url != url {
                    self.url = url;
                    self.sign.streak.forget();
                    self.adjust_pace();
                }
                self.begin(look).await?;
            }
            Receiver::Disabled => {
                // Whoever enables it believes that it works again.
                self.sign.streak.forget();
                self.adjust_pace();
                self.dormant = true;
                self.look_at = None;
            }
            Receiver::Deleted => {
                self.relay.health.forget(self.endpoint);
                let dropped = drop_pending(tender, self.endpoint).await?;
                self.look_at = Some(tender.now());
                if dropped == 0 {
                    self.pause();
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    async fn begin(&mut self, look: Look) -> Result<(), Failure> {
        let now = self.relay.tender.now();
        self.look_at = if look.more { Some(now) } else { look.next_due };
        self.window_extra = if look.crowded {
            self.window_extra.saturating_mul(2).max(WINDOW_SPARE)
        } else {
            0
        };
        if look.crowded && self.window_extra < WINDOW_MAX {
            self.look_at = Some(now);
        }
        if look.ready.is_empty() && !look.more && !look.crowded {
            self.pace.rest(now);
        }
        for found in look.ready {
            let Ok(permit) = Arc::clone(&self.relay.permits).try_acquire_owned() else {
                self.starved = true;
                self.look_at = Some(now);
                break;
            };
            let chain = Chain::of(&found.delivery);
            let relay = Arc::clone(&self.relay);
            let sign = Arc::clone(&self.sign);
            self.pace.begun();
            let carrier = self.carriers.spawn(async move {
                let carried = carry(&relay, &sign, found).await;
                drop(permit);
                carried
            });
            self.chains.insert(carrier.id(), chain);
        }
        if !put_off(&self.relay.tender, look.blocked).await? {
            self.look_at = Some(now);
        }
        Ok(())
    }

    fn ended(&mut self, ended: Result<(Id, Carried), JoinError>) {
        let id = match ended {
            Ok((id, Carried::Done)) => id,
            Ok((id, Carried::StorageAway)) => {
                self.pause();
                id
            }
            Err(error) => {
                tracing::error!(error = %error, endpoint.id = self.endpoint.0, "a webhook carrier broke");
                error.id()
            }
        };
        self.chains.remove(&id);
        self.window_extra = 0;
        self.adjust_pace();
        if !self.dormant {
            // There is room for more, a failed message has a new time, and what waits behind it must be put off.
            self.look_at = Some(self.relay.tender.now());
        }
    }
}

async fn wait_out(pause_until: Option<Instant>) {
    if let Some(until) = pause_until {
        tokio::time::sleep_until(until).await;
    }
}

/// Whether the endpoint can be sent to. That it is gone is believed only from the store: what is in memory may be older
/// than the message.
async fn receiver(tender: &Tender, merchant: MerchantId, endpoint: EndpointId) -> Result<Receiver, Failure> {
    if let Some(directory) = tender.directory(merchant).await?
        && let Some(endpoint) = directory.endpoints.get(&endpoint.0)
    {
        return Ok(if endpoint.disabled {
            Receiver::Disabled
        } else {
            Receiver::Ready(endpoint.url.clone())
        });
    }
    let key = endpoint_key(merchant, endpoint);
    let rows = tender.get_rows(Table::Directory, vec![key]).await?;
    // It exists and this node has not heard yet: wait as if it were disabled, the news is on its way.
    Ok(if rows.is_empty() {
        Receiver::Deleted
    } else {
        Receiver::Disabled
    })
}

/// Moves messages that wait for another one out of the way. Says whether all of them were: one that has changed meanwhile,
/// or whose head has, is to be looked at again.
async fn put_off(tender: &Tender, blocked: Vec<Blocked>) -> Result<bool, Failure> {
    let writes = blocked.into_iter().map(|blocked| {
        let mut delivery = blocked.found.delivery;
        delivery.next_at = blocked.head.delivery.next_at;
        let expected = vec![
            Expected::unchanged(blocked.found.row),
            Expected::unchanged(blocked.head.row),
        ];
        tender.write_guarded(expected, vec![Write::Put(delivery.to_row())], Vec::new())
    });
    let mut all = true;
    for result in join_all(writes).await {
        all &= result?;
    }
    Ok(all)
}

/// Ends what is pending for an endpoint that is gone. Says how much of it.
async fn drop_pending(tender: &Tender, endpoint: EndpointId) -> Result<usize, Failure> {
    let scan = Scan::new(Table::Deliveries, DROPS_MAX)
        .equals("pending", 1)
        .equals("endpoint_id", endpoint.to_i64())
        .order_by("order_id", Direction::Ascending);
    let writes = tender.scan_rows(scan).await?.into_iter().filter_map(|row| {
        let mut delivery = Delivery::from_row(&row).ok()?;
        delivery.state = DeliveryState::Dropped;
        let dropped = vec![Write::Put(delivery.to_row())];
        Some(tender.write_guarded(vec![Expected::unchanged(row)], dropped, Vec::new()))
    });
    let mut dropped = 0;
    for result in join_all(writes).await {
        let held = result?;
        tender.inner().metrics.dropped.inc_by(u64::from(held));
        dropped += usize::from(held);
    }
    Ok(dropped)
}
