use super::{MACHINE_FOLDERS, check};
use crate::tidy::File;

fn whats(text: &str) -> Vec<(Option<usize>, String)> {
    let problems = check(File {
        path: "docs/a.md",
        text,
    });
    problems
        .into_iter()
        .map(|problem| (problem.line, problem.what))
        .collect()
}

#[test]
fn absolute_paths_of_a_machine_are_found_wherever_they_begin() {
    for folder in MACHINE_FOLDERS {
        for text in [
            format!("{folder}x"),
            format!("see {folder}x"),
            format!("\"{folder}x\""),
            format!("A={folder}x"),
            format!("`{folder}`"),
            format!("crates{folder}x {folder}x"),
        ] {
            assert_eq!(whats(&text), [(Some(1), format!("a path in {folder}"))], "{text}");
        }
    }
}

#[test]
fn parts_of_other_paths_are_not_a_machines() {
    for folder in MACHINE_FOLDERS {
        for text in [
            format!("docs{folder}x"),
            format!(".{folder}x"),
            format!("https://host{folder}x"),
            format!("$HOME{folder}x"),
            format!("{{base}}{folder}x"),
            folder.trim_end_matches('/').to_owned(),
        ] {
            assert_eq!(whats(&text), [], "{text}");
        }
    }
}

#[test]
fn trailing_whitespace_is_found() {
    let expected = |line| (Some(line), "trailing whitespace".to_owned());
    assert_eq!(whats("a \nb\n\t\nc\t\n"), [expected(1), expected(3), expected(4)]);
    assert_eq!(whats("a\n\n  b\n"), []);
    assert_eq!(
        whats("a\r\n"),
        [],
        "wire fixtures may end their lines as the wire does"
    );
}
