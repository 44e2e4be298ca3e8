//! When a receiver is down, and how often it is tried then.

use super::*;

fn failed(count: u32) -> Streak {
    let streak = Streak::default();
    for _ in 0..count {
        assert!(!streak.note(false));
    }
    streak
}

#[test]
fn only_failures_without_a_success_between_them_mean_down() {
    assert!(!failed(FAILURES_MAX - 1).is_down());
    assert!(failed(FAILURES_MAX).is_down());
    let mixed = failed(FAILURES_MAX - 1);
    assert!(!mixed.note(true), "it was not down");
    mixed.note(false);
    assert!(!mixed.is_down());
}

#[test]
fn the_first_success_ends_it_and_says_so_once() {
    let streak = failed(FAILURES_MAX + 5);
    assert!(streak.note(true));
    assert!(!streak.is_down());
    assert!(!streak.note(true));
    let streak = failed(FAILURES_MAX);
    streak.forget();
    assert!(!streak.is_down());
}

#[test]
fn pauses_double_with_every_single_failure_up_to_half_a_minute() {
    let mut pace = Pace::default();
    let mut now = Timestamp(0);
    let mut pauses = Vec::new();
    pace.adjust(true, true, now);
    for _ in 0..7 {
        let at = pace.not_before().expect("it is down");
        pauses.push(at.0 - now.0);
        now = at;
        pace.begun();
        pace.adjust(true, true, now);
    }
    assert_eq!(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    pace.adjust(false, true, now);
    assert_eq!((pace.is_probing(), pace.not_before()), (false, None));
}

#[test]
fn what_was_under_way_before_a_pause_does_not_lengthen_it() {
    let mut pace = Pace::default();
    pace.adjust(true, false, Timestamp(0));
    let first = pace;
    pace.adjust(true, false, Timestamp(500));
    pace.adjust(true, true, Timestamp(900));
    assert_eq!(pace, first);
    pace.begun();
    pace.adjust(true, false, Timestamp(1_000));
    assert_eq!(pace.not_before(), first.not_before(), "it has not come back yet");
    pace.adjust(true, true, Timestamp(1_100));
    assert_eq!(pace.not_before(), Some(Timestamp(3_100)));
    pace.rest(Timestamp(4_000));
    assert_eq!(pace.not_before(), Some(Timestamp(6_000)), "the same pause again");
}

#[test]
fn a_receiver_that_works_is_never_left_alone() {
    let mut pace = Pace::default();
    pace.begun();
    pace.rest(Timestamp(0));
    pace.adjust(false, true, Timestamp(0));
    assert_eq!(pace, Pace::default());
}
