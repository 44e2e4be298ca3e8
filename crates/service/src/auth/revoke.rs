//! Taking credentials back.
//!
//! A consent may be in use while it is taken back: a client refreshes, and each refresh makes new credentials that a
//! walk over the old ones has not seen. So the first step is a mark that every exchange looks for inside its own
//! transaction. From its commit on nothing new comes from the consent, and one walk finds all there is.

use std::collections::BTreeSet;

use tender_store::Table;

use super::manage::{GUARDED_TRIES_MAX, page_scan};
use super::secret::SecretHash;
use super::{CREDENTIALS_CHANGED, CredentialFailure, CredentialId, CredentialKind, CredentialRecord};
use crate::guard::Expected;
use crate::{Failure, Tender};

/// Credentials looked at in one step and taken back in one commit.
const REVOKE_PAGE: u32 = 500;

/// What an exchange expects: nobody has ended the consent.
pub(super) fn consent_goes_on(family: &str) -> Expected {
    Expected::absent(Table::Credentials, SecretHash::of_ended_consent(family).key())
}

impl Tender {
    /// Takes a credential back, for good and on every node. Of OAuth tokens everything that comes from the same
    /// consent is taken back. Answers how many credentials that were; taking back again is no error and counts none.
    ///
    /// # Errors
    /// [`CredentialFailure::Unknown`]. The way from a client id to its application is no credential here: switch the
    /// application off instead.
    pub async fn revoke_credential(&self, id: CredentialId) -> Result<usize, CredentialFailure> {
        let named = self
            .credential_record(id)
            .await?
            .filter(|record| record.kind.is_somebodys());
        let named = named.ok_or(CredentialFailure::Unknown)?;
        let Some(grant) = &named.grant else {
            return self.revoke_those(vec![id]).await;
        };
        self.end_consent(&named, &grant.family).await?;
        let now = self.now();
        let (mut revoked, mut after) = (0, None);
        loop {
            let scan = page_scan(after, REVOKE_PAGE).equals("application_id", named.application.to_i64());
            let page = self.scan_credentials(scan, after).await?;
            let Some(last) = page.last().map(|record| record.id) else {
                return Ok(revoked);
            };
            let of_consent = |record: &CredentialRecord| {
                let same = record
                    .grant
                    .as_ref()
                    .is_some_and(|other| other.family == grant.family);
                same && (record.is_live(now) || record.id == id)
            };
            revoked += self
                .revoke_those(
                    page.iter()
                        .filter(|record| of_consent(record))
                        .map(|record| record.id)
                        .collect(),
                )
                .await?;
            after = Some(last);
        }
    }

    async fn end_consent(&self, record: &CredentialRecord, family: &str) -> Result<(), CredentialFailure> {
        let hash = SecretHash::of_ended_consent(family);
        let mark = CredentialRecord {
            id: hash.id(),
            kind: CredentialKind::EndedConsent,
            locations: Some(BTreeSet::new()),
            scopes: BTreeSet::new(),
            hint: String::new(),
            created_at: self.now(),
            // Without end, like the longest-lived refresh token that it stands against.
            expires_at: None,
            revoked_at: None,
            used_at: None,
            grant: None,
            hash,
            ..record.clone()
        };
        Ok(self.write_rows(vec![mark.to_write()?], Vec::new()).await?)
    }

    async fn revoke_those(&self, ids: Vec<CredentialId>) -> Result<usize, CredentialFailure> {
        let keys: Vec<_> = ids.into_iter().map(CredentialId::key).collect();
        for _ in 0..GUARDED_TRIES_MAX {
            let (mut expected, mut writes) = (Vec::new(), Vec::new());
            for row in self.get_rows(Table::Credentials, keys.clone()).await? {
                let mut record = CredentialRecord::from_row(&row)?;
                if record.revoked_at.is_none() {
                    expected.push(Expected::unchanged(row));
                    record.revoked_at = Some(self.now());
                    writes.push(record.to_write()?);
                }
            }
            let count = writes.len();
            if count == 0
                || self
                    .write_guarded(expected, writes, vec![CREDENTIALS_CHANGED])
                    .await?
            {
                return Ok(count);
            }
        }
        Err(Failure::Busy { retry_after_s: 1 }.into())
    }
}
