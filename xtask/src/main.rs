//! `cargo xtask`: everything that is automated about this repository, in one language.
//!
//! Owns: the test command, the rules of the tree, the tools that tests need, the measurements. Must not know: what the product does.
//! Each subcommand is a module; this file only picks one.

mod bench;
mod openapi;
mod process;
mod release;
mod report;
mod requirements;
mod rig;
mod steps;
mod test;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

const USAGE: &str = "\
usage: cargo xtask <command>

  test [filter...]   install what the tests need, check the tree, build, run every test;
                     with nextest filters: only build and run those tests
  tidy               check the tree's rules: dependency walls, source and text rules, required files
  setup              install what the tests need, and say where it is
  release            build the program as releases ship it, guided by a profile of itself at work, and say
                     where it is
  bench [--quick]    measure what a payment costs, and write it into docs/benchmarks.md;
                     quick: a little of everything, written nowhere
  openapi            write the OpenAPI documents into docs/openapi
";

/// The exit code for a command line that cannot be understood, as shells and most tools have it.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test", filters @ ..] => test::run(&workspace()?, filters),
        ["tidy"] => tidy::run(&workspace()?),
        ["setup"] => requirements::run(&workspace()?),
        ["release"] => release::run(&workspace()?),
        ["bench", options @ ..] => match bench::Options::parse(options) {
            Some(options) => bench::run(&workspace()?, options),
            None => Ok(misunderstood()),
        },
        ["openapi"] => openapi::run(&workspace()?),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => Ok(misunderstood()),
    }
}

fn misunderstood() -> ExitCode {
    eprint!("{USAGE}");
    ExitCode::from(EXIT_USAGE)
}

/// The workspace's root. Cargo says where this package is at run time; what was true when it was compiled may not be.
fn workspace() -> Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`")?;
    let mut root = PathBuf::from(package);
    anyhow::ensure!(root.pop(), "the package has no parent folder");
    Ok(root)
}
