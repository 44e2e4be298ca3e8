//! Rules for every text file: what belongs to one machine, and what only makes diffs noisy.

use super::{File, Problem};

#[cfg(test)]
mod tests;

/// Folders that exist on somebody's machine only. Written in parts, because this file is checked too.
const MACHINE_FOLDERS: [&str; 4] = [
    concat!("/", "root/"),
    concat!("/", "home/"),
    concat!("/", "work/"),
    concat!("/", "Users/"),
];

const MACHINE_PATH: &str = "an absolute path of one machine is wrong on every other; use a relative path, a temporary \
                            folder or a setting";
const TRAILING_SPACE: &str = "nobody sees it, and every editor that removes it makes a diff of it";

pub fn check(file: File<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, line) in file.lines() {
        if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| names_absolute(line, folder)) {
            problems.push(file.problem(Some(number), format!("a path in {folder}"), MACHINE_PATH));
        }
        if line.ends_with([' ', '\t']) {
            problems.push(file.problem(Some(number), "trailing whitespace", TRAILING_SPACE));
        }
    }
    problems
}

/// Whether the folder stands at the beginning of a path: after a name, a dot, a variable or a placeholder it is a
/// part of some other path.
fn names_absolute(line: &str, folder: &str) -> bool {
    let continues = |before: char| before.is_alphanumeric() || "_-.~/}>)*".contains(before);
    line.match_indices(folder)
        .any(|(at, _)| !line.get(..at).unwrap_or_default().ends_with(continues))
}
