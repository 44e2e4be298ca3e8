use std::time::Duration;

use super::{Figures, Round, grouped, median, ratio, tenths};
use crate::bench::tool::Sample;

fn sample(per_second: u64, p50_us: u64, p99_us: u64) -> Sample {
    Sample {
        count: 1,
        per_second,
        p50_us,
        p99_us,
    }
}

fn round(accepted: u64) -> Round {
    Round {
        start: Duration::from_micros(12_345),
        idle_kib: 20_480,
        loaded_kib: 30_720,
        bare: sample(100_000, 1_100, 2_250),
        storage: sample(50_000, 2_000, 9_000),
        accepted: sample(accepted, 3_000, 14_500),
        settled: sample(2_000, 40_000, 90_000),
    }
}

#[test]
fn table_tells_medians_ranges_and_ratios() {
    let rounds = [round(41_000), round(39_000), round(48_000)];
    let figures = Figures {
        rounds: &rounds,
        binary_bytes: 5 * 1_024 * 1_024 + 512 * 1_024,
        payments: 40_000,
        clients: 128,
    };
    let table = figures.table().replace('\u{a0}', " ");
    for line in [
        "| bare HTTP handler that parses the same body | 100 000 (100 000 to 100 000) | 1.00 | 2.00 | 1.1 | 2.3 |",
        "| **payments accepted**: `POST /o/op/1/pay`, answered after the sync | 41 000 (39 000 to 48 000) | 0.41 | 0.82 | 3.0 | 14.5 |",
        "| start to ready, empty database | 12.3 ms |",
        "| memory when idle | 20.0 MiB |",
        "| memory after 40 000 payments | 30.0 MiB |",
        "| size of the binary | 5.5 MiB |",
    ] {
        assert!(table.lines().any(|given| given == line), "{line} in\n{table}");
    }
}

#[test]
fn medians_are_values_that_were_measured() {
    for (values, expected) in [
        (vec![], 0),
        (vec![5], 5),
        (vec![9, 1], 1),
        (vec![3, 1, 2], 2),
        (vec![4, 1, 3, 2], 2),
    ] {
        assert_eq!(median(values.clone()), expected, "{values:?}");
    }
}

#[test]
fn numbers_are_rounded_once() {
    assert_eq!(ratio(1, 3), "0.33");
    assert_eq!(ratio(2, 3), "0.67");
    assert_eq!(ratio(199, 100), "1.99");
    assert_eq!(ratio(1, 0), "–");
    assert_eq!(tenths(14_550, 1_000), "14.6");
    assert_eq!(tenths(49, 1_000), "0.0");
    assert_eq!(tenths(50, 1_000), "0.1");
    for (value, expected) in [(0, "0"), (999, "999"), (1_000, "1 000"), (1_234_567, "1 234 567")] {
        assert_eq!(grouped(value).replace('\u{a0}', " "), expected);
    }
}
