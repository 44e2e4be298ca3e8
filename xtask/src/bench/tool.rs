//! Calls of `tender-bench`, and what it answers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;

/// The measuring program.
#[derive(Debug)]
pub struct Tool<'a> {
    program: PathBuf,
    workspace: &'a Path,
}

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub payments: u64,
    pub clients: u32,
}

/// What it measured; times in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Sample {
    pub count: u64,
    pub per_second: u64,
    pub p50_us: u64,
    pub p99_us: u64,
}

impl<'a> Tool<'a> {
    pub fn new(program: PathBuf, workspace: &'a Path) -> Self {
        Self { program, workspace }
    }

    /// The command that serves the bare handler.
    pub fn serve_bare(&self) -> Command {
        let mut command = process::command(&self.program, self.workspace);
        command.arg("serve-bare");
        command
    }

    /// Measures the bare handler.
    pub fn bare(&self, address: SocketAddr, load: Load) -> Result<Sample> {
        self.measure("bare", load, |command| {
            command.args(["--address", &address.to_string()]);
        })
    }

    /// Measures the bare storage in an empty folder.
    pub fn engine(&self, folder: &Path, load: Load) -> Result<Sample> {
        self.measure("engine", load, |command| {
            command.arg("--folder").arg(folder);
        })
    }

    /// Measures how a demo server accepts payments.
    pub fn pay(&self, credentials: &Path, load: Load) -> Result<Sample> {
        self.measure("pay", load, |command| {
            command.arg("--credentials-file").arg(credentials);
        })
    }

    /// Measures whole payments at a demo server.
    pub fn settle(&self, credentials: &Path, load: Load) -> Result<Sample> {
        self.measure("settle", load, |command| {
            command.arg("--credentials-file").arg(credentials);
        })
    }

    fn measure(&self, what: &str, load: Load, more: impl FnOnce(&mut Command)) -> Result<Sample> {
        let mut command = process::command(&self.program, self.workspace);
        command.arg(what);
        more(&mut command);
        command.args(["--payments", &load.payments.to_string()]);
        command.args(["--clients", &load.clients.to_string()]);
        let text = process::output(&mut command)?;
        serde_json::from_str(&text).with_context(|| format!("`{what}` printed no sample: {text}"))
    }
}
