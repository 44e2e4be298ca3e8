//! What people do about webhooks: look at attempts, send again, change a secret.
//!
//! Owns: replay and secret rotation. Must not know: who may do that, or how it is asked for.

use tender_engine::{Attempt, Delivery, DeliveryId, DeliveryState, EndpointId, MerchantId, Timestamp};
use tender_store::{Direction, Op, Record, Row, Scan, Table, Wake, WakeKind, Write};

use super::carry::attempts_of;
use super::signature;
use crate::guard::Expected;
use crate::{DirectoryKind, Edit, Endpoint, EndpointSecret, Failure, Tender};

/// Attempts shown of one delivery.
const ATTEMPTS_SHOWN_MAX: u32 = 1_000;
/// Deliveries of a range that are replayed in one call.
const REPLAY_MAX: u32 = 1_000;
/// How often a conditional write is tried on a row that others change at the same time.
const CONFLICTS_MAX: u32 = 8;
/// How long a secret that was rotated away still signs along.
const SECRET_OVERLAP_MS: i64 = 24 * 3_600_000;
/// Secrets of one endpoint; beyond it the oldest stop signing early.
const SECRETS_MAX: usize = 4;

/// What a replay of a range has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// How many deliveries are pending again.
    pub count: u32,
    /// Where to go on when the range held more than one call replays.
    pub next: Option<DeliveryId>,
}

impl Tender {
    /// A delivery.
    ///
    /// # Errors
    /// As every query: [`Failure::Busy`] or [`Failure::Internal`].
    pub async fn delivery(&self, merchant: MerchantId, id: DeliveryId) -> Result<Option<Delivery>, Failure> {
        self.get_one(delivery_key(merchant, id)).await
    }

    /// Every HTTP try of a delivery, oldest first; the newest thousand when there are more.
    ///
    /// # Errors
    /// As every query.
    pub async fn attempts(&self, merchant: MerchantId, id: DeliveryId) -> Result<Vec<Attempt>, Failure> {
        let scan = attempts_of(merchant, id, Direction::Descending, ATTEMPTS_SHOWN_MAX);
        let mut attempts: Vec<Attempt> = self.scan_records(scan).await?;
        attempts.reverse();
        Ok(attempts)
    }

    /// Sends a message again: the same bytes under the same id, whatever became of it, with a full set of tries. Attempts
    /// go on being numbered. `None` when there is no such delivery.
    ///
    /// # Errors
    /// As [`Tender::execute`].
    pub async fn replay_delivery(
        &self,
        merchant: MerchantId,
        id: DeliveryId,
    ) -> Result<Option<Delivery>, Failure> {
        for _ in 0..CONFLICTS_MAX {
            let rows = self
                .get_rows(Table::Deliveries, vec![delivery_key(merchant, id)])
                .await?;
            let Some(row) = rows.into_iter().next() else {
                return Ok(None);
            };
            if let Some(delivery) = self.replay_row(row).await? {
                return Ok(Some(delivery));
            }
        }
        Err(Failure::Busy { retry_after_s: 1 })
    }

    /// Sends an endpoint's messages from one delivery to another again, both included, oldest first. At most a thousand
    /// in one call: the answer says where to go on.
    ///
    /// # Errors
    /// As [`Tender::execute`]. What was replayed before the failure stays replayed.
    pub async fn replay_range(
        &self,
        merchant: MerchantId,
        endpoint: EndpointId,
        from: DeliveryId,
        to: DeliveryId,
    ) -> Result<Replayed, Failure> {
        let scan = Scan::new(Table::Deliveries, REPLAY_MAX.saturating_add(1))
            .equals("merchant_id", merchant.to_i64())
            .equals("endpoint_id", endpoint.to_i64())
            .filter("delivery_id", Op::Ge, from.to_i64())
            .filter("delivery_id", Op::Le, to.to_i64())
            .order_by("delivery_id", Direction::Ascending);
        let mut ids: Vec<DeliveryId> = Vec::new();
        for row in self.scan_rows(scan).await? {
            ids.push(DeliveryId::from_i64(row.column("delivery_id")));
        }
        let most = usize::try_from(REPLAY_MAX).unwrap_or(usize::MAX);
        let next = ids.get(most).copied();
        ids.truncate(most);
        let replays = ids.iter().map(|id| self.replay_delivery(merchant, *id));
        let mut count = 0_u32;
        for replayed in futures_util::future::join_all(replays).await {
            count = count.saturating_add(u32::from(replayed?.is_some()));
        }
        Ok(Replayed { count, next })
    }

    /// `None` when the row has changed meanwhile.
    async fn replay_row(&self, row: Row) -> Result<Option<Delivery>, Failure> {
        let mut delivery = Delivery::from_row(&row)?;
        delivery.state = DeliveryState::Pending;
        delivery.attempts = 0;
        delivery.next_at = self.now();
        let wake = Wake {
            kind: WakeKind::Delivery,
            id: delivery.endpoint.to_i64(),
        };
        let writes = vec![Write::Put(delivery.to_row())];
        let held = self
            .write_guarded(vec![Expected::unchanged(row)], writes, vec![wake])
            .await?;
        Ok(held.then_some(delivery))
    }

    /// A new signing secret for a webhook endpoint: `whsec_` and 256 random bits.
    #[must_use]
    pub fn new_endpoint_secret() -> EndpointSecret {
        signature::new_secret()
    }

    /// Gives an endpoint a new secret, which is the answer. The old one signs along for a day, so that a receiver can
    /// change over without missing a message. `None` when there is no such endpoint.
    ///
    /// # Errors
    /// As [`Tender::execute`].
    pub async fn rotate_endpoint_secret(
        &self,
        merchant: MerchantId,
        endpoint: EndpointId,
    ) -> Result<Option<EndpointSecret>, Failure> {
        let now = self.now();
        let edit = |record: Option<Endpoint>| {
            let Some(mut record) = record else {
                return (Edit::Keep, None);
            };
            let secret = signature::new_secret();
            rotate(&mut record.secrets, secret.clone(), now);
            record.updated_at_ms = now.0;
            (Edit::Put(record), Some(secret))
        };
        self.edit_directory(merchant, DirectoryKind::Endpoint, endpoint.0, edit)
            .await
    }
}

/// Puts a secret first; those before it end in a day, or when they were going to.
fn rotate(secrets: &mut Vec<EndpointSecret>, new: EndpointSecret, now: Timestamp) {
    secrets.retain(|secret| signature::counts(secret, now));
    for secret in secrets.iter_mut() {
        secret.until_ms.get_or_insert(now.plus_ms(SECRET_OVERLAP_MS).0);
    }
    secrets.insert(0, new);
    secrets.truncate(SECRETS_MAX);
}

fn delivery_key(merchant: MerchantId, id: DeliveryId) -> Vec<i64> {
    vec![merchant.to_i64(), id.to_i64()]
}
