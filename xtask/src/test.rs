//! `cargo xtask test`: the one command that says whether the tree is good.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::report::Report;
use crate::requirements::{self, Found};
use crate::steps::Steps;
use crate::{process, tidy};

#[cfg(test)]
mod tests;

/// The step that runs the tests.
const TESTS: &str = "tests";

/// Tells the tests where the product's binary is that belongs to them.
const BINARY_VARIABLE: &str = "TENDER_BIN";

/// How many of the slowest tests are named.
const SLOWEST_SHOWN: usize = 5;

/// Runs everything, or with filters only the tests that they name. Standard output is the slowest tests, the time
/// and, alone on the last line, the counts. A failed check counts as one failure, so that the counts and the exit
/// code always agree.
pub fn run(workspace: &Path, filters: &[&str]) -> Result<ExitCode> {
    let started = Instant::now();
    let mut steps = Steps::default();

    let found = steps.run("requirements", || requirements::ensure(workspace));
    if filters.is_empty() {
        check(&mut steps, workspace);
    } else {
        eprintln!("==> filtered: tidy, fmt and clippy are left to the run without a filter");
    }
    let built = steps.run("build", || {
        process::run(process::cargo(workspace).args([
            "build",
            "--package",
            "tender-cli",
            "--bin",
            "tender",
        ]))?;
        Ok(binary(&target_directory(workspace)?, "debug", "tender"))
    });
    let report = match (found, built) {
        (Some(found), Some(tender)) => run_tests(&mut steps, workspace, &found, &tender, filters),
        (None, _) => {
            steps.not_run(TESTS, "a requirement is missing");
            Report::default()
        }
        (_, None) => {
            steps.not_run(TESTS, "the build failed");
            Report::default()
        }
    };

    println!("Slowest tests:");
    for case in report.slowest(SLOWEST_SHOWN) {
        println!("{:>10.3?}  {}", case.elapsed, case.name);
    }
    println!("Total time: {:.1?}", started.elapsed());
    if !steps.failed().is_empty() {
        println!("Failed: {}", steps.failed().join(", "));
    }
    println!(
        "{} passed, {} failed",
        report.passed(),
        failures(report.failed(), steps.failed())
    );
    Ok(if steps.failed().is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn check(steps: &mut Steps, workspace: &Path) {
    steps.run("tidy", || tidy::ensure(workspace));
    steps.run("fmt", || {
        process::run(process::cargo(workspace).args(["fmt", "--all", "--check"]))
    });
    steps.run("clippy", || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        process::run(process::cargo(workspace).args(arguments))
    });
}

fn run_tests(steps: &mut Steps, workspace: &Path, found: &Found, tender: &Path, filters: &[&str]) -> Report {
    let mut report = Report::default();
    steps.run(TESTS, || {
        let junit = junit(workspace)?;
        // The file of an earlier run must not speak for this one.
        match fs::remove_file(&junit) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).context("old JUnit file"),
            _ => {}
        }
        let arguments = [
            "nextest",
            "run",
            "--workspace",
            "--no-fail-fast",
            "--profile",
            "default",
        ];
        let ran = process::run(
            process::cargo(workspace)
                .args(arguments)
                .args(filters)
                .envs(found.variables())
                .env(BINARY_VARIABLE, tender),
        );
        match fs::read_to_string(&junit) {
            Ok(text) => report = Report::parse(&text)?,
            Err(error) if ran.is_ok() => return Err(error).context("nextest left no JUnit file"),
            Err(_) => {}
        }
        ran
    });
    report
}

/// Failed tests and failed steps together. The step that runs the tests counts on its own only when no test of it
/// failed: then it could not run them, or not all.
fn failures(failed_tests: usize, failed_steps: &[&str]) -> usize {
    failed_tests
        + failed_steps
            .iter()
            .filter(|step| **step != TESTS || failed_tests == 0)
            .count()
}

/// Where nextest writes what `.config/nextest.toml` asks for.
fn junit(workspace: &Path) -> Result<PathBuf> {
    Ok(target_directory(workspace)?.join("nextest/default/junit.xml"))
}

/// Where Cargo puts a binary, given the folder of the profile it is built with.
pub fn binary(target: &Path, profile_folder: &str, name: &str) -> PathBuf {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    target.join(profile_folder).join(file)
}

/// Cargo's target folder, wherever the environment or a configuration file puts it.
pub fn target_directory(workspace: &Path) -> Result<PathBuf> {
    let mut command = process::cargo(workspace);
    let text = process::output(command.args(["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&text).context("cargo metadata is not JSON")?;
    let folder = metadata
        .get("target_directory")
        .and_then(serde_json::Value::as_str);
    Ok(PathBuf::from(
        folder.context("cargo metadata names no target directory")?,
    ))
}
