use proptest::prelude::*;

use super::{allocate, round_to_increment, share_half_up};
use crate::AmountError;

#[test]
fn shares_are_rounded_half_up() {
    for (amount, part, whole, expected) in [
        (100, 1, 2, Ok(50)),
        (1, 1, 2, Ok(1)),
        (1, 1, 3, Ok(0)),
        (2, 1, 3, Ok(1)),
        (5, 1, 10, Ok(1)),
        (49, 1, 100, Ok(0)),
        (50, 1, 100, Ok(1)),
        (0, 7, 9, Ok(0)),
        (7, 0, 9, Ok(0)),
        (7, 9, 0, Ok(0)),
        (0, 0, 0, Ok(0)),
        (7, 3, 1, Ok(21)),
        (i64::MAX, i64::MAX, i64::MAX, Ok(i64::MAX)),
        (i64::MAX, 1, i64::MAX, Ok(1)),
        (i64::MAX, 2, 1, Err(AmountError::OutOfRange)),
        (i64::MAX, i64::MAX, 1, Err(AmountError::OutOfRange)),
        (-1, 1, 1, Err(AmountError::Negative)),
        (1, -1, 1, Err(AmountError::Negative)),
        (1, 1, -1, Err(AmountError::Negative)),
        (1, -1, 0, Err(AmountError::Negative)),
    ] {
        assert_eq!(
            share_half_up(amount, part, whole),
            expected,
            "{amount} * {part} / {whole}"
        );
    }
}

#[test]
fn allocation_follows_the_largest_remainder() {
    for (total, weights, expected) in [
        (100, &[1, 1, 1][..], Ok(vec![34, 33, 33])),
        (-100, &[1, 1, 1], Ok(vec![-34, -33, -33])),
        (101, &[1, 1, 1], Ok(vec![34, 34, 33])),
        (10, &[1, 2], Ok(vec![3, 7])),
        (1, &[1, 3], Ok(vec![0, 1])),
        // Equal remainders of a half: the larger weight gets the unit, wherever it stands.
        (2, &[1, 3], Ok(vec![0, 2])),
        (2, &[3, 1], Ok(vec![2, 0])),
        (5, &[0, 1, 0], Ok(vec![0, 5, 0])),
        (5, &[0, 0, 0], Ok(vec![5, 0, 0])),
        (0, &[], Ok(vec![])),
        (0, &[3, 4], Ok(vec![0, 0])),
        (1, &[], Err(AmountError::NoWeights)),
        (1, &[2, -1], Err(AmountError::Negative)),
        (i64::MIN, &[1], Ok(vec![i64::MIN])),
        (
            i64::MAX,
            &[i64::MAX, i64::MAX],
            Ok(vec![i64::MAX / 2 + 1, i64::MAX / 2]),
        ),
        (
            i64::MIN,
            &[i64::MAX, i64::MAX],
            Ok(vec![i64::MIN / 2, i64::MIN / 2]),
        ),
    ] {
        assert_eq!(allocate(total, weights), expected, "{total} over {weights:?}");
    }
}

#[test]
fn cash_is_rounded_half_away_from_zero() {
    for (minor, increment, expected) in [
        (1002, 5, Ok(1000)),
        (1003, 5, Ok(1005)),
        (-1002, 5, Ok(-1000)),
        (-1003, 5, Ok(-1005)),
        (5, 10, Ok(10)),
        (-5, 10, Ok(-10)),
        (4, 10, Ok(0)),
        (0, 10, Ok(0)),
        (7, 1, Ok(7)),
        (i64::MAX, 1, Ok(i64::MAX)),
        (i64::MIN, 1, Ok(i64::MIN)),
        (i64::MAX, i64::MAX, Ok(i64::MAX)),
        (i64::MAX, 10, Err(AmountError::OutOfRange)),
        (i64::MAX, 5, Ok(i64::MAX - 2)),
        (i64::MIN, i64::MAX, Ok(-i64::MAX)),
        (1, 0, Err(AmountError::InvalidIncrement)),
        (1, -5, Err(AmountError::InvalidIncrement)),
    ] {
        assert_eq!(
            round_to_increment(minor, increment),
            expected,
            "{minor} to {increment}"
        );
    }
}

