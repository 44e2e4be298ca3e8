//! Moments and days as text.
//!
//! Owns: RFC 3339 in UTC with milliseconds, and where a location's day begins and ends. Must not know: what happened
//! at a moment, or what time it is.

use std::fmt;
use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use tender_engine::Timestamp;

#[cfg(test)]
mod tests;

/// A moment as RFC 3339 in UTC with milliseconds: `2026-03-29T00:59:59.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", instant(self.0))
    }
}

/// The moment, held to the years 0 to 9999 that the form can write.
fn instant(moment: Timestamp) -> jiff::Timestamp {
    let limit = if moment.0 < 0 {
        jiff::Timestamp::UNIX_EPOCH
    } else {
        jiff::Timestamp::MAX
    };
    jiff::Timestamp::from_millisecond(moment.0).unwrap_or(limit)
}

/// Why a day cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DayError {
    /// The text is no date, or one that no calendar day of the zone begins on.
    Date,
    /// The location's time zone is not in the database of time zones.
    Zone,
}

/// One calendar day of a place: 23, 24 or 25 hours in most zones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Day {
    /// As it was asked for: `2026-03-29`.
    pub(crate) date: String,
    /// The moments of the day, its end excluded.
    pub(crate) moments: Range<Timestamp>,
}

impl Day {
    /// Reads a date and finds out when that day is in a zone.
    pub(crate) fn read(date: &str, zone: &str) -> Result<Self, DayError> {
        let zone = TimeZone::get(zone).map_err(|_| DayError::Zone)?;
        // `parse` alone would take `20260329` and more; a day has one text.
        let day: Date = Date::strptime("%Y-%m-%d", date).map_err(|_| DayError::Date)?;
        if day.to_string() != date {
            return Err(DayError::Date);
        }
        let start = |day: Date| {
            let zoned = day.to_zoned(zone.clone()).map_err(|_| DayError::Date)?;
            Ok(Timestamp(zoned.timestamp().as_millisecond()))
        };
        let next = day.tomorrow().map_err(|_| DayError::Date)?;
        Ok(Self {
            date: date.to_owned(),
            moments: start(day)?..start(next)?,
        })
    }

    /// The date on which a moment falls in a zone.
    pub(crate) fn date_of(moment: Timestamp, zone: &str) -> Result<String, DayError> {
        let zone = TimeZone::get(zone).map_err(|_| DayError::Zone)?;
        Ok(instant(moment).to_zoned(zone).date().to_string())
    }
}
