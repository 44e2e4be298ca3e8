//! `cargo xtask openapi`: the copies of the OpenAPI documents in the repository's docs.
//!
//! Owns: where they are. Must not know: what is in them. That they are what the code says is a test of the command line.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::process;

/// Where the copies are.
const FOLDER: &str = "docs/openapi";

/// The APIs, as `tender openapi` calls them.
const APIS: [&str; 4] = ["native", "kseries", "kounta", "om"];

/// Writes all copies.
///
/// # Errors
/// When the product cannot be built, or a file cannot be written.
pub fn run(workspace: &Path) -> Result<ExitCode> {
    let folder = workspace.join(FOLDER);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {FOLDER}"))?;
    for api in APIS {
        let arguments = [
            "run",
            "--quiet",
            "--package",
            "tender-cli",
            "--bin",
            "tender",
            "--",
            "openapi",
            api,
        ];
        let document = process::output(process::cargo(workspace).args(arguments))?;
        let path = folder.join(format!("{api}.json"));
        fs::write(&path, document).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{FOLDER}/{api}.json");
    }
    Ok(ExitCode::SUCCESS)
}
