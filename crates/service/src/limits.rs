//! Limits that hold over all nodes: so many requests in a window, and exactly so many.
//!
//! Owns: the windows, and counting requests in the store that the nodes share. Must not know: what a limit is for, or how
//! a dialect says that it is reached.
//!
//! A request passes once it is counted in the store, so a window never lets more through than its limit, whatever node
//! they come to, and a node that starts again finds the count where it was. Nothing is taken ahead: what a node held
//! and did not use would be missing to a client that comes to another one, and could not be given back by a node that was
//! killed. Counting stays cheap in another way. Requests that come while a count is being written wait, and the next
//! write counts them together; the write is one small row in the batch that the committer makes of whatever is queued; and a window
//! that is full is remembered, so that refusing asks nobody.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tender_engine::{MerchantId, Timestamp};
use tender_store::{Counter, CounterName, Record, Row, Table, Write};
use tokio::sync::oneshot;

use crate::guard::Expected;
use crate::{CredentialKind, Failure, Principal, Tender};

#[cfg(test)]
mod tests;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// The largest limit of a minute's window; a higher one counts as this.
pub const PER_MINUTE_MAX: u32 = (1 << Period::Minute.count_bits()) - 1;
/// Counters whose last state is remembered. Beyond it those that nobody waits for are read again when they are needed.
const LANES_MAX: usize = 10_000;
/// Requests that may wait for one counter; beyond it callers hear "busy".
const WAITING_MAX: usize = 8_192;
/// How often a count is tried while other nodes count too. Each failure means that another node has counted.
const TRIES_MAX: u32 = 256;

/// How long a window lasts, by the service's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Period {
    /// A minute from the first request.
    Minute,
    /// Until 00:00 UTC.
    Day,
}

impl Period {
    fn ends_at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Minute => now.plus_ms(MINUTE_MS),
            Self::Day => {
                let days = now.0.div_euclid(DAY_MS).saturating_add(1);
                Timestamp(days.saturating_mul(DAY_MS))
            }
        }
    }

    /// What the end of a window is stored in.
    const fn unit_ms(self) -> i64 {
        match self {
            Self::Minute => 1,
            Self::Day => DAY_MS,
        }
    }

    /// The low bits of a counter, which hold the count; the others hold the window's end. 42 bits of milliseconds last
    /// until 2109.
    const fn count_bits(self) -> u32 {
        match self {
            Self::Minute => 22,
            Self::Day => 32,
        }
    }
}

/// So many requests in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    merchant: MerchantId,
    counter: CounterName,
    owner: i64,
    period: Period,
    most: u32,
}

impl Limit {
    /// Requests a minute of an application at a merchant, at most [`PER_MINUTE_MAX`]. Those with client id and secret are
    /// counted apart from those with a token.
    #[must_use]
    pub fn per_minute(principal: &Principal, most: u32) -> Self {
        let application = principal.application.to_i64();
        Self {
            merchant: principal.merchant,
            counter: CounterName::RateWindow,
            // Ids are positive, so the sign is free to tell the two apart.
            owner: if principal.credential == CredentialKind::Client {
                -application
            } else {
                application
            },
            period: Period::Minute,
            most: most.min(PER_MINUTE_MAX),
        }
    }

    /// Requests of a merchant's applications per UTC day.
    #[must_use]
    pub fn per_day(merchant: MerchantId, most: u32) -> Self {
        Self {
            merchant,
            counter: CounterName::Quota,
            owner: 0,
            period: Period::Day,
            most,
        }
    }

    fn lane(&self) -> LaneKey {
        (self.merchant, self.counter, self.owner)
    }

    fn row(&self, window: Window) -> Row {
        let counter = Counter {
            merchant: self.merchant,
            name: self.counter,
            owner: self.owner,
            value: window.pack(self.period),
        };
        counter.to_row()
    }
}

/// Where a caller stands after one more request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Requests that the window allows.
    pub limit: u32,
    /// Requests left in it.
    pub remaining: u32,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Whole seconds to wait, at least 1, when the request was one too many.
    pub retry_after_s: Option<u32>,
}

