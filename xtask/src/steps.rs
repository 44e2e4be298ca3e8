//! A run of several steps where a failed one does not hide what the others would say.

use std::time::Instant;

use anyhow::Result;

/// Progress on standard error, and what failed so far.
#[derive(Debug, Default)]
pub struct Steps {
    failed: Vec<&'static str>,
}

impl Steps {
    /// Runs a step, says how it ended and how long it took. `None` when it failed.
    pub fn run<T>(&mut self, name: &'static str, step: impl FnOnce() -> Result<T>) -> Option<T> {
        eprintln!("==> {name}");
        let started = Instant::now();
        let result = step();
        let elapsed = started.elapsed();
        match result {
            Ok(value) => {
                eprintln!("==> {name}: ok in {elapsed:.1?}");
                Some(value)
            }
            Err(error) => {
                eprintln!("{error:#}");
                eprintln!("==> {name}: FAILED in {elapsed:.1?}");
                self.failed.push(name);
                None
            }
        }
    }

    /// Counts a step as failed that could not be run because another failed before it.
    pub fn not_run(&mut self, name: &'static str, reason: &str) {
        eprintln!("==> {name}: not run, {reason}");
        self.failed.push(name);
    }

    /// The names of the failed steps, in the order in which they failed.
    pub fn failed(&self) -> &[&'static str] {
        &self.failed
    }
}
