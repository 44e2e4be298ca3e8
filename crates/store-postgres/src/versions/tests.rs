use tender_store::conformance::row;

use super::*;

fn version(id: i64, writing: u32) -> Version {
    Version {
        row: row(KEPT, &[1, id], 1, "{}"),
        writing: Writing(writing),
    }
}

fn now() -> Instant {
    Instant::now()
}

/// The writings of the versions with these keys.
fn taken(versions: &Versions, ids: &[i64], epoch: u64) -> Option<Vec<u32>> {
    let keys: Vec<Key> = ids.iter().map(|id| vec![1, *id]).collect();
    let keys: Vec<&Key> = keys.iter().collect();
    let found = versions.take(&keys, Epoch(epoch), now())?;
    Some(found.iter().map(|version| version.writing.0).collect())
}

#[test]
fn keys_of_the_table_are_ids() {
    assert_eq!(KEPT.spec().key_len, Id::default().len());
}

#[test]
fn all_are_taken_or_none() {
    let versions = Versions::default();
    versions.keep(vec![version(1, 5), version(2, 5), version(3, 6)], Epoch(1), now());
    assert_eq!(taken(&versions, &[1, 4], 1), None);
    assert_eq!(taken(&versions, &[1, 3], 1), Some(vec![5, 6]));
    assert_eq!(taken(&versions, &[1], 1), None, "taken already");
    versions.keep(vec![version(2, 7)], Epoch(1), now());
    assert_eq!(taken(&versions, &[2], 1), Some(vec![7]), "the newer one");
    assert_eq!(taken(&versions, &[2], 1), None);
}

#[test]
fn versions_of_another_epoch_are_none() {
    let versions = Versions::default();
    versions.keep(vec![version(1, 5)], Epoch(1), now());
    assert_eq!(taken(&versions, &[1], 1), Some(vec![5]));
    versions.keep(vec![version(1, 5)], Epoch(1), now());
    assert_eq!(taken(&versions, &[1], 2), None);
}

#[test]
fn forgotten_is_forgotten() {
    let versions = Versions::default();
    versions.keep(vec![version(1, 5)], Epoch(1), now());
    versions.forget([vec![1, 1], vec![1, 2]].into_iter());
    assert_eq!(taken(&versions, &[1], 1), None);
}

#[test]
fn versions_age() {
    let versions = Versions::default();
    let (begin, key) = (now(), vec![1, 1]);
    let at = |age| versions.take(&[&key], Epoch(1), begin + age);
    versions.keep(vec![version(1, 5)], Epoch(1), begin);
    assert_eq!(at(TTL - Duration::from_millis(1)), Some(vec![version(1, 5)]));
    versions.keep(vec![version(1, 5)], Epoch(1), begin);
    assert_eq!(at(TTL), None);
}

#[test]
fn the_memory_is_bounded_and_the_newest_stay() {
    let versions = Versions::default();
    let max = i64::try_from(GENERATION_MAX).expect("small");
    for id in 0..3 * max {
        versions.keep(vec![version(id, 5)], Epoch(1), now());
    }
    let memory = versions.lock();
    assert!(memory.kept.len() <= 2 * GENERATION_MAX);
    drop(memory);
    assert_eq!(taken(&versions, &[2 * max, 3 * max - 1], 1), Some(vec![5, 5]));
    assert_eq!(taken(&versions, &[0], 1), None);
}

#[test]
fn each_failure_makes_more_batches_read() {
    let versions = Versions::default();
    let reading = || (0..).take_while(|_| !versions.may_be_assumed()).count();
    assert_eq!(reading(), 0);
    let mut counts = Vec::new();
    for _ in 0..9 {
        versions.were_wrong();
        counts.push(reading());
    }
    assert_eq!(counts, [8, 16, 32, 64, 128, 256, 512, 1024, 1024]);
    for _ in 0..20 {
        versions.were_right();
    }
    versions.were_wrong();
    assert_eq!(reading(), 8);
}
