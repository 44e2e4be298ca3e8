//! Figures of one run. Whole numbers throughout: a microsecond is finer than anything here repeats to.

use std::time::Duration;

use serde::Serialize;

#[cfg(test)]
mod tests;

const MICROS_PER_SECOND: u64 = 1_000_000;

/// What one run measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// How many were answered.
    pub count: u64,
    /// How many that is per second.
    pub per_second: u64,
    /// Half of them took no longer, in microseconds.
    pub p50_us: u64,
    /// All but one in a hundred took no longer, in microseconds.
    pub p99_us: u64,
    /// The slowest, in microseconds.
    pub max_us: u64,
}

impl Sample {
    /// Sums up the durations of all requests of a run that took `elapsed`. Every one of them is kept and sorted, so no
    /// percentile is an estimate.
    pub fn of(durations: Vec<Duration>, elapsed: Duration) -> Self {
        let per_second = per_second(durations.len(), elapsed);
        Self::at_rate(durations, per_second)
    }

    /// The same when the rate is known already.
    pub fn at_rate(mut durations: Vec<Duration>, per_second: u64) -> Self {
        durations.sort_unstable();
        Self {
            count: u64::try_from(durations.len()).unwrap_or(u64::MAX),
            per_second,
            p50_us: micros(percentile(&durations, 50)),
            p99_us: micros(percentile(&durations, 99)),
            max_us: micros(percentile(&durations, 100)),
        }
    }
}

/// The smallest of the sorted values that so many percent do not exceed; zero when there is none.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

fn per_second(count: usize, elapsed: Duration) -> u64 {
    u64::try_from(count)
        .unwrap_or(u64::MAX)
        .saturating_mul(MICROS_PER_SECOND)
        .checked_div(micros(elapsed))
        .unwrap_or_default()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
