//! `cargo xtask release`: the program as releases ship it.
//!
//! Owns: how it is built, and what it has done before. Must not know: what is measured of it.
//!
//! A request takes more code than a core keeps at hand, so a good part of its time is waiting for instructions. A compiler that knows
//! what is used puts it together and the rest out of the way. So the program is built twice: with counters first, which it takes to
//! work, and then by what they say. Only the second one is shipped; the counts are made anew whenever the first one has changed.

mod compiler;
mod training;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};

use crate::rig::tool::Tool;
use crate::{process, requirements, test};
use compiler::{Compiler, Flag};

/// The profile in `Cargo.toml` that releases are built with.
pub const PROFILE: &str = "dist";

/// The package of the program, and the program.
pub const PACKAGE: &str = "tender-cli";
pub const PROGRAM: &str = "tender";

/// The package and the program that make load.
pub const TOOL: &str = "tender-bench";

/// `cargo xtask release`: builds it and says where it is.
pub fn run(workspace: &Path) -> Result<ExitCode> {
    println!("{}", build(workspace)?.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds the program and gives its path.
///
/// # Errors
/// When something that is needed is missing and cannot be installed here, when something does not compile, and when the program
/// with counters does not work.
pub fn build(workspace: &Path) -> Result<PathBuf> {
    let postgres = requirements::ensure_postgres(workspace)?;
    let compiler = Compiler::find(workspace)?;
    let target = test::target_directory(workspace)?;
    let folder = target.join("xtask/release");
    let counts = folder.join("counts");
    let counting = program(
        workspace,
        &compiler,
        &folder.join("counting"),
        &Flag::Count(&counts),
    )?;
    let profile = folder.join(format!("{PROGRAM}-{}.profdata", seconds(&counting)?));
    if !profile.is_file() {
        forget(&folder, &counts)?;
        package(workspace, TOOL, PROFILE)?;
        let tool = Tool::new(test::binary(&target, PROFILE, TOOL), workspace, &postgres);
        training::run(&counting, &tool, workspace, &target)?;
        // Under its name when it is whole.
        let merged = folder.join("merged");
        compiler.merge(&counts, &merged)?;
        fs::rename(merged, &profile)?;
    }
    program(workspace, &compiler, &folder.join("guided"), &Flag::Use(&profile))
}

/// Builds one package as it is, guided by nothing. Together with others its dependencies might have more features.
///
/// # Errors
/// When it does not compile.
pub fn package(workspace: &Path, package: &str, profile: &str) -> Result<()> {
    let arguments = ["build", "--profile", profile, "--package", package];
    process::run(process::cargo(workspace).args(arguments))
}

fn program(workspace: &Path, compiler: &Compiler, folder: &Path, flag: &Flag<'_>) -> Result<PathBuf> {
    let mut cargo = process::cargo(workspace);
    // With a target, build scripts and macros are left out of it.
    cargo.args(["build", "--profile", PROFILE, "--package", PACKAGE, "--target"]);
    cargo.args([compiler.host(), "--target-dir"]).arg(folder);
    process::run(flag.add_to(&mut cargo)?)?;
    Ok(test::binary(&folder.join(compiler.host()), PROFILE, PROGRAM))
}

/// Cargo does not look into the profile, so that a new one needs a name of its own. A program with counters that was not built anew
/// has the same time.
fn seconds(file: &Path) -> Result<u64> {
    let modified = fs::metadata(file).and_then(|metadata| metadata.modified());
    let modified = modified.with_context(|| format!("{} has no time", file.display()))?;
    let since = modified.duration_since(UNIX_EPOCH);
    Ok(since.context("a program from before 1970")?.as_secs())
}

/// Removes the counts and profiles of other builds.
fn forget(folder: &Path, counts: &Path) -> Result<()> {
    if counts.exists() {
        fs::remove_dir_all(counts).context("cannot remove what was counted before")?;
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "profdata") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
