//! Webhook deliveries: what is kept of a message, and when the next try is due.

use crate::{DeliveryId, EndpointId, MerchantId, OrderId, Timestamp};

/// State of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// Waits for its first or next attempt.
    Pending,
    /// The receiver answered 2xx.
    Delivered,
    /// Given up after [`ATTEMPTS_MAX`] attempts.
    Exhausted,
    /// The endpoint was deleted before the message arrived.
    Dropped,
}

/// One message to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// The tenant.
    pub merchant: MerchantId,
    /// To whom.
    pub endpoint: EndpointId,
    /// About which order; messages of one order to one endpoint go strictly one after another.
    pub order: Option<OrderId>,
    /// The same on every attempt; receivers drop repeats by it.
    pub message_id: String,
    /// The event's name in the endpoint's dialect.
    pub event: String,
    /// The exact bytes sent on every attempt.
    pub body: String,
    /// Rises by one per message of an endpoint, so a receiver sees gaps.
    pub sequence: u64,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts made.
    pub attempts: u32,
    /// When the next attempt is due.
    pub next_at: Timestamp,
    /// When the message came to be.
    pub created_at: Timestamp,
}

/// One HTTP try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The tenant.
    pub merchant: MerchantId,
    /// From 1.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// The HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// What went wrong, when there was none.
    pub error: Option<String>,
}

/// Waits before the second, third … attempt (spec kseries 7.6, kounta 10.3), about two days in all.
const DELAYS_MS: [i64; 10] = [
    5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
];

/// Attempts of one delivery: the first and ten retries.
pub const ATTEMPTS_MAX: u32 = 11;

/// How long to wait after attempt number `attempts_made`, or `None` when the delivery is exhausted.
///
/// `jitter` is any number; it shortens or lengthens the wait by at most `jitter_percent` percent.
#[must_use]
pub fn retry_delay_ms(attempts_made: u32, jitter: u64, jitter_percent: u8) -> Option<i64> {
    let index = usize::try_from(attempts_made.checked_sub(1)?).ok()?;
    let base = *DELAYS_MS.get(index)?;
    let span = base
        .saturating_mul(i64::from(jitter_percent.min(50)))
        .checked_div(100)?;
    if span == 0 {
        return Some(base);
    }
    let width = u64::try_from(span).ok()?.saturating_mul(2).saturating_add(1);
    let offset = i64::try_from(jitter.checked_rem(width)?).ok()?;
    Some(base.saturating_sub(span).saturating_add(offset))
}
