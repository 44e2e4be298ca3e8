//! The feed of the journal.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Fixture, put, row, write_and_wake};
use crate::{FeedPosition, Row, Store, Table, Wake, WakeKind, Write};

fn entry(merchant_id: i64, order_id: i64, seq: i64) -> Row {
    let doc = format!(r#"{{"order":{order_id},"seq":{seq}}}"#);
    row(Table::Journal, &[merchant_id, order_id, seq], seq, &doc)
}

/// Reads a merchant's feed to its end in pages.
async fn read_all(store: &dyn Store, merchant_id: i64, limit: u32) -> Vec<(FeedPosition, Row)> {
    let mut all = Vec::new();
    loop {
        let after = all
            .last()
            .map_or_else(FeedPosition::default, |(position, _)| *position);
        let page = store.feed(merchant_id, after, limit).await.expect("feed");
        if page.is_empty() {
            return all;
        }
        assert!(page.len() <= limit as usize);
        all.extend(page);
    }
}

fn assert_rising(entries: &[(FeedPosition, Row)]) {
    for pair in entries.windows(2) {
        assert!(pair[0].0 < pair[1].0, "{pair:?}");
    }
}

/// The order of the feed is that of the commits and has nothing to do with keys; merchants do not see each other.
pub async fn entries_come_in_commit_order(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    assert_eq!(
        store.feed(1, FeedPosition::default(), 10).await.expect("feed"),
        []
    );
    let mine = [(9, 1), (2, 1), (9, 2), (5, 1), (-4, 1)];
    for (order_id, seq) in mine {
        put(&*store, vec![entry(1, order_id, seq), entry(2, order_id, seq)])
            .await
            .expect("put");
    }
    let found = read_all(&*store, 1, 100).await;
    let rows: Vec<Row> = found.iter().map(|(_, row)| row.clone()).collect();
    assert_eq!(rows, mine.map(|(order_id, seq)| entry(1, order_id, seq)));
    assert_rising(&found);
    assert!(found[0].0 > FeedPosition::default());
    let others = read_all(&*store, 2, 100).await;
    assert!(others.iter().all(|(_, row)| row.column("merchant_id") == 2));
    assert_eq!(others.len(), mine.len());
    assert_eq!(
        store.feed(3, FeedPosition::default(), 10).await.expect("feed"),
        []
    );
}

/// Any page size gives the same sequence.
pub async fn pages_follow_each_other(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    for batch in 0..6 {
        let rows = (1..=5).map(|seq| entry(1, batch, seq)).collect();
        put(&*store, rows).await.expect("put");
    }
    let whole = read_all(&*store, 1, 1000).await;
    assert_eq!(whole.len(), 30);
    for limit in [1, 2, 7, 29, 30, 31] {
        assert_eq!(read_all(&*store, 1, limit).await, whole, "pages of {limit}");
    }
    let (last, _) = &whole[29];
    assert_eq!(store.feed(1, *last, 10).await.expect("feed"), []);
    assert_eq!(store.feed(1, FeedPosition::default(), 0).await.expect("feed"), []);
}

/// A reader that follows the feed while many commit has seen, in the end, exactly what a later reader sees, in the
/// same order.
pub async fn nothing_is_skipped_under_concurrent_commits(fixture: &dyn Fixture) {
    const WRITERS: i64 = 16;
    const ENTRIES: i64 = 30;
    const LOOK_AGAIN: Duration = Duration::from_millis(20);
    let store = fixture.open().await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|order_id| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for seq in 1..=ENTRIES {
                    let rows = [entry(1, order_id, seq), entry(2, order_id, seq)]
                        .map(Write::Put)
                        .to_vec();
                    let wakes = vec![Wake {
                        kind: WakeKind::Journal,
                        id: 1,
                    }];
                    write_and_wake(&*store, rows, wakes).await.expect("put");
                }
            })
        })
        .collect();
    let total = (WRITERS * ENTRIES) as usize;
    let mut wakes = store.wakes();
    let mut followed: Vec<(FeedPosition, Row)> = Vec::new();
    while followed.len() < total {
        let after = followed
            .last()
            .map_or_else(FeedPosition::default, |(position, _)| *position);
        let page = store.feed(1, after, 7).await.expect("feed");
        if page.is_empty() {
            // A wake is a hint; without one it looks again after a moment.
            let _ = tokio::time::timeout(LOOK_AGAIN, wakes.recv()).await;
        }
        followed.extend(page);
    }
    for writer in writers {
        writer.await.expect("the writer succeeds");
    }
    assert_rising(&followed);
    assert_eq!(read_all(&*store, 1, 100).await, followed);
    assert_eq!(read_all(&*store, 2, 100).await.len(), total);
    let mut last_seq = BTreeMap::new();
    for (_, row) in &followed {
        let previous = last_seq
            .insert(row.column("order_id"), row.column("seq"))
            .unwrap_or(0);
        assert_eq!(
            row.column("seq"),
            previous + 1,
            "entries of one order in their order"
        );
    }
}
