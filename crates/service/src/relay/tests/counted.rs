//! A store that counts what the relay asks of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tender_engine::EndpointId;
use tender_store::{
    Batch, BoxFuture, FeedPosition, Key, NodeLease, Row, Scan, Source, Store, StoreError, Table, Transaction,
    Wake, Writes,
};

/// Looks for what is due at one endpoint, and the rows that they answered.
#[derive(Debug, Default)]
pub(super) struct Looks {
    pub(super) count: AtomicUsize,
    pub(super) rows: AtomicUsize,
}

impl Looks {
    pub(super) fn take(&self) -> (usize, usize) {
        (
            self.count.swap(0, Ordering::Relaxed),
            self.rows.swap(0, Ordering::Relaxed),
        )
    }
}

/// Passes everything on to a store.
#[derive(Debug)]
pub(super) struct Counted {
    store: Arc<dyn Store>,
    endpoint: EndpointId,
    looks: Arc<Looks>,
}

impl Counted {
    pub(super) fn around(store: Arc<dyn Store>, endpoint: EndpointId) -> (Arc<dyn Store>, Arc<Looks>) {
        let looks = Arc::new(Looks::default());
        let counted = Self {
            store,
            endpoint,
            looks: Arc::clone(&looks),
        };
        (Arc::new(counted), looks)
    }
}

struct CountedBatch {
    batch: Box<dyn Batch>,
    endpoint: EndpointId,
    looks: Arc<Looks>,
}

impl Batch for CountedBatch {
    fn run<'a>(
        &'a mut self,
        transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        Box::pin(async move {
            let mut counted = CountedTransaction {
                transaction,
                endpoint: self.endpoint,
                looks: &self.looks,
            };
            self.batch.run(&mut counted).await
        })
    }
}

struct CountedTransaction<'a> {
    transaction: &'a mut dyn Transaction,
    endpoint: EndpointId,
    looks: &'a Looks,
}

impl Transaction for CountedTransaction<'_> {
    fn get<'a>(&'a mut self, table: Table, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        self.transaction.get(table, keys)
    }

    fn get_all<'a>(
        &'a mut self,
        wanted: &'a [(Table, Vec<Key>)],
    ) -> BoxFuture<'a, Result<Vec<Vec<Row>>, StoreError>> {
        self.transaction.get_all(wanted)
    }

    fn peek<'a>(&'a mut self, table: Table, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        self.transaction.peek(table, keys)
    }

    fn scan<'a>(&'a mut self, scan: &'a Scan) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        let is_look = scan.table == Table::Deliveries
            && scan
                .order
                .first()
                .is_some_and(|(column, _)| *column == "next_at_ms")
            && (scan.conds.iter())
                .any(|cond| cond.column == "endpoint_id" && cond.value == self.endpoint.to_i64());
        Box::pin(async move {
            let rows = self.transaction.scan(scan).await?;
            if is_look {
                self.looks.count.fetch_add(1, Ordering::Relaxed);
                self.looks.rows.fetch_add(rows.len(), Ordering::Relaxed);
            }
            Ok(rows)
        })
    }

    fn count<'a>(&'a mut self, scan: &'a Scan) -> BoxFuture<'a, Result<u64, StoreError>> {
        self.transaction.count(scan)
    }
}

impl Store for Counted {
    fn commit(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        self.store.commit(batch)
    }

    fn serve(&self, source: Arc<dyn Source>) {
        self.store.serve(source);
    }

    fn read(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        self.store.read(Box::new(CountedBatch {
            batch,
            endpoint: self.endpoint,
            looks: Arc::clone(&self.looks),
        }))
    }

    fn feed(
        &self,
        merchant_id: i64,
        after: FeedPosition,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<(FeedPosition, Row)>, StoreError>> {
        self.store.feed(merchant_id, after, limit)
    }

    fn node(&self) -> BoxFuture<'_, Result<NodeLease, StoreError>> {
        self.store.node()
    }

    fn check_writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.store.check_writable()
    }

    fn backup<'a>(&'a self, to: &'a Path) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store.backup(to)
    }

    fn wakes(&self) -> tokio::sync::broadcast::Receiver<Wake> {
        self.store.wakes()
    }
}
