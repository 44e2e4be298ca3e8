//! People who log in with a name and a password, to allow an application what they themselves may reach.
//!
//! A password is chosen by a person and can be guessed, so it is hashed with Argon2id, which costs time and memory on
//! purpose. That cost must not become a way to stop the server: only a few hashes are computed at once, on threads that
//! may block, only so many requests may wait for them, and a name that was tried in vain too often has to wait.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tender_engine::{ApplicationId, LocationId, MerchantId, Timestamp};
use tokio::sync::Semaphore;

use super::manage::check_names;
use super::secret::SecretHash;
use super::{AuthFailure, CredentialFailure, CredentialKind, CredentialRecord};
use crate::{Failure, Tender};

/// The shortest password, in bytes.
pub const PASSWORD_BYTES_MIN: usize = 8;
/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// The longest name to log in with, in bytes.
pub const PERSON_NAME_BYTES_MAX: usize = 100;

/// Passwords hashed at once.
const HASHING_MAX: usize = 2;
/// Passwords being hashed or waiting for it; beyond it people hear "busy".
const WAITING_MAX: usize = 32;
/// Wrong passwords for one name before it has to wait.
const FAILURES_MAX: u32 = 10;
/// For how long failures count, by the service's clock.
const FAILURES_KEPT_MS: i64 = 5 * 60_000;
/// Names whose failures are remembered.
const NAMES_MAX: usize = 10_000;

/// A person who has logged in, or may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name to log in with.
    pub name: String,
    /// The tenant.
    pub merchant: MerchantId,
    /// The locations that the person may reach; `None` for all of the merchant's.
    pub locations: Option<BTreeSet<LocationId>>,
}

impl From<CredentialRecord> for Person {
    fn from(record: CredentialRecord) -> Self {
        Self {
            name: record.actor,
            merchant: record.merchant,
            locations: record.locations,
        }
    }
}

/// Why somebody could not log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginFailure {
    /// There is no such name, or the password is another one, or the person was shut out.
    Wrong,
    /// Too many wrong passwords for this name.
    TooMany {
        /// When to try again.
        retry_after_s: u32,
    },
    /// The service could not tell.
    Failure(Failure),
}

impl From<Failure> for LoginFailure {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Limits of logging in.
pub(crate) struct LoginGate {
    hashing: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    failures: Mutex<HashMap<SecretHash, Failures>>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    since: Timestamp,
}

impl Default for LoginGate {
    fn default() -> Self {
        Self {
            hashing: Arc::new(Semaphore::new(HASHING_MAX)),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            failures: Mutex::default(),
        }
    }
}

impl fmt::Debug for LoginGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginGate")
            .field("names", &self.failures().len())
            .finish_non_exhaustive()
    }
}

impl LoginGate {
    fn failures(&self) -> MutexGuard<'_, HashMap<SecretHash, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a try as failed before it is judged, so that many at once cannot all slip through.
    fn enter(&self, name: &SecretHash, now: Timestamp) -> Result<(), LoginFailure> {
        let mut names = self.failures();
        let ended = |failures: &Failures| now >= failures.since.plus_ms(FAILURES_KEPT_MS);
        if names.len() >= NAMES_MAX && !names.contains_key(name) {
            names.retain(|_, failures| !ended(failures));
            if names.len() >= NAMES_MAX {
                return Err(LoginFailure::Failure(Failure::Busy { retry_after_s: 60 }));
            }
        }
        let failures = names.entry(*name).or_insert(Failures { count: 0, since: now });
        if ended(failures) {
            *failures = Failures { count: 0, since: now };
        }
        if failures.count >= FAILURES_MAX {
            let wait_ms = failures.since.plus_ms(FAILURES_KEPT_MS).0.saturating_sub(now.0);
            let retry_after_s =
                u32::try_from(wait_ms.div_euclid(1_000).saturating_add(1)).unwrap_or(u32::MAX);
            return Err(LoginFailure::TooMany { retry_after_s });
        }
        failures.count += 1;
        Ok(())
    }

    fn succeeded(&self, name: &SecretHash) {
        self.failures().remove(name);
    }

    /// Computes on a thread that may block, when it is its turn.
    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let busy = Failure::Busy { retry_after_s: 1 };
        let waiting = Arc::clone(&self.waiting)
            .try_acquire_owned()
            .map_err(|_| busy.clone())?;
        let turn = Arc::clone(&self.hashing)
            .acquire_owned()
            .await
            .map_err(|_| busy)?;
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((turn, waiting));
            result
        });
        task.await.map_err(|error| {
            tracing::error!(error = %error, "hashing a password failed");
            Failure::Internal
        })
    }
}

