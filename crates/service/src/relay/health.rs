//! Endpoints that fail for long: since when, and switching them off.
//!
//! Owns: the endpoint record's `failing_since_ms` and the decision to disable. Must not know: HTTP, single deliveries.
//!
//! Since when an endpoint fails is kept in memory, and written into its record only when it has lasted a while: a
//! receiver that merely hiccups must not make every node read the merchant's directory again. A restart may therefore
//! forget the beginning of a failure, by at most that while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tender_engine::{
    ApplicationId, EndpointId, EntryKind, JournalEntry, LocationId, MerchantId, OrderId, Timestamp, Via,
};
use tender_store::{Record, Table, Wake, WakeKind, Write};

use crate::directory::{directory_row, endpoint_key, read_record};
use crate::guard::Expected;
use crate::{Directory, DirectoryKind, Endpoint, Failure, Tender};

#[cfg(test)]
mod tests;

/// An endpoint that has answered nothing but failures for this long is disabled.
pub(super) const DISABLE_AFTER_MS: i64 = 5 * 24 * 3_600_000;
/// A failure that has lasted this long is written down.
pub(super) const RECORD_AFTER_MS: i64 = 3_600_000;
/// How often a change of the record is tried while others change it too.
const CONFLICTS_MAX: u32 = 8;

/// Which endpoints are failing, as this node has seen it.
#[derive(Debug, Default)]
pub(super) struct Health {
    failing: Mutex<HashMap<u64, Failing>>,
}

#[derive(Debug, Clone, Copy)]
struct Failing {
    since: Timestamp,
    recorded: bool,
}

/// What a result means for the endpoint's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Nothing,
    /// It works (again).
    Clear,
    /// It has been failing since.
    Record(Timestamp),
    /// It has been failing since, and that is too long.
    Disable(Timestamp),
}

impl Health {
    /// Takes note of one attempt. What it changes about the endpoint's record is written before this returns; when that
    /// fails, the next attempt tries again.
    pub(super) async fn note(
        &self,
        tender: &Tender,
        directory: &Directory,
        endpoint: &Endpoint,
        success: bool,
    ) {
        let now = tender.now();
        let change = self.change(endpoint, success, now);
        let result = match change {
            Change::Nothing => return,
            Change::Clear => {
                change_endpoint(tender, directory, endpoint.id, |endpoint| {
                    let was_failing = endpoint.failing_since_ms.take().is_some();
                    was_failing && !endpoint.disabled
                })
                .await
            }
            Change::Record(since) => {
                change_endpoint(tender, directory, endpoint.id, |endpoint| {
                    let is_news = endpoint.failing_since_ms.is_none();
                    endpoint.failing_since_ms.get_or_insert(since.0);
                    is_news
                })
                .await
            }
            Change::Disable(since) => {
                change_endpoint(tender, directory, endpoint.id, |endpoint| {
                    // Somebody may have seen it work, or switched it off, since this node last looked.
                    let since_ms = endpoint
                        .failing_since_ms
                        .map_or(since.0, |known_ms| known_ms.max(since.0));
                    let is_due = !endpoint.disabled && now.0.saturating_sub(since_ms) >= DISABLE_AFTER_MS;
                    endpoint.failing_since_ms = Some(since_ms);
                    endpoint.disabled |= is_due;
                    is_due
                })
                .await
            }
        };
        if let Err(error) = result {
            tracing::warn!(endpoint.id = endpoint.id, failure = ?error, "the state of a webhook endpoint could not be recorded");
        }
    }

    /// Forgets an endpoint that is gone.
    pub(super) fn forget(&self, endpoint: EndpointId) {
        self.failing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&endpoint.0);
    }

    fn change(&self, endpoint: &Endpoint, success: bool, now: Timestamp) -> Change {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        if success {
            failing.remove(&endpoint.id);
            return if endpoint.failing_since_ms.is_some() {
                Change::Clear
            } else {
                Change::Nothing
            };
        }
        let known = endpoint.failing_since_ms.map(Timestamp);
        let begins = Failing {
            since: known.unwrap_or(now),
            recorded: known.is_some(),
        };
        let entry = failing.entry(endpoint.id).or_insert(begins);
        match known {
            Some(known) => {
                *entry = Failing {
                    since: known.min(entry.since),
                    recorded: true,
                }
            }
            // It was written down and is gone: another node has seen the endpoint work.
            None if entry.recorded => *entry = begins,
            None => {}
        }
        let lasted_ms = now.0.saturating_sub(entry.since.0);
        if lasted_ms >= DISABLE_AFTER_MS {
            Change::Disable(entry.since)
        } else if lasted_ms >= RECORD_AFTER_MS && !entry.recorded {
            entry.recorded = true;
            Change::Record(entry.since)
        } else {
            Change::Nothing
        }
    }
}

/// Changes an endpoint's record as it stands now; `edit` says whether there is anything to write. Disabling it comes
/// with a journal entry.
async fn change_endpoint(
    tender: &Tender,
    directory: &Directory,
    endpoint: u64,
    edit: impl Fn(&mut Endpoint) -> bool,
) -> Result<(), Failure> {
    let merchant = directory.merchant_id();
    let key = endpoint_key(merchant, EndpointId(endpoint));
    for _ in 0..CONFLICTS_MAX {
        let rows = tender.get_rows(Table::Directory, vec![key.clone()]).await?;
        let Some(row) = rows.into_iter().next() else {
            return Ok(());
        };
        let mut record: Endpoint = read_record(&row)?;
        let was_disabled = record.disabled;
        if !edit(&mut record) {
            return Ok(());
        }
        let mut rows = vec![Write::Put(directory_row(
            merchant,
            DirectoryKind::Endpoint,
            endpoint,
            &record,
        )?)];
        let mut wakes = vec![Wake {
            kind: WakeKind::Directory,
            id: merchant.to_i64(),
        }];
        if record.disabled && !was_disabled {
            tracing::warn!(
                endpoint.id = endpoint,
                "a webhook endpoint is disabled after failing for long"
            );
            if let Some(entry) = disabled_entry(tender, directory, &record) {
                rows.push(Write::Put(entry.to_row()));
                wakes.push(Wake {
                    kind: WakeKind::Journal,
                    id: merchant.to_i64(),
                });
            }
        }
        if tender
            .write_guarded(vec![Expected::unchanged(row)], rows, wakes)
            .await?
        {
            return Ok(());
        }
    }
    Err(Failure::Busy { retry_after_s: 1 })
}

/// The entry stands in a chain of its own, as everything does that concerns no order. `None` for a merchant without a
/// location, which has nothing to tell anybody about.
fn disabled_entry(tender: &Tender, directory: &Directory, endpoint: &Endpoint) -> Option<JournalEntry> {
    let location = LocationId(*directory.locations.keys().next()?);
    let mut entry = JournalEntry {
        merchant: MerchantId(directory.merchant.id),
        order: OrderId(tender.new_id()),
        seq: 1,
        location,
        kind: EntryKind::EndpointDisabled,
        at: tender.now(),
        by: ApplicationId(endpoint.application),
        via: Via::Server,
        payment: None,
        task: None,
        currency: directory.currency(location)?,
        postings: Vec::new(),
        detail: vec![
            ("endpoint".to_owned(), endpoint.id.to_string()),
            ("name".to_owned(), endpoint.name.clone()),
            (
                "failing_since_ms".to_owned(),
                endpoint.failing_since_ms.unwrap_or_default().to_string(),
            ),
        ],
        previous: [0; 32],
        hash: [0; 32],
    };
    entry.hash = entry.computed_hash();
    Some(entry)
}
