//! Batches that go by what their node knows.

use std::sync::{Arc, Mutex};

use tender_store::conformance::{get, row, work};
use tender_store::{Key, Row, Store, StoreError, Table, Write, Writes};

use super::{OneNode, one_writer};
use crate::PostgresStore;
use crate::versions::READING_FIRST;

/// What a batch does with the orders it has read.
pub(super) type Then = fn(&[Row]) -> Result<Vec<i64>, StoreError>;

/// A node that knows orders 1 to 3, whose documents are "1".
pub(super) struct Node {
    pub(super) database: OneNode,
    pub(super) store: PostgresStore,
}

impl Node {
    pub(super) async fn start() -> Self {
        let database = OneNode::new(one_writer()).await;
        let store = database.start().await;
        store.node().await.expect("node");
        let node = Self { database, store };
        // Nothing is kept of the batch that connects.
        node.pay(&[1], 0, |_| Ok(vec![])).await;
        let runs = node.pay(&[1, 2, 3], 0, |_| Ok(vec![1, 2, 3])).await;
        assert_eq!(runs, ["none"]);
        node
    }

    /// Reads orders and a key, adds one to the documents of those orders that `then` names, and inserts the key. Answers what each
    /// run has seen.
    pub(super) async fn pay(&self, orders: &[i64], key: i64, then: Then) -> Vec<String> {
        let (runs, outcome) = self.try_pay(orders, key, then).await;
        outcome.expect("paid");
        runs
    }

    pub(super) async fn try_pay(
        &self,
        orders: &[i64],
        key: i64,
        then: Then,
    ) -> (Vec<String>, Result<(), StoreError>) {
        let runs = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&runs);
        let orders: Vec<Key> = orders.iter().map(|id| vec![1, *id]).collect();
        let batch = work(move |transaction| {
            let (noted, orders) = (Arc::clone(&noted), orders.clone());
            Box::pin(async move {
                let key = vec![1, key, key];
                let wanted = [(Table::Orders, orders), (Table::Keys, vec![key.clone()])];
                let found = transaction.get_all(&wanted).await?;
                noted.lock().expect("no panic").push(told(&found));
                let chosen = then(&found[0])?;
                let number = |id: i64| {
                    let old = found[0].iter().find(|order| order.columns[1] == id);
                    old.map_or(0, |order| order.doc.parse::<i64>().expect("a number")) + 1
                };
                let mut rows: Vec<Write> = Vec::new();
                for id in chosen {
                    let doc = number(id).to_string();
                    rows.push(Write::Put(row(Table::Orders, &[1, id], 1, &doc)));
                    rows.push(Write::Insert(row(Table::Journal, &[1, id, number(id)], 1, "{}")));
                }
                if !rows.is_empty() && found[1].is_empty() {
                    rows.push(Write::Insert(row(Table::Keys, &key, 1, "{}")));
                }
                let wakes = Vec::new();
                Ok(Writes { rows, wakes })
            })
        });
        let outcome = self.store.commit(batch).await.1;
        let runs = runs.lock().expect("no panic").clone();
        (runs, outcome)
    }

    /// How often a batch runs that reads the first order, and a counter too if it reads on, and then writes this.
    async fn runs_of(&self, reads_on: bool, then: fn(String) -> Write) -> u32 {
        let runs = Arc::new(Mutex::new(0));
        let noted = Arc::clone(&runs);
        let batch = work(move |transaction| {
            *noted.lock().expect("no panic") += 1;
            Box::pin(async move {
                let orders = transaction.get(Table::Orders, &[vec![1, 1]]).await?;
                if reads_on {
                    transaction.get(Table::Counters, &[vec![1, 1, 1]]).await?;
                }
                Ok(Writes {
                    rows: vec![then(orders[0].doc.clone())],
                    wakes: Vec::new(),
                })
            })
        });
        self.store.commit(batch).await.1.expect("written");
        *runs.lock().expect("no panic")
    }

    /// What another node could do.
    pub(super) async fn behind(&self, text: &str) {
        let session = self.database.session().await;
        session.client().batch_execute(text).await.expect(text);
    }

    pub(super) async fn doc(&self, id: i64) -> String {
        let found = get(&self.store, Table::Orders, vec![vec![1, id]]).await;
        found[0].doc.clone()
    }
}

