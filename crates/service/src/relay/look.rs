//! Looking for what is due at one endpoint.
//!
//! Owns: the queries, and which of what they find may go now. Must not know: how messages are sent.
//!
//! All of it is read on connections that hold up no writer, and is a proposal: whoever claims a delivery does so only if
//! it is still as it was found.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tender_engine::{Delivery, DeliveryId, EndpointId, MerchantId, OrderId, Timestamp};
use tender_store::{Direction, Op, Record, Scan, StoreError, Table, Transaction};

use super::carry::{Found, chain};
use crate::{Failure, Tender};

/// What goes strictly one after another: the messages of one order to one endpoint. A message about no order stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Chain {
    Order(OrderId),
    Single(DeliveryId),
}

impl Chain {
    pub(super) fn of(delivery: &Delivery) -> Self {
        delivery.order.map_or(Self::Single(delivery.id), Self::Order)
    }
}

/// What to look for.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) endpoint: EndpointId,
    pub(super) now: Timestamp,
    /// Chains that have a message under way.
    pub(super) busy: Arc<HashSet<Chain>>,
    /// How many messages may be begun.
    pub(super) room: usize,
    /// How many rows to look at.
    pub(super) window: u32,
}

/// A delivery that is due but not the first of its chain, and the one it waits for.
#[derive(Debug)]
pub(super) struct Blocked {
    pub(super) found: Found,
    /// Not due, or under way at another node: when it is, its own time is worth waiting for.
    pub(super) head: Found,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// Whose endpoint it is; `None` when nothing is pending.
    pub(super) merchant: Option<MerchantId>,
    /// May go now, at most one of each chain.
    pub(super) ready: Vec<Found>,
    /// To be put off, so that they are not found again and again.
    pub(super) blocked: Vec<Blocked>,
    /// Whether there is more that may go now, perhaps.
    pub(super) more: bool,
    /// Whether the window held nothing but messages of busy chains.
    pub(super) crowded: bool,
    /// When the earliest of the others is due.
    pub(super) next_due: Option<Timestamp>,
}

/// Looks at the endpoint's pending deliveries, those due longest first.
pub(super) async fn look(tender: &Tender, ask: Ask) -> Result<Look, Failure> {
    tender
        .read(move |transaction| {
            let ask = ask.clone();
            Box::pin(async move { look_in(transaction, &ask).await })
        })
        .await
}

async fn look_in(transaction: &mut dyn Transaction, ask: &Ask) -> Result<Look, StoreError> {
    let scan = Scan::new(Table::Deliveries, ask.window)
        .equals("pending", 1)
        .equals("endpoint_id", ask.endpoint.to_i64())
        .order_by("next_at_ms", Direction::Ascending)
        .order_by("sequence", Direction::Ascending);
    let rows = transaction.scan(&scan).await?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|len| len >= ask.window);
    let mut look = Look::default();
    let mut heads: HashMap<Chain, Found> = HashMap::new();
    let mut is_all_due = true;
    for row in rows {
        look.merchant = Some(MerchantId::from_i64(row.column("merchant_id")));
        let delivery = match Delivery::from_row(&row) {
            Ok(delivery) => delivery,
            // One row that cannot be read must not stop all the others.
            Err(error) => {
                tracing::error!(error = %error, "a delivery cannot be read and is left alone");
                continue;
            }
        };
        if delivery.next_at > ask.now {
            look.next_due = Some(delivery.next_at);
            is_all_due = false;
            break;
        }
        let chain_of = Chain::of(&delivery);
        if ask.busy.contains(&chain_of)
            || look
                .ready
                .iter()
                .any(|ready| Chain::of(&ready.delivery) == chain_of)
        {
            continue;
        }
        if look.ready.len() >= ask.room {
            look.more = true;
            break;
        }
        let found = Found { row, delivery };
        let Chain::Order(order) = chain_of else {
            look.ready.push(found);
            continue;
        };
        let head = match heads.get(&chain_of) {
            Some(head) => head.clone(),
            None => {
                let first = chain(transaction, ask.endpoint, order.to_i64(), 1).await?;
                first.into_iter().next().unwrap_or_else(|| found.clone())
            }
        };
        if head.delivery.next_at <= ask.now {
            // Itself, or one before it that is due too and had not come up yet.
            look.ready.push(head);
        } else {
            heads.insert(chain_of, head.clone());
            look.blocked.push(Blocked { found, head });
        }
    }
    let is_fruitless = look.ready.is_empty() && look.blocked.is_empty() && !look.more;
    look.crowded = is_full && is_all_due && is_fruitless;
    look.more |= is_full && is_all_due && !is_fruitless;
    Ok(look)
}

/// An endpoint with pending deliveries, and when the first of them is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FirstDue {
    pub(crate) merchant: MerchantId,
    pub(crate) endpoint: EndpointId,
    pub(crate) at: Timestamp,
}

/// Endpoints with pending deliveries, by id, up to a number. One row is read for each, however many wait.
pub(crate) async fn first_dues(
    transaction: &mut dyn Transaction,
    limit: usize,
) -> Result<Vec<FirstDue>, StoreError> {
    let mut firsts: Vec<FirstDue> = Vec::new();
    while firsts.len() < limit {
        let last = firsts.last().map_or(EndpointId(0), |first| first.endpoint);
        let scan = Scan::new(Table::Deliveries, 1)
            .equals("pending", 1)
            .filter("endpoint_id", Op::Gt, last.to_i64())
            .order_by("endpoint_id", Direction::Ascending)
            .order_by("next_at_ms", Direction::Ascending)
            .order_by("sequence", Direction::Ascending);
        let rows = transaction.scan(&scan).await?;
        let Some(row) = rows.first() else { break };
        firsts.push(FirstDue {
            merchant: MerchantId::from_i64(row.column("merchant_id")),
            endpoint: EndpointId::from_i64(row.column("endpoint_id")),
            at: Timestamp(row.column("next_at_ms")),
        });
    }
    Ok(firsts)
}

/// Endpoints with pending deliveries, by id.
pub(super) async fn endpoints_with_work(tender: &Tender, limit: usize) -> Result<Vec<EndpointId>, Failure> {
    let firsts = tender
        .read(move |transaction| Box::pin(async move { first_dues(transaction, limit).await }))
        .await?;
    Ok(firsts.into_iter().map(|first| first.endpoint).collect())
}
