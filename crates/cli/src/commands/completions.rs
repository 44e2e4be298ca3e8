//! `tender completions`: shell completions from the same table as the help.

use std::process::ExitCode;

use clap::CommandFactory;

use crate::args::{Arguments, CompletionsOptions};

/// Writes them to stdout.
///
/// # Errors
/// Never; the signature is that of all commands.
pub fn run(options: &CompletionsOptions) -> anyhow::Result<ExitCode> {
    clap_complete::generate(
        options.shell,
        &mut Arguments::command(),
        "tender",
        &mut std::io::stdout(),
    );
    Ok(ExitCode::SUCCESS)
}
