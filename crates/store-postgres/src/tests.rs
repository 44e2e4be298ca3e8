//! The conformance suite, on one node and on two, and what is PostgreSQL's own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tender_store::conformance::Fixture;
use tender_store::conformance::served::Served;
use tender_store::{Batch, BoxFuture, FeedPosition, NodeLease, Row, Source, Store, StoreError, Wake};
use tender_testkit::postgres::Cluster;

use crate::servers::Servers;
use crate::session::Session;
use crate::{PostgresOptions, PostgresStore};

mod beside;
mod failover;
mod feed;
mod few;
mod nodes;
mod outage;
mod proxy;
mod versions;

/// One thread that writes: what one batch meets, the next one does too.
pub(crate) fn one_writer() -> PostgresOptions {
    PostgresOptions {
        writers: 1,
        ..PostgresOptions::default()
    }
}

/// A database of its own in this process's cluster.
pub(crate) struct OneNode {
    cluster: Arc<Cluster>,
    url: String,
    options: PostgresOptions,
}

impl OneNode {
    pub(crate) async fn new(options: PostgresOptions) -> Self {
        Self::on(Cluster::shared(), options).await
    }

    pub(crate) async fn on(cluster: Arc<Cluster>, options: PostgresOptions) -> Self {
        let url = cluster.create_database().await;
        Self {
            cluster,
            url,
            options,
        }
    }

    pub(crate) async fn start(&self) -> PostgresStore {
        PostgresStore::connect(&self.url, self.options.clone())
            .await
            .expect("the store connects")
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The URL of another database of the same cluster.
    pub(crate) fn sibling(&self, name: &str) -> String {
        self.cluster.url(name)
    }

    /// A bare session, for looking at and meddling with what the store does.
    pub(crate) async fn session(&self) -> Session {
        let servers = Servers::parse(&self.url, self.options.answer_timeout).expect("a good URL");
        Session::open(&servers, None).await.expect("the session opens")
    }
}

/// Whether the answer was that the server is away and nothing has happened.
fn is_unavailable<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Unavailable(_)))
}

impl Fixture for OneNode {
    fn open(&self) -> BoxFuture<'_, Arc<dyn Store>> {
        Box::pin(async { Arc::new(self.start().await) as Arc<dyn Store> })
    }
}

mod one_node {
    async fn fixture() -> super::OneNode {
        super::OneNode::new(super::PostgresOptions::default()).await
    }

    tender_store::conformance_tests!(fixture);
}

/// Several writers and short queues: batches of one node race each other, and callers wait for room.
mod several_writers {
    async fn fixture() -> super::OneNode {
        super::OneNode::new(super::PostgresOptions {
            writers: 3,
            readers: 1,
            write_queue: 1,
            read_queue: 1,
            ..super::PostgresOptions::default()
        })
        .await
    }

    tender_store::conformance_tests!(fixture, in one test every_case);
}

/// Two nodes on one database behind one face: every call goes to the other one than the call before.
#[derive(Debug)]
struct Pair {
    nodes: [PostgresStore; 2],
    calls: AtomicUsize,
}

impl Pair {
    fn next(&self) -> &PostgresStore {
        &self.nodes[self.calls.fetch_add(1, Ordering::Relaxed) % 2]
    }
}

impl Store for Pair {
    fn commit(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        self.next().commit(batch)
    }

    fn serve(&self, source: Arc<dyn Source>) {
        self.next().serve(source);
    }

    fn read(&self, batch: Box<dyn Batch>) -> BoxFuture<'_, (Box<dyn Batch>, Result<(), StoreError>)> {
        self.next().read(batch)
    }

    fn feed(
        &self,
        merchant_id: i64,
        after: FeedPosition,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<(FeedPosition, Row)>, StoreError>> {
        self.next().feed(merchant_id, after, limit)
    }

    /// That of the first node; the other one has its own.
    fn node(&self) -> BoxFuture<'_, Result<NodeLease, StoreError>> {
        Box::pin(async {
            let first = self.nodes[0].node().await;
            self.nodes[1].node().await?;
            first
        })
    }

    fn check_writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.next().check_writable()
    }

    fn backup<'a>(&'a self, to: &'a Path) -> BoxFuture<'a, Result<(), StoreError>> {
        self.next().backup(to)
    }

    /// Always those the second node hears, so that the first one's commits have to travel.
    fn wakes(&self) -> tokio::sync::broadcast::Receiver<Wake> {
        self.nodes[1].wakes()
    }
}

struct TwoNodes(OneNode);

impl Fixture for TwoNodes {
    fn open(&self) -> BoxFuture<'_, Arc<dyn Store>> {
        Box::pin(async {
            let nodes = [self.0.start().await, self.0.start().await];
            let calls = AtomicUsize::new(0);
            Arc::new(Pair { nodes, calls }) as Arc<dyn Store>
        })
    }
}

/// One node that takes every batch from a source, every second one on the session for a few.
struct ServedNode(OneNode);

impl Fixture for ServedNode {
    fn open(&self) -> BoxFuture<'_, Arc<dyn Store>> {
        Box::pin(async {
            let store: Arc<dyn Store> = Arc::new(self.0.start().await);
            Arc::new(Served::new(store)) as Arc<dyn Store>
        })
    }
}

mod served {
    async fn fixture() -> super::ServedNode {
        super::ServedNode(super::OneNode::new(super::PostgresOptions::default()).await)
    }

    tender_store::conformance_tests!(fixture, in one test every_case);
}

mod two_nodes {
    async fn fixture() -> super::TwoNodes {
        super::TwoNodes(super::OneNode::new(super::PostgresOptions::default()).await)
    }

    tender_store::conformance_tests!(fixture, in one test every_case);
}
