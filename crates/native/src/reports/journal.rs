//! One day of one location from the journal, in bounded memory.
//!
//! Owns: finding where a day begins in the feed. Must not know: what is added up.
//!
//! The hard thing here is that the journal is ordered by commit and not indexed by time. So the feed is read page by page,
//! and marks are left on the way: at a position, the latest moment that any entry up to there has. A later report skips to
//! the last mark that lies wholly before its day, which is exact whatever the clocks did. Reading stops when entries are well
//! past the day: commits follow their moment closely, and clocks of nodes agree better than that. Marks stay when a report
//! takes too long, so asking again goes on where it stopped.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tender_engine::{JournalEntry, LocationId, MerchantId, Timestamp};
use tender_service::{Failure, FeedPosition, Tender};
use tokio::time::Instant;

#[cfg(test)]
mod tests;

/// Entries read at a time.
const READ_AT_ONCE: u32 = 1_000;
/// Marks kept per merchant; when there are more, every second one is dropped.
const MARKS_MAX: usize = 1_024;
/// Merchants whose marks are kept.
const MERCHANTS_MAX: usize = 1_024;
/// How far entries must be past a day before reading stops.
const SLACK_MS: i64 = 3_600_000;
/// The longest that one report reads.
const READING_MAX: Duration = Duration::from_secs(20);

/// What is known about where moments lie in the journals.
#[derive(Debug, Default)]
pub(crate) struct JournalMarks {
    merchants: Mutex<HashMap<MerchantId, Marks>>,
}

/// For a position, the latest moment of all entries up to it.
#[derive(Debug, Default)]
struct Marks(BTreeMap<FeedPosition, Timestamp>);

impl Marks {
    /// The furthest mark before which nothing happened at or after a moment.
    fn before(&self, moment: Timestamp) -> (FeedPosition, Timestamp) {
        let mark = self.0.iter().rev().find(|(_, latest)| **latest < moment);
        mark.map_or(
            (FeedPosition::default(), Timestamp(i64::MIN)),
            |(position, latest)| (*position, *latest),
        )
    }

    fn leave(&mut self, position: FeedPosition, latest: Timestamp) {
        self.0.insert(position, latest);
        if self.0.len() > MARKS_MAX {
            let mut keep = false;
            self.0.retain(|_, _| {
                keep = !keep;
                keep
            });
        }
    }
}

impl JournalMarks {
    fn lock(&self) -> MutexGuard<'_, HashMap<MerchantId, Marks>> {
        self.merchants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn before(&self, merchant: MerchantId, moment: Timestamp) -> (FeedPosition, Timestamp) {
        let merchants = self.lock();
        let marks = merchants.get(&merchant);
        marks.map_or((FeedPosition::default(), Timestamp(i64::MIN)), |marks| {
            marks.before(moment)
        })
    }

    fn leave(&self, merchant: MerchantId, position: FeedPosition, latest: Timestamp) {
        let mut merchants = self.lock();
        if merchants.len() >= MERCHANTS_MAX && !merchants.contains_key(&merchant) {
            // Marks only save time; whoever asks again leaves new ones.
            merchants.clear();
        }
        merchants.entry(merchant).or_default().leave(position, latest);
    }
}

/// Which entries are wanted.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) merchant: MerchantId,
    pub(super) location: LocationId,
    pub(super) moments: Range<Timestamp>,
}

/// Why a day could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReadError {
    /// The storage said no.
    Failed(Failure),
    /// The journal is long and was not read to the end in time; asking again goes on where this stopped.
    TooLong,
}

/// Shows every wanted entry once, in the order of the feed.
pub(super) async fn read(
    tender: &Tender,
    marks: &JournalMarks,
    wanted: &Wanted,
    mut show: impl FnMut(&JournalEntry),
) -> Result<(), ReadError> {
    let deadline = Instant::now() + READING_MAX;
    let (mut position, mut latest) = marks.before(wanted.merchant, wanted.moments.start);
    loop {
        let page = tender.feed(wanted.merchant, position, READ_AT_ONCE).await;
        let page = page.map_err(ReadError::Failed)?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        position = *last;
        let mut is_past = true;
        for (_, entry) in &page {
            latest = latest.max(entry.at);
            is_past &= entry.at >= wanted.moments.end.plus_ms(SLACK_MS);
            if entry.location == wanted.location && wanted.moments.contains(&entry.at) {
                show(entry);
            }
        }
        if u32::try_from(page.len()).is_ok_and(|count| count < READ_AT_ONCE) {
            return Ok(());
        }
        marks.leave(wanted.merchant, position, latest);
        if is_past {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(ReadError::TooLong);
        }
    }
}
