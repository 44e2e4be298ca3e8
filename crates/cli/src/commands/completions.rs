//! `tender completions`: shell completions from the same table as the help.

use std::process::ExitCode;

use clap::CommandFactory;

use crate::args::{Arguments, CompletionsOptions};
use crate::out;

/// Writes them to stdout.
///
/// # Errors
/// When stdout cannot be written to.
pub fn run(options: &CompletionsOptions) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "tender", &mut script);
    out::write(String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
