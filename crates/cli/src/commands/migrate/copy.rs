//! Copying a ledger from one storage to another, whatever they are, and telling whether two are the same.
//!
//! Owns: reading a whole table in pages, the order of the copy, the comparison. Must not know: a backend, a record.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use tender_store::{
    Batch, BoxFuture, Direction, FeedPosition, Key, Op, Row, Scan, Store, StoreError, Table, Transaction,
    Write, Writes, read,
};

/// Rows read, and written in one transaction, at once.
const PAGE: u32 = 500;

/// Who may do what comes last: half a copy serves nobody.
const ORDER: [Table; Table::ALL.len()] = [
    Table::Orders,
    Table::OrderLines,
    Table::Payments,
    Table::Keys,
    Table::Aliases,
    Table::Tasks,
    Table::Journal,
    Table::Deliveries,
    Table::Attempts,
    Table::Cases,
    Table::Counters,
    Table::Credentials,
    Table::Directory,
];

/// What a ledger holds: the number of rows of every table, and a hash over them in their order. For programs of one
/// version on one machine.
#[derive(Debug, Clone, Default)]
pub struct Fingerprint {
    tables: BTreeMap<Table, (u64, u64)>,
    /// The last entry's place in the feed.
    position: FeedPosition,
}

impl PartialEq for Fingerprint {
    /// Places in the feed are the storage's own.
    fn eq(&self, other: &Self) -> bool {
        self.tables == other.tables
    }
}

impl Fingerprint {
    fn add(&mut self, rows: &[Row]) {
        for row in rows {
            let (count, hash) = self.tables.entry(row.table).or_default();
            let mut hasher = DefaultHasher::new();
            (*hash, &row.columns, &row.doc).hash(&mut hasher);
            (*count, *hash) = (count.saturating_add(1), hasher.finish());
        }
    }

    /// The rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.values().map(|(count, _)| count).sum()
    }

    /// Tables that differ, with both numbers of rows.
    pub fn differences(&self, other: &Self) -> Vec<(&'static str, u64, u64)> {
        let of = |fingerprint: &Self, table| fingerprint.tables.get(&table).copied().unwrap_or_default();
        Table::ALL
            .into_iter()
            .filter(|table| of(self, *table) != of(other, *table))
            .map(|table| (table.spec().name, of(self, table).0, of(other, table).0))
            .collect()
    }

    /// Whether the last entry of the journal is where an unbroken numbering from 1 puts it.
    pub fn is_numbered_without_gaps(&self) -> bool {
        let entries = self.tables.get(&Table::Journal).map_or(0, |(count, _)| *count);
        u64::try_from(self.position.position).is_ok_and(|last| last == entries)
    }
}

/// A table that has rows.
pub async fn occupied(store: &dyn Store) -> Result<Option<&'static str>, StoreError> {
    for table in Table::ALL {
        if !scan(store, Scan::new(table, 1)).await?.is_empty() {
            return Ok(Some(table.spec().name));
        }
    }
    Ok(None)
}

/// The rows of all tables.
pub async fn count(store: &dyn Store) -> Result<u64, StoreError> {
    let mut total: u64 = 0;
    for table in Table::ALL {
        let count = read(store, move |transaction| {
            Box::pin(async move { transaction.count(&Scan::new(table, u32::MAX)).await })
        });
        total = total.saturating_add(count.await?);
    }
    Ok(total)
}

/// Copies everything; answers what was read.
pub async fn copy(
    source: &dyn Store,
    target: &dyn Store,
    progress: impl Fn(u64),
) -> Result<Fingerprint, StoreError> {
    let mut fingerprint = Fingerprint::default();
    for table in ORDER {
        let mut pages = Pages::of(source, table).await?;
        loop {
            let rows = pages.next().await?;
            if rows.is_empty() {
                break;
            }
            fingerprint.add(&rows);
            let count = rows.len() as u64;
            let (_, written) = target.commit(Box::new(Put(rows))).await;
            written?;
            progress(count);
        }
        fingerprint.position = fingerprint.position.max(pages.position());
    }
    Ok(fingerprint)
}

/// Reads everything in the order in which it is copied.
pub async fn fingerprint(store: &dyn Store, progress: impl Fn(u64)) -> Result<Fingerprint, StoreError> {
    let mut fingerprint = Fingerprint::default();
    for table in ORDER {
        let mut pages = Pages::of(store, table).await?;
        loop {
            let rows = pages.next().await?;
            if rows.is_empty() {
                break;
            }
            fingerprint.add(&rows);
            progress(rows.len() as u64);
        }
        fingerprint.position = fingerprint.position.max(pages.position());
    }
    Ok(fingerprint)
}

/// Rows to be written as they are.
struct Put(Vec<Row>);

