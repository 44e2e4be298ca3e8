//! Medians and ratios, and the table that tells them. Whole numbers: what is shown is rounded once, at the end.

use std::fmt::Write as _;
use std::time::Duration;

use crate::rig::tool::Sample;

#[cfg(test)]
mod tests;

/// A sample, and those of the bare handler from right before and right after it.
#[derive(Debug, Clone, Copy)]
pub struct Beside {
    pub sample: Sample,
    pub bare: [Sample; 2],
}

/// Everything measured once.
#[derive(Debug, Clone)]
pub struct Round {
    /// From the start of the process until it was ready.
    pub start: Duration,
    /// Memory then.
    pub idle_kib: u64,
    /// Memory after the payments were accepted.
    pub loaded_kib: u64,
    /// The bare handler, each time.
    pub bare: Vec<Sample>,
    /// The bare storage.
    pub storage: Beside,
    /// Payments accepted.
    pub accepted: Beside,
    /// Whole payments.
    pub settled: Beside,
    /// `pgbench` with the statements of a payment.
    pub pgbench: Beside,
    /// Payments accepted on PostgreSQL by one node, and by two nodes together.
    pub one_node: Beside,
    pub two_nodes: Beside,
    /// Payments accepted one after the other.
    pub alone: Sample,
    /// `pgbench` with one client.
    pub pgbench_alone: Sample,
    /// Payments accepted on PostgreSQL one after the other.
    pub postgres_alone: Sample,
}

/// Where a sample is in a round.
type Place<T> = fn(&Round) -> T;

/// A line of the table: its name, its sample, and the storage it stands on.
type Line = (String, Place<Beside>, Place<Beside>);

/// In how many parts a ratio is counted before it is rounded.
const RATIO_PARTS: u64 = 1_000_000;

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
            "Clients: {}, unless it is said. Rounds: {}, the bare handler {} times. Medians, also of the ratios; in \
             brackets the lowest and the highest.\n\n",
            self.clients,
            self.rounds.len(),
            self.bare().len()
        );
        self.write_rates(&mut text);
        self.write_latencies_alone(&mut text);
        self.write_footprint(&mut text);
        text
    }

    /// Payments per second, and what they are of what could be.
    fn write_rates(&self, text: &mut String) {
        let lines: [Line; 6] = [
            (
                "SQLite: bare storage, same number of rows, grouped commits".to_owned(),
                |round| round.storage,
                |round| round.storage,
            ),
            (
                "SQLite: **payments accepted**, `POST /o/op/1/pay`, answered after the sync".to_owned(),
                |round| round.accepted,
                |round| round.storage,
            ),
            (
                "SQLite: whole payments, accepted, taken by a till, told by webhook".to_owned(),
                |round| round.settled,
                |round| round.storage,
            ),
            (
                format!(
                    "PostgreSQL: `pgbench`, the same statements, one transaction each, {} clients",
                    self.pgbench_clients
                ),
                |round| round.pgbench,
                |round| round.pgbench,
            ),
            (
                "PostgreSQL: **payments accepted**, one node".to_owned(),
                |round| round.one_node,
                |round| round.pgbench,
            ),
            (
                format!(
                    "PostgreSQL: **payments accepted**, two nodes, {} clients each, together",
                    self.clients / 2
                ),
                |round| round.two_nodes,
                |round| round.pgbench,
            ),
        ];
        text.push_str(
            "| | per second | of the bare handler | of the bare storage / of `pgbench` | p50 ms | p99 ms |\n\
             |---|---|---|---|---|---|\n",
        );
        let bare = "bare HTTP handler that parses the same body";
        write_rate(text, bare, &self.bare(), ["1.00", "–"].map(str::to_owned));
        for (name, place, storage) in lines {
            let samples: Vec<Sample> = (self.rounds.iter()).map(|round| place(round).sample).collect();
            let of_bare = self.ratios(|round| place(round).of_bare());
            let of_storage =
                self.ratios(|round| parts(place(round).sample.per_second, storage(round).sample.per_second));
            write_rate(
                text,
                &name,
                &samples,
                [with_range(of_bare), hundredths(of_storage.0, RATIO_PARTS)],
            );
        }
    }

    /// All samples of the bare handler.
    fn bare(&self) -> Vec<Sample> {
        let samples = self.rounds.iter().flat_map(|round| &round.bare);
        samples.copied().collect()
    }

    /// The median of what every round says, the lowest and the highest.
    fn ratios(&self, ratio: impl Fn(&Round) -> u64) -> (u64, u64, u64) {
        middle_and_ends(self.rounds.iter().map(ratio).collect())
    }

    /// What a payment takes when there is no other.
    fn write_latencies_alone(&self, text: &mut String) {
        let lines: [(&str, Place<Sample>); 3] = [
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
}

impl Beside {
    /// What it is of the bare handler, in parts.
    fn of_bare(self) -> u64 {
        let [before, after] = self.bare;
        parts(
            self.sample.per_second.saturating_mul(2),
            before.per_second.saturating_add(after.per_second),
        )
    }
}

fn write_rate(text: &mut String, name: &str, samples: &[Sample], ratios: [String; 2]) {
    let all = |value: fn(&Sample) -> u64| samples.iter().map(value).collect::<Vec<_>>();
    let (rate, low, high) = middle_and_ends(all(|sample| sample.per_second));
    let [of_bare, of_storage] = ratios;
    let _ = writeln!(
        text,
        "| {name} | {} ({} to {}) | {of_bare} | {of_storage} | {} | {} |",
        grouped(rate),
        grouped(low),
        grouped(high),
        tenths(median(all(|sample| sample.p50_us)), 1_000),
        tenths(median(all(|sample| sample.p99_us)), 1_000),
    );
}

/// `0.41 (0.39 to 0.44)`
fn with_range((middle, low, high): (u64, u64, u64)) -> String {
    let [middle, low, high] = [middle, low, high].map(|ratio| hundredths(ratio, RATIO_PARTS));
    format!("{middle} ({low} to {high})")
}

/// How much a value is of another, in parts; nothing when there is nothing to compare with.
fn parts(value: u64, of: u64) -> u64 {
    rounded(value.saturating_mul(RATIO_PARTS), of).unwrap_or_default()
}

/// The median, the lowest and the highest.
fn middle_and_ends(values: Vec<u64>) -> (u64, u64, u64) {
    let ends = values.iter().min().zip(values.iter().max());
    let (low, high) = ends.map_or((0, 0), |(low, high)| (*low, *high));
    (median(values), low, high)
}

/// The middle value, of an even number of them the lower middle one, so that it is one that was measured.
fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or_default()
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
