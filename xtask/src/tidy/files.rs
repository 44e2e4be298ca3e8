//! Files that must be there.

use super::Problem;

#[cfg(test)]
mod tests;

/// Where a newcomer, a user and a lawyer look first.
const REQUIRED: [(&str, &str); 7] = [
    (
        "README.md",
        "what this is and the two commands to try it; the first thing anyone reads",
    ),
    (
        "ARCHITECTURE.md",
        "the map of the crates and what each must not know; without it the walls have no reason",
    ),
    ("CONTRIBUTING.md", "how to change this without asking"),
    (
        "CHANGELOG.md",
        "what a new version means for those who run the old one",
    ),
    ("LICENSE-MIT", "one of the two licences that every crate names"),
    ("LICENSE-APACHE", "one of the two licences that every crate names"),
    (
        ".ci/run",
        "what a build service calls; a commit is good when it ends with zero",
    ),
];

pub fn check(paths: &[String]) -> Vec<Problem> {
    let absent = REQUIRED
        .iter()
        .filter(|(required, _)| !paths.iter().any(|path| path == required));
    let problem = |(path, why): &(&str, &'static str)| Problem {
        place: (*path).to_owned(),
        line: None,
        what: "is missing".to_owned(),
        why,
    };
    absent.map(problem).collect()
}
