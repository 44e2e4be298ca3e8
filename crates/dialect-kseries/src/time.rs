//! Points in time as the dialect writes and reads them.
//!
//! Owns: the three written forms, which differ only in how they say "UTC" (spec, section 2), and reading ISO 8601. Must
//! not know: which message uses which form.

use std::fmt;

use jiff::tz::TimeZone;
use tender_engine::Timestamp;

#[cfg(test)]
mod tests;

/// How a written time says that it is UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeForm {
    /// `2023-11-07T23:00:20.075+0000`: errors, checks, `account` in notifications, associations.
    Offset,
    /// `2025-12-11T07:27:47.407Z`: readiness, item availability, and the 400s of these two.
    Zulu,
    /// `2025-10-04T09:40:00.000+00:00`: ITEM and ORDER_API notifications, sales.
    Colon,
}

/// A moment that displays in a form, always with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written(pub(crate) Timestamp, pub(crate) TimeForm);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(at, form) = *self;
        // A moment outside of the calendar can only come from a broken record; it is shown as the calendar's end.
        let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::MAX);
        let civil = TimeZone::UTC.to_datetime(moment);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}",
            civil.year(),
            civil.month(),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second(),
            civil.millisecond()
        )?;
        f.write_str(match form {
            TimeForm::Offset => "+0000",
            TimeForm::Zulu => "Z",
            TimeForm::Colon => "+00:00",
        })
    }
}

/// Reads ISO 8601 with any offset; a time without one names no moment and is refused.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp(moment.as_millisecond()))
}
