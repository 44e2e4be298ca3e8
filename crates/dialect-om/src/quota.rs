//! The daily quota of an organisation (spec om 8.2): counted over all operations, reset at 00:00 UTC.
//!
//! Counted in this process: with several nodes each allows the whole quota.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tender_engine::MerchantId;
use tender_service::{Directory, Tender};

use crate::errors::OmError;

const DAY_MS: i64 = 86_400_000;

/// What organisations have used today.
#[derive(Debug, Default)]
pub struct Quota {
    used: Mutex<HashMap<MerchantId, (i64, u32)>>,
}

impl Quota {
    /// Counts one request.
    ///
    /// # Errors
    /// 429 when the organisation's quota for the UTC day is used up. Nothing is counted then.
    pub fn count(&self, tender: &Tender, directory: &Directory) -> Result<(), OmError> {
        let limit = directory
            .merchant
            .daily_quota
            .filter(|_| tender.settings().rate_limits);
        let Some(limit) = limit else { return Ok(()) };
        let now = tender.now().0;
        let day = now.div_euclid(DAY_MS);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = used.entry(directory.merchant_id()).or_insert((day, 0));
        if entry.0 != day {
            *entry = (day, 0);
        }
        if entry.1 >= limit {
            let left_ms = DAY_MS - now.rem_euclid(DAY_MS);
            // Rounded up: a second too early is refused again.
            let seconds = u32::try_from(left_ms.saturating_add(999).div_euclid(1_000)).unwrap_or(u32::MAX);
            return Err(OmError::quota(seconds));
        }
        entry.1 += 1;
        Ok(())
    }
}
