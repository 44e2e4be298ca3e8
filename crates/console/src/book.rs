//! What a merchant's journal says about today, and its newest entries.
//!
//! Owns: reading the journal once, from its beginning, and remembering little of it: each location's sums of its two
//! newest days, and a short tail. Must not know: who looks.
//!
//! The journal is ordered by commit and has no index by time. So each merchant's book remembers up to where it has
//! read, and every look reads on from there. The first look at a long journal reads for a few seconds and says that it
//! has not come to the end; the next one goes on.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use tender_engine::{
    EntryKind, JournalEntry, Ledger, LocationId, MerchantId, OrderId, PaymentId, Timestamp, Via,
};
use tender_money::Currency;
use tender_service::{Directory, Failure, FeedPosition, Tender};
use tokio::time::Instant;

/// Entries read at a time.
const READ_AT_ONCE: u32 = 1_000;
/// The longest that one look reads.
const READING_MAX: Duration = Duration::from_secs(3);
/// Newest entries remembered per merchant.
const RECENT_MAX: usize = 200;
/// Days remembered per location: clocks of nodes may differ around midnight.
const DAYS_MAX: usize = 2;
/// Merchants whose books are remembered; beyond it all are read again.
const MERCHANTS_MAX: usize = 1_024;

/// What moved at a location on one day, refunds and reversals taken off. Wide enough for any number of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums {
    /// For goods and service.
    pub(crate) paid_minor: i128,
    /// For staff.
    pub(crate) tips_minor: i128,
    /// Payments that counted, refunds left out.
    pub(crate) payment_count: u64,
}

impl Sums {
    fn add(&mut self, entry: &JournalEntry) {
        // Opening an order moves no money, only what guests owe.
        if entry.payment.is_none() {
            return;
        }
        let mut is_receipt = false;
        for posting in &entry.postings {
            let amount = i128::from(posting.amount_minor);
            match posting.ledger {
                // A credit settles what was owed.
                Ledger::ReceivableGoods | Ledger::ReceivableService => {
                    self.paid_minor = self.paid_minor.saturating_sub(amount);
                }
                Ledger::Tips => self.tips_minor = self.tips_minor.saturating_sub(amount),
                Ledger::Tender(_) => is_receipt |= amount > 0,
                Ledger::Sales | Ledger::ServiceIncome | Ledger::SurchargeIncome => {}
            }
        }
        if entry.kind == EntryKind::PaymentCompleted && is_receipt {
            self.payment_count = self.payment_count.saturating_add(1);
        }
    }
}

/// A journal entry, as far as the overview shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) order: OrderId,
    pub(crate) payment: Option<PaymentId>,
    pub(crate) location: LocationId,
    pub(crate) kind: EntryKind,
    pub(crate) at: Timestamp,
    pub(crate) via: Via,
    pub(crate) currency: Currency,
    /// Money that changed hands by it: positive towards the house.
    pub(crate) moved_minor: i128,
}

impl Event {
    fn of(entry: &JournalEntry) -> Self {
        let moved = entry
            .postings
            .iter()
            .filter(|posting| matches!(posting.ledger, Ledger::Tender(_)));
        let payment = entry.payment.map(|number| PaymentId {
            order: entry.order,
            number,
        });
        Self {
            order: entry.order,
            payment,
            location: entry.location,
            kind: entry.kind,
            at: entry.at,
            via: entry.via,
            currency: entry.currency,
            moved_minor: moved.map(|posting| i128::from(posting.amount_minor)).sum(),
        }
    }
}

/// One calendar day of a place.
#[derive(Debug, Clone)]
struct Day {
    moments: Range<Timestamp>,
    sums: Sums,
}

/// What is remembered of one merchant's journal.
#[derive(Debug, Default)]
pub(crate) struct Book {
    position: FeedPosition,
    is_at_end: bool,
    recent: VecDeque<Event>,
    days: HashMap<LocationId, Vec<Day>>,
}

/// What a look at a book shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Glance {
    /// Newest first.
    pub(crate) recent: Vec<Event>,
    /// Today's sums of each location where something happened today.
    pub(crate) today: HashMap<LocationId, Sums>,
    /// Whether the journal was read to its end.
    pub(crate) is_complete: bool,
}

