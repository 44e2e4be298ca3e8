//! A real PostgreSQL for tests, made from the distribution's binaries.
//!
//! Each test process has one cluster of its own, started at the first use and stopped and deleted with its last
//! user; each test has a database of its own in it. No cluster that was there before is ever touched. Connections
//! go through a Unix socket in the cluster's folder, so no port can be taken by somebody else; TCP is there for the
//! tests that are about it. A cluster can have standbys, which a test promotes when it has killed the primary.
//!
//! The cluster must not outlive the test process however that ends, a kill included. So a small shell process
//! watches a pipe from the test process: when the pipe closes, it stops the server and deletes the folder.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio_postgres::NoTls;

mod standby;

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

/// The port in the name of the socket when there is no TCP. Nobody else uses the cluster's folder.
const PORT: u16 = 5432;

/// How often a server is started on another port before a test gives up.
const PORTS_TRIED: u32 = 5;

/// How long a state of a server may take to come about, and how often it is looked at.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Settings of the server: as durable as in production, and small.
const SETTINGS: &str = "
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
    port: u16,
    tcp: bool,
}

/// What a cluster has beyond the ordinary.
#[derive(Debug, Clone, Copy, Default)]
pub struct Setup<'a> {
    /// Whether it listens on 127.0.0.1, too, on a port that was free.
    pub tcp: bool,
    /// Lines for `postgresql.conf`.
    pub settings: &'a str,
    /// The whole of `pg_hba.conf`, instead of trusting everybody on this machine.
    pub access: Option<&'a str>,
    /// Names and contents of files for the data folder, such as certificates.
    pub files: &'a [(&'a str, &'a str)],
}

