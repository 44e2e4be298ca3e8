use super::failures;

#[test]
fn a_failed_step_is_one_failure_and_failed_tests_are_not_counted_twice() {
    for (failed_tests, failed_steps, expected) in [
        (0, &[][..], 0),
        (0, &["tidy"], 1),
        (0, &["tests"], 1),
        (3, &["tests"], 3),
        (3, &["clippy", "tests"], 4),
        (0, &["build", "tests"], 2),
        (2, &[], 2),
    ] {
        assert_eq!(
            failures(failed_tests, failed_steps),
            expected,
            "{failed_tests} and {failed_steps:?}"
        );
    }
}
