//! Listing credentials: everything but their secrets.

use tender_engine::{ApplicationId, MerchantId};

use super::manage::page_scan;
use super::{CredentialId, CredentialKind, CredentialRecord};
use crate::{Failure, Page, Tender};

/// Rows read at once while looking for a page.
const SCAN_PAGE: u32 = 500;

/// Which credentials to list; all conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CredentialFilter {
    /// Those that reach this merchant.
    pub merchant: Option<MerchantId>,
    /// Those of this application.
    pub application: Option<ApplicationId>,
    /// Those of these kinds; empty: of all that somebody holds.
    pub kinds: Vec<CredentialKind>,
    /// Also those that are used up, expired or taken back.
    pub ended: bool,
}

impl CredentialFilter {
    fn admits(&self, record: &CredentialRecord, now: tender_engine::Timestamp) -> bool {
        let kind = if self.kinds.is_empty() {
            record.kind.is_somebodys()
        } else {
            self.kinds.contains(&record.kind)
        };
        kind && self.merchant.is_none_or(|merchant| merchant == record.merchant)
            && self
                .application
                .is_none_or(|application| application == record.application)
            && (self.ended || record.is_live(now))
    }
}

impl Tender {
    /// A page of credentials in the order of their names, after one.
    ///
    /// # Errors
    /// As every query.
    pub async fn list_credentials(
        &self,
        filter: &CredentialFilter,
        after: Option<CredentialId>,
        limit: u32,
    ) -> Result<Page<CredentialRecord>, Failure> {
        let now = self.now();
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut items: Vec<CredentialRecord> = Vec::new();
        let mut after = after;
        loop {
            let mut scan = page_scan(after, SCAN_PAGE);
            if let Some(application) = filter.application {
                scan = scan.equals("application_id", application.to_i64());
            }
            let page = self.scan_credentials(scan, after).await?;
            let Some(last) = page.last().map(|record| record.id) else {
                return Ok(Page { items, more: false });
            };
            items.extend(page.into_iter().filter(|record| filter.admits(record, now)));
            if items.len() > wanted {
                items.truncate(wanted);
                return Ok(Page { items, more: true });
            }
            after = Some(last);
        }
    }
}