impl Tender {
    /// Makes a person, or gives the one with this name a new password and reach. Names are unique across merchants,
    /// because the page on which people log in does not know the merchant yet.
    ///
    /// # Errors
    /// [`CredentialFailure::Unacceptable`], or [`CredentialFailure::Taken`] when the name is another merchant's.
    pub async fn create_person(
        &self,
        merchant: MerchantId,
        name: &str,
        password: &str,
        locations: Option<BTreeSet<LocationId>>,
    ) -> Result<CredentialRecord, CredentialFailure> {
        check_names(name, name)?;
        if name.trim() != name || name.is_empty() || name.len() > PERSON_NAME_BYTES_MAX {
            let what = "a name has 1 to 100 bytes and neither begins nor ends with white space";
            return Err(CredentialFailure::Unacceptable(what));
        }
        if !(PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&password.len()) {
            return Err(CredentialFailure::Unacceptable("a password has 8 to 256 bytes"));
        }
        let password = password.to_owned();
        let hashed = self
            .inner()
            .auth
            .logins
            .compute(move || hash_password(&password))
            .await?;
        let hash = SecretHash::of_person(name);
        self.seed(CredentialRecord {
            id: hash.id(),
            kind: CredentialKind::Person,
            merchant,
            application: ApplicationId(0),
            owner: merchant,
            locations,
            scopes: BTreeSet::new(),
            device: None,
            actor: name.to_owned(),
            label: name.to_owned(),
            hint: String::new(),
            created_at: self.now(),
            expires_at: None,
            revoked_at: None,
            used_at: None,
            grant: None,
            hash,
            password_hash: Some(hashed?),
        })
        .await
    }

    /// The person of a name as on record now, found by its key; `None` when there is none, or the person was shut out.
    ///
    /// # Errors
    /// As every query.
    pub async fn person(&self, name: &str) -> Result<Option<Person>, Failure> {
        let stored = self.stored_credential(&SecretHash::of_person(name)).await?;
        let record = stored.map(|stored| stored.record);
        let record = record.filter(|record| record.kind == CredentialKind::Person);
        Ok(record
            .filter(|record| self.check_life(record).is_ok())
            .map(Person::from))
    }

    /// Who logs in with a name and a password. An unknown name takes as long as a wrong password.
    ///
    /// # Errors
    /// [`LoginFailure`].
    pub async fn log_in(&self, name: &str, password: &str) -> Result<Person, LoginFailure> {
        if name.is_empty() || name.len() > PERSON_NAME_BYTES_MAX || password.len() > PASSWORD_BYTES_MAX {
            return Err(LoginFailure::Wrong);
        }
        let gate = &self.inner().auth.logins;
        let hash = SecretHash::of_person(name);
        gate.enter(&hash, self.now())?;
        let record = self.stored_credential(&hash).await?.map(|stored| stored.record);
        let record = record.filter(|record| record.kind == CredentialKind::Person);
        let stored = record.as_ref().and_then(|record| record.password_hash.clone());
        let password = password.to_owned();
        let is_right = gate
            .compute(move || verify_password(stored.as_deref(), &password))
            .await?;
        let record = record.filter(|_| is_right).ok_or(LoginFailure::Wrong)?;
        match self.check_life(&record) {
            Ok(()) => {}
            Err(AuthFailure::Unavailable(failure)) => return Err(failure.into()),
            Err(_) => return Err(LoginFailure::Wrong),
        }
        gate.succeeded(&hash);
        Ok(Person::from(record))
    }
}

fn hash_password(password: &str) -> Result<String, Failure> {
    match Argon2::default().hash_password(password.as_bytes()) {
        Ok(hash) => Ok(hash.to_string()),
        Err(error) => {
            tracing::error!(error = %error, "a password could not be hashed");
            Err(Failure::Internal)
        }
    }
}

fn verify_password(stored: Option<&str>, password: &str) -> bool {
    let Some(stored) = stored else {
        // The same work, so that the time does not tell which names exist.
        drop(Argon2::default().hash_password(password.as_bytes()));
        return false;
    };
    PasswordHash::new(stored).is_ok_and(|stored| {
        Argon2::default()
            .verify_password(password.as_bytes(), &stored)
            .is_ok()
    })
}
