//! `GET /api/v1/reports/day-close`: one location's day in sums, equal to the sum of its journal.
//!
//! The report is nothing but the journal added up: every posting of the location-local day goes into exactly one sum, and
//! the answer shows the sums per ledger too, so that whoever doubts it can check it against the feed.

mod day_close;
mod journal;
pub(crate) mod openapi;
mod render;
mod tally;

pub(crate) use day_close::day_close;
