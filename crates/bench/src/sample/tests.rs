use std::time::Duration;

use super::Sample;

fn sample(micros: impl IntoIterator<Item = u64>, elapsed_us: u64) -> Sample {
    let durations = micros.into_iter().map(Duration::from_micros).collect();
    Sample::of(durations, Duration::from_micros(elapsed_us))
}

#[test]
fn percentiles_are_values_that_were_measured() {
    for (micros, p50_us, p99_us, max_us) in [
        (vec![7], 7, 7, 7),
        (vec![30, 10, 20], 20, 30, 30),
        (vec![1, 2, 3, 4], 2, 4, 4),
        ((1..=100).rev().collect(), 50, 99, 100),
        ((1..=200).collect(), 100, 198, 200),
    ] {
        let sample = sample(micros.clone(), 1_000);
        assert_eq!(
            (sample.p50_us, sample.p99_us, sample.max_us),
            (p50_us, p99_us, max_us),
            "{micros:?}"
        );
    }
}

#[test]
fn rate_is_over_the_whole_run() {
    assert_eq!(sample(vec![1; 300], 2_000_000).per_second, 150);
    assert_eq!(sample(vec![1; 3], 4_000_000).per_second, 0);
    let nothing = sample([], 0);
    assert_eq!((nothing.count, nothing.per_second, nothing.p99_us), (0, 0, 0));
}
