//! Walking the whole ledger for the auditor: order by order, then what belongs to no order, keys, deliveries.
//!
//! Every page is one consistent snapshot, so the audit may run beside a working server. Memory does not grow with the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tender_engine::{
    Attempt, Delivery, EndpointId, JournalEntry, KeyOutcome, MerchantId, Order, OrderId, Payment, PaymentId,
    Task, TaskId,
};
use tender_sim::{Audit, Report, reference_key};
use tender_store::{
    Direction, Key, Op, Record, Row, Scan, Store, StoreError, StoredKey, Table, Transaction, read,
};

mod in_sequence;

use in_sequence::InSequence;

/// Orders, keys or deliveries read at once.
const PAGE: u32 = 200;
/// Payments, entries or attempts of one record.
const BELOW_MAX: u32 = 200_000;

/// Audits everything.
///
/// # Errors
/// When the ledger cannot be read at all; a record that cannot be decoded is such an error, naming it.
pub async fn verify(store: Arc<dyn Store>) -> Result<Report, StoreError> {
    let store = store.as_ref();
    let mut audit = Audit::new();
    orders(store, &mut audit).await?;
    chains_without_order(store, &mut audit).await?;
    keys(store, &mut audit).await?;
    deliveries(store, &mut audit).await?;
    Ok(audit.finish())
}

fn decode<T: Record>(rows: &[Row]) -> Result<Vec<T>, StoreError> {
    rows.iter().map(T::from_row).collect()
}

/// The next page of a table in key order. Merchants come one after another: within one, keys rise.
fn page(table: Table, merchant: i64, column: &'static str, after: i64) -> Scan {
    Scan::new(table, PAGE)
        .equals("merchant_id", merchant)
        .filter(column, Op::Gt, after)
        .order_by(column, Direction::Ascending)
}

/// Every merchant that the directory names.
async fn merchants(store: &dyn Store) -> Result<Vec<i64>, StoreError> {
    let scan = Scan::new(Table::Directory, u32::MAX)
        .equals("kind", 1)
        .order_by("id", Direction::Ascending);
    let rows = scan_rows(store, scan).await?;
    Ok(rows.iter().map(|row| row.column("merchant_id")).collect())
}

async fn scan_rows(store: &dyn Store, scan: Scan) -> Result<Vec<Row>, StoreError> {
    read(store, move |transaction| {
        let scan = scan.clone();
        Box::pin(async move { transaction.scan(&scan).await })
    })
    .await
}

/// All rows of a table below an order or delivery.
async fn below<T: Record>(
    transaction: &mut dyn Transaction,
    merchant: i64,
    column: &'static str,
    id: i64,
    order: &'static str,
) -> Result<Vec<T>, StoreError> {
    let scan = Scan::new(T::TABLE, BELOW_MAX)
        .equals("merchant_id", merchant)
        .equals(column, id)
        .order_by(order, Direction::Ascending);
    decode(&transaction.scan(&scan).await?)
}

/// An order with everything that belongs to it.
struct Bundle {
    order: Order,
    payments: Vec<Payment>,
    entries: Vec<JournalEntry>,
    tasks: Vec<Task>,
    keys: Vec<StoredKey>,
}

async fn orders(store: &dyn Store, audit: &mut Audit) -> Result<(), StoreError> {
    for merchant in merchants(store).await? {
        let mut after = 0;
        loop {
            let scan = page(Table::Orders, merchant, "order_id", after);
            let bundles = read(store, move |transaction| {
                let scan = scan.clone();
                Box::pin(async move {
                    let heads: Vec<Order> = decode(&transaction.scan(&scan).await?)?;
                    let mut bundles = Vec::with_capacity(heads.len());
                    for order in heads {
                        bundles.push(bundle(transaction, order).await?);
                    }
                    Ok(bundles)
                })
            })
            .await?;
            let Some(last) = bundles.last() else { break };
            after = last.order.id.to_i64();
            for Bundle {
                order,
                payments,
                entries,
                tasks,
                keys,
            } in &bundles
            {
                audit.order(order, payments, entries, tasks);
                references(audit, payments, keys);
            }
        }
    }
    Ok(())
}

