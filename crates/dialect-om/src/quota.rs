//! The daily quota of an organisation (spec om 8.2): counted over all operations and nodes, reset at 00:00 UTC.

use tender_service::{Directory, Limit, Tender};

use crate::errors::OmError;

/// Counts one request.
///
/// # Errors
/// 429 when the organisation's quota for the UTC day is used up. Nothing is counted then.
pub async fn count(tender: &Tender, directory: &Directory) -> Result<(), OmError> {
    let quota = directory
        .merchant
        .daily_quota
        .filter(|_| tender.settings().rate_limits);
    let Some(quota) = quota else { return Ok(()) };
    let standing = tender.take(Limit::per_day(directory.merchant_id(), quota)).await;
    let standing = standing.map_err(|failure| OmError::from_failure(&failure))?;
    match standing.retry_after_s {
        None => Ok(()),
        Some(seconds) => Err(OmError::Quota(seconds)),
    }
}
