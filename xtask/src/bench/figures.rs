//! Medians and ratios, and the table that tells them. Whole numbers: what is shown is rounded once, at the end.

use std::fmt::Write as _;
use std::time::Duration;

use super::tool::Sample;

#[cfg(test)]
mod tests;

/// Everything measured once.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// From the start of the process until it was ready.
    pub start: Duration,
    /// Memory then.
    pub idle_kib: u64,
    /// Memory after the payments were accepted.
    pub loaded_kib: u64,
    /// The bare handler.
    pub bare: Sample,
    /// The bare storage.
    pub storage: Sample,
    /// Payments accepted.
    pub accepted: Sample,
    /// Whole payments.
    pub settled: Sample,
}

/// A line of the table: its name, and where its sample is in a round.
type Line = (&'static str, fn(&Round) -> Sample);

/// What a run has found.
#[derive(Debug)]
pub struct Figures<'a> {
    pub rounds: &'a [Round],
    pub binary_bytes: u64,
    /// Payments accepted per round.
    pub payments: u64,
    pub clients: u32,
}

impl Figures<'_> {
    /// The result as a Markdown text.
    pub fn table(&self) -> String {
        let bare = self.median(|round| round.bare.per_second);
        let storage = self.median(|round| round.storage.per_second);
        let mut text = format!(
            "Clients: {}. Rounds: {}. Medians; in brackets the lowest and the highest of the rounds.\n\n\
             | | per second | of the bare handler | of the bare storage | p50 ms | p99 ms |\n\
             |---|---|---|---|---|---|\n",
            self.clients,
            self.rounds.len()
        );
        let lines: [Line; 4] = [
            ("bare HTTP handler that parses the same body", |round| round.bare),
            ("bare storage, same number of rows, grouped commits", |round| {
                round.storage
            }),
            (
                "**payments accepted**: `POST /o/op/1/pay`, answered after the sync",
                |round| round.accepted,
            ),
            (
                "whole payments: accepted, taken by a till, told by webhook",
                |round| round.settled,
            ),
        ];
        for (name, sample) in lines {
            let rate = self.median(|round| sample(round).per_second);
            let (low, high) = self.range(|round| sample(round).per_second);
            let p50 = self.median(|round| sample(round).p50_us);
            let p99 = self.median(|round| sample(round).p99_us);
            let _ = writeln!(
                text,
                "| {name} | {} ({} to {}) | {} | {} | {} | {} |",
                grouped(rate),
                grouped(low),
                grouped(high),
                ratio(rate, bare),
                ratio(rate, storage),
                tenths(p50, 1_000),
                tenths(p99, 1_000),
            );
        }
        let start_us = self.median(|round| u64::try_from(round.start.as_micros()).unwrap_or(u64::MAX));
        let idle_kib = self.median(|round| round.idle_kib);
        let loaded_kib = self.median(|round| round.loaded_kib);
        let _ = write!(
            text,
            "\n| | |\n|---|---|\n\
             | start to ready, empty database | {} ms |\n\
             | memory when idle | {} MiB |\n\
             | memory after {} payments | {} MiB |\n\
             | size of the binary | {} MiB |\n",
            tenths(start_us, 1_000),
            tenths(idle_kib, 1_024),
            grouped(self.payments),
            tenths(loaded_kib, 1_024),
            tenths(self.binary_bytes, 1_024 * 1_024),
        );
        text
    }

    fn median(&self, value: impl Fn(&Round) -> u64) -> u64 {
        median(self.rounds.iter().map(value).collect())
    }

    fn range(&self, value: impl Fn(&Round) -> u64) -> (u64, u64) {
        let values = || self.rounds.iter().map(&value);
        (
            values().min().unwrap_or_default(),
            values().max().unwrap_or_default(),
        )
    }
}

/// The middle value, of an even number of them the lower middle one, so that it is one that was measured.
fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or_default()
}

/// `0.41`, rounded; a dash when there is nothing to compare with.
fn ratio(value: u64, of: u64) -> String {
    let Some(hundredths) = rounded(value.saturating_mul(100), of) else {
        return "–".to_owned();
    };
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A value in a larger unit with one digit after the point, rounded.
fn tenths(value: u64, unit: u64) -> String {
    let tenths = rounded(value.saturating_mul(10), unit).unwrap_or_default();
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn rounded(value: u64, by: u64) -> Option<u64> {
    value.checked_add(by / 2)?.checked_div(by)
}

/// `43 210`: thousands apart, with a space that does not break.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}