async fn bundle(transaction: &mut dyn Transaction, order: Order) -> Result<Bundle, StoreError> {
    let (merchant, id) = (order.merchant.to_i64(), order.id.to_i64());
    let payments: Vec<Payment> = below(transaction, merchant, "order_id", id, "number").await?;
    let entries: Vec<JournalEntry> = below(transaction, merchant, "order_id", id, "seq").await?;
    // Tasks have no index by order: payments and entries name those that belong to one.
    let named: BTreeSet<TaskId> = payments
        .iter()
        .filter_map(|payment| payment.task)
        .chain(entries.iter().filter_map(|entry| entry.task))
        .collect();
    let keys: Vec<Key> = named.iter().map(|task| vec![merchant, task.to_i64()]).collect();
    let tasks = if keys.is_empty() {
        Vec::new()
    } else {
        decode(&transaction.get(Table::Tasks, &keys).await?)?
    };
    let keys = keys_of(transaction, &payments).await?;
    Ok(Bundle {
        order,
        payments,
        entries,
        tasks,
        keys,
    })
}

/// The keys that payments must have left behind, as far as they are there.
async fn keys_of(
    transaction: &mut dyn Transaction,
    payments: &[Payment],
) -> Result<Vec<StoredKey>, StoreError> {
    let named: BTreeSet<Key> = payments
        .iter()
        .filter_map(|payment| {
            let hash = reference_key(payment)?;
            Some(vec![payment.merchant.to_i64(), hash.high, hash.low])
        })
        .collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let named: Vec<Key> = named.into_iter().collect();
    decode(&transaction.get(Table::Keys, &named).await?)
}

fn references(audit: &mut Audit, payments: &[Payment], keys: &[StoredKey]) {
    for payment in payments {
        let key = reference_key(payment).and_then(|hash| {
            keys.iter()
                .find(|key| key.hash == hash && key.merchant == payment.merchant)
        });
        audit.reference(payment, key.map(|key| &key.record));
    }
}

async fn chains_without_order(store: &dyn Store, audit: &mut Audit) -> Result<(), StoreError> {
    for merchant in merchants(store).await? {
        let mut after = 0;
        loop {
            let scan = page(Table::Journal, merchant, "order_id", after).equals("seq", 1);
            let (last, chains) = read(store, move |transaction| {
                let scan = scan.clone();
                Box::pin(async move { lonely_chains(transaction, &scan, merchant).await })
            })
            .await?;
            let Some(last) = last else { break };
            after = last;
            for (entries, payment, keys) in &chains {
                audit.chain_without_order(entries, payment.as_ref());
                references(audit, payment.as_slice(), keys);
            }
        }
    }
    Ok(())
}

type Chain = (Vec<JournalEntry>, Option<Payment>, Vec<StoredKey>);

/// Of a page of chains those that have no order, with the payment that each may have instead.
async fn lonely_chains(
    transaction: &mut dyn Transaction,
    scan: &Scan,
    merchant: i64,
) -> Result<(Option<i64>, Vec<Chain>), StoreError> {
    let firsts: Vec<JournalEntry> = decode(&transaction.scan(scan).await?)?;
    let keys: Vec<Key> = firsts
        .iter()
        .map(|entry| vec![merchant, entry.order.to_i64()])
        .collect();
    if keys.is_empty() {
        return Ok((None, Vec::new()));
    }
    let heads: Vec<Order> = decode(&transaction.get(Table::Orders, &keys).await?)?;
    let known: BTreeSet<OrderId> = heads.iter().map(|order| order.id).collect();
    let mut chains = Vec::new();
    for first in firsts.iter().filter(|entry| !known.contains(&entry.order)) {
        let id = first.order.to_i64();
        let entries = below(transaction, merchant, "order_id", id, "seq").await?;
        let payments: Vec<Payment> = below(transaction, merchant, "order_id", id, "number").await?;
        let payment = payments.into_iter().next();
        let keys = keys_of(transaction, payment.as_slice()).await?;
        chains.push((entries, payment, keys));
    }
    Ok((firsts.last().map(|entry| entry.order.to_i64()), chains))
}

