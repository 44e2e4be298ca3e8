//! A store whose commits break on demand, before or after they were written.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tender_engine::{Order, PAYMENTS_PER_ORDER_MAX};
use tender_store::{
    Batch, BoxFuture, FeedPosition, NodeLease, Record, Row, Store, StoreError, Table, Transaction, Wake,
    Write, Writes,
};
use tender_store_sqlite::SqliteStore;

use super::world::{O1, order_id};

/// When the next commit breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    Never,
    BeforeWriting,
    AfterWriting,
    /// Refused for now, and known not to be written.
    Busy,
    /// Reads break, commits do not.
    Reading,
}

/// A store with a switch.
#[derive(Debug)]
pub(super) struct Breakable {
    inner: Arc<SqliteStore>,
    switch: AtomicU8,
}

const ORDER: [Break; 5] = [
    Break::Never,
    Break::BeforeWriting,
    Break::AfterWriting,
    Break::Busy,
    Break::Reading,
];

impl Breakable {
    pub(super) fn new(inner: Arc<SqliteStore>) -> Self {
        Self {
            inner,
            switch: AtomicU8::new(0),
        }
    }

    pub(super) fn set(&self, when: Break) {
        let at = ORDER
            .iter()
            .position(|known| *known == when)
            .expect("all are listed");
        self.switch
            .store(u8::try_from(at).expect("a few"), Ordering::SeqCst);
    }

    /// Lets an order have had as many payments as one can have, which would take long to make.
    pub(super) async fn fill(&self, order: &str) {
        let key = vec![O1.to_i64(), order_id(order).to_i64()];
        let filled = self.inner.commit(Box::new(Fill { key })).await;
        filled.1.expect("the scratch database writes");
    }

    fn when(&self) -> Break {
        ORDER[usize::from(self.switch.load(Ordering::SeqCst))]
    }
}

struct Fill {
    key: Vec<i64>,
}

impl Batch for Fill {
    fn run<'a>(
        &'a mut self,
        transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        Box::pin(async move {
            let rows = transaction
                .get(Table::Orders, std::slice::from_ref(&self.key))
                .await?;
            let mut orders: Vec<Order> = rows.iter().map(Order::from_row).collect::<Result<_, _>>()?;
            for order in &mut orders {
                order.last_payment_number = PAYMENTS_PER_ORDER_MAX;
            }
            let rows = orders.iter().map(|order| Write::Put(order.to_row())).collect();
            Ok(Writes {
                rows,
                wakes: Vec::new(),
            })
        })
    }
}

impl Store for Breakable {
    fn commit(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        let broken = || StoreError::OutcomeUnknown("broken by the test".to_owned());
        match self.when() {
            Break::Never | Break::Reading => self.inner.commit(batch),
            Break::BeforeWriting => Box::pin(async move { (batch, Err(broken())) }),
            Break::AfterWriting => Box::pin(async move {
                let (batch, written) = self.inner.commit(batch).await;
                written.expect("the scratch database writes");
                (batch, Err(broken()))
            }),
            Break::Busy => Box::pin(async move { (batch, Err(StoreError::Conflict)) }),
        }
    }

    fn read(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        if self.when() == Break::Reading {
            let away = StoreError::Unavailable("broken by the test".to_owned());
            return Box::pin(async move { (batch, Err(away)) });
        }
        self.inner.read(batch)
    }

    fn feed(
        &self,
        merchant_id: i64,
        after: FeedPosition,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<(FeedPosition, Row)>, StoreError>> {
        self.inner.feed(merchant_id, after, limit)
    }

    fn node(&self) -> BoxFuture<'_, Result<NodeLease, StoreError>> {
        self.inner.node()
    }

    fn check_writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.check_writable()
    }

    fn backup<'a>(&'a self, to: &'a Path) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.backup(to)
    }

    fn wakes(&self) -> tokio::sync::broadcast::Receiver<Wake> {
        self.inner.wakes()
    }
}
