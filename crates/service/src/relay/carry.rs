//! Carrying messages: claim one, try it, write down what came of it, go on with the next of its chain.
//!
//! Owns: the life of a delivery from due to decided. Must not know: how due deliveries are found, HTTP.
//!
//! A claim is durable: it moves the row's next due time behind a lease, so that a message whose carrier dies is offered
//! again by itself. All writes are conditional on the row being as it was read, and travel in the ledger's own batches.
//! A success counts whoever made it; a failure moves the schedule only while the claim is still ours.

use tender_engine::{Attempt, Delivery, DeliveryId, DeliveryState, EndpointId, Timestamp, retry_delay_ms};
use tender_store::{Direction, Record, Row, Scan, Table, Transaction, Write};

use super::exchange::{Answer, Message};
use super::lane::LaneSign;
use super::{LEASE_MS, Relay};
use crate::background::sleep_until;
use crate::guard::Expected;
use crate::queries::decode;
use crate::{Failure, Tender};

#[cfg(test)]
mod tests;

/// How often a conditional write is tried on a row that others change at the same time.
const CONFLICTS_MAX: u32 = 16;
/// How often writing a result is tried while the storage is away. Then the lease ends, and the message goes out again.
const SETTLE_TRIES_MAX: u32 = 30;
/// The wait between these tries.
const SETTLE_WAIT_MS: i64 = 1_000;

/// How a carrier ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carried {
    /// It did what there was to do.
    Done,
    /// The storage failed: leave it alone for a moment.
    StorageAway,
}

/// A delivery and the row it was read from.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) row: Row,
    pub(super) delivery: Delivery,
}

/// Carries a due delivery, and those after it in its chain as long as each arrives or is given up.
pub(super) async fn carry(relay: &Relay, sign: &LaneSign, found: Found) -> Carried {
    let mut claimed = match claim(&relay.tender, found).await {
        Ok(Some(claimed)) => claimed,
        // Somebody else has it.
        Ok(None) => return Carried::Done,
        Err(_) => return Carried::StorageAway,
    };
    loop {
        let Some((answer, at)) = attempt(relay, &claimed).await else {
            return release(&relay.tender, claimed).await;
        };
        if sign.streak.note(answer.is_success()) {
            // The lane need not wait any longer.
            sign.wake.notify_one();
        }
        match settle_surely(relay, sign, &claimed, at, &answer).await {
            Ok(Settled::Next(next)) => claimed = next,
            Ok(Settled::Waiting) => return Carried::Done,
            Ok(Settled::Last) => match late_next(relay, sign, &claimed).await {
                Ok(Some(next)) => claimed = next,
                Ok(None) => return Carried::Done,
                Err(_) => return Carried::StorageAway,
            },
            Err(_) => return Carried::StorageAway,
        }
    }
}

/// Takes a delivery for the length of a lease. `None` when it is no longer as it was found.
pub(super) async fn claim(tender: &Tender, found: Found) -> Result<Option<Delivery>, Failure> {
    let mut delivery = found.delivery;
    delivery.next_at = tender.now().plus_ms(LEASE_MS);
    let writes = vec![Write::Put(delivery.to_row())];
    let held = tender
        .write_guarded(vec![Expected::unchanged(found.row)], writes, Vec::new())
        .await?;
    Ok(held.then_some(delivery))
}

/// Gives a claim back untried: its endpoint is disabled or gone, or cannot be looked up just now.
async fn release(tender: &Tender, claimed: Delivery) -> Carried {
    let expected = vec![Expected::unchanged(claimed.to_row())];
    let mut delivery = claimed;
    delivery.next_at = tender.now();
    let writes = vec![Write::Put(delivery.to_row())];
    // When this fails, the end of the lease does the same.
    match tender.write_guarded(expected, writes, Vec::new()).await {
        Ok(_) => Carried::Done,
        Err(_) => Carried::StorageAway,
    }
}

