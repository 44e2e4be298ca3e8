//! Forgetting credentials whose life ended long ago: every refresh leaves one behind.

use std::sync::Weak;
use std::time::Duration;

use tender_store::{Op, Scan, Table, Write};

use crate::guard::Expected;
use crate::tender::Inner;
use crate::{Failure, Tender};

/// How often to look, in real time.
const PURGE_EVERY: Duration = Duration::from_secs(600);
/// How long an expired credential is kept, so that its user is told "expired" and not "unknown".
pub(super) const KEPT_MS: i64 = 7 * 24 * 3_600_000;
/// Rows deleted in one commit.
const PURGE_PAGE: u32 = 500;

/// Purges now and then, for as long as somebody holds the service.
pub(crate) async fn purge_regularly(inner: Weak<Inner>) {
    let mut interval = tokio::time::interval(PURGE_EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first tick is at once, and a server that starts has better things to do.
    interval.tick().await;
    loop {
        interval.tick().await;
        let Some(inner) = inner.upgrade() else { return };
        if let Err(failure) = Tender::of(inner).purge_credentials().await {
            tracing::warn!(
                ?failure,
                "expired credentials could not be deleted; the next round tries again"
            );
        }
    }
}

impl Tender {
    /// Deletes the credentials that expired more than a week ago, and says how many those were.
    ///
    /// # Errors
    /// As every write.
    pub async fn purge_credentials(&self) -> Result<usize, Failure> {
        let before = self.now().plus_ms(-KEPT_MS);
        let scan = Scan::new(Table::Credentials, PURGE_PAGE)
            .filter("expires_at_ms", Op::Gt, 0)
            .filter("expires_at_ms", Op::Lt, before.0);
        let mut purged = 0;
        loop {
            let rows = self.scan_rows(scan.clone()).await?;
            if rows.is_empty() {
                return Ok(purged);
            }
            let deletions = rows
                .iter()
                .map(|row| Write::Delete(Table::Credentials, row.key().to_vec()))
                .collect();
            let count = rows.len();
            // A seed may renew one of them at this very moment: then the scan, read again, no longer shows it.
            let expected = rows.into_iter().map(Expected::unchanged).collect();
            if self.write_guarded(expected, deletions, Vec::new()).await? {
                purged += count;
            }
        }
    }
}
