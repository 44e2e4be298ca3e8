//! The feed while other transactions are in the middle of writing entries.

use tender_store::conformance::{put, row};
use tender_store::{FeedPosition, Store, Table};

use super::OneNode;
use crate::feed::floor_text;
use crate::session::Session;
use crate::{PostgresOptions, PostgresStore};

/// Inserts an entry by hand, as a transaction of another node would.
async fn insert_by_hand(session: &Session, merchant_id: i64, order_id: i64, seq: i64) {
    let text = format!(
        "INSERT INTO journal (merchant_id, order_id, seq, location_id, kind, at_ms, doc) \
         VALUES ({merchant_id}, {order_id}, {seq}, 0, 0, 0, '')"
    );
    session.client().batch_execute(&text).await.expect("inserted");
}

async fn execute(session: &Session, text: &str) {
    session.client().batch_execute(text).await.expect(text);
}

/// Order and sequence number of everything after a position.
async fn read(store: &PostgresStore, after: FeedPosition) -> Vec<(i64, i64)> {
    let page = store.feed(1, after, 100).await.expect("feed");
    page.iter()
        .map(|(_, row)| (row.column("order_id"), row.column("seq")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_waits_for_those_before_it() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let store = database.start().await;
    let other = database.session().await;
    put(&store, vec![row(Table::Journal, &[1, 1, 1], 0, "")])
        .await
        .expect("put");

    execute(&other, "BEGIN").await;
    execute(&other, floor_text()).await;
    insert_by_hand(&other, 1, 2, 1).await;
    put(&store, vec![row(Table::Journal, &[1, 3, 1], 0, "")])
        .await
        .expect("put");
    let start = FeedPosition::default();
    assert_eq!(
        read(&store, start).await,
        [(1, 1)],
        "order 3 comes after order 2, which is not there yet"
    );
    execute(&other, "COMMIT").await;
    assert_eq!(read(&store, start).await, [(1, 1), (2, 1), (3, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_never_comes_holds_up_nobody() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let store = database.start().await;
    let other = database.session().await;
    execute(&other, "BEGIN").await;
    execute(&other, floor_text()).await;
    insert_by_hand(&other, 1, 2, 1).await;
    put(&store, vec![row(Table::Journal, &[1, 3, 1], 0, "")])
        .await
        .expect("put");
    assert_eq!(read(&store, FeedPosition::default()).await, []);
    execute(&other, "ROLLBACK").await;
    assert_eq!(read(&store, FeedPosition::default()).await, [(3, 1)]);

    // A program that dies in the middle.
    execute(&other, "BEGIN").await;
    execute(&other, floor_text()).await;
    insert_by_hand(&other, 1, 4, 1).await;
    put(&store, vec![row(Table::Journal, &[1, 5, 1], 0, "")])
        .await
        .expect("put");
    assert_eq!(read(&store, FeedPosition::default()).await, [(3, 1)]);
    drop(other);
    let patience = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while read(&store, FeedPosition::default()).await != [(3, 1), (5, 1)] {
            tokio::task::yield_now().await;
        }
    });
    patience.await.expect("the server notices");
}

/// A transaction gets its id with its first lock. One that began earlier, and then waited for a later one, still
/// comes after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_waited_comes_after_the_one_it_waited_for() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let store = database.start().await;
    let (early, late) = (database.session().await, database.session().await);
    execute(&early, "BEGIN; SELECT pg_current_xact_id()").await;
    execute(&late, "BEGIN; SELECT pg_current_xact_id()").await;
    execute(&late, floor_text()).await;
    insert_by_hand(&late, 1, 7, 1).await;
    execute(&late, "COMMIT").await;
    execute(&early, floor_text()).await;
    insert_by_hand(&early, 1, 7, 2).await;
    assert_eq!(read(&store, FeedPosition::default()).await, [(7, 1)]);
    execute(&early, "COMMIT").await;
    assert_eq!(read(&store, FeedPosition::default()).await, [(7, 1), (7, 2)]);
}

/// Neither transactions without entries nor other databases hold the feed back.
#[tokio::test(flavor = "multi_thread")]
async fn unrelated_transactions_do_not_matter() {
    let database = OneNode::new(PostgresOptions::default()).await;
    let elsewhere = OneNode::new(PostgresOptions::default()).await;
    let store = database.start().await;
    let _store_elsewhere = elsewhere.start().await;
    let (writing, foreign) = (database.session().await, elsewhere.session().await);
    execute(&writing, "BEGIN; INSERT INTO counters VALUES (9, 9, 9, 9)").await;
    execute(&foreign, "BEGIN").await;
    execute(&foreign, floor_text()).await;
    put(&store, vec![row(Table::Journal, &[1, 1, 1], 0, "")])
        .await
        .expect("put");
    assert_eq!(read(&store, FeedPosition::default()).await, [(1, 1)]);
}
