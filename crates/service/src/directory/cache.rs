//! Merchants' directories in memory.
//!
//! Owns: when a directory that was read may be kept. A change that lands while it is being read must not leave the old one
//! behind, and a wake that was lost must not keep one for ever.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use tender_engine::MerchantId;

use super::Directory;

/// Directories kept at once. Beyond it all are forgotten, and read again when they are asked for.
const DIRECTORIES_MAX: usize = 1_000;
/// How long a directory is kept without news, in real time: changes of other nodes are heard even when a wake was lost.
const KEPT_MAX: Duration = Duration::from_secs(30);

/// The cache.
#[derive(Debug, Default)]
pub(crate) struct DirectoryCache {
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Rises with everything that is forgotten.
    forgotten: u64,
    kept: HashMap<MerchantId, (Instant, Arc<Directory>)>,
}

/// A read that has begun.
#[derive(Debug)]
pub(crate) struct Reading {
    merchant: MerchantId,
    forgotten: u64,
    began: Instant,
}

impl DirectoryCache {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A directory that is fresh enough.
    pub(crate) fn get(&self, merchant: MerchantId) -> Option<Arc<Directory>> {
        let state = self.read();
        let (began, directory) = state.kept.get(&merchant)?;
        (began.elapsed() < KEPT_MAX).then(|| Arc::clone(directory))
    }

    /// Notes that a directory is about to be read.
    pub(crate) fn begin(&self, merchant: MerchantId) -> Reading {
        Reading {
            merchant,
            forgotten: self.read().forgotten,
            began: Instant::now(),
        }
    }

    /// Keeps what was read, unless something was forgotten meanwhile: it may be older than that change.
    pub(crate) fn keep(&self, reading: &Reading, directory: &Arc<Directory>) {
        let mut state = self.write();
        if state.forgotten != reading.forgotten {
            return;
        }
        if state.kept.len() >= DIRECTORIES_MAX {
            state.kept.clear();
        }
        state
            .kept
            .insert(reading.merchant, (reading.began, Arc::clone(directory)));
    }

    /// Forgets a merchant's directory.
    pub(crate) fn forget(&self, merchant: MerchantId) {
        let mut state = self.write();
        state.forgotten = state.forgotten.wrapping_add(1);
        state.kept.remove(&merchant);
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        let mut state = self.write();
        state.forgotten = state.forgotten.wrapping_add(1);
        state.kept.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{DirectoryCache, MerchantId};
    use crate::Directory;
    use std::sync::Arc;

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let cache = DirectoryCache::default();
        let (merchant, directory) = (MerchantId(1), Arc::new(Directory::default()));
        let reading = cache.begin(merchant);
        cache.forget(merchant);
        cache.keep(&reading, &directory);
        assert!(cache.get(merchant).is_none());
        let reading = cache.begin(merchant);
        cache.keep(&reading, &directory);
        assert!(cache.get(merchant).is_some());
        cache.clear();
        assert!(cache.get(merchant).is_none());
    }
}