/// Documents of orders, and whether the key was there.
fn told(found: &[Vec<Row>]) -> String {
    let docs: Vec<&str> = found[0].iter().map(|order| order.doc.as_str()).collect();
    let key = if found[1].is_empty() { "" } else { " and the key" };
    match docs.is_empty() {
        true => format!("none{key}"),
        false => docs.join(",") + key,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_has_written_is_read_in_a_second_run() {
    let node = Node::start().await;
    assert_eq!(node.pay(&[1, 2], 1, |_| Ok(vec![1, 2])).await, ["1,1"]);
    node.behind("UPDATE orders SET doc = '70' WHERE order_id = 2")
        .await;
    assert_eq!(node.pay(&[1, 2], 2, |_| Ok(vec![1, 2])).await, ["2,2", "2,70"]);
    assert_eq!((node.doc(1).await, node.doc(2).await), ("3".into(), "71".into()));
    let entries = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 71)];
    let keys = entries.map(|(order, seq)| vec![1, order, seq]);
    assert_eq!(get(&node.store, Table::Journal, keys.to_vec()).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_of_it_is_old_nothing_is_written() {
    let node = Node::start().await;
    node.behind("UPDATE orders SET doc = '70'").await;
    let stop: Then = |orders| match orders[0].doc.as_str() {
        "1" => Ok(vec![1, 2, 3]),
        _ => Ok(vec![]),
    };
    assert_eq!(node.pay(&[1, 2, 3], 1, stop).await, ["1,1,1", "70,70,70"]);
    assert_eq!(node.doc(3).await, "70");
    assert!(
        get(&node.store, Table::Keys, vec![vec![1, 1, 1]])
            .await
            .is_empty()
    );
    assert!(
        get(&node.store, Table::Journal, vec![vec![1, 1, 2]])
            .await
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_row_is_not_replaced() {
    let node = Node::start().await;
    node.behind("DELETE FROM orders WHERE order_id = 2").await;
    assert_eq!(node.pay(&[1, 2], 1, |_| Ok(vec![1])).await, ["1,1", "1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_taken_for_new_is_found_in_a_second_run() {
    let node = Node::start().await;
    node.behind("INSERT INTO keys VALUES (1, 7, 7, 1, 1, '{}')").await;
    assert_eq!(node.pay(&[1], 7, |_| Ok(vec![1])).await, ["1", "1 and the key"]);
    assert_eq!(node.doc(1).await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_written_is_proven_too() {
    let node = Node::start().await;
    // Nothing has changed: once is enough, and all of it is still known.
    assert_eq!(node.pay(&[1, 2], 1, |_| Ok(vec![1])).await, ["1,1"]);
    assert_eq!(node.pay(&[1, 2], 2, |_| Ok(vec![])).await, ["2,1"]);
    node.behind("UPDATE orders SET doc = '70' WHERE order_id = 2")
        .await;
    assert_eq!(node.pay(&[1, 2], 3, |_| Ok(vec![1])).await, ["2,1", "2,70"]);
    for _ in 0..READING_FIRST {
        assert_eq!(node.pay(&[3], 4, |_| Ok(vec![])).await, ["1"]);
    }
    node.behind("INSERT INTO keys VALUES (1, 7, 7, 1, 1, '{}')").await;
    assert_eq!(node.pay(&[1], 7, |_| Ok(vec![])).await, ["3", "3 and the key"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failure_some_batches_read() {
    let node = Node::start().await;
    let change = "UPDATE orders SET doc = (doc::bigint + 10)::text WHERE order_id = 1";
    node.behind(change).await;
    assert_eq!(node.pay(&[1], 1, |_| Ok(vec![1])).await, ["1", "11"]);
    let mut doc = 12;
    for key in 0..i64::from(READING_FIRST) {
        node.behind(change).await;
        doc += 10;
        assert_eq!(node.pay(&[1], 10 + key, |_| Ok(vec![1])).await, [doc.to_string()]);
        doc += 1;
    }
    node.behind(change).await;
    let runs = node.pay(&[1], 30, |_| Ok(vec![1])).await;
    assert_eq!(runs, [doc.to_string(), (doc + 10).to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_follows_from_an_old_version_is_not_the_answer() {
    let node = Node::start().await;
    node.behind("UPDATE orders SET doc = '70' WHERE order_id = 1")
        .await;
    let refuse: Then = |orders| match orders[0].doc.as_str() {
        "1" => Err(StoreError::Internal("it is old".to_owned())),
        _ => Ok(vec![1]),
    };
    assert_eq!(node.pay(&[1], 1, refuse).await, ["1", "70"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_number_nothing_is_written() {
    let node = Node::start().await;
    node.behind("UPDATE nodes SET token = token + 1").await;
    let (runs, outcome) = node.try_pay(&[1], 1, |_| Ok(vec![1])).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert_eq!(runs, ["1"], "the second run was refused before it read");
    assert_eq!(node.doc(1).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_written_anew_has_the_same_versions() {
    let node = Node::start().await;
    node.behind("DELETE FROM orders WHERE order_id = 1").await;
    node.behind("VACUUM (FULL, FREEZE) orders").await;
    assert_eq!(node.pay(&[2, 3], 1, |_| Ok(vec![2, 3])).await, ["1,1"]);
    assert_eq!((node.doc(2).await, node.doc(3).await), ("2".into(), "2".into()));
}

/// A server that came back from a copy of its disk would go on from there, with the same numbers.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_known_before_a_session_was_lost_is_forgotten() {
    let node = Node::start().await;
    assert_eq!(node.pay(&[1], 1, |_| Ok(vec![1])).await, ["1"]);
    node.behind(
        "UPDATE orders SET doc = '70' WHERE order_id = 1; \
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .await;
    let mut runs = Vec::new();
    for key in 10..1000 {
        let (seen, outcome) = node.try_pay(&[1], key, |_| Ok(vec![1])).await;
        runs = seen;
        if outcome.is_ok() {
            break;
        }
    }
    assert_eq!(runs, ["70"], "read at once");
}

/// A batch that goes on to read something else has to run again: what it went by was not locked.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_on_reads_everything() {
    let node = Node::start().await;
    let runs = node.runs_of(true, |doc| {
        Write::Put(row(Table::Orders, &[1, 1], 1, &(doc + "0")))
    });
    assert_eq!(runs.await, 2);
    assert_eq!(node.doc(1).await, "10");
}

/// A deletion cannot say which version it takes.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_deletes_reads() {
    let node = Node::start().await;
    let runs = node.runs_of(false, |_| Write::Delete(Table::Orders, vec![1, 1]));
    assert_eq!(runs.await, 2);
    assert!(get(&node.store, Table::Orders, vec![vec![1, 1]]).await.is_empty());
}
