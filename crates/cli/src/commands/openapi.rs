//! `tender openapi`: an API's OpenAPI document on stdout. It is served as well; this is for scripts without a server.

use std::io::Write;
use std::process::ExitCode;

use crate::args::OpenapiOptions;

/// Writes the document.
///
/// # Errors
/// When stdout cannot be written to.
pub fn run(options: &OpenapiOptions) -> anyhow::Result<ExitCode> {
    std::io::stdout().write_all(options.api.text().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