/// Tries once; `None` when there is nobody to send to.
async fn attempt(relay: &Relay, delivery: &Delivery) -> Option<(Answer, Timestamp)> {
    let tender = &relay.tender;
    let directory = tender.directory(delivery.merchant).await.ok()??;
    let endpoint = directory
        .endpoints
        .get(&delivery.endpoint.0)
        .filter(|endpoint| !endpoint.disabled)?;
    let application = directory.applications.get(&endpoint.application);
    let encoder = tender
        .inner()
        .encoders
        .iter()
        .find(|encoder| encoder.dialect() == endpoint.dialect);
    let headers = encoder
        .map(|encoder| encoder.headers(delivery, endpoint, application))
        .unwrap_or_default();
    let now = tender.now();
    let message = Message {
        delivery,
        endpoint,
        headers,
        now,
        real_now: tender.inner().real_now(),
    };
    let answer = relay.exchange.send(&message).await;
    tracing::debug!(
        delivery.id = delivery.id.0,
        endpoint.id = endpoint.id,
        status = answer.status,
        error = answer.error,
        duration_ms = answer.duration_ms,
        "webhook attempt"
    );
    tender.inner().metrics.attempted(answer.is_success());
    relay
        .health
        .note(tender, &directory, endpoint, answer.is_success())
        .await;
    Some((answer, now))
}

/// What a delivery is after an attempt.
#[derive(Debug)]
enum Settled {
    /// Not decided by this attempt.
    Waiting,
    /// Decided, and the next one of its chain claimed in the same commit.
    Next(Delivery),
    /// Decided, and nothing was seen behind it.
    Last,
}

/// Writes a result down even if the storage is away for a while.
async fn settle_surely(
    relay: &Relay,
    sign: &LaneSign,
    claimed: &Delivery,
    at: Timestamp,
    answer: &Answer,
) -> Result<Settled, Failure> {
    let mut tries = 0;
    loop {
        tries += 1;
        match settle(relay, sign, claimed, at, answer).await {
            Ok(settled) => return Ok(settled),
            Err(failure) if tries == SETTLE_TRIES_MAX => {
                tracing::error!(
                    delivery.id = claimed.id.0,
                    failure = ?failure,
                    "a webhook attempt could not be recorded; it will be made again"
                );
                return Err(failure);
            }
            Err(_) => {
                sleep_until(
                    relay.tender.clock(),
                    Some(relay.tender.now().plus_ms(SETTLE_WAIT_MS)),
                )
                .await
            }
        }
    }
}

async fn settle(
    relay: &Relay,
    sign: &LaneSign,
    claimed: &Delivery,
    at: Timestamp,
    answer: &Answer,
) -> Result<Settled, Failure> {
    let tender = &relay.tender;
    let mut jitter = [0; 8];
    // Without randomness the waits are merely all alike.
    let _ = getrandom::fill(&mut jitter);
    let jitter = u64::from_ne_bytes(jitter);
    for _ in 0..CONFLICTS_MAX {
        let Some(current) = current(tender, claimed, may_decide(claimed, answer)).await? else {
            return Ok(Settled::Waiting);
        };
        let step = Step {
            at,
            answer,
            now: tender.now(),
            jitter,
            jitter_percent: tender.settings().retry_jitter_percent,
        };
        if current
            .last_attempt
            .as_ref()
            .is_some_and(|last| step.is_recorded_as(last))
        {
            // An earlier write was reported as uncertain, and had succeeded.
            return Ok(Settled::Last);
        }
        let before = &current.found.delivery;
        let after = step.after(claimed, before);
        let is_decided_now = before.state == DeliveryState::Pending && after.state != DeliveryState::Pending;
        let is_news = before.state != after.state;
        let (state, created_at) = (after.state, after.created_at);
        let number = current
            .last_attempt
            .map_or(0, |last| last.number)
            .saturating_add(1);
        let mut expected = vec![Expected::unchanged(current.found.row)];
        let mut rows = vec![
            Write::Put(step.attempt(claimed, number).to_row()),
            Write::Put(after.to_row()),
        ];
        let mut settled = if is_decided_now && claimed.order.is_some() {
            Settled::Last
        } else {
            Settled::Waiting
        };
        if is_decided_now
            && let Some(found) = current
                .next
                .filter(|next| is_free(&next.delivery, claimed, step.now))
        {
            let (next, goes_on) = taken(relay, sign, found.delivery, step.now).await;
            expected.push(Expected::unchanged(found.row));
            rows.push(Write::Put(next.to_row()));
            settled = if goes_on {
                Settled::Next(next)
            } else {
                Settled::Waiting
            };
        }
        if tender.write_guarded(expected, rows, Vec::new()).await? {
            if is_news {
                tender.inner().metrics.decided(state, created_at, step.now);
            }
            return Ok(settled);
        }
    }
    Err(Failure::Busy { retry_after_s: 1 })
}

