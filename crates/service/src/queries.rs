//! Reading: order views, lists, payments, the journal. All on read connections that block no writer.
//!
//! What is read follows an index from where it begins to where it ends, so that it costs what it answers and not what the
//! ledger holds.

use std::ops::Range;

use tender_engine::{
    Case, CaseId, Delivery, DeliveryId, EndpointId, Hash128, JournalEntry, KeyClaim, KeyRecord, Line,
    LocationId, MerchantId, Opened, Order, OrderId, OrderLines, OrderState, PAYMENTS_PER_ORDER_MAX, Payment,
    PaymentId, Task, TaskId, Timestamp, key_hash,
};
use tender_store::{
    BoxFuture, Direction, FeedPosition, Key, Op, Record, Row, Scan, StoreError, StoredAlias, StoredKey,
    Table, Transaction,
};

use crate::{Caller, Failure, Tender};

mod filter;
#[cfg(test)]
mod tests;

pub use filter::{Field, OrderFilter};

/// Most entries of one order's chain that are read at once.
const ENTRIES_PER_ORDER_MAX: u32 = 100_000;

/// An order with everything on it, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderView {
    /// The head.
    pub order: Order,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Its payments by number, deleted and failed ones included.
    pub payments: Vec<Payment>,
}

impl From<Opened> for OrderView {
    fn from(opened: Opened) -> Self {
        Self {
            order: opened.order,
            lines: opened.lines,
            payments: opened.payments,
        }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Whether there are more.
    pub more: bool,
}

/// Decodes rows.
pub(crate) fn decode<T: Record>(rows: &[Row]) -> Result<Vec<T>, StoreError> {
    rows.iter().map(T::from_row).collect()
}

pub(crate) fn order_key(merchant: MerchantId, order: OrderId) -> Key {
    vec![merchant.to_i64(), order.to_i64()]
}

pub(crate) fn payment_key(merchant: MerchantId, id: PaymentId) -> Key {
    vec![merchant.to_i64(), id.order.to_i64(), i64::from(id.number)]
}

pub(crate) fn payments_scan(merchant: MerchantId, order: OrderId) -> Scan {
    Scan::new(Table::Payments, PAYMENTS_PER_ORDER_MAX)
        .equals("merchant_id", merchant.to_i64())
        .equals("order_id", order.to_i64())
        .order_by("number", Direction::Ascending)
}

async fn load_views(
    transaction: &mut dyn Transaction,
    merchant: MerchantId,
    heads: Vec<Order>,
) -> Result<Vec<OrderView>, StoreError> {
    let keys: Vec<Key> = heads.iter().map(|order| order_key(merchant, order.id)).collect();
    let lines: Vec<OrderLines> = decode(&transaction.get(Table::OrderLines, &keys).await?)?;
    let mut views = Vec::with_capacity(heads.len());
    for order in heads {
        let payments = if order.last_payment_number == 0 {
            Vec::new()
        } else {
            decode(&transaction.scan(&payments_scan(merchant, order.id)).await?)?
        };
        let own = lines.iter().find(|lines| lines.order == order.id);
        let lines = own.map(|own| own.lines.clone()).unwrap_or_default();
        views.push(OrderView {
            order,
            lines,
            payments,
        });
    }
    Ok(views)
}

impl Tender {
    /// Runs a read on one consistent snapshot.
    ///
    /// # Errors
    /// [`Failure::Busy`] when the storage is away, [`Failure::Internal`] when it is broken.
    pub(crate) async fn read<T, F>(&self, run: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: for<'a> FnMut(&'a mut dyn Transaction) -> BoxFuture<'a, Result<T, StoreError>>
            + Send
            + Sync
            + 'static,
    {
        Ok(tender_store::read(self.store().as_ref(), run).await?)
    }

    pub(crate) async fn get_rows(&self, table: Table, keys: Vec<Key>) -> Result<Vec<Row>, Failure> {
        self.read(move |transaction| {
            let keys = keys.clone();
            Box::pin(async move { transaction.get(table, &keys).await })
        })
        .await
    }

    pub(crate) async fn scan_rows(&self, scan: Scan) -> Result<Vec<Row>, Failure> {
        self.read(move |transaction| {
            let scan = scan.clone();
            Box::pin(async move { transaction.scan(&scan).await })
        })
        .await
    }