/// Every way to divide small totals over a few small weights, against the definition.
#[test]
fn small_allocations_are_exhaustively_fair() {
    for total in -12_i64..=12 {
        for code in 0..5_i64.pow(4) {
            let weights: Vec<i64> = (0..4).map(|place| code / 5_i64.pow(place) % 5).collect();
            let parts = allocate(total, &weights).unwrap();
            assert_eq!(parts.iter().sum::<i64>(), total);
            let sum: i64 = weights.iter().sum();
            if sum == 0 {
                assert_eq!(parts, [total, 0, 0, 0]);
                continue;
            }
            for (part, weight) in parts.iter().zip(&weights) {
                let floor = total.abs() * weight / sum;
                assert!(
                    (floor..=floor + 1).contains(&part.abs()),
                    "{total} over {weights:?}: {parts:?}"
                );
                assert!(*weight > 0 || *part == 0, "{total} over {weights:?}: {parts:?}");
            }
        }
    }
}

fn weights() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(prop_oneof![0..=4_i64, 0..=i64::MAX], 1..24)
}

proptest! {
    #[test]
    fn allocations_sum_to_the_total(total: i64, weights in weights()) {
        let parts = allocate(total, &weights).unwrap();
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(parts.iter().map(|part| i128::from(*part)).sum::<i128>(), i128::from(total));
        prop_assert!(parts.iter().all(|part| *part == 0 || part.signum() == total.signum()));
    }

    #[test]
    fn no_part_is_a_whole_unit_from_its_quota(total: i64, weights in weights()) {
        let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        prop_assume!(sum > 0);
        for (part, weight) in allocate(total, &weights).unwrap().iter().zip(&weights) {
            let floor = i128::from(total.unsigned_abs()) * i128::from(*weight) / sum;
            let above = i128::from(part.unsigned_abs()) - floor;
            prop_assert!(above == 0 || above == 1);
        }
    }

    #[test]
    fn a_negative_total_mirrors_the_positive_one(total in 0..=i64::MAX, weights in weights()) {
        let mirrored: Vec<i64> = allocate(-total, &weights).unwrap().iter().map(|part| -part).collect();
        prop_assert_eq!(mirrored, allocate(total, &weights).unwrap());
    }

    #[test]
    fn what_a_weight_gets_does_not_depend_on_its_place(
        total: i64,
        (ordered, shuffled) in weights().prop_flat_map(|ordered| {
            (Just(ordered.clone()), Just(ordered).prop_shuffle())
        }),
    ) {
        prop_assume!(ordered.iter().any(|weight| *weight > 0));
        let pairs = |weights: &[i64]| {
            let mut pairs: Vec<(i64, i64)> =
                weights.iter().copied().zip(allocate(total, weights).unwrap()).collect();
            pairs.sort_unstable();
            pairs
        };
        prop_assert_eq!(pairs(&ordered), pairs(&shuffled));
    }

    #[test]
    fn a_share_is_within_half_a_unit(amount in 0..=i64::MAX, part in 0..=i64::MAX, extra in 1..=i64::MAX) {
        let whole = part.saturating_add(extra);
        let share = i128::from(share_half_up(amount, part, whole).unwrap());
        let (amount, part, whole) = (i128::from(amount), i128::from(part), i128::from(whole));
        // 2·|share·whole − amount·part| ≤ whole, and a tie went up.
        let off = share * whole - amount * part;
        prop_assert!(-whole < 2 * off && 2 * off <= whole, "off by {}/{}", off, whole);
        prop_assert!(share <= amount);
    }

    #[test]
    fn cash_rounding_is_a_near_multiple(minor in -1_000_000_000..=1_000_000_000_i64, increment in 1..=5_000_i64) {
        let rounded = round_to_increment(minor, increment).unwrap();
        prop_assert_eq!(rounded % increment, 0);
        prop_assert!(2 * (rounded - minor).abs() <= increment);
        prop_assert_eq!(round_to_increment(-minor, increment), Ok(-rounded));
        prop_assert_eq!(round_to_increment(rounded, increment), Ok(rounded));
        if 2 * (rounded - minor).abs() == increment {
            prop_assert!(rounded.abs() > minor.abs());
        }
    }
}
