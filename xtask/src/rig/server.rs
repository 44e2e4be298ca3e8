//! Servers that work: started, waited for, and killed when they are not needed any more.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::empty_folder;
use super::tool::Tool;
use crate::process;

/// Nothing that is measured here takes as long to start.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// How often a server is asked whether it is ready, which is as exact as the answer.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// The longest wait for an answer about readiness.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The name of a demo's credentials file in its folder.
const CREDENTIALS: &str = "credentials.json";

/// Where a demo keeps its ledger.
#[derive(Debug, Clone, Copy)]
pub enum Ledger<'a> {
    /// Embedded, in the server's folder.
    Folder,
    /// In the PostgreSQL database with this URL.
    Postgres(&'a str),
}

/// A running server. Dropping it kills it: what it leaves behind is looked at by nobody.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    folder: PathBuf,
    ready_after: Duration,
}

impl Server {
    /// The bare handler.
    pub fn bare(tool: &Tool<'_>) -> Result<Self> {
        let started = Instant::now();
        let mut server = Self {
            child: spawn(tool.serve_bare().stdout(Stdio::piped()))?,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            folder: PathBuf::new(),
            ready_after: Duration::ZERO,
        };
        let output = server.child.stdout.take().context("its output is not ours")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        server.address = line
            .trim()
            .parse()
            .context("the bare server printed no address")?;
        server.ready_after = started.elapsed();
        Ok(server)
    }

    /// The product, ready to serve an empty database in the folder.
    pub fn serve(tender: &Path, workspace: &Path, folder: &Path) -> Result<Self> {
        let address = free_address()?;
        let mut command = process::command(tender, workspace);
        command.args(["serve", "--listen", &address.to_string(), "--data"]);
        command.arg(folder.join("data"));
        Self::start(&mut command, address, folder, || is_ready(address))
    }

    /// The product's demo in the folder.
    pub fn demo(tender: &Path, workspace: &Path, folder: &Path, ledger: Ledger<'_>) -> Result<Self> {
        let address = free_address()?;
        let credentials = folder.join(CREDENTIALS);
        let mut command = process::command(tender, workspace);
        command.args(["demo", "--listen", &address.to_string()]);
        match ledger {
            Ledger::Folder => command.arg("--data").arg(folder.join("data")),
            Ledger::Postgres(url) => command.args(["--database-url", url]),
        };
        command.arg("--credentials-file").arg(&credentials);
        command.stdout(Stdio::null());
        Self::start(&mut command, address, folder, || Ok(credentials.is_file()))
    }

    /// So many demos on one ledger, each with an empty folder of its own below this one.
    pub fn demos(
        tender: &Path,
        workspace: &Path,
        scratch: &Path,
        count: usize,
        ledger: Ledger<'_>,
    ) -> Result<Vec<Self>> {
        let demo = |number| {
            let folder = empty_folder(scratch, &format!("node-{number}"))?;
            Self::demo(tender, workspace, &folder, ledger)
        };
        (0..count).map(demo).collect()
    }

    fn start(
        command: &mut Command,
        address: SocketAddr,
        folder: &Path,
        is_ready: impl Fn() -> Result<bool>,
    ) -> Result<Self> {
        let started = Instant::now();
        let mut server = Self {
            child: spawn(command)?,
            address,
            folder: folder.to_owned(),
            ready_after: Duration::ZERO,
        };
        server.wait_until(started, is_ready)?;
        server.ready_after = started.elapsed();
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A demo's credentials file.
    pub fn credentials(&self) -> PathBuf {
        self.folder.join(CREDENTIALS)
    }

    /// How long it took from its start until it was ready.
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// The memory that it has in use now, in KiB.
    pub fn memory_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .context("memory is read from /proc")?;
        resident_kib(&status).context("/proc says nothing about memory")
    }

    /// Ends the product as an operator would, and waits until it has.
    pub fn end(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        process::run(Command::new("kill").args(["-TERM", &id]))?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the server did not end as it should: {status}");
        Ok(())
    }

    fn wait_until(&mut self, started: Instant, is_true: impl Fn() -> Result<bool>) -> Result<()> {
        while !is_true()? {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended before it was ready: {status}");
            }
            ensure!(started.elapsed() < START_TIMEOUT, "the server does not get ready");
            pause();
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, and there is nothing more to do about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(command: &mut Command) -> Result<Child> {
    command
        .spawn()
        .with_context(|| format!("cannot start {}", Path::new(command.get_program()).display()))
}

/// An address that nobody listens on. Another process could take it before the server does, and the run would fail.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn is_ready(address: SocketAddr) -> Result<bool> {
    let mut tcp = match TcpStream::connect(address) {
        Ok(tcp) => tcp,
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    tcp.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    tcp.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    tcp.read_to_end(&mut answer)?;
    Ok(answer.starts_with(b"HTTP/1.1 200"))
}

/// What a process has resident, from the text of its `status` file.
pub fn resident_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a starting process has no event to wait for, and asking without a pause would slow its start"
)]
fn pause() {
    std::thread::sleep(POLL_INTERVAL);
}

#[cfg(test)]
mod tests;