impl Book {
    fn take(&mut self, entry: &JournalEntry, zone: &str) {
        self.recent.push_front(Event::of(entry));
        self.recent.truncate(RECENT_MAX);
        let days = self.days.entry(entry.location).or_default();
        let at = match days.iter().position(|day| day.moments.contains(&entry.at)) {
            Some(at) => at,
            None => {
                days.push(Day {
                    moments: day_of(entry.at, zone),
                    sums: Sums::default(),
                });
                days.sort_by_key(|day| day.moments.start);
                let surplus = days.len().saturating_sub(DAYS_MAX);
                days.drain(..surplus);
                // A straggler of a day that is remembered no more.
                let Some(at) = days.iter().position(|day| day.moments.contains(&entry.at)) else {
                    return;
                };
                at
            }
        };
        if let Some(day) = days.get_mut(at) {
            day.sums.add(entry);
        }
    }

    async fn read_on(
        &mut self,
        tender: &Tender,
        merchant: MerchantId,
        directory: &Directory,
    ) -> Result<(), Failure> {
        let deadline = Instant::now() + READING_MAX;
        loop {
            let page = tender.feed(merchant, self.position, READ_AT_ONCE).await?;
            for (position, entry) in &page {
                self.position = *position;
                let location = directory.locations.get(&entry.location.0);
                self.take(
                    entry,
                    location.map_or("UTC", |location| location.time_zone.as_str()),
                );
            }
            self.is_at_end = u32::try_from(page.len()).is_ok_and(|count| count < READ_AT_ONCE);
            if self.is_at_end || Instant::now() >= deadline {
                return Ok(());
            }
        }
    }

    fn glance(&self, now: Timestamp) -> Glance {
        let today = self.days.iter().filter_map(|(location, days)| {
            let day = days.iter().find(|day| day.moments.contains(&now))?;
            Some((*location, day.sums))
        });
        Glance {
            recent: self.recent.iter().cloned().collect(),
            today: today.collect(),
            is_complete: self.is_at_end,
        }
    }
}

/// The day of a zone on which a moment falls; a whole UTC day where the calendar ends.
fn day_of(at: Timestamp, zone: &str) -> Range<Timestamp> {
    const DAY_MS: i64 = 86_400_000;
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let instant = jiff::Timestamp::from_millisecond(at.0).ok();
    let date = instant.map(|instant| instant.to_zoned(zone.clone()).date());
    let start = |date: jiff::civil::Date| date.to_zoned(zone.clone()).ok();
    let bounds = date.and_then(|date| Some((start(date)?, start(date.tomorrow().ok()?)?)));
    match bounds {
        Some((from, to)) => {
            Timestamp(from.timestamp().as_millisecond())..Timestamp(to.timestamp().as_millisecond())
        }
        None => {
            let from = at.0.div_euclid(DAY_MS).saturating_mul(DAY_MS);
            Timestamp(from)..Timestamp(from.saturating_add(DAY_MS))
        }
    }
}

/// The books of all merchants.
#[derive(Debug, Default)]
pub(crate) struct Books {
    merchants: Mutex<HashMap<MerchantId, Arc<tokio::sync::Mutex<Book>>>>,
}

impl Books {
    /// Reads on, and looks.
    pub(crate) async fn look(&self, tender: &Tender, directory: &Directory) -> Result<Glance, Failure> {
        let merchant = directory.merchant_id();
        let book = self.book(merchant);
        // One reader at a time: whoever waits finds the reading done.
        let mut book = book.lock().await;
        book.read_on(tender, merchant, directory).await?;
        Ok(book.glance(tender.now()))
    }

    fn book(&self, merchant: MerchantId) -> Arc<tokio::sync::Mutex<Book>> {
        let mut merchants = self.merchants.lock().unwrap_or_else(PoisonError::into_inner);
        if merchants.len() >= MERCHANTS_MAX && !merchants.contains_key(&merchant) {
            merchants.clear();
        }
        Arc::clone(merchants.entry(merchant).or_default())
    }
}

#[cfg(test)]
mod tests {
    use tender_engine::Timestamp;

    use super::day_of;

    #[test]
    fn days_follow_the_zone() {
        const HOUR_MS: i64 = 3_600_000;
        // The day on which Berlin's clocks went forward has 23 hours.
        let spring = day_of(Timestamp(1_774_746_000_000), "Europe/Berlin");
        assert_eq!(spring.end.0 - spring.start.0, 23 * HOUR_MS);
        assert_eq!(spring.start.0, 1_774_738_800_000);
        let plain = day_of(Timestamp(1_774_746_000_000), "Asia/Tokyo");
        assert_eq!(plain.end.0 - plain.start.0, 24 * HOUR_MS);
        // Moments that no calendar has still have a day.
        for at in [Timestamp(i64::MAX), Timestamp(i64::MIN), Timestamp(0)] {
            let day = day_of(at, "Europe/Berlin");
            assert!(day.start <= at && at <= day.end, "{at:?}");
        }
    }
}
