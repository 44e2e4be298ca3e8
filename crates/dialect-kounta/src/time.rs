//! Times on the wire: ISO 8601 with the offset of the place and whole seconds, and the days of a filter.
//!
//! Internally a moment has milliseconds; a client sees and compares whole seconds, so a filter takes a moment for the
//! second that it is shown as.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use tender_engine::{LocationId, Timestamp};
use tender_service::Directory;

#[cfg(test)]
mod tests;

const SECOND_MS: i64 = 1_000;
const MINUTE_S: i32 = 60;

/// A time zone; UTC where the directory names none that is known.
#[derive(Debug, Clone)]
pub(crate) struct Zone(TimeZone);

/// A span of time, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The first millisecond in it.
    pub(crate) from_ms: i64,
    /// The first millisecond after it.
    pub(crate) until_ms: i64,
}

impl Zone {
    /// The zone of this IANA name.
    pub(crate) fn named(name: &str) -> Self {
        Self(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }

    /// The zone of a site; the company's for one that is not there any more.
    pub(crate) fn of_site(directory: &Directory, site: LocationId) -> Self {
        let name = directory
            .locations
            .get(&site.0)
            .map_or(&directory.merchant.time_zone, |site| &site.time_zone);
        Self::named(name)
    }

    /// The company's zone.
    pub(crate) fn of_company(directory: &Directory) -> Self {
        Self::named(&directory.merchant.time_zone)
    }

    /// A moment as `2026-05-29T11:14:06+10:00`.
    pub(crate) fn show(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// The offset at a moment as `+10:00`.
    pub(crate) fn offset(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%:z").to_string()
    }

    /// A moment in the zone. Before there were time zones, places were seconds apart; the wire's offsets have minutes only, so
    /// such an offset loses its seconds, and the moment stays the same.
    fn zoned(&self, at: Timestamp) -> jiff::Zoned {
        let zoned = instant(at).to_zoned(self.0.clone());
        let seconds = zoned.offset().seconds();
        match seconds % MINUTE_S {
            0 => zoned,
            rest => {
                let offset = Offset::from_seconds(seconds.saturating_sub(rest)).unwrap_or(Offset::UTC);
                zoned.with_time_zone(TimeZone::fixed(offset))
            }
        }
    }

    /// What a filter means: the whole day of a bare date in this zone, or the second of a time with an offset.
    pub(crate) fn parse_span(&self, text: &str) -> Option<Span> {
        if !text.contains(['T', 't', ' ']) {
            let day: Date = text.parse().ok()?;
            let start = day.to_zoned(self.0.clone()).ok()?;
            let end = day.tomorrow().ok()?.to_zoned(self.0.clone()).ok()?;
            return Some(Span {
                from_ms: start.timestamp().as_millisecond(),
                until_ms: end.timestamp().as_millisecond(),
            });
        }
        let at = parse_moment(text)?;
        let from_ms = at.0.div_euclid(SECOND_MS).saturating_mul(SECOND_MS);
        Some(Span {
            from_ms,
            until_ms: from_ms.saturating_add(SECOND_MS),
        })
    }
}

/// A time with an offset or `Z`. A plus sign that arrives as a space, as it does in a query, is still one.
pub(crate) fn parse_moment(text: &str) -> Option<Timestamp> {
    let fixed = match text.rsplit_once(' ') {
        Some((before, offset)) if before.contains(['T', 't']) => format!("{before}+{offset}"),
        _ => text.to_owned(),
    };
    let at: jiff::Timestamp = fixed.parse().ok()?;
    Some(Timestamp(at.as_millisecond()))
}

fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}