/// A window and what is used of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    ends_at: Timestamp,
    used: u32,
}

impl Window {
    /// One number that only rises: the end before the count.
    fn pack(self, period: Period) -> i64 {
        let end = u64::try_from(self.ends_at.0.div_euclid(period.unit_ms())).unwrap_or_default();
        ((end << period.count_bits()) | u64::from(self.used)).cast_signed()
    }

    fn unpack(value: i64, period: Period) -> Self {
        let value = value.cast_unsigned();
        let end = i64::try_from(value >> period.count_bits()).unwrap_or(i64::MAX);
        let used = value & ((1 << period.count_bits()) - 1);
        Self {
            ends_at: Timestamp(end.saturating_mul(period.unit_ms())),
            used: u32::try_from(used).unwrap_or(u32::MAX),
        }
    }

    /// The window that counts at a moment: the stored one, or a new one once that has ended.
    fn current(row: Option<&Row>, period: Period, now: Timestamp) -> Self {
        row.map(|row| Self::unpack(row.column("value"), period))
            .filter(|window| window.ends_at > now)
            .unwrap_or(Self {
                ends_at: period.ends_at(now),
                used: 0,
            })
    }

    /// Counts one request if there is room for it.
    fn take(&mut self, limit: &Limit, now: Timestamp) -> Standing {
        let passes = self.used < limit.most;
        if passes {
            self.used = self.used.saturating_add(1);
        }
        let wait_ms = self.ends_at.0.saturating_sub(now.0);
        // Rounded up: a second too early is refused again.
        let wait_s = u32::try_from(wait_ms.saturating_add(999).div_euclid(1_000)).unwrap_or(u32::MAX);
        Standing {
            limit: limit.most,
            remaining: limit.most.saturating_sub(self.used),
            ends_at: self.ends_at,
            retry_after_s: (!passes).then(|| wait_s.max(1)),
        }
    }
}

type LaneKey = (MerchantId, CounterName, i64);

/// The counters that this node has to do with.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    lanes: Mutex<HashMap<LaneKey, Lane>>,
}

/// One counter.
#[derive(Debug, Default)]
struct Lane {
    /// The counter's row as this node saw it last, or that there was none; `None` before it has looked.
    seen: Option<Option<Row>>,
    /// Whether somebody counts for those who wait.
    is_counting: bool,
    waiting: Vec<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    limit: Limit,
    reply: oneshot::Sender<Result<Standing, Failure>>,
}

impl Lane {
    /// The refusal of a request that cannot pass any more: counts only rise, so what was full stays full until its end.
    fn refusal(&self, limit: &Limit, now: Timestamp) -> Option<Standing> {
        let row = self.seen.as_ref()?.as_ref();
        let standing = Window::current(row, limit.period, now).take(limit, now);
        standing.retry_after_s.is_some().then_some(standing)
    }
}

impl Limits {
    fn lock(&self) -> MutexGuard<'_, HashMap<LaneKey, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those who wait for a counter, and its row as seen last. With nobody left, counting ends.
    fn next(&self, key: LaneKey) -> Option<(Vec<Waiter>, Option<Option<Row>>)> {
        let mut lanes = self.lock();
        let lane = lanes.get_mut(&key)?;
        if lane.waiting.is_empty() {
            lane.is_counting = false;
            return None;
        }
        Some((std::mem::take(&mut lane.waiting), lane.seen.take()))
    }

    fn keep(&self, key: LaneKey, seen: Option<Option<Row>>) {
        if let Some(lane) = self.lock().get_mut(&key) {
            lane.seen = seen;
        }
    }
}

