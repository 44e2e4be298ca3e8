//! Batches of a few beside batches of many.

use std::sync::Arc;
use std::time::Duration;

use tender_store::conformance::{counter, put, work};
use tender_store::{Batch, BoxFuture, Store, StoreError, Transaction, Writes};
use tokio::sync::Semaphore;

use super::OneNode;
use crate::PostgresOptions;

/// How long anything may take that should not have to wait.
const PATIENCE: Duration = Duration::from_secs(20);

/// The same batch for many.
struct Many(Box<dyn Batch>);

impl Batch for Many {
    fn run<'a>(
        &'a mut self,
        transaction: &'a mut dyn Transaction,
    ) -> BoxFuture<'a, Result<Writes, StoreError>> {
        self.0.run(transaction)
    }
}

/// A batch for one that says when it has begun, and waits for the end.
fn held(begun: &Arc<Semaphore>, end: &Arc<Semaphore>) -> Box<dyn Batch> {
    let (begun, end) = (Arc::clone(begun), Arc::clone(end));
    work(move |_| {
        let (begun, end) = (Arc::clone(&begun), Arc::clone(&end));
        Box::pin(async move {
            begun.add_permits(1);
            end.acquire().await.expect("open").forget();
            Ok(Writes::default())
        })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_and_many_do_not_wait_for_each_other() {
    let database = OneNode::new(PostgresOptions {
        writers: 1,
        ..PostgresOptions::default()
    })
    .await;
    let store = Arc::new(database.start().await);
    // First the only thread is taken, then the session for a few: each time the other one does the work.
    for (round, is_for_many) in (0..).zip([true, false]) {
        let (begun, end) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let mut batch = held(&begun, &end);
        if is_for_many {
            batch = Box::new(Many(batch));
        }
        let taken = {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(batch).await.1 })
        };
        begun.acquire().await.expect("open").forget();
        let written = put(&*store, vec![counter(&[1, 1, round], 1)]);
        let outcome = tokio::time::timeout(PATIENCE, written).await;
        outcome.expect("it waits for nobody").expect("written");
        end.add_permits(1);
        taken.await.expect("no panic").expect("committed");
    }
}
