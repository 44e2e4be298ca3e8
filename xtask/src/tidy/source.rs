//! Rules for Rust source: what a module says first, unfinished work, binary fractions near money.

use super::{File, Problem};

#[cfg(test)]
mod tests;

/// Marks of work that is not finished, written in parts because this file is checked too.
const UNFINISHED: [(&str, &str); 6] = [
    (
        concat!("to", "do!"),
        "it panics in front of a user; finish it, or leave it out",
    ),
    (
        concat!("unimple", "mented!"),
        "it panics in front of a user; finish it, or leave it out",
    ),
    (
        concat!("db", "g!"),
        "it prints to everyone's terminal; use a trace event",
    ),
    (
        concat!("#[ig", "nore"),
        "a test that does not run protects nothing; make it pass or delete it",
    ),
    (
        concat!("TO", "DO"),
        "nobody comes back to it; do it now, or say in a sentence what is known to be missing",
    ),
    (
        concat!("FIX", "ME"),
        "nobody comes back to it; do it now, or say in a sentence what is known to be wrong",
    ),
];

/// Crates that hold, store or translate money, as the beginnings of their folders.
const MONEY_FOLDERS: [&str; 5] = [
    "crates/money/",
    "crates/engine/",
    "crates/store",
    "crates/wire/",
    "crates/dialect-",
];

const FLOATS: [&str; 2] = ["f32", "f64"];

const NO_HEADER: &str = "a reader has to know what a module owns, what it must not know and the one hard thing in it \
                         before its first line; begin it with `//!`";
const FLOAT: &str = "a binary fraction cannot hold most amounts; use minor units or Decimal, and keep the type's name \
                     out of comments so that a search proves it";

pub fn check(file: File<'_>) -> Vec<Problem> {
    if !file.path.ends_with(".rs") {
        return Vec::new();
    }
    let mut problems = Vec::new();
    if needs_header(file.path) && !file.text.starts_with("//!") {
        problems.push(file.problem(Some(1), "does not begin with `//!`", NO_HEADER));
    }
    let near_money = MONEY_FOLDERS.iter().any(|folder| file.path.starts_with(folder));
    for (number, line) in file.lines() {
        for (mark, why) in UNFINISHED {
            if has_word(line, mark) {
                problems.push(file.problem(Some(number), format!("`{mark}`"), why));
            }
        }
        if let Some(float) = FLOATS.iter().find(|float| near_money && has_word(line, float)) {
            problems.push(file.problem(Some(number), format!("`{float}` near money"), FLOAT));
        }
    }
    problems
}

/// Tests are described by the module they stand beside, and a build script by its manifest.
fn needs_header(path: &str) -> bool {
    !matches!(path.rsplit('/').next(), Some("tests.rs" | "build.rs"))
}

/// Whether the word stands in the line on its own: not as a part of a longer name, but also as the suffix of a number.
fn has_word(line: &str, word: &str) -> bool {
    let in_name = |next: char| next.is_alphanumeric() || next == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (
            line.get(..at).unwrap_or_default(),
            line.get(at + word.len()..).unwrap_or_default(),
        );
        let name_before = before.rsplit(|next| !in_name(next)).next().unwrap_or_default();
        // Where the mark itself begins or ends with punctuation, it is complete whatever stands beside it.
        let begins_before =
            word.starts_with(in_name) && name_before.starts_with(|next: char| !next.is_ascii_digit());
        let goes_on = word.ends_with(in_name) && after.starts_with(in_name);
        !begins_before && !goes_on
    })
}