/// An account to run the server under.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
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
        Self::with(&Setup::default())
    }

    /// A cluster of one's own with more than the ordinary.
    ///
    /// # Panics
    /// When it cannot be started; the message says what is missing.
    #[must_use]
    pub fn with(setup: &Setup<'_>) -> Arc<Self> {
        let mut cluster = Self::prepare(setup.tcp);
        cluster.initialise(setup);
        cluster.start_on_a_free_port();
        Arc::new(cluster)
    }

    /// A folder with its watcher, and nothing in it yet.
    fn prepare(tcp: bool) -> Self {
        let programs = programs();
        let folder = tempfile::Builder::new()
            .prefix("tender-pg-")
            .tempdir()
            .expect("a temporary folder")
            .keep();
        let account = account_for_root(&folder);
        let watcher = watch(WATCHER, &[&programs, &folder], &folder, account);
        Self {
            programs,
            folder,
            account,
            watcher: Mutex::new(watcher),
            databases: AtomicU32::new(0),
            port: PORT,
            tcp,
        }
    }

    /// Starts the server for the first time. A port that was free a moment ago may be taken; then another one is
    /// tried.
    fn start_on_a_free_port(&mut self) {
        if !self.tcp {
            return self.start();
        }
        for _ in 1..PORTS_TRIED {
            self.port = free_port();
            if self.try_start().is_ok() {
                return;
            }
        }
        self.port = free_port();
        self.start();
    }

    /// Creates an empty database and returns how to reach it.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run(&format!("CREATE DATABASE {name}")).await;
        self.url(&name)
    }

    /// Runs statements as the superuser, in the database `postgres`.
    ///
    /// # Panics
    /// When the server refuses one.
    pub async fn run(&self, statements: &str) {
        self.ask(statements).await;
    }

    /// Runs a statement as the superuser, in the database `postgres`, and gives the first value of its first row.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn ask(&self, statement: &str) -> Option<String> {
        let (client, connection) = tokio_postgres::connect(&self.url("postgres"), NoTls)
            .await
            .expect("the test server accepts connections");
        let driver = tokio::spawn(connection);
        let answers = client.simple_query(statement).await.expect(statement);
        let value = answers.iter().find_map(|answer| match answer {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        drop(client);
        driver
            .await
            .expect("the connection's task ends")
            .expect("the connection ends in good order");
        value
    }

    /// Waits until the answer to [`Cluster::ask`] is this.
    ///
    /// # Panics
    /// When it never is.
    pub async fn until(&self, statement: &str, wanted: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.ask(statement).await;
            if found.as_deref() == Some(wanted) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{statement}: {found:?} instead of {wanted}"
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The connection URL of a database, over the Unix socket.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@{}/{database}", self.host())
    }

    /// The connection URL of a database on this server or one of the others, whichever is the primary.
    #[must_use]
    pub fn url_with(&self, others: &[&Self], database: &str) -> String {
        let hosts: Vec<String> = std::iter::once(self)
            .chain(others.iter().copied())
            .map(Self::host)
            .collect();
        format!("postgres://{SUPERUSER}@{}/{database}", hosts.join(","))
    }

    /// Host and port as a URL has them: the socket's folder.
    fn host(&self) -> String {
        let folder: String = (self.folder.to_string_lossy().bytes())
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect();
        format!("{folder}:{}", self.port)
    }

    /// The TCP port on 127.0.0.1, if there is one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.tcp.then_some(self.port)
    }

    /// The Unix socket the server listens on.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join(format!(".s.PGSQL.{}", self.port))
    }

    /// Starts the server and waits until it accepts connections; for tests that have stopped it.
    ///
    /// # Panics
    /// When it does not start; the message holds its log.
    pub fn start(&self) {
        if let Err(what) = self.try_start() {
            panic!("the test server did not start: {what}");
        }
    }

    fn try_start(&self) -> Result<(), String> {
        let log = self.folder.join("log");
        let addresses = if self.tcp { "127.0.0.1" } else { "" };
        let options = format!(
            "-k '{}' -p {} -c listen_addresses='{addresses}'",
            self.folder.display(),
            self.port
        );
        let outcome = self
            .command("pg_ctl")
            .args(["-w", "-t", "120", "-D"])
            .arg(self.data())
            .arg("-l")
            .arg(&log)
            .args(["-o", &options, "start"])
            .output()
            .expect("pg_ctl runs");
        if outcome.status.success() {
            return Ok(());
        }
        Err(format!(
            "{}\n{}",
            String::from_utf8_lossy(&outcome.stderr),
            fs::read_to_string(&log).unwrap_or_default()
        ))
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

    fn initialise(&self, setup: &Setup<'_>) {
        self.succeed(
            self.command("initdb")
                .args([
                    "--no-sync",
                    "--no-instructions",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                ])
                .args(["--username", SUPERUSER, "-D"])
                .arg(self.data()),
        );
        let file = self.data().join("postgresql.conf");
        let mut settings = fs::read_to_string(&file).expect("initdb wrote the settings");
        settings.push_str(SETTINGS);
        settings.push_str(setup.settings);
        fs::write(&file, settings).expect("the settings can be changed");
        let access = setup.access.map(|text| ("pg_hba.conf", text));
        for (name, text) in setup.files.iter().copied().chain(access) {
            self.write(name, text);
        }
    }

    /// Writes a file into the data folder that nobody but the server may read.
    fn write(&self, name: &str, text: &str) {
        let file = self.data().join(name);
        fs::write(&file, text).expect("the data folder can be written to");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions can be set");
        if let Some(account) = self.account {
            give(&file, account).expect("root can give files away");
        }
    }

    /// Runs a program of the server to its end.
    fn succeed(&self, command: &mut Command) {
        let outcome = command.output().expect("a program of the server runs");
        assert!(
            outcome.status.success(),
            "{command:?} failed: {}",
            String::from_utf8_lossy(&outcome.stderr)
        );
    }

    /// The server's data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
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
pub(crate) fn command(program: &Path, folder: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

/// Starts the process that ends the server when this one is gone: a shell's script that reads until its input closes.
/// It has a process group of its own, because test runners kill the whole group of a test that takes too long.
pub(crate) fn watch(script: &str, arguments: &[&Path], folder: &Path, account: Option<Account>) -> Child {
    command(Path::new("/bin/sh"), folder, account)
        .args(["-c", script, "watcher"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("a shell starts")
}

/// A TCP port on 127.0.0.1 that nobody listened on a moment ago: the server cannot choose one itself.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// The folder of the server's programs: `initdb`, `postgres`, `psql`, `pg_dump` and so on.
///
/// # Panics
/// When there is none; the message says what to install.
#[must_use]
pub fn programs() -> PathBuf {
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
pub(crate) fn account_for_root(folder: &Path) -> Option<Account> {
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

pub(crate) fn give(folder: &Path, account: Account) -> io::Result<()> {
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