/// Looks once more behind a decided delivery and claims what is there. It may have come, and have been put off by another
/// node, between looking for it and the commit that decided: nobody else would come back for it before that time.
async fn late_next(relay: &Relay, sign: &LaneSign, decided: &Delivery) -> Result<Option<Delivery>, Failure> {
    let Some(order) = decided.order else {
        return Ok(None);
    };
    let endpoint = decided.endpoint;
    let found = relay
        .tender
        .read(move |transaction| {
            Box::pin(async move { chain(transaction, endpoint, order.to_i64(), 1).await })
        })
        .await?;
    let now = relay.tender.now();
    let Some(found) = found
        .into_iter()
        .next()
        .filter(|next| is_free(&next.delivery, decided, now))
    else {
        return Ok(None);
    };
    let (next, goes_on) = taken(relay, sign, found.delivery, now).await;
    let writes = vec![Write::Put(next.to_row())];
    let held = relay
        .tender
        .write_guarded(vec![Expected::unchanged(found.row)], writes, Vec::new())
        .await?;
    Ok((held && goes_on).then_some(next))
}

/// The delivery behind a decided one, leased if this carrier goes on with it, else due for whoever comes.
async fn taken(relay: &Relay, sign: &LaneSign, mut next: Delivery, now: Timestamp) -> (Delivery, bool) {
    let goes_on = !relay.stop.is_set() && !sign.streak.is_down() && is_sendable(&relay.tender, &next).await;
    next.next_at = if goes_on { now.plus_ms(LEASE_MS) } else { now };
    (next, goes_on)
}

/// Whether the delivery behind a decided one may be taken at once: due, or never tried and only put off because of the
/// one before it. One that has been tried keeps to its own schedule. A time beyond the decided one's lease is the lease
/// of somebody who was quicker.
fn is_free(next: &Delivery, decided: &Delivery, now: Timestamp) -> bool {
    next.next_at <= now || (next.attempts == 0 && next.next_at <= decided.next_at)
}

async fn is_sendable(tender: &Tender, delivery: &Delivery) -> bool {
    let Ok(Some(directory)) = tender.directory(delivery.merchant).await else {
        return false;
    };
    directory
        .endpoints
        .get(&delivery.endpoint.0)
        .is_some_and(|endpoint| !endpoint.disabled)
}

/// One attempt, as it changes its delivery. Pure.
#[derive(Debug)]
struct Step<'a> {
    at: Timestamp,
    answer: &'a Answer,
    now: Timestamp,
    jitter: u64,
    jitter_percent: u8,
}

