//! Tests of the stored form: nothing is lost on the way, the texts stay as they are, damage is noticed.

mod any;
mod examples;
mod format;
mod refusals;
mod round_trips;
