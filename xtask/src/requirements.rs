//! What the tests need on the machine: one table, found or installed before anything runs.
//!
//! Owns: where each tool is looked for, how a missing one is installed, under which variable tests are told of it.
//! Must not know: what the tests do with it. Nothing is installed that is there already, and nothing the machine
//! already runs is started, stopped or changed.

mod apt;
mod machine;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::{process, test};
use machine::Machine;

#[cfg(test)]
mod tests;

/// How a missing tool is installed.
#[derive(Debug, Clone, Copy)]
enum Install {
    /// Debian packages.
    Apt(&'static [&'static str]),
    /// A binary from the Rust registry, at the versions its authors locked.
    Cargo(&'static str),
    /// A Python package with its version, into a virtual environment below the target folder.
    Python(&'static str),
}

/// One tool.
#[derive(Debug)]
struct Requirement {
    name: &'static str,
    needed_by: &'static str,
    /// Set by a user who has the tool elsewhere, and set for the tests that start it to where it was found.
    variable: Option<&'static str>,
    find: fn(&Machine) -> Option<PathBuf>,
    install: Install,
}

/// Names the folder of PostgreSQL's programs.
pub const POSTGRES_VARIABLE: &str = "TENDER_PG_BIN";

/// The version that finds the same things tomorrow; raised on purpose.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// Everything, in the order in which it is looked for and installed: a Python package comes after Python.
#[rustfmt::skip]
const TABLE: &[Requirement] = &[
    Requirement { name: "cargo-nextest", needed_by: "every test", variable: None, find: |m| m.program(&["cargo-nextest"]), install: Install::Cargo("cargo-nextest") },
    Requirement { name: "PostgreSQL server", needed_by: "the PostgreSQL store's tests and the benchmarks", variable: Some(POSTGRES_VARIABLE), find: Machine::postgres, install: Install::Apt(&["postgresql"]) },
    Requirement { name: "Patroni", needed_by: "the test of a failover", variable: Some("TENDER_PATRONI"), find: |m| m.program(&["patroni"]), install: Install::Apt(&["patroni", "python3-etcd"]) },
    Requirement { name: "etcd", needed_by: "the test of a failover", variable: Some("TENDER_ETCD"), find: |m| m.program(&["etcd"]), install: Install::Apt(&["etcd-server"]) },
    Requirement { name: "Chromium", needed_by: "the console's tests", variable: Some("TENDER_CHROMIUM"), find: |m| m.program(CHROMIUM_NAMES), install: Install::Apt(&["chromium"]) },
    Requirement { name: "chromedriver", needed_by: "the console's tests", variable: Some("TENDER_CHROMEDRIVER"), find: |m| m.program(&["chromedriver"]), install: Install::Apt(&["chromium-driver"]) },
    Requirement { name: "Python", needed_by: "Schemathesis", variable: None, find: Machine::python, install: Install::Apt(&["python3", "python3-venv"]) },
    Requirement { name: "Schemathesis", needed_by: "the OpenAPI description's tests", variable: Some("TENDER_SCHEMATHESIS"), find: |m| m.python_program(SCHEMATHESIS, "schemathesis"), install: Install::Python(SCHEMATHESIS) },
];

/// What distributions call the browser.
const CHROMIUM_NAMES: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Where everything is.
#[derive(Debug)]
pub struct Found(Vec<(&'static Requirement, PathBuf)>);

impl Found {
    /// The environment variables that tell the tests.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        self.0
            .iter()
            .filter_map(|(requirement, path)| Some((requirement.variable?, path.as_path())))
    }
}

/// `cargo xtask setup`: installs what is missing and prints the variables, ready for a shell.
pub fn run(workspace: &Path) -> Result<ExitCode> {
    for (variable, path) in ensure(workspace)?.variables() {
        println!("{variable}={}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Finds everything, installing what is missing where that is possible.
///
/// # Errors
/// When something is missing and cannot be installed here: it names the packages and who needs them.
pub fn ensure(workspace: &Path) -> Result<Found> {
    ensure_these(workspace, TABLE.iter())
}

/// The same for PostgreSQL alone: gives the folder of its programs.
///
/// # Errors
/// As [`ensure`].
pub fn ensure_postgres(workspace: &Path) -> Result<PathBuf> {
    let found = ensure_these(
        workspace,
        TABLE.iter().filter(|one| one.variable == Some(POSTGRES_VARIABLE)),
    )?;
    let folder = found.variables().next().map(|(_, folder)| folder.to_owned());
    folder.context("no requirement has the variable of PostgreSQL")
}

fn ensure_these(
    workspace: &Path,
    wanted: impl Iterator<Item = &'static Requirement> + Clone,
) -> Result<Found> {
    let machine = Machine::this(test::target_directory(workspace)?.join("xtask/python"))?;
    let missing = missing(&machine, wanted.clone());
    install(&machine, &missing, workspace)?;
    let mut found = Vec::new();
    for requirement in wanted {
        let path = requirement.locate(&machine).with_context(|| {
            format!(
                "{} was installed ({}) and still is not found",
                requirement.name, requirement.install
            )
        })?;
        eprintln!("{}: {}", requirement.name, path.display());
        found.push((requirement, path));
    }
    Ok(Found(found))
}

impl Requirement {
    fn locate(&self, machine: &Machine) -> Option<PathBuf> {
        let named = self.variable.and_then(|variable| machine.named_by(variable));
        named.or_else(|| (self.find)(machine))
    }
}

fn missing(
    machine: &Machine,
    wanted: impl Iterator<Item = &'static Requirement>,
) -> Vec<&'static Requirement> {
    wanted
        .filter(|requirement| requirement.locate(machine).is_none())
        .collect()
}

fn install(machine: &Machine, missing: &[&Requirement], workspace: &Path) -> Result<()> {
    let packages = apt_packages(missing);
    if !packages.is_empty() {
        if !machine.can_install_packages()? {
            bail!("{}", advice(missing));
        }
        apt::install(&packages, workspace)?;
    }
    for requirement in missing {
        match requirement.install {
            Install::Apt(_) => {}
            Install::Cargo(name) => {
                process::run(process::cargo(workspace).args(["install", name, "--locked"]))?;
            }
            Install::Python(package) => {
                let python = machine
                    .python()
                    .context("Python is missing, and so cannot install packages")?;
                machine.install_python_package(&python, package, workspace)?;
            }
        }
    }
    Ok(())
}

fn apt_packages(missing: &[&Requirement]) -> Vec<&'static str> {
    let packages = missing.iter().flat_map(|requirement| match requirement.install {
        Install::Apt(packages) => packages,
        Install::Cargo(_) | Install::Python(_) => &[],
    });
    packages.copied().collect()
}

/// What a person has to do where we may not: the packages, who needs them, and the variable to set instead.
fn advice(missing: &[&Requirement]) -> String {
    let mut text = "missing, and installed by this command only as root with apt-get:".to_owned();
    for Requirement {
        name,
        needed_by,
        variable,
        install,
        ..
    } in missing
    {
        if matches!(install, Install::Apt(_)) {
            text += &format!("\n  {name}, for {needed_by}: {install}");
            text += &variable.map_or(String::new(), |variable| {
                format!(", or set {variable} to where it is")
            });
        }
    }
    text
}

impl std::fmt::Display for Install {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Apt(packages) => write!(f, "Debian package {}", packages.join(" and ")),
            Self::Cargo(name) => write!(f, "crate {name}"),
            Self::Python(package) => write!(f, "Python package {package}"),
        }
    }
}