    pub(crate) async fn get_one<T: Record>(&self, key: Key) -> Result<Option<T>, Failure> {
        let rows = self.get_rows(T::TABLE, vec![key]).await?;
        match rows.first() {
            Some(row) => Ok(Some(T::from_row(row)?)),
            None => Ok(None),
        }
    }

    pub(crate) async fn scan_records<T: Record>(&self, scan: Scan) -> Result<Vec<T>, Failure> {
        Ok(decode(&self.scan_rows(scan).await?)?)
    }

    /// An order's head.
    ///
    /// # Errors
    /// As every query: [`Failure::Busy`] or [`Failure::Internal`].
    pub async fn order_head(&self, merchant: MerchantId, order: OrderId) -> Result<Option<Order>, Failure> {
        self.get_one(order_key(merchant, order)).await
    }

    /// An order with lines and payments.
    ///
    /// # Errors
    /// As every query.
    pub async fn order(&self, merchant: MerchantId, order: OrderId) -> Result<Option<OrderView>, Failure> {
        let views = self.order_views(merchant, vec![order]).await?;
        Ok(views.into_iter().next())
    }

    /// Several orders at one moment, in the order asked for; missing ones are left out.
    ///
    /// # Errors
    /// As every query.
    pub async fn order_views(
        &self,
        merchant: MerchantId,
        orders: Vec<OrderId>,
    ) -> Result<Vec<OrderView>, Failure> {
        self.read(move |transaction| {
            let orders = orders.clone();
            Box::pin(async move {
                let keys: Vec<Key> = orders.iter().map(|order| order_key(merchant, *order)).collect();
                let mut heads: Vec<Order> = decode(&transaction.get(Table::Orders, &keys).await?)?;
                heads.sort_by_key(|head| orders.iter().position(|order| *order == head.id));
                load_views(transaction, merchant, heads).await
            })
        })
        .await
    }

    /// The order that another name leads to ([`tender_engine::alias_hash`]).
    ///
    /// # Errors
    /// As every query.
    pub async fn find_order(&self, merchant: MerchantId, alias: Hash128) -> Result<Option<OrderId>, Failure> {
        let key = vec![merchant.to_i64(), alias.high, alias.low];
        Ok(self.get_one::<StoredAlias>(key).await?.map(|alias| alias.order))
    }

    /// A page of order heads. `skip` rows are passed over; the sum of skip and limit is bounded by the caller.
    ///
    /// # Errors
    /// As every query.
    pub async fn order_heads(
        &self,
        merchant: MerchantId,
        filter: &OrderFilter,
        skip: u32,
        limit: u32,
    ) -> Result<Page<Order>, Failure> {
        let reach = skip.saturating_add(limit).saturating_add(1);
        let (wanted, newest_first) = (filter.clone(), !filter.oldest_first);
        let rows = self
            .read(move |transaction| {
                let wanted = wanted.clone();
                Box::pin(async move {
                    let mut rows = Vec::new();
                    for scan in wanted.scans(transaction, merchant, reach).await? {
                        rows.extend(transaction.scan(&scan).await?);
                    }
                    rows.sort_by_key(|row| row.column("order_id"));
                    if newest_first {
                        rows.reverse();
                    }
                    rows.truncate(usize::try_from(reach).unwrap_or(usize::MAX));
                    Ok(rows)
                })
            })
            .await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let skipped = usize::try_from(skip).unwrap_or(usize::MAX);
        let rest = rows.get(skipped..).unwrap_or_default();
        let items = decode(rest.get(..wanted.min(rest.len())).unwrap_or_default())?;
        Ok(Page {
            items,
            more: rest.len() > wanted,
        })
    }

    /// A page of orders with lines and payments, at one moment.
    ///
    /// # Errors
    /// As every query.
    pub async fn orders(
        &self,
        merchant: MerchantId,
        filter: &OrderFilter,
        skip: u32,
        limit: u32,
    ) -> Result<Page<OrderView>, Failure> {
        let heads = self.order_heads(merchant, filter, skip, limit).await?;
        let more = heads.more;
        let items = self
            .read(move |transaction| {
                let heads = heads.items.clone();
                Box::pin(async move { load_views(transaction, merchant, heads).await })
            })
            .await?;
        Ok(Page { items, more })
    }

