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
    /// Payments accepted one after the other.
    pub alone: Sample,
    /// `pgbench` with the statements of a payment.
    pub pgbench: Sample,
    /// Payments accepted on PostgreSQL by one node, and by two nodes together.
    pub one_node: Sample,
    pub two_nodes: Sample,
    /// `pgbench` with one client.
    pub pgbench_alone: Sample,
    /// Payments accepted on PostgreSQL one after the other.
    pub postgres_alone: Sample,
}

/// Where a sample is in a round.
type Place = fn(&Round) -> Sample;

/// A line of the table: its name, its sample, and the storage it stands on when it has one.
type Line = (String, Place, Option<Place>);

/// What a run has found.
#[derive(Debug)]
pub struct Figures<'a> {
    pub rounds: &'a [Round],
    pub binary_bytes: u64,
    /// Payments accepted per round.
    pub payments: u64,
    pub clients: u32,
    pub pgbench_clients: u32,
}

impl Figures<'_> {
    /// The result as a Markdown text.
    pub fn table(&self) -> String {
        let mut text = format!(
            "Clients: {}, unless it is said. Rounds: {}. Medians; in brackets the lowest and the highest of the \
             rounds.\n\n",
            self.clients,
            self.rounds.len()
        );
        self.write_rates(&mut text);
        self.write_latencies_alone(&mut text);
        self.write_footprint(&mut text);
        text
    }

    /// Payments per second, and what they are of what could be.
    fn write_rates(&self, text: &mut String) {
        let lines: [Line; 7] = [
            (
                "bare HTTP handler that parses the same body".to_owned(),
                |round| round.bare,
                None,
            ),
            (
                "SQLite: bare storage, same number of rows, grouped commits".to_owned(),
                |round| round.storage,
                Some(|round| round.storage),
            ),
            (
                "SQLite: **payments accepted**, `POST /o/op/1/pay`, answered after the sync".to_owned(),
                |round| round.accepted,
                Some(|round| round.storage),
            ),
            (
                "SQLite: whole payments, accepted, taken by a till, told by webhook".to_owned(),
                |round| round.settled,
                Some(|round| round.storage),
            ),
            (
                format!(
                    "PostgreSQL: `pgbench`, the same statements, one transaction each, {} clients",
                    self.pgbench_clients
                ),
                |round| round.pgbench,
                Some(|round| round.pgbench),
            ),
            (
                "PostgreSQL: **payments accepted**, one node".to_owned(),
                |round| round.one_node,
                Some(|round| round.pgbench),
            ),
            (
                format!(
                    "PostgreSQL: **payments accepted**, two nodes, {} clients each, together",
                    self.clients / 2
                ),
                |round| round.two_nodes,
                Some(|round| round.pgbench),
            ),
        ];
        text.push_str(
            "| | per second | of the bare handler | of the bare storage / of `pgbench` | p50 ms | p99 ms |\n\
             |---|---|---|---|---|---|\n",
        );
        let bare = self.median(|round| round.bare.per_second);
        for (name, sample, storage) in lines {
            let rate = self.median(|round| sample(round).per_second);
            let (low, high) = self.range(|round| sample(round).per_second);
            let storage = storage.map_or(0, |storage| self.median(|round| storage(round).per_second));
            let _ = writeln!(
                text,
                "| {name} | {} ({} to {}) | {} | {} | {} | {} |",
                grouped(rate),
                grouped(low),
                grouped(high),
                ratio(rate, bare),
                ratio(rate, storage),
                tenths(self.median(|round| sample(round).p50_us), 1_000),
                tenths(self.median(|round| sample(round).p99_us), 1_000),
            );
        }
    }

    /// What a payment takes when there is no other.
    fn write_latencies_alone(&self, text: &mut String) {
        let lines: [(&str, Place); 3] = [
            ("SQLite: payment accepted", |round| round.alone),
            ("PostgreSQL: `pgbench`, the same statements", |round| {
                round.pgbench_alone
            }),
            ("PostgreSQL: payment accepted", |round| round.postgres_alone),
        ];
        text.push_str("\n| one client, a payment alone | p50 ms | p99 ms |\n|---|---|---|\n");
        for (name, sample) in lines {
            let _ = writeln!(
                text,
                "| {name} | {} | {} |",
                hundredths(self.median(|round| sample(round).p50_us), 1_000),
                hundredths(self.median(|round| sample(round).p99_us), 1_000),
            );
        }
    }

    /// What the product takes up, and how fast it is there.
    fn write_footprint(&self, text: &mut String) {
        let start_us = self.median(|round| u64::try_from(round.start.as_micros()).unwrap_or(u64::MAX));
        let idle_kib = self.median(|round| round.idle_kib);
        let loaded_kib = self.median(|round| round.loaded_kib);
        let _ = write!(
            text,
            "\n| SQLite | |\n|---|---|\n\
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
    if of == 0 {
        return "–".to_owned();
    }
    hundredths(value, of)
}

/// A value in a larger unit with two digits after the point, rounded.
fn hundredths(value: u64, unit: u64) -> String {
    let hundredths = rounded(value.saturating_mul(100), unit).unwrap_or_default();
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
