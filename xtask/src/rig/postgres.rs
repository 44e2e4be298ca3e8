//! The private PostgreSQL of a run: started once, an empty database for each measurement.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use anyhow::{Context, Result, ensure};

use super::tool::Tool;
use crate::process;

/// Everybody may make files, and remove none but their own.
const TEMPORARY_MODE: u32 = 0o1777;

/// A running cluster. Dropping it ends the server and removes its files. When this process is killed the same happens,
/// because the server's keeper reads from a pipe that closes with it.
#[derive(Debug)]
pub struct Postgres {
    keeper: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Postgres {
    /// Starts the cluster in a new folder below this one, which is made when it is not there.
    pub fn start(tool: &Tool<'_>, folder: &Path) -> Result<Self> {
        make_for_everybody(folder)
            .with_context(|| format!("cannot make {} for temporary files", folder.display()))?;
        let mut command = tool.serve_postgres(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = command.spawn().context("cannot start a PostgreSQL")?;
        let requests = keeper.stdin.take();
        let answers = keeper.stdout.take().context("its output is not ours")?;
        Ok(Self {
            keeper,
            requests,
            answers: BufReader::new(answers),
        })
    }

    /// The URL of an empty database. The one before is gone.
    pub fn database(&mut self) -> Result<String> {
        let requests = self.requests.as_mut().context("its input is not ours")?;
        requests.write_all(b"\n").context("PostgreSQL has gone")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let url = line.trim();
        ensure!(url.starts_with("postgres://"), "PostgreSQL makes no database");
        Ok(url.to_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The end of its input ends the keeper, which ends the server. It may have ended by itself.
        drop(self.requests.take());
        let _ = self.keeper.wait();
    }
}

/// Makes a folder like the system's own one for temporary files. When root runs this, the cluster belongs to another account,
/// which has to remove it in the end.
fn make_for_everybody(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(TEMPORARY_MODE))
}

/// Which PostgreSQL it is, as its server program says it.
pub fn version(programs: &Path, workspace: &Path) -> Result<String> {
    let text = process::output(process::command(programs.join("postgres"), workspace).arg("--version"))?;
    number(&text).context("PostgreSQL says no version")
}

/// The number in `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn number(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("(PostgreSQL) ")?;
    rest.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests;
