//! Where things are on this machine. Looks below a root folder that tests replace.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};

use crate::process;

#[cfg(test)]
pub(super) mod tests;

/// The programs that a folder must hold to be PostgreSQL's: what tests start a server with.
const POSTGRES_PROGRAMS: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// Where Debian keeps one folder per major version of PostgreSQL. Its own wrappers on the path serve one system
/// cluster, so the real programs are preferred to whatever the path has.
const DEBIAN_POSTGRES: &str = "usr/lib/postgresql";

/// A machine's file system and environment, as far as finding tools goes.
#[derive(Debug)]
pub struct Machine {
    root: PathBuf,
    path: Vec<PathBuf>,
    variable: fn(&str) -> Option<OsString>,
    python: PathBuf,
}

impl Machine {
    /// The one we run on, with the folder for our own Python packages.
    pub fn this(python: PathBuf) -> Result<Self> {
        let mut path: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
        // Cargo finds its subcommands here even when the shell would not.
        path.push(
            cargo_home()
                .context("neither CARGO_HOME nor HOME is set")?
                .join("bin"),
        );
        Ok(Self {
            root: PathBuf::from("/"),
            path,
            variable: |name| env::var_os(name),
            python,
        })
    }

    /// What a user's variable points at, when it exists.
    pub fn named_by(&self, variable: &str) -> Option<PathBuf> {
        (self.variable)(variable)
            .map(PathBuf::from)
            .filter(|path| path.exists())
    }

    /// The first of these programs that is on the path.
    pub fn program(&self, names: &[&str]) -> Option<PathBuf> {
        let candidates = names
            .iter()
            .flat_map(|name| self.path.iter().map(move |folder| folder.join(name)));
        candidates.into_iter().find(|candidate| candidate.is_file())
    }

    /// The folder of PostgreSQL's server programs, the newest version's.
    pub fn postgres(&self) -> Option<PathBuf> {
        let is_complete = |folder: &PathBuf| {
            POSTGRES_PROGRAMS
                .iter()
                .all(|program| folder.join(program).is_file())
        };
        let versions = fs::read_dir(self.root.join(DEBIAN_POSTGRES))
            .ok()
            .into_iter()
            .flatten()
            .flatten();
        let numbered = versions.filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        });
        let newest = numbered
            .filter(|(_, folder)| is_complete(folder))
            .max()
            .map(|(_, folder)| folder);
        newest.or_else(|| self.path.iter().find(|folder| is_complete(folder)).cloned())
    }

    /// A Python that can make virtual environments.
    pub fn python(&self) -> Option<PathBuf> {
        let python = self.program(&["python3"])?;
        let mut probe = process::command(&python, &self.root);
        process::run(probe.args(["-c", "import ensurepip, venv"]))
            .ok()
            .map(|()| python)
    }

    /// A program of a Python package that was installed here before, of just this version.
    pub fn python_program(&self, package: &str, name: &str) -> Option<PathBuf> {
        Some(self.python.join(package).join("bin").join(name)).filter(|program| program.is_file())
    }

    /// Installs a package into a virtual environment of its own.
    pub fn install_python_package(&self, python: &Path, package: &str, directory: &Path) -> Result<()> {
        let folder = self.python.join(package);
        process::run(
            process::command(python, directory)
                .args(["-m", "venv"])
                .arg(&folder),
        )?;
        let arguments = [
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
            package,
        ];
        process::run(process::command(folder.join("bin/pip"), directory).args(arguments))
    }

    /// Whether Debian packages can be installed: the package tool is there and we are its user.
    pub fn can_install_packages(&self) -> Result<bool> {
        if self.program(&["apt-get"]).is_none() {
            return Ok(false);
        }
        let user = process::output(process::command("id", &self.root).arg("-u"))?;
        Ok(user.trim() == "0")
    }
}

fn cargo_home() -> Option<PathBuf> {
    let named = env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")))
}
