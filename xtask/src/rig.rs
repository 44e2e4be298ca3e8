//! The product at work: servers that are started and ended, the program that sends them load, and a PostgreSQL for them.
//!
//! Owns: how each is started, found ready and ended, and the folders they work in. Must not know: what it is done for.

pub mod postgres;
pub mod server;
pub mod tool;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// An empty folder of this name below another, made or emptied.
///
/// # Errors
/// When the file system refuses.
pub fn empty_folder(parent: &Path, name: &str) -> Result<PathBuf> {
    let folder = parent.join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

#[cfg(test)]
mod tests;
