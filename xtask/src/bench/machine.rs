//! What the figures were measured on, in one line.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

#[cfg(test)]
mod tests;

const KIB_PER_GIB: u64 = 1_024 * 1_024;

/// Processor, memory, system, disk, PostgreSQL, compiler and commit.
pub fn describe(workspace: &Path, data: &Path, postgres: &str) -> Result<String> {
    let read = |path: &str| fs::read_to_string(path).with_context(|| format!("cannot read {path}"));
    let run = |program: &str, arguments: &[&str]| -> Result<String> {
        let mut command: Command = process::command(program, workspace);
        Ok(process::output(command.args(arguments))?.trim().to_owned())
    };
    let cores = std::thread::available_parallelism()?;
    let processor = field(&read("/proc/cpuinfo")?, "model name").unwrap_or_else(|| "unknown".to_owned());
    let memory_gib = memory_gib(&read("/proc/meminfo")?).context("/proc says nothing about memory")?;
    let kernel = read("/proc/sys/kernel/osrelease")?;
    let disk = process::output(
        process::command("stat", workspace)
            .args(["--file-system", "--format", "%T"])
            .arg(data),
    )?;
    let compiler = run("rustc", &["--version"])?;
    let commit = run("git", &["-c", "safe.directory=*", "rev-parse", "--short", "HEAD"])?;
    Ok(format!(
        "{cores} cores of {processor}, {memory_gib} GiB, Linux {}, {}; PostgreSQL {postgres}; {compiler}; commit {commit}. Load generator and \
         server share the cores.",
        kernel.trim(),
        disk.trim(),
    ))
}

/// The first value of a name in a file of names and values.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (given, value) = line.split_once(':')?;
        (given.trim() == name).then(|| value.trim().to_owned())
    })
}

fn memory_gib(meminfo: &str) -> Option<u64> {
    let kib: u64 = field(meminfo, "MemTotal")?
        .strip_suffix("kB")?
        .trim()
        .parse()
        .ok()?;
    // What the kernel keeps for itself is missing from it.
    Some(kib.div_ceil(KIB_PER_GIB))
}
