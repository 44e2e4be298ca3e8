//! Credentials in memory, each with who presents it, so that a request costs one hash and one look into a map.
//!
//! Bounded by two generations: when the young one is full it becomes the old one, and what is still in use comes back
//! at its next reading. Nothing is remembered about tokens that do not exist: another node may have issued one a moment
//! ago, and made-up tokens must not push real ones out.
//!
//! A change is heard by a wake, which may be lost; so an entry is read again after five seconds of real time. One
//! request does that while the others still use what is there, so that a busy token never sends a crowd to the
//! database; after ten seconds nobody uses it without reading.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use super::person::LoginGate;
use super::secret::SecretHash;
use super::{CredentialKind, CredentialRecord, Principal, PrincipalKind};

/// Credentials of one generation; twice as many are remembered at most.
const GENERATION_MAX: usize = 5_000;
/// From this age on, one request at a time reads the credential again.
const FRESH: Duration = Duration::from_secs(5);
/// From this age on, every request does.
const USABLE: Duration = Duration::from_secs(10);
/// How long the others leave a reading to the request that took it on.
const READING_MS: u64 = 1_000;

/// What this process keeps in memory about authentication.
#[derive(Debug, Default)]
pub(crate) struct AuthState {
    pub(super) cache: CredentialCache,
    pub(super) logins: LoginGate,
}

impl AuthState {
    /// Reads everything from the store again, from now on.
    pub(crate) fn forget_all(&self) {
        self.cache.clear();
    }
}

/// A credential, and who presents it, worked out once for all of its requests.
#[derive(Debug)]
pub(super) struct KnownCredential {
    pub(super) record: CredentialRecord,
    /// `None` for kinds that are no token of a request.
    pub(super) principal: Option<Arc<Principal>>,
}

impl From<CredentialRecord> for KnownCredential {
    fn from(record: CredentialRecord) -> Self {
        let principal = principal_kind(record.kind).map(|kind| {
            Arc::new(Principal {
                application: record.application,
                merchant: record.merchant,
                locations: record.locations.clone(),
                scopes: record.scopes.clone(),
                kind,
                device: record.device,
                actor: record.actor.clone(),
                credential: record.kind,
            })
        });
        Self { record, principal }
    }
}

fn principal_kind(kind: CredentialKind) -> Option<PrincipalKind> {
    match kind {
        CredentialKind::Access | CredentialKind::ApiKey => Some(PrincipalKind::Application),
        CredentialKind::Admin => Some(PrincipalKind::Admin),
        CredentialKind::Till => Some(PrincipalKind::Till),
        CredentialKind::Refresh
        | CredentialKind::Code
        | CredentialKind::Client
        | CredentialKind::Person
        | CredentialKind::EndedConsent => None,
    }
}

#[derive(Debug)]
pub(super) struct CredentialCache {
    generations: RwLock<Generations>,
    started: Instant,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<SecretHash, Entry>,
    old: HashMap<SecretHash, Entry>,
    /// Counts clearings: what was read before one must not be kept after it.
    clearings: u64,
}

#[derive(Debug)]
struct Entry {
    known: Arc<KnownCredential>,
    read_at: Instant,
    /// Until when one request is reading it again, in milliseconds since the cache was made.
    reading_until_ms: AtomicU64,
}

/// Proof of when a reading began.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadTicket {
    clearings: u64,
    read_at: Instant,
}

impl Default for CredentialCache {
    fn default() -> Self {
        Self {
            generations: RwLock::default(),
            started: Instant::now(),
        }
    }
}

impl CredentialCache {
    /// The credential, if it may be used without reading it.
    pub(super) fn get(&self, hash: &SecretHash, now: Instant) -> Option<Arc<KnownCredential>> {
        let generations = self.read();
        let entry = generations
            .young
            .get(hash)
            .or_else(|| generations.old.get(hash))?;
        let age = now.saturating_duration_since(entry.read_at);
        let usable = age < FRESH || (age < USABLE && !self.take_on(entry, now));
        usable.then(|| Arc::clone(&entry.known))
    }

    /// Whether this request is the one that reads the entry again.
    fn take_on(&self, entry: &Entry, now: Instant) -> bool {
        let since_start = now.saturating_duration_since(self.started);
        let now_ms = u64::try_from(since_start.as_millis()).unwrap_or(u64::MAX);
        let until = entry.reading_until_ms.load(Ordering::Relaxed);
        now_ms >= until
            && entry
                .reading_until_ms
                .compare_exchange(
                    until,
                    now_ms.saturating_add(READING_MS),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok()
    }

    /// To be taken before the store is asked.
    pub(super) fn begin_read(&self, now: Instant) -> ReadTicket {
        ReadTicket {
            clearings: self.read().clearings,
            read_at: now,
        }
    }

    /// Keeps what was read, unless something may have changed since the reading began.
    pub(super) fn keep(&self, ticket: ReadTicket, known: &Arc<KnownCredential>) {
        let hash = known.record.hash;
        let mut generations = self.write();
        if generations.clearings != ticket.clearings {
            return;
        }
        if generations.young.len() >= GENERATION_MAX && !generations.young.contains_key(&hash) {
            generations.old = std::mem::take(&mut generations.young);
        }
        let entry = Entry {
            known: Arc::clone(known),
            read_at: ticket.read_at,
            reading_until_ms: AtomicU64::new(0),
        };
        generations.young.insert(hash, entry);
    }

    /// Drops a credential that is gone from the store.
    pub(super) fn drop_one(&self, hash: &SecretHash) {
        let known = {
            let generations = self.read();
            generations.young.contains_key(hash) || generations.old.contains_key(hash)
        };
        // Made-up tokens come this way, too, and must not hold up the real ones.
        if !known {
            return;
        }
        let mut generations = self.write();
        generations.young.remove(hash);
        generations.old.remove(hash);
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        let mut generations = self.write();
        let clearings = generations.clearings.wrapping_add(1);
        *generations = Generations {
            clearings,
            ..Generations::default()
        };
    }

    fn read(&self) -> RwLockReadGuard<'_, Generations> {
        self.generations.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Generations> {
        self.generations.write().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let generations = self.read();
        generations.young.len() + generations.old.len()
    }
}
