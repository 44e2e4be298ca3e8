//! One day of one location from the journal, in bounded memory. Must not know: what is added up.

use std::ops::Range;

use tender_engine::{JournalEntry, LocationId, MerchantId, Timestamp};
use tender_service::{Failure, Tender};

#[cfg(test)]
mod tests;

/// Entries read at a time.
const READ_AT_ONCE: u32 = 1_000;

/// Which entries are wanted.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) merchant: MerchantId,
    pub(super) location: LocationId,
    pub(super) moments: Range<Timestamp>,
}

/// Shows every wanted entry once, by its moment. Reads nothing else, however long the journal is.
pub(super) async fn read(
    tender: &Tender,
    wanted: &Wanted,
    mut show: impl FnMut(&JournalEntry),
) -> Result<(), Failure> {
    let mut moments = wanted.moments.clone();
    loop {
        let page = tender.journal_of(wanted.merchant, wanted.location, moments.clone(), READ_AT_ONCE);
        let (entries, next) = page.await?;
        entries.iter().for_each(&mut show);
        let Some(next) = next else { return Ok(()) };
        moments.start = next;
    }
}
