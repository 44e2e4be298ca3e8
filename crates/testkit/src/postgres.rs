//! A real PostgreSQL for tests, made from the distribution's binaries.
//!
//! Each test process has one cluster of its own, started at the first use and stopped and deleted with its last
//! user; each test has a database of its own in it. No cluster that was there before is ever touched. Connections
//! go through a Unix socket in the cluster's folder, so no port can be taken by somebody else.
//!
//! The cluster must not outlive the test process however that ends, a kill included. So a small shell process
//! watches a pipe from the test process: when the pipe closes, it stops the server and deletes the folder.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio_postgres::NoTls;

/// Names the folder of the server's programs when they are not where Debian puts them.
pub const BIN_VARIABLE: &str = "TENDER_PG_BIN";

/// Where Debian's package puts its versions.
const DEBIAN_VERSIONS: &str = "/usr/lib/postgresql";

/// The superuser of the cluster. Connections over its socket need no password.
const SUPERUSER: &str = "tester";

/// Accounts that may run the server when the test runs as root, which `postgres` refuses to be: the package's own,
/// else the one that owns nothing.
const SERVER_ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// Stops the server and deletes the folder once its input closes.
const WATCHER: &str =
    r#"while read -r _; do :; done; "$1/pg_ctl" -D "$2/data" -m immediate stop; rm -rf "$2""#;

/// Settings of the server: as durable as in production, and small.
const SETTINGS: &str = "
listen_addresses = ''
fsync = on
synchronous_commit = on
shared_buffers = 32MB
max_connections = 100
log_min_messages = warning
log_line_prefix = '%m [%p] '
";

/// A running server. Dropping it stops the server; its data are deleted soon after.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    account: Option<Account>,
    watcher: Mutex<Child>,
    databases: AtomicU32,
}

/// An account to run the server under.
#[derive(Debug, Clone, Copy)]
struct Account {
    uid: u32,
    gid: u32,
}

/// How to stop a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Ends every connection and shuts down in good order.
    Fast,
    /// Like losing power: nothing is written any more, the next start recovers.
    Immediate,
}

