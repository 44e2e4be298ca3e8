//! When a failing endpoint is worth a word, and when it is too much.

use super::*;

fn endpoint(failing_since_ms: Option<i64>) -> Endpoint {
    Endpoint {
        id: 5,
        failing_since_ms,
        ..Endpoint::default()
    }
}

#[test]
fn a_short_failure_stays_in_memory_and_a_long_one_is_recorded_once() {
    let health = Health::default();
    let steps = [
        (0, false, Change::Nothing),
        (RECORD_AFTER_MS - 1, false, Change::Nothing),
        (RECORD_AFTER_MS, false, Change::Record(Timestamp(0))),
        (RECORD_AFTER_MS + 1, true, Change::Nothing),
        (RECORD_AFTER_MS + 2, false, Change::Nothing),
        (2 * RECORD_AFTER_MS + 1, false, Change::Nothing),
        (
            2 * RECORD_AFTER_MS + 2,
            false,
            Change::Record(Timestamp(RECORD_AFTER_MS + 2)),
        ),
    ];
    for (at, success, expected) in steps {
        assert_eq!(
            health.change(&endpoint(None), success, Timestamp(at)),
            expected,
            "at {at}"
        );
    }
}

#[test]
fn five_days_of_nothing_but_failures_disable() {
    let health = Health::default();
    let known = endpoint(Some(1_000));
    assert_eq!(
        health.change(&known, false, Timestamp(1_000 + DISABLE_AFTER_MS - 1)),
        Change::Nothing
    );
    let at = Timestamp(1_000 + DISABLE_AFTER_MS);
    assert_eq!(
        health.change(&known, false, at),
        Change::Disable(Timestamp(1_000))
    );
}

#[test]
fn a_restart_goes_on_from_what_is_recorded() {
    let health = Health::default();
    assert_eq!(
        health.change(&endpoint(Some(7)), true, Timestamp(9)),
        Change::Clear
    );
    assert_eq!(
        health.change(&endpoint(None), true, Timestamp(9)),
        Change::Nothing
    );
}

#[test]
fn what_another_node_saw_working_begins_anew() {
    let health = Health::default();
    let known = endpoint(Some(0));
    assert_eq!(health.change(&known, false, Timestamp(1)), Change::Nothing);
    // The other node has cleared the record.
    let at = Timestamp(DISABLE_AFTER_MS + 1);
    assert_eq!(health.change(&endpoint(None), false, at), Change::Nothing);
    let later = at.plus_ms(RECORD_AFTER_MS);
    assert_eq!(health.change(&endpoint(None), false, later), Change::Record(at));
}

#[test]
fn an_endpoint_that_is_gone_is_forgotten() {
    let health = Health::default();
    health.change(&endpoint(None), false, Timestamp(0));
    health.forget(EndpointId(5));
    assert_eq!(
        health.change(&endpoint(None), false, Timestamp(RECORD_AFTER_MS)),
        Change::Nothing
    );
}