async fn keys(store: &dyn Store, audit: &mut Audit) -> Result<(), StoreError> {
    for merchant in merchants(store).await? {
        let mut after = (i64::MIN, i64::MIN);
        loop {
            // Key order is (high, low); one page starts within a high value and the next ones after it.
            let within = page(Table::Keys, merchant, "hash_low", after.1).equals("hash_high", after.0);
            let beyond = Scan::new(Table::Keys, PAGE)
                .equals("merchant_id", merchant)
                .filter("hash_high", Op::Gt, after.0)
                .order_by("hash_high", Direction::Ascending)
                .order_by("hash_low", Direction::Ascending);
            let found = read(store, move |transaction| {
                let (within, beyond) = (within.clone(), beyond.clone());
                Box::pin(async move {
                    let mut keys: Vec<StoredKey> = decode(&transaction.scan(&within).await?)?;
                    if keys.is_empty() {
                        keys = decode(&transaction.scan(&beyond).await?)?;
                    }
                    with_outcomes(transaction, keys).await
                })
            })
            .await?;
            let Some((last, ..)) = found.last() else { break };
            after = (last.hash.high, last.hash.low);
            for (key, payment, order) in &found {
                audit.key(
                    key.merchant,
                    key.hash,
                    &key.record,
                    payment.as_ref(),
                    order.as_ref(),
                );
            }
        }
    }
    Ok(())
}

type Used = (StoredKey, Option<Payment>, Option<Order>);

async fn with_outcomes(
    transaction: &mut dyn Transaction,
    keys: Vec<StoredKey>,
) -> Result<Vec<Used>, StoreError> {
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let (payment, order) = match &key.record.outcome {
            KeyOutcome::Payment(id, _) => (payment(transaction, key.merchant, *id).await?, None),
            KeyOutcome::Order(id, _) => (None, order(transaction, key.merchant, *id).await?),
            KeyOutcome::Refused(_) | KeyOutcome::Burned => (None, None),
        };
        found.push((key, payment, order));
    }
    Ok(found)
}

async fn payment(
    transaction: &mut dyn Transaction,
    merchant: MerchantId,
    id: PaymentId,
) -> Result<Option<Payment>, StoreError> {
    let key = vec![merchant.to_i64(), id.order.to_i64(), i64::from(id.number)];
    Ok(decode(&transaction.get(Table::Payments, &[key]).await?)?
        .into_iter()
        .next())
}

async fn order(
    transaction: &mut dyn Transaction,
    merchant: MerchantId,
    id: OrderId,
) -> Result<Option<Order>, StoreError> {
    let key = vec![merchant.to_i64(), id.to_i64()];
    Ok(decode(&transaction.get(Table::Orders, &[key]).await?)?
        .into_iter()
        .next())
}

/// Deliveries in the order of their sequence numbers. Ids rise only nearly so: several nodes make them.
async fn deliveries(store: &dyn Store, audit: &mut Audit) -> Result<(), StoreError> {
    for merchant in merchants(store).await? {
        let mut lines: BTreeMap<EndpointId, InSequence<Tried>> = BTreeMap::new();
        let mut after = 0;
        loop {
            let scan = page(Table::Deliveries, merchant, "delivery_id", after);
            let found = read(store, move |transaction| {
                let scan = scan.clone();
                Box::pin(async move {
                    let deliveries: Vec<Delivery> = decode(&transaction.scan(&scan).await?)?;
                    let mut found: Vec<Tried> = Vec::with_capacity(deliveries.len());
                    for delivery in deliveries {
                        let id = delivery.id.to_i64();
                        let attempts = below(transaction, merchant, "delivery_id", id, "number").await?;
                        found.push((delivery, attempts));
                    }
                    Ok(found)
                })
            })
            .await?;
            let Some((last, _)) = found.last() else { break };
            after = last.id.to_i64();
            for (mut delivery, attempts) in found {
                // What was told is nothing to the auditor, and the largest part of what may have to wait.
                delivery.body = String::new();
                let line = lines.entry(delivery.endpoint).or_default();
                line.add(delivery.sequence, (delivery, attempts));
                while let Some((delivery, attempts)) = line.next() {
                    audit.delivery(&delivery, &attempts);
                }
            }
        }
        for line in lines.into_values() {
            for (delivery, attempts) in line.rest() {
                audit.delivery(&delivery, &attempts);
            }
        }
    }
    Ok(())
}

type Tried = (Delivery, Vec<Attempt>);
