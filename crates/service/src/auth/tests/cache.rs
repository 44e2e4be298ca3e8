//! The cache on its own, with moments that the test chooses.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tender_engine::{ApplicationId, MerchantId, Timestamp};

use super::scopes;
use crate::auth::cache::{CredentialCache, KnownCredential};
use crate::auth::secret::SecretHash;
use crate::{CredentialKind, CredentialRecord};

fn record(text: &str) -> Arc<KnownCredential> {
    let hash = SecretHash::of_token(text);
    Arc::new(KnownCredential::from(CredentialRecord {
        id: hash.id(),
        kind: CredentialKind::Access,
        merchant: MerchantId(1),
        application: ApplicationId(0),
        owner: MerchantId(1),
        locations: None,
        scopes: scopes(&[]),
        device: None,
        actor: String::new(),
        label: String::new(),
        hint: String::new(),
        created_at: Timestamp(0),
        expires_at: None,
        revoked_at: None,
        used_at: None,
        grant: None,
        hash,
        password_hash: None,
    }))
}

fn seconds(from: Instant, seconds: u64) -> Instant {
    from + Duration::from_secs(seconds)
}

#[test]
fn an_entry_is_used_while_fresh_then_read_again_by_one_request_at_a_time() {
    let cache = CredentialCache::default();
    let start = Instant::now();
    let known = record("a");
    cache.keep(cache.begin_read(start), &known);
    let found = |at| cache.get(&known.record.hash, at).is_some();

    assert!(found(start) && found(seconds(start, 4)));
    // The first one after five seconds reads, the others use what is there meanwhile.
    assert!(!found(seconds(start, 6)));
    assert!(found(seconds(start, 6)) && found(seconds(start, 6)));
    // It did not come back with an answer, so another one tries.
    assert!(!found(seconds(start, 8)));
    assert!(found(seconds(start, 8)));
    // Nobody uses what is ten seconds old.
    assert!(!found(seconds(start, 10)) && !found(seconds(start, 10)));

    cache.keep(cache.begin_read(seconds(start, 11)), &known);
    assert!(found(seconds(start, 15)), "a new reading makes it fresh again");
}

#[test]
fn what_was_read_before_a_change_is_not_kept_after_it() {
    let cache = CredentialCache::default();
    let start = Instant::now();
    let known = record("a");
    let ticket = cache.begin_read(start);
    cache.clear();
    cache.keep(ticket, &known);
    assert!(cache.get(&known.record.hash, start).is_none());
    cache.keep(cache.begin_read(start), &known);
    assert!(cache.get(&known.record.hash, start).is_some());
    cache.clear();
    assert!(cache.get(&known.record.hash, start).is_none());
}

#[test]
fn a_credential_that_is_gone_is_dropped() {
    let cache = CredentialCache::default();
    let start = Instant::now();
    let (gone, other) = (record("a"), record("b"));
    for record in [&gone, &other] {
        cache.keep(cache.begin_read(start), record);
    }
    cache.drop_one(&gone.record.hash);
    cache.drop_one(&SecretHash::of_token("never seen"));
    assert!(cache.get(&gone.record.hash, start).is_none());
    assert!(cache.get(&other.record.hash, start).is_some());
}

#[test]
fn memory_is_bounded_and_what_is_in_use_stays() {
    let cache = CredentialCache::default();
    let start = Instant::now();
    let busy = record("busy");
    for number in 0..25_000 {
        if cache.get(&busy.record.hash, start).is_none() {
            cache.keep(cache.begin_read(start), &busy);
        }
        cache.keep(cache.begin_read(start), &record(&number.to_string()));
        assert!(cache.len() <= 10_000);
    }
    assert!(cache.get(&busy.record.hash, start).is_some());
    assert!(cache.get(&record("24999").record.hash, start).is_some());
    assert!(cache.get(&record("0").record.hash, start).is_none());
}