impl Step<'_> {
    fn attempt(&self, delivery: &Delivery, number: u32) -> Attempt {
        Attempt {
            delivery: delivery.id,
            merchant: delivery.merchant,
            number,
            at: self.at,
            duration_ms: self.answer.duration_ms,
            status: self.answer.status,
            error: self.answer.error.clone(),
        }
    }

    fn is_recorded_as(&self, last: &Attempt) -> bool {
        last.at == self.at
            && last.duration_ms == self.answer.duration_ms
            && last.status == self.answer.status
            && last.error == self.answer.error
    }

    fn after(&self, claimed: &Delivery, current: &Delivery) -> Delivery {
        let mut after = current.clone();
        // A message that was given up, while this attempt was still under way, has arrived after all.
        let is_open = matches!(current.state, DeliveryState::Pending | DeliveryState::Exhausted);
        if self.answer.is_success() && is_open {
            after.attempts = after.attempts.saturating_add(1);
            after.state = DeliveryState::Delivered;
            return after;
        }
        let is_ours = current.next_at == claimed.next_at && current.attempts == claimed.attempts;
        if current.state != DeliveryState::Pending || !is_ours {
            return after;
        }
        after.attempts = after.attempts.saturating_add(1);
        match retry_delay_ms(after.attempts, self.jitter, self.jitter_percent) {
            Some(delay_ms) => {
                let wait_ms = delay_ms.max(self.answer.retry_after_ms.unwrap_or_default());
                after.next_at = self.now.plus_ms(wait_ms);
            }
            None => after.state = DeliveryState::Exhausted,
        }
        after
    }
}

/// A delivery as it stands, with what an attempt's result needs to know besides.
struct Current {
    found: Found,
    last_attempt: Option<Attempt>,
    /// The oldest other pending delivery of its chain, if it was looked for.
    next: Option<Found>,
}

/// Whether an attempt can decide its delivery, so that the next one of its chain matters.
fn may_decide(claimed: &Delivery, answer: &Answer) -> bool {
    answer.is_success() || retry_delay_ms(claimed.attempts.saturating_add(1), 0, 0).is_none()
}

async fn current(tender: &Tender, claimed: &Delivery, with_next: bool) -> Result<Option<Current>, Failure> {
    let key = vec![claimed.merchant.to_i64(), claimed.id.to_i64()];
    let attempts = attempts_scan(claimed, Direction::Descending, 1);
    let (endpoint, id) = (claimed.endpoint, claimed.id);
    let order = claimed.order.filter(|_| with_next);
    tender
        .read(move |transaction| {
            let (key, attempts) = (key.clone(), attempts.clone());
            Box::pin(async move {
                let rows = transaction.get(Table::Deliveries, &[key]).await?;
                let Some(row) = rows.into_iter().next() else {
                    return Ok(None);
                };
                let delivery = Delivery::from_row(&row)?;
                let last_attempt = decode::<Attempt>(&transaction.scan(&attempts).await?)?
                    .into_iter()
                    .next();
                let next = match order {
                    Some(order) => chain(transaction, endpoint, order.to_i64(), 2).await?,
                    None => Vec::new(),
                };
                let next = next.into_iter().find(|next| next.delivery.id != id);
                Ok(Some(Current {
                    found: Found { row, delivery },
                    last_attempt,
                    next,
                }))
            })
        })
        .await
}

/// The attempts of a delivery by number.
pub(super) fn attempts_scan(delivery: &Delivery, direction: Direction, limit: u32) -> Scan {
    attempts_of(delivery.merchant, delivery.id, direction, limit)
}

/// The attempts of a delivery named by its key.
pub(super) fn attempts_of(
    merchant: tender_engine::MerchantId,
    delivery: DeliveryId,
    direction: Direction,
    limit: u32,
) -> Scan {
    Scan::new(Table::Attempts, limit)
        .equals("merchant_id", merchant.to_i64())
        .equals("delivery_id", delivery.to_i64())
        .order_by("number", direction)
}

/// The oldest pending deliveries of a chain. Sequence numbers rise in the order of the commits, ids only nearly so.
pub(super) async fn chain(
    transaction: &mut dyn Transaction,
    endpoint: EndpointId,
    order: i64,
    limit: u32,
) -> Result<Vec<Found>, tender_store::StoreError> {
    let scan = Scan::new(Table::Deliveries, limit)
        .equals("pending", 1)
        .equals("endpoint_id", endpoint.to_i64())
        .equals("order_id", order)
        .order_by("sequence", Direction::Ascending);
    let rows = transaction.scan(&scan).await?;
    // A row that cannot be read stands in nobody's way; whoever looks for work reports it.
    let read = |row: Row| {
        Some(Found {
            delivery: Delivery::from_row(&row).ok()?,
            row,
        })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}