    /// How many orders match, counted up to `cap`.
    ///
    /// # Errors
    /// As every query.
    pub async fn count_orders(
        &self,
        merchant: MerchantId,
        filter: &OrderFilter,
        cap: u32,
    ) -> Result<u64, Failure> {
        let wanted = filter.clone();
        self.read(move |transaction| {
            let wanted = wanted.clone();
            Box::pin(async move {
                let mut counted = 0_u64;
                for mut scan in wanted.scans(transaction, merchant, cap).await? {
                    let left = u64::from(cap).saturating_sub(counted);
                    scan.limit = u32::try_from(left).unwrap_or(cap);
                    counted = counted.saturating_add(transaction.count(&scan).await?);
                }
                Ok(counted)
            })
        })
        .await
    }

    /// A payment.
    ///
    /// # Errors
    /// As every query.
    pub async fn payment(&self, merchant: MerchantId, id: PaymentId) -> Result<Option<Payment>, Failure> {
        self.get_one(payment_key(merchant, id)).await
    }

    /// A till task.
    ///
    /// # Errors
    /// As every query.
    pub async fn task(&self, merchant: MerchantId, id: TaskId) -> Result<Option<Task>, Failure> {
        self.get_one(vec![merchant.to_i64(), id.to_i64()]).await
    }

    /// A used key.
    ///
    /// # Errors
    /// As every query.
    pub async fn key(&self, merchant: MerchantId, hash: Hash128) -> Result<Option<KeyRecord>, Failure> {
        let key = vec![merchant.to_i64(), hash.high, hash.low];
        Ok(self.get_one::<StoredKey>(key).await?.map(|stored| stored.record))
    }

    /// Whether one of these claims was made before, by this caller at this location.
    ///
    /// # Errors
    /// As every query.
    pub async fn are_used(
        &self,
        caller: &Caller,
        location: LocationId,
        claims: &[KeyClaim],
    ) -> Result<bool, Failure> {
        for claim in claims {
            let hash = key_hash(claim.space, caller.application, location, &claim.text);
            if self.key(caller.merchant, hash).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The journal entries of an order's chain, oldest first.
    ///
    /// # Errors
    /// As every query.
    pub async fn chain(&self, merchant: MerchantId, order: OrderId) -> Result<Vec<JournalEntry>, Failure> {
        let scan = Scan::new(Table::Journal, ENTRIES_PER_ORDER_MAX)
            .equals("merchant_id", merchant.to_i64())
            .equals("order_id", order.to_i64())
            .order_by("seq", Direction::Ascending);
        self.scan_records(scan).await
    }

    /// A location's journal entries of some time, by their moment; when there are more than `limit`, the moment to go on from
    /// is answered too. Entries of one moment are never parted, so there are more of them where one moment has more.
    ///
    /// # Errors
    /// As every query.
    pub async fn journal_of(
        &self,
        merchant: MerchantId,
        location: LocationId,
        moments: Range<Timestamp>,
        limit: u32,
    ) -> Result<(Vec<JournalEntry>, Option<Timestamp>), Failure> {
        let mut reach = limit.max(1);
        loop {
            let scan = Scan::new(Table::Journal, reach.saturating_add(1))
                .equals("merchant_id", merchant.to_i64())
                .equals("location_id", location.to_i64())
                .filter("at_ms", Op::Ge, moments.start.0)
                .filter("at_ms", Op::Lt, moments.end.0)
                .order_by("at_ms", Direction::Ascending);
            let mut entries: Vec<JournalEntry> = self.scan_records(scan).await?;
            let is_whole = u32::try_from(entries.len()).is_ok_and(|count| count <= reach);
            let next = entries.last().map(|last| last.at).filter(|_| !is_whole);
            if let Some(next) = next {
                entries.retain(|entry| entry.at < next);
                if entries.is_empty() {
                    // More than fit happened at this very moment.
                    reach = reach.saturating_mul(4);
                    continue;
                }
            }
            entries.sort_by_key(|entry| (entry.at, entry.order, entry.seq));
            return Ok((entries, next));
        }
    }

    /// A location's newest journal entries, newest first.
    ///
    /// # Errors
    /// As every query.
    pub async fn newest_of(
        &self,
        merchant: MerchantId,
        location: LocationId,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, Failure> {
        let scan = Scan::new(Table::Journal, limit)
            .equals("merchant_id", merchant.to_i64())
            .equals("location_id", location.to_i64())
            .order_by("at_ms", Direction::Descending);
        let mut entries: Vec<JournalEntry> = self.scan_records(scan).await?;
        entries.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.order, entry.seq)));
        Ok(entries)
    }