impl Tender {
    /// Counts a request against a limit, over all nodes, and says whether it passes. A refused one is not counted.
    ///
    /// # Errors
    /// [`Failure::Busy`] while requests cannot be counted: too many wait, or the storage is away.
    pub async fn take(&self, limit: Limit) -> Result<Standing, Failure> {
        let (reply, answer) = oneshot::channel();
        let key = limit.lane();
        {
            let mut lanes = self.inner().limits.lock();
            if lanes.len() >= LANES_MAX && !lanes.contains_key(&key) {
                lanes.retain(|_, lane| lane.is_counting);
            }
            let lane = lanes.entry(key).or_default();
            if let Some(refusal) = lane.refusal(&limit, self.now()) {
                self.note_refusal(&limit);
                return Ok(refusal);
            }
            if lane.waiting.len() >= WAITING_MAX {
                return Err(Failure::Busy { retry_after_s: 1 });
            }
            lane.waiting.push(Waiter { limit, reply });
            if !lane.is_counting {
                lane.is_counting = true;
                // A task of its own: the client whose request came first may go away, the others still wait.
                tokio::spawn(count(self.clone(), key));
            }
        }
        let standing = answer.await.unwrap_or(Err(Failure::Busy { retry_after_s: 1 }))?;
        if standing.retry_after_s.is_some() {
            self.note_refusal(&limit);
        }
        Ok(standing)
    }

    fn note_refusal(&self, limit: &Limit) {
        let metrics = &self.inner().metrics;
        match limit.period {
            Period::Minute => metrics.limited_minute.inc(),
            Period::Day => metrics.limited_day.inc(),
        };
    }
}

/// Counts for those who wait, until nobody does.
async fn count(tender: Tender, key: LaneKey) {
    while let Some((waiting, seen)) = tender.inner().limits.next(key) {
        let limits: Vec<Limit> = waiting.iter().map(|waiter| waiter.limit).collect();
        let (seen, standings) = match count_all(&tender, &limits, seen).await {
            Ok((row, standings)) => (Some(row), standings.into_iter().map(Ok).collect()),
            Err(failure) => (None, vec![Err(uncounted(failure)); limits.len()]),
        };
        // Before the answers: who is refused and asks again is then refused from memory.
        tender.inner().limits.keep(key, seen);
        for (waiter, standing) in waiting.into_iter().zip(standings) {
            // A caller that went away has made its request all the same.
            let _ = waiter.reply.send(standing);
        }
    }
}

/// Counts requests of one counter in one write. Tells the counter's row after it, and where each request stands.
async fn count_all(
    tender: &Tender,
    limits: &[Limit],
    seen: Option<Option<Row>>,
) -> Result<(Option<Row>, Vec<Standing>), Failure> {
    let Some(first) = limits.first() else {
        return Ok((None, Vec::new()));
    };
    let mut seen = match seen {
        Some(seen) => seen,
        None => stored(tender, first).await?,
    };
    for _ in 0..TRIES_MAX {
        let now = tender.now();
        let mut window = Window::current(seen.as_ref(), first.period, now);
        let before = window.used;
        let standings: Vec<Standing> = limits.iter().map(|limit| window.take(limit, now)).collect();
        if window.used == before {
            return Ok((seen, standings));
        }
        let row = first.row(window);
        let expected = match seen {
            Some(row) => Expected::unchanged(row),
            None => Expected::absent(Table::Counters, row.key().to_vec()),
        };
        let write = Write::Put(row.clone());
        if tender
            .write_guarded(vec![expected], vec![write], Vec::new())
            .await?
        {
            return Ok((Some(row), standings));
        }
        seen = stored(tender, first).await?;
    }
    Err(Failure::Busy { retry_after_s: 1 })
}

async fn stored(tender: &Tender, limit: &Limit) -> Result<Option<Row>, Failure> {
    let key = vec![limit.merchant.to_i64(), limit.counter.number(), limit.owner];
    Ok(tender.get_rows(Table::Counters, vec![key]).await?.pop())
}

/// A request that could not be counted has not been looked at: nothing of it can have happened.
fn uncounted(failure: Failure) -> Failure {
    match failure {
        Failure::OutcomeUnknown => Failure::Busy { retry_after_s: 1 },
        other => other,
    }
}