impl Cluster {
    /// The cluster that this process's tests share. It lives as long as somebody holds it.
    ///
    /// # Panics
    /// When it cannot be started; the message says what is missing.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cluster) = shared.upgrade() {
            return cluster;
        }
        let cluster = Self::new();
        *shared = Arc::downgrade(&cluster);
        cluster
    }

    /// A cluster of one's own, for tests that stop it.
    ///
    /// # Panics
    /// When it cannot be started; the message says what is missing.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let programs = programs();
        let folder = tempfile::Builder::new()
            .prefix("tender-pg-")
            .tempdir()
            .expect("a temporary folder")
            .keep();
        let account = account_for_root(&folder);
        let watcher = watch(&programs, &folder, account);
        let cluster = Self {
            programs,
            folder,
            account,
            watcher: Mutex::new(watcher),
            databases: AtomicU32::new(0),
        };
        cluster.initialise();
        cluster.start();
        Arc::new(cluster)
    }

    /// Creates an empty database and returns how to reach it.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let (client, connection) = tokio_postgres::connect(&self.url("postgres"), NoTls)
            .await
            .expect("the test server accepts connections");
        let driver = tokio::spawn(connection);
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await
            .expect("the test server creates databases");
        drop(client);
        driver
            .await
            .expect("the connection's task ends")
            .expect("the connection ends in good order");
        self.url(&name)
    }

    /// The connection URL of a database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let socket_folder: String = (self.folder.to_string_lossy().bytes())
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect();
        format!("postgres://{SUPERUSER}@{socket_folder}/{database}")
    }

    /// The Unix socket the server listens on.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// Starts the server and waits until it accepts connections; for tests that have stopped it.
    ///
    /// # Panics
    /// When it does not start; the message holds its log.
    pub fn start(&self) {
        let log = self.folder.join("log");
        let outcome = self
            .command("pg_ctl")
            .args(["-w", "-t", "120", "-D"])
            .arg(self.data())
            .arg("-l")
            .arg(&log)
            .args(["-o", &format!("-k '{}'", self.folder.display()), "start"])
            .output()
            .expect("pg_ctl runs");
        assert!(
            outcome.status.success(),
            "the test server did not start: {}\n{}",
            String::from_utf8_lossy(&outcome.stderr),
            fs::read_to_string(&log).unwrap_or_default()
        );
    }

    /// Stops the server and waits until it has ended.
    ///
    /// # Panics
    /// When it does not stop.
    pub fn stop(&self, how: Stop) {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        let outcome = self.pg_ctl_stop(mode).expect("pg_ctl runs");
        assert!(
            outcome.status.success(),
            "the test server did not stop: {}",
            String::from_utf8_lossy(&outcome.stderr)
        );
    }

    fn pg_ctl_stop(&self, mode: &str) -> io::Result<Output> {
        self.command("pg_ctl")
            .args(["-w", "-t", "120", "-m", mode, "-D"])
            .arg(self.data())
            .arg("stop")
            .output()
    }

    fn initialise(&self) {
        let outcome = self
            .command("initdb")
            .args([
                "--no-sync",
                "--no-instructions",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .args(["--username", SUPERUSER, "-D"])
            .arg(self.data())
            .output()
            .expect("initdb runs");
        assert!(
            outcome.status.success(),
            "initdb failed: {}",
            String::from_utf8_lossy(&outcome.stderr)
        );
        let file = self.data().join("postgresql.conf");
        let mut settings = fs::read_to_string(&file).expect("initdb wrote the settings");
        settings.push_str(SETTINGS);
        fs::write(&file, settings).expect("the settings can be changed");
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, program: &str) -> Command {
        command(&self.programs.join(program), &self.folder, self.account)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // A test that stopped the server itself leaves nothing to stop, which `pg_ctl` reports as a failure.
        let _ = self.pg_ctl_stop("immediate");
        // Closing its input tells the watcher to delete the folder. On a disk that discards freed blocks this takes
        // seconds for the thousand files of a cluster, so nobody waits for it.
        let watcher = self.watcher.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(watcher.stdin.take());
    }
}

/// A command that does not inherit this process's folder, output or account.
fn command(program: &Path, folder: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

/// Starts the process that ends the server when this one is gone. It has a process group of its own, because
/// test runners kill the whole group of a test that takes too long.
fn watch(programs: &Path, folder: &Path, account: Option<Account>) -> Child {
    command(Path::new("/bin/sh"), folder, account)
        .args(["-c", WATCHER, "watcher"])
        .arg(programs)
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("a shell starts")
}

/// The folder of the server's programs.
fn programs() -> PathBuf {
    if let Some(folder) = std::env::var_os(BIN_VARIABLE) {
        let folder = PathBuf::from(folder);
        assert!(
            folder.join("postgres").exists(),
            "{BIN_VARIABLE} names {}, which has no program `postgres`",
            folder.display()
        );
        return folder;
    }
    newest_version(Path::new(DEBIAN_VERSIONS)).unwrap_or_else(|| {
        panic!(
            "this test needs a PostgreSQL server: install the package `postgresql`, or name the folder of its \
             programs in {BIN_VARIABLE}"
        )
    })
}

/// The folder of programs of the highest version below `versions`.
fn newest_version(versions: &Path) -> Option<PathBuf> {
    fs::read_dir(versions)
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            folder.join("postgres").exists().then_some((version, folder))
        })
        .max()
        .map(|(_, folder)| folder)
}

/// The account for the server when this process is root, and the folder handed to it.
fn account_for_root(folder: &Path) -> Option<Account> {
    // The folder was made by this process, so its owner is who this process is.
    let owner = fs::metadata(folder).expect("the folder is there").uid();
    if owner != 0 {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").expect("root can read the accounts");
    let account = SERVER_ACCOUNTS
        .iter()
        .find_map(|name| find_account(&accounts, name))
        .unwrap_or_else(|| panic!("root cannot run a server, and there is none of {SERVER_ACCOUNTS:?}"));
    give(folder, account).expect("root can give folders away");
    Some(account)
}

fn give(folder: &Path, account: Account) -> io::Result<()> {
    std::os::unix::fs::chown(folder, Some(account.uid), Some(account.gid))
}

fn find_account(accounts: &str, name: &str) -> Option<Account> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { uid, gid })
    })
}

#[cfg(test)]
mod tests;
