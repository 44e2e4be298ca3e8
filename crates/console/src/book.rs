//! What a merchant's journal says about today, and its newest entries.
//!
//! Owns: reading today's entries of a location once, and remembering their sums. Must not know: who looks.
//!
//! An entry's moment is a little older than its commit, and clocks of nodes differ a little. So sums are settled up to some
//! minutes ago, and a reading takes in what came after that. Only the first reading of a day takes in all of it so far.
//!
//! All open pages look at the same moment, when there is news. Looks that wait for a reading to end share the next one: it began
//! after they came, so it shows everything that they ask for.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use tender_engine::{
    EntryKind, JournalEntry, Ledger, LocationId, MerchantId, OrderId, PaymentId, Timestamp, Via,
};
use tender_money::Currency;
use tender_service::{Directory, Failure, Location, Tender};
use tokio::time::Instant;

/// Entries read at a time.
const READ_AT_ONCE: u32 = 1_000;
/// The longest that one look reads.
const READING_MAX: Duration = Duration::from_secs(3);
/// Newest entries shown of each location.
const RECENT_MAX: u32 = 20;
/// Entries older than this are all there: longer than a commit may take, and than clocks of nodes may differ.
const SETTLE_MS: i64 = 300_000;
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

    fn and(self, more: Self) -> Self {
        Self {
            paid_minor: self.paid_minor.saturating_add(more.paid_minor),
            tips_minor: self.tips_minor.saturating_add(more.tips_minor),
            payment_count: self.payment_count.saturating_add(more.payment_count),
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

/// Today at one location, as far as it was read.
#[derive(Debug, Clone)]
struct Today {
    moments: Range<Timestamp>,
    /// Of all entries before `settled_until`, which are added up for good.
    settled: Sums,
    settled_until: Timestamp,
    /// The last reading that came to its end.
    last: Option<Shown>,
}

/// What a reading found.
#[derive(Debug, Clone)]
struct Shown {
    began: Instant,
    sums: Sums,
    is_whole: bool,
    /// Newest first.
    recent: Vec<Event>,
}

impl Today {
    fn of(moments: Range<Timestamp>) -> Self {
        Self {
            settled_until: moments.start,
            moments,
            settled: Sums::default(),
            last: None,
        }
    }

    /// What a look shows that was asked for at a moment: by the last reading, if it began after that, or by a new one.
    async fn shown(
        &mut self,
        asked: Instant,
        reading: &Reading<'_>,
        location: LocationId,
    ) -> Result<&Shown, Failure> {
        if self.last.as_ref().is_none_or(|last| last.began < asked) {
            let began = Instant::now();
            let (sums, is_whole) = self.read_on(reading, location).await?;
            let newest = (reading.tender).newest_of(reading.merchant, location, RECENT_MAX);
            let recent = newest.await?.iter().map(Event::of).collect();
            self.last = Some(Shown {
                began,
                sums,
                is_whole,
                recent,
            });
        }
        self.last.as_ref().ok_or(Failure::Internal)
    }

    /// Reads on, and says what the day comes to and whether it was read to its end.
    async fn read_on(
        &mut self,
        reading: &Reading<'_>,
        location: LocationId,
    ) -> Result<(Sums, bool), Failure> {
        let cut = reading.now.plus_ms(SETTLE_MS.saturating_neg());
        let mut fresh = Sums::default();
        let mut from = self.settled_until;
        loop {
            let moments = from..self.moments.end;
            let page = (reading.tender).journal_of(reading.merchant, location, moments, READ_AT_ONCE);
            let (entries, next) = page.await?;
            for entry in &entries {
                if entry.at < cut {
                    self.settled.add(entry);
                } else {
                    fresh.add(entry);
                }
            }
            // What has been added for good is not read again, whatever becomes of the rest of this look.
            let settled_until = next.map_or(cut, |next| next.min(cut));
            self.settled_until = self.settled_until.max(settled_until);
            let is_late = Instant::now() >= reading.deadline;
            match next {
                Some(next) if !is_late => from = next,
                _ => return Ok((self.settled.and(fresh), next.is_none())),
            }
        }
    }
}

/// What all parts of one look share.
struct Reading<'a> {
    tender: &'a Tender,
    merchant: MerchantId,
    now: Timestamp,
    deadline: Instant,
}

/// What is remembered of one merchant's locations.
type Book = HashMap<LocationId, Today>;

/// What a look at a book shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Glance {
    /// Of the locations looked at, newest first.
    pub(crate) recent: Vec<Event>,
    /// Today's sums of each location looked at.
    pub(crate) today: HashMap<LocationId, Sums>,
    /// Whether all of today was read.
    pub(crate) is_complete: bool,
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
    /// Reads on, and looks at some of the merchant's locations.
    pub(crate) async fn look(
        &self,
        tender: &Tender,
        directory: &Directory,
        locations: &[&Location],
    ) -> Result<Glance, Failure> {
        let merchant = directory.merchant_id();
        let asked = Instant::now();
        let book = self.book(merchant);
        // One reader at a time, so that whoever waits can share the next reading.
        let mut book = book.lock().await;
        let reading = Reading {
            tender,
            merchant,
            now: tender.now(),
            deadline: Instant::now() + READING_MAX,
        };
        let mut glance = Glance {
            is_complete: true,
            ..Glance::default()
        };
        for location in locations {
            let id = LocationId(location.id);
            let moments = day_of(reading.now, &location.time_zone);
            let today = book.entry(id).or_insert_with(|| Today::of(moments.clone()));
            if today.moments != moments {
                *today = Today::of(moments);
            }
            let shown = today.shown(asked, &reading, id).await?;
            glance.today.insert(id, shown.sums);
            glance.is_complete &= shown.is_whole;
            glance.recent.extend(shown.recent.iter().cloned());
        }
        // Stable, so that entries of one moment stay in the order of their chain.
        glance.recent.sort_by_key(|event| std::cmp::Reverse(event.at));
        Ok(glance)
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
    use futures_util::FutureExt;
    use futures_util::future::join_all;
    use tender_engine::{Settle, Timestamp};

    use super::{Books, Glance, SETTLE_MS, day_of};
    use crate::tests::place::{EUR, JPY, MERCHANT, Place};

    async fn look(books: &Books, place: &Place) -> Glance {
        let directory = place.tender.directory(MERCHANT).await.unwrap().unwrap();
        let location = &directory.locations[&EUR.0];
        books.look(&place.tender, &directory, &[location]).await.unwrap()
    }

    #[tokio::test]
    async fn every_payment_of_today_is_counted_once_however_often_one_looks() {
        let place = Place::new().await;
        // The middle of a day, so that midnight does not come between.
        let day = day_of(place.tender.now(), "Europe/Berlin");
        let left_ms = day.end.0 - place.tender.now().0;
        place
            .tender
            .clock()
            .advance(u32::try_from(left_ms + 6 * 3_600_000).unwrap());
        let books = Books::default();
        for round in 1..=4_u32 {
            let elsewhere = place.order(MERCHANT, JPY, "elsewhere", "500").await;
            place
                .pay(&elsewhere, "500", &format!("j{round}"), Settle::Immediate)
                .await;
            let order = place.order(MERCHANT, EUR, "here", "7.00").await;
            place
                .pay(&order, "7.00", &format!("e{round}"), Settle::Immediate)
                .await;
            for _ in 0..2 {
                let glance = look(&books, &place).await;
                let sums = glance.today[&EUR];
                let expected = i128::from(round) * 700;
                assert_eq!(
                    (sums.paid_minor, sums.payment_count),
                    (expected, u64::from(round))
                );
                assert!(glance.is_complete);
                let newest = &glance.recent[0];
                assert_eq!((newest.order, newest.location), (order.id, EUR));
            }
            // What was fresh is settled at the next look.
            place
                .tender
                .clock()
                .advance(u32::try_from(SETTLE_MS).unwrap() + 1);
        }
        assert_eq!(
            look(&Books::default(), &place).await.today,
            look(&books, &place).await.today,
            "a node that starts now says the same"
        );
        place.tender.clock().advance(86_400_000);
        assert_eq!(look(&books, &place).await.today[&EUR].payment_count, 0);
    }

    #[tokio::test]
    async fn pages_that_look_at_the_same_moment_share_a_reading() {
        let place = Place::new().await;
        let books = Books::default();
        let order = place.order(MERCHANT, EUR, "here", "100.00").await;
        look(&books, &place).await;
        let before = place.store.reads();
        look(&books, &place).await;
        let alone = place.store.reads() - before;
        assert!(alone > 0, "a look by itself reads, however soon it comes");
        for round in 1..=3_u64 {
            place
                .pay(&order, "7.00", &format!("r{round}"), Settle::Immediate)
                .await;
            let before = place.store.reads();
            // Somebody else's reading is under way when they come.
            let turn = books.book(MERCHANT).lock_owned().await;
            let mut looks = join_all((0..20).map(|_| look(&books, &place)));
            assert!((&mut looks).now_or_never().is_none(), "they wait");
            drop(turn);
            let glances = looks.await;
            assert_eq!(place.store.reads() - before, alone);
            for glance in glances {
                assert_eq!(glance.today[&EUR].payment_count, round);
            }
        }
    }

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