impl Batch for Put {
    fn run<'a>(&'a mut self, _: &'a mut dyn Transaction) -> BoxFuture<'a, Result<Writes, StoreError>> {
        let rows = self.0.iter().cloned().map(Write::Put).collect();
        Box::pin(std::future::ready(Ok(Writes {
            rows,
            wakes: Vec::new(),
        })))
    }
}

/// A table page by page: the journal as it was fed, so that its positions keep their order, everything else by key.
enum Pages<'s> {
    Keys {
        store: &'s dyn Store,
        table: Table,
        last: Option<Key>,
    },
    Feed {
        store: &'s dyn Store,
        merchants: BTreeMap<i64, Feed>,
        position: FeedPosition,
    },
}

/// What is read of one merchant's journal and not yet handed on.
#[derive(Default)]
struct Feed {
    read: VecDeque<(FeedPosition, Row)>,
    last: FeedPosition,
}

impl<'s> Pages<'s> {
    async fn of(store: &'s dyn Store, table: Table) -> Result<Self, StoreError> {
        if table != Table::Journal {
            return Ok(Self::Keys {
                store,
                table,
                last: None,
            });
        }
        let mut merchants = BTreeMap::new();
        let mut first = Scan::new(table, 1).order_by("merchant_id", Direction::Ascending);
        while let Some(row) = scan(store, first).await?.first() {
            let merchant = row.column("merchant_id");
            merchants.insert(merchant, Feed::default());
            first = Scan::new(table, 1)
                .filter("merchant_id", Op::Gt, merchant)
                .order_by("merchant_id", Direction::Ascending);
        }
        Ok(Self::Feed {
            store,
            merchants,
            position: FeedPosition::default(),
        })
    }

    /// The next rows; none at the end.
    async fn next(&mut self) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Keys { store, table, last } => {
                let rows = after(*store, *table, last.as_deref()).await?;
                *last = rows.last().map(|row| row.key().to_vec());
                Ok(rows)
            }
            Self::Feed {
                store,
                merchants,
                position,
            } => {
                let mut rows = Vec::new();
                while rows.len() < PAGE as usize {
                    fill(*store, merchants).await?;
                    let first = merchants
                        .values_mut()
                        .filter(|feed| !feed.read.is_empty())
                        .min_by_key(|feed| feed.read.front().map(|(at, _)| *at));
                    let Some((at, row)) = first.and_then(|feed| feed.read.pop_front()) else {
                        break;
                    };
                    *position = at;
                    rows.push(row);
                }
                Ok(rows)
            }
        }
    }

    /// The place in the feed of the last row handed on.
    fn position(&self) -> FeedPosition {
        match self {
            Self::Keys { .. } => FeedPosition::default(),
            Self::Feed { position, .. } => *position,
        }
    }
}

/// Reads on wherever nothing is left, and forgets merchants with nothing more to read.
async fn fill(store: &dyn Store, merchants: &mut BTreeMap<i64, Feed>) -> Result<(), StoreError> {
    let dry: Vec<i64> = merchants
        .iter()
        .filter(|(_, feed)| feed.read.is_empty())
        .map(|(merchant, _)| *merchant)
        .collect();
    for merchant in dry {
        let Some(feed) = merchants.get_mut(&merchant) else {
            continue;
        };
        let page = store.feed(merchant, feed.last, PAGE).await?;
        match page.last() {
            Some((last, _)) => {
                feed.last = *last;
                feed.read.extend(page);
            }
            None => drop(merchants.remove(&merchant)),
        }
    }
    Ok(())
}

/// A page of rows with keys after this one. The keys that share most of their columns with it come first.
async fn after(store: &dyn Store, table: Table, last: Option<&[i64]>) -> Result<Vec<Row>, StoreError> {
    let spec = table.spec();
    let ordered = || {
        let key = spec.columns.iter().take(spec.key_len);
        key.fold(Scan::new(table, PAGE), |scan, column| {
            scan.order_by(column, Direction::Ascending)
        })
    };
    let Some(last) = last else {
        return scan(store, ordered()).await;
    };
    let key: Vec<(&'static str, i64)> = spec.columns.iter().copied().zip(last.iter().copied()).collect();
    for shared in (0..key.len()).rev() {
        let mut wanted = ordered();
        for (column, value) in key.iter().take(shared) {
            wanted = wanted.equals(column, *value);
        }
        if let Some((column, value)) = key.get(shared) {
            wanted = wanted.filter(column, Op::Gt, *value);
        }
        let rows = scan(store, wanted).await?;
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    Ok(Vec::new())
}

async fn scan(store: &dyn Store, scan: Scan) -> Result<Vec<Row>, StoreError> {
    read(store, move |transaction| {
        let scan = scan.clone();
        Box::pin(async move { transaction.scan(&scan).await })
    })
    .await
}
