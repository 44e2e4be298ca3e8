//! Calls of `tender-bench`, and what it answers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::server::Server;
use crate::{process, requirements};

/// Names the folder for temporary files, in which the cluster is made.
const TEMPORARY: &str = "TMPDIR";

/// The measuring program.
#[derive(Debug)]
pub struct Tool<'a> {
    program: PathBuf,
    workspace: &'a Path,
    /// The folder of PostgreSQL's programs.
    postgres: &'a Path,
}

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub payments: u64,
    pub clients: u32,
}

/// How much of what is bounded by time.
#[derive(Debug, Clone, Copy)]
pub struct TimedLoad {
    /// Open orders to pay.
    pub orders: u64,
    pub clients: u32,
    pub seconds: u64,
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
    pub fn new(program: PathBuf, workspace: &'a Path, postgres: &'a Path) -> Self {
        Self {
            program,
            workspace,
            postgres,
        }
    }

    /// The command that serves the bare handler.
    pub fn serve_bare(&self) -> Command {
        let mut command = self.command();
        command.arg("serve-bare");
        command
    }

    /// The command that keeps a PostgreSQL, with its files in this folder.
    pub fn serve_postgres(&self, folder: &Path) -> Command {
        let mut command = self.command();
        command.arg("serve-postgres").env(TEMPORARY, folder);
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

    /// Measures how demo servers on one database accept payments.
    pub fn pay(&self, nodes: &[&Server], load: Load) -> Result<Sample> {
        self.measure("pay", load, |command| {
            for node in nodes {
                command.arg("--credentials-file").arg(node.credentials());
            }
        })
    }

    /// Measures whole payments at a demo server.
    pub fn settle(&self, server: &Server, load: Load) -> Result<Sample> {
        self.measure("settle", load, |command| {
            command.arg("--credentials-file").arg(server.credentials());
        })
    }

    /// Takes a tour through a demo server.
    pub fn tour(&self, server: &Server, load: Load) -> Result<Sample> {
        self.measure("tour", load, |command| {
            command.arg("--credentials-file").arg(server.credentials());
        })
    }

    /// Measures `pgbench` with the statements of a payment, in a database where the product has made its tables.
    pub fn pgbench(&self, database_url: &str, folder: &Path, load: TimedLoad) -> Result<Sample> {
        let mut command = self.command();
        command.args(["pgbench", "--database-url", database_url, "--folder"]);
        command.arg(folder);
        command.args(["--orders", &load.orders.to_string()]);
        command.args(["--clients", &load.clients.to_string()]);
        command.args(["--seconds", &load.seconds.to_string()]);
        sample(&mut command)
    }

    fn command(&self) -> Command {
        let mut command = process::command(&self.program, self.workspace);
        command.env(requirements::POSTGRES_VARIABLE, self.postgres);
        command
    }

    fn measure(&self, what: &str, load: Load, more: impl FnOnce(&mut Command)) -> Result<Sample> {
        let mut command = self.command();
        command.arg(what);
        more(&mut command);
        command.args(["--payments", &load.payments.to_string()]);
        command.args(["--clients", &load.clients.to_string()]);
        sample(&mut command)
    }
}

fn sample(command: &mut Command) -> Result<Sample> {
    let text = process::output(command)?;
    serde_json::from_str(&text).with_context(|| format!("this is no sample: {text}"))
}