    /// A merchant's journal after a position, in commit order and without gaps.
    ///
    /// # Errors
    /// As every query.
    pub async fn feed(
        &self,
        merchant: MerchantId,
        after: FeedPosition,
        limit: u32,
    ) -> Result<Vec<(FeedPosition, JournalEntry)>, Failure> {
        let rows = self.store().feed(merchant.to_i64(), after, limit).await?;
        let decoded: Result<_, StoreError> = rows
            .iter()
            .map(|(position, row)| Ok((*position, JournalEntry::from_row(row)?)))
            .collect();
        Ok(decoded?)
    }

    /// Cases, newest first.
    ///
    /// # Errors
    /// As every query.
    pub async fn cases(
        &self,
        merchant: MerchantId,
        open_only: bool,
        before: Option<CaseId>,
        limit: u32,
    ) -> Result<Page<Case>, Failure> {
        let mut scan =
            Scan::new(Table::Cases, limit.saturating_add(1)).equals("merchant_id", merchant.to_i64());
        if open_only {
            scan = scan.equals("open", 1);
        }
        let before = before.map(CaseId::to_i64);
        self.newest_first(scan, "case_id", before, limit).await
    }

    /// A location's cases that nobody has looked after yet, newest first.
    ///
    /// # Errors
    /// As every query.
    pub async fn open_cases_of(
        &self,
        merchant: MerchantId,
        location: LocationId,
        before: Option<CaseId>,
        limit: u32,
    ) -> Result<Page<Case>, Failure> {
        let scan = Scan::new(Table::Cases, limit.saturating_add(1))
            .equals("merchant_id", merchant.to_i64())
            .equals("location_id", location.to_i64())
            .equals("open", 1);
        let before = before.map(CaseId::to_i64);
        self.newest_first(scan, "case_id", before, limit).await
    }

    /// Deliveries about an order, newest first, to every endpoint.
    ///
    /// # Errors
    /// As every query.
    pub async fn deliveries_about(
        &self,
        merchant: MerchantId,
        order: OrderId,
        limit: u32,
    ) -> Result<Page<Delivery>, Failure> {
        let scan = Scan::new(Table::Deliveries, limit.saturating_add(1))
            .equals("merchant_id", merchant.to_i64())
            .equals("order_id", order.to_i64());
        self.newest_first(scan, "delivery_id", None, limit).await
    }

    /// Deliveries, newest first, of one endpoint or all of the merchant's.
    ///
    /// # Errors
    /// As every query.
    pub async fn deliveries(
        &self,
        merchant: MerchantId,
        endpoint: Option<EndpointId>,
        before: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Page<Delivery>, Failure> {
        let mut scan =
            Scan::new(Table::Deliveries, limit.saturating_add(1)).equals("merchant_id", merchant.to_i64());
        if let Some(endpoint) = endpoint {
            scan = scan.equals("endpoint_id", endpoint.to_i64());
        }
        let before = before.map(DeliveryId::to_i64);
        self.newest_first(scan, "delivery_id", before, limit).await
    }

    /// Whether an endpoint has messages that wait to be delivered.
    ///
    /// # Errors
    /// As every query.
    pub async fn has_pending_deliveries(&self, endpoint: EndpointId) -> Result<bool, Failure> {
        let scan = Scan::new(Table::Deliveries, 1)
            .equals("pending", 1)
            .equals("endpoint_id", endpoint.to_i64());
        Ok(!self.scan_rows(scan).await?.is_empty())
    }

    /// A page of the records of a scan that asks for one more than `limit`, those with the highest ids first.
    async fn newest_first<T: Record>(
        &self,
        mut scan: Scan,
        id: &'static str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Page<T>, Failure> {
        if let Some(before) = before {
            scan = scan.filter(id, Op::Lt, before);
        }
        let items = self
            .scan_records(scan.order_by(id, Direction::Descending))
            .await?;
        Ok(page(items, limit))
    }

    /// Open orders of a location, oldest first.
    ///
    /// # Errors
    /// As every query.
    pub async fn open_orders(
        &self,
        merchant: MerchantId,
        location: LocationId,
        limit: u32,
    ) -> Result<Vec<OrderView>, Failure> {
        let filter = OrderFilter {
            oldest_first: true,
            ..OrderFilter::default()
        }
        .with(Field::Location, Op::Eq, location.to_i64())
        .with(Field::State, Op::Eq, OrderState::Open.number());
        Ok(self.orders(merchant, &filter, 0, limit).await?.items)
    }
}

fn page<T>(mut items: Vec<T>, limit: u32) -> Page<T> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > wanted;
    items.truncate(wanted);
    Page { items, more }
}
