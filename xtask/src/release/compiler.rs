//! What the Rust compiler has for counting, and for going by what was counted.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;

/// The tool that adds up counts, and the component of rustup that it comes with. It has to be of the compiler's own version.
const MERGER: &str = "llvm-profdata";
const COMPONENT: &str = "llvm-tools";

/// Flags for rustc as Cargo reads them from the environment, in the order in which it looks for them, with what is between them. The
/// first one may have spaces in its flags, as paths do.
const ENCODED_FLAGS: (&str, char) = ("CARGO_ENCODED_RUSTFLAGS", '\u{1f}');
const FLAGS: (&str, char) = ("RUSTFLAGS", ' ');

/// The compiler in use.
#[derive(Debug)]
pub struct Compiler {
    host: String,
    merger: PathBuf,
}

/// What to build beside what the profile in `Cargo.toml` says.
#[derive(Debug)]
pub enum Flag<'a> {
    /// With counters, written into this folder when the program ends.
    Count(&'a Path),
    /// By this profile.
    Use(&'a Path),
}

impl Compiler {
    /// Finds it, and installs what it lacks.
    ///
    /// # Errors
    /// When a tool is missing and rustup does not bring it.
    pub fn find(workspace: &Path) -> Result<Self> {
        let ask = |arguments: &[&str]| process::output(process::command("rustc", workspace).args(arguments));
        let host = host(&ask(&["--version", "--verbose"])?).context("rustc names no host")?;
        let root = PathBuf::from(ask(&["--print", "sysroot"])?.trim());
        let merger = merger(&root, &host);
        if !merger.is_file() {
            eprintln!("{MERGER} is missing: adding {COMPONENT}");
            let mut rustup = process::command("rustup", workspace);
            process::run(rustup.args(["component", "add", COMPONENT]))
                .with_context(|| format!("a release needs {MERGER}, of rustup's component {COMPONENT}"))?;
            ensure!(
                merger.is_file(),
                "{COMPONENT} was added and {MERGER} still is not found"
            );
        }
        Ok(Self { host, merger })
    }

    /// The target that it builds for by itself.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Makes a profile of all counts in a folder.
    pub fn merge(&self, counts: &Path, profile: &Path) -> Result<()> {
        let mut command = Command::new(&self.merger);
        command.args(["merge", "--output"]).arg(profile).arg(counts);
        process::run(&mut command)
    }
}

impl Flag<'_> {
    /// Adds it to the flags that Cargo would give to rustc anyway.
    pub fn add_to<'c>(&self, cargo: &'c mut Command) -> Result<&'c mut Command> {
        let (option, path) = match self {
            Self::Count(folder) => ("-Cprofile-generate", folder),
            Self::Use(profile) => ("-Cprofile-use", profile),
        };
        let path = path.to_str().context("the path of a profile is not Unicode")?;
        let given = |(name, between)| env::var(name).ok().map(|value| (value, between));
        let before = given(ENCODED_FLAGS).or_else(|| given(FLAGS));
        let flags = joined(before, &format!("{option}={path}"));
        Ok(cargo.env(ENCODED_FLAGS.0, flags))
    }
}

/// One more flag, after those that were there, encoded.
fn joined(before: Option<(String, char)>, flag: &str) -> String {
    let (before, between) = before.unwrap_or_default();
    let flags = before.split(between).filter(|flag| !flag.is_empty());
    let flags: Vec<&str> = flags.chain([flag]).collect();
    flags.join(&ENCODED_FLAGS.1.to_string())
}

/// Where the tool is in a compiler's folder.
fn merger(root: &Path, host: &str) -> PathBuf {
    root.join("lib/rustlib").join(host).join("bin").join(MERGER)
}

/// The host in what `rustc --version --verbose` says.
fn host(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix("host: "))?;
    Some(line.trim().to_owned())
}

#[cfg(test)]
mod tests;
