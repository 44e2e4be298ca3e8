use std::time::Duration;

use super::Report;

const JUNIT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="4" failures="2" errors="0" time="2.5">
    <testsuite name="tender-money" tests="3" disabled="0" errors="0" failures="1">
        <testcase name="quick" classname="tender-money" timestamp="2026-01-01T00:00:00Z" time="0.005"></testcase>
        <testcase name="slow" classname="tender-money" time="1.500"/>
        <testcase name="wrong" classname="tender-money" time="0.020">
            <failure message="no &lt;way&gt;" type="test failure">no &lt;way&gt;</failure>
            <system-out>failure</system-out>
        </testcase>
    </testsuite>
    <testsuite name="tender-engine" tests="1" disabled="0" errors="1" failures="0">
        <testcase name="hung" classname="tender-engine" time="60.000"><error type="timeout"/></testcase>
    </testsuite>
</testsuites>
"#;

#[test]
fn failures_and_errors_are_counted() {
    let report = Report::parse(JUNIT).unwrap();
    assert_eq!((report.passed(), report.failed()), (2, 2));
    let failed: Vec<&str> = report
        .cases
        .iter()
        .filter(|case| case.failed)
        .map(|case| case.name.as_str())
        .collect();
    assert_eq!(failed, ["tender-money wrong", "tender-engine hung"]);
}

#[test]
fn the_slowest_come_first() {
    let report = Report::parse(JUNIT).unwrap();
    let slowest: Vec<(&str, Duration)> = report
        .slowest(2)
        .iter()
        .map(|case| (case.name.as_str(), case.elapsed))
        .collect();
    assert_eq!(
        slowest,
        [
            ("tender-engine hung", Duration::from_secs(60)),
            ("tender-money slow", Duration::from_millis(1500))
        ]
    );
    assert_eq!(report.slowest(9).len(), 4);
}

#[test]
fn what_is_not_a_junit_file_is_refused() {
    for text in [
        "",
        "not xml",
        r#"<testsuites><testcase name="a" classname="b"/></testsuites>"#,
        r#"<testsuites><testcase name="a" classname="b" time="soon"/></testsuites>"#,
        r#"<testsuites><testcase name="a" classname="b" time="-1"/></testsuites>"#,
        r#"<testsuites><testcase classname="b" time="1"/></testsuites>"#,
    ] {
        assert!(Report::parse(text).is_err(), "{text}");
    }
}
