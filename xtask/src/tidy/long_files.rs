//! Files that have grown past one idea.

use super::{File, Problem};

#[cfg(test)]
mod tests;

/// The longest source file.
const MAX_LINES: usize = 700;

/// What people read and change by hand; data and prose may be as long as they are.
const EXTENSIONS: [&str; 5] = [".rs", ".sql", ".js", ".css", ".html"];

const TOO_LONG: &str = "a file is one idea, and one idea is read in one go; split it, or give the reason why it is one \
                        table in xtask/long-files.txt";
const NO_REASON: &str = "an exception without a reason cannot be reviewed";
const UNUSED: &str = "the file is short now, or gone; an exception nobody needs hides the next long file";

/// The exceptions, each with its reason, and which of them were needed.
#[derive(Debug)]
pub struct LongFiles<'a> {
    exceptions: Vec<Exception<'a>>,
}

#[derive(Debug)]
struct Exception<'a> {
    line: usize,
    path: &'a str,
    reason: &'a str,
    used: bool,
}

impl<'a> LongFiles<'a> {
    /// Where the exceptions are listed.
    pub const ALLOWED: &'static str = "xtask/long-files.txt";

    /// Reads lines of a path and, after a space, a reason; `#` begins a comment line.
    pub fn parse(text: &'a str) -> Self {
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let exceptions = lines.map(|(at, line)| {
            let (path, reason) = line.split_once(' ').unwrap_or((line, ""));
            Exception {
                line: at + 1,
                path,
                reason: reason.trim(),
                used: false,
            }
        });
        Self {
            exceptions: exceptions.collect(),
        }
    }

    pub fn check(&mut self, file: File<'_>) -> Option<Problem> {
        let lines = file.text.lines().count();
        if lines <= MAX_LINES || !EXTENSIONS.iter().any(|extension| file.path.ends_with(extension)) {
            return None;
        }
        if let Some(exception) = self
            .exceptions
            .iter_mut()
            .find(|exception| exception.path == file.path)
        {
            exception.used = true;
            return None;
        }
        Some(file.problem(
            None,
            format!("has {lines} lines, more than {MAX_LINES}"),
            TOO_LONG,
        ))
    }

    /// What is wrong with the list itself, once every file has been checked.
    pub fn unused(&self) -> Vec<Problem> {
        let problem = |exception: &Exception<'_>, what: &str, why| Problem {
            place: Self::ALLOWED.to_owned(),
            line: Some(exception.line),
            what: format!("{what}: {}", exception.path),
            why,
        };
        let mut problems = Vec::new();
        for exception in &self.exceptions {
            if exception.reason.is_empty() {
                problems.push(problem(exception, "exception without a reason", NO_REASON));
            }
            if !exception.used {
                problems.push(problem(exception, "exception that is not needed", UNUSED));
            }
        }
        problems
    }
}
