//! `cargo xtask tidy`: the rules of the tree that a machine can check, each with its reason in its failure.
//!
//! Owns: which rules there are and how a breach is told. A rule is a function from text to problems, so that its
//! tests need no tree; only this file reads one.

mod files;
mod long_files;
mod source;
mod text;
mod walls;

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::process;
use long_files::LongFiles;
use walls::Metadata;

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// File or crate.
    place: String,
    /// Counted from one.
    line: Option<usize>,
    /// What is there.
    what: String,
    /// Why it must not be, and what to do instead.
    why: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}\n    why: {}", self.what, self.why)
    }
}

/// A file of the tree.
#[derive(Debug, Clone, Copy)]
struct File<'a> {
    /// Relative to the workspace, with `/` on every system.
    path: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn problem(&self, line: Option<usize>, what: impl Into<String>, why: &'static str) -> Problem {
        Problem {
            place: self.path.to_owned(),
            line,
            what: what.into(),
            why,
        }
    }

    /// The lines with their numbers, counted from one.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(at, line)| (at + 1, line))
    }
}

/// Prints what is wrong with the tree.
pub fn run(workspace: &Path) -> Result<ExitCode> {
    Ok(match ensure(workspace) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    })
}

/// Checks the tree.
///
/// # Errors
/// Naming every problem, or when the tree cannot be read.
pub fn ensure(workspace: &Path) -> Result<()> {
    let problems = problems(workspace)?;
    if problems.is_empty() {
        return Ok(());
    }
    let lines: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    bail!("{lines}tidy: {} problems", problems.len());
}

fn problems(workspace: &Path) -> Result<Vec<Problem>> {
    let mut command = process::cargo(workspace);
    let metadata = process::output(command.args(["metadata", "--format-version", "1"]))?;
    let mut problems = walls::check(&Metadata::parse(&metadata)?);

    let paths = tracked(workspace)?;
    problems.extend(files::check(&paths));
    let exceptions = read(workspace, LongFiles::ALLOWED)?.unwrap_or_default();
    let mut long_files = LongFiles::parse(&exceptions);
    for path in &paths {
        // Pictures and the like have no lines to check.
        let Some(text) = read(workspace, path)? else {
            continue;
        };
        let file = File { path, text: &text };
        problems.extend(text::check(file));
        problems.extend(source::check(file));
        problems.extend(long_files.check(file));
    }
    problems.extend(long_files.unused());
    Ok(problems)
}

/// What is in the repository or would be with the next `git add`, in git's order, except what has been deleted.
fn tracked(workspace: &Path) -> Result<Vec<String>> {
    // A build service may check the tree out as another user; reading the list of names is harmless then.
    let arguments = [
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ];
    let list = process::output(process::command("git", workspace).args(arguments))?;
    let names = list
        .split('\0')
        .filter(|name| !name.is_empty() && workspace.join(name).is_file());
    Ok(names.map(str::to_owned).collect())
}

/// The text of a file, or nothing when it is not UTF-8.
fn read(workspace: &Path, path: &str) -> Result<Option<String>> {
    let bytes = fs::read(workspace.join(path)).with_context(|| format!("cannot read {path}"))?;
    Ok(String::from_utf8(bytes).ok())
}
