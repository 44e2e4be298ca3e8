use super::{LongFiles, MAX_LINES};
use crate::tidy::File;

fn lines(count: usize) -> String {
    "//! Text.\n".repeat(count)
}

#[test]
fn the_longest_file_passes_and_one_line_more_does_not() {
    let mut list = LongFiles::parse("");
    let (longest, longer) = (lines(MAX_LINES), lines(MAX_LINES + 1));
    assert_eq!(
        list.check(File {
            path: "src/a.rs",
            text: &longest
        }),
        None
    );
    assert!(
        list.check(File {
            path: "src/a.rs",
            text: &longer
        })
        .is_some()
    );
    assert!(
        list.check(File {
            path: "src/a.sql",
            text: &longer
        })
        .is_some()
    );
    assert_eq!(
        list.check(File {
            path: "Cargo.lock",
            text: &longer
        }),
        None
    );
}

#[test]
fn an_exception_with_a_reason_is_accepted_when_it_is_needed() {
    let longer = lines(MAX_LINES + 1);
    let mut list = LongFiles::parse("# comment\n\nsrc/a.rs one table\n");
    assert_eq!(
        list.check(File {
            path: "src/a.rs",
            text: &longer
        }),
        None
    );
    assert!(
        list.check(File {
            path: "src/b.rs",
            text: &longer
        })
        .is_some()
    );
    assert_eq!(list.unused(), []);
}

#[test]
fn an_exception_is_reported_when_unneeded_or_without_a_reason() {
    let mut list = LongFiles::parse("src/a.rs one table\nsrc/b.rs\n");
    let (short, longer) = (lines(1), lines(MAX_LINES + 1));
    assert_eq!(
        list.check(File {
            path: "src/a.rs",
            text: &short
        }),
        None
    );
    assert_eq!(
        list.check(File {
            path: "src/b.rs",
            text: &longer
        }),
        None
    );
    let whats: Vec<(Option<usize>, String)> = list
        .unused()
        .into_iter()
        .map(|problem| (problem.line, problem.what))
        .collect();
    assert_eq!(
        whats,
        [
            (Some(1), "exception that is not needed: src/a.rs".to_owned()),
            (Some(2), "exception without a reason: src/b.rs".to_owned())
        ]
    );
}
