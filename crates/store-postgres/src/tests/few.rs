//! Batches of a few beside batches of many.

use std::sync::Arc;
use std::time::Duration;

use tender_store::conformance::served::Served;
use tender_store::conformance::{counter, put, work};
use tender_store::{Batch, Store, Writes};
use tokio::sync::Semaphore;

use super::{OneNode, one_writer};

/// How long anything may take that should not have to wait.
const PATIENCE: Duration = Duration::from_secs(20);

/// A batch that says when it has begun, and waits for the end.
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
    let database = OneNode::new(one_writer()).await;
    let store = Arc::new(Served::new(Arc::new(database.start().await)));
    while !store.takes_few() {
        tokio::task::yield_now().await;
    }
    // In turns the session for a few is taken, and the only thread: each time the other one does the work.
    for round in 0..4 {
        let (begun, end) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let batch = held(&begun, &end);
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
        // A third one, so that the next round begins with the other writer.
        put(&*store, vec![counter(&[1, 2, round], 1)])
            .await
            .expect("written");
    }
}
