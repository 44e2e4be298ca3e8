use std::time::Duration;

use super::{Beside, Figures, RATIO_PARTS, Round, grouped, hundredths, median, parts, tenths};
use crate::rig::tool::Sample;

fn sample(per_second: u64, p50_us: u64, p99_us: u64) -> Sample {
    Sample {
        count: 1,
        per_second,
        p50_us,
        p99_us,
    }
}

/// Measured between these rates of the bare handler.
fn beside(sample: Sample, bare: [u64; 2]) -> Beside {
    Beside {
        sample,
        bare: bare.map(bare_handler),
    }
}

fn bare_handler(per_second: u64) -> Sample {
    sample(per_second, 1_100, 2_250)
}

/// In a minute in which everything is so many times as fast.
fn round(accepted: u64, times: u64) -> Round {
    let steady = |sample| beside(sample, [100_000 * times; 2]);
    Round {
        start: Duration::from_micros(12_345),
        idle_kib: 20_480,
        loaded_kib: 30_720,
        bare: vec![bare_handler(100_000 * times); 3],
        storage: steady(sample(50_000 * times, 2_000, 9_000)),
        accepted: beside(sample(accepted, 3_000, 14_500), [110_000 * times, 90_000 * times]),
        settled: steady(sample(2_000 * times, 40_000, 90_000)),
        pgbench: steady(sample(8_000 * times, 1_900, 6_000)),
        one_node: steady(sample(accepted / 2, 6_000, 20_000)),
        two_nodes: steady(sample(accepted / 4, 7_000, 30_000)),
        alone: sample(4_000, 246, 1_004),
        pgbench_alone: sample(500, 2_000, 4_000),
        postgres_alone: sample(800, 1_235, 3_000),
    }
}

#[test]
fn table_tells_medians_ranges_and_ratios() {
    // The last one is twice as fast, and yet the slowest beside its bare handler.
    let rounds = [round(41_000, 1), round(44_000, 1), round(78_000, 2)];
    let figures = Figures {
        rounds: &rounds,
        binary_bytes: 5 * 1_024 * 1_024 + 512 * 1_024,
        payments: 40_000,
        clients: 128,
        pgbench_clients: 16,
    };
    let table = figures.table().replace('\u{a0}', " ");
    for line in [
        "Clients: 128, unless it is said. Rounds: 3, the bare handler 9 times. Medians, also of the ratios; in brackets the lowest and the highest.",
        "| bare HTTP handler that parses the same body | 100 000 (100 000 to 200 000) | 1.00 | – | 1.1 | 2.3 |",
        "| SQLite: bare storage, same number of rows, grouped commits | 50 000 (50 000 to 100 000) | 0.50 (0.50 to 0.50) | 1.00 | 2.0 | 9.0 |",
        "| SQLite: **payments accepted**, `POST /o/op/1/pay`, answered after the sync | 44 000 (41 000 to 78 000) | 0.41 (0.39 to 0.44) | 0.82 | 3.0 | 14.5 |",
        "| PostgreSQL: `pgbench`, the same statements, one transaction each, 16 clients | 8 000 (8 000 to 16 000) | 0.08 (0.08 to 0.08) | 1.00 | 1.9 | 6.0 |",
        "| PostgreSQL: **payments accepted**, one node | 22 000 (20 500 to 39 000) | 0.21 (0.20 to 0.22) | 2.56 | 6.0 | 20.0 |",
        "| PostgreSQL: **payments accepted**, two nodes, 64 clients each, together | 11 000 (10 250 to 19 500) | 0.10 (0.10 to 0.11) | 1.28 | 7.0 | 30.0 |",
        "| SQLite: payment accepted | 0.25 | 1.00 |",
        "| PostgreSQL: `pgbench`, the same statements | 2.00 | 4.00 |",
        "| PostgreSQL: payment accepted | 1.24 | 3.00 |",
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
    for (value, of, expected) in [(1, 3, "0.33"), (2, 3, "0.67"), (199, 100, "1.99"), (1, 0, "0.00")] {
        assert_eq!(
            hundredths(parts(value, of), RATIO_PARTS),
            expected,
            "{value} of {of}"
        );
    }
    assert_eq!(tenths(14_550, 1_000), "14.6");
    assert_eq!(tenths(49, 1_000), "0.0");
    assert_eq!(tenths(50, 1_000), "0.1");
    assert_eq!(hundredths(1_235, 1_000), "1.24");
    assert_eq!(hundredths(4, 1_000), "0.00");
    for (value, expected) in [(0, "0"), (999, "999"), (1_000, "1 000"), (1_234_567, "1 234 567")] {
        assert_eq!(grouped(value).replace('\u{a0}', " "), expected);
    }
}
