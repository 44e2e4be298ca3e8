use std::collections::HashSet;
use std::time::Duration;

use super::{hash, measure, rows};
use crate::load::Shape;

#[test]
fn rows_fit_their_tables_and_have_keys_of_their_own() {
    let mut keys = HashSet::new();
    for number in 0..100 {
        for row in rows(number, 25) {
            assert_eq!(
                row.columns.len(),
                row.table.spec().columns.len(),
                "{:?}",
                row.table
            );
            assert_eq!(row.doc.is_empty(), !row.table.spec().has_doc, "{:?}", row.table);
            keys.insert((row.table, row.key().to_vec()));
        }
    }
    // Orders are written again by each of their payments, everything else once.
    assert_eq!(keys.len(), 25 + 4 * 100);
}

#[test]
fn hashes_are_far_apart() {
    let mut highs: Vec<i64> = (0..1_000).map(|number| hash(number)[0]).collect();
    assert!(highs.windows(2).any(|pair| pair[0] > pair[1]), "they only rise");
    highs.sort_unstable();
    highs.dedup();
    assert_eq!(highs.len(), 1_000);
}

#[tokio::test]
async fn every_payment_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let shape = Shape {
        requests: 50,
        clients: 8,
        time_max: Duration::from_secs(60),
    };
    let sample = measure(folder.path(), shape).await.unwrap();
    assert_eq!(sample.count, 50);
    assert!(
        measure(folder.path(), shape).await.is_err(),
        "a folder that is used"
    );
}
