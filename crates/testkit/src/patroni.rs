//! A PostgreSQL that survives its primary, for tests: Patroni with a primary and a synchronous standby over one etcd.
//!
//! Everything listens on loopback, and lives in one [`Nest`] that ends it.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::nest::Nest;
use crate::postgres::programs;

/// Names the program `patroni` when it is not on the path.
pub const PATRONI_VARIABLE: &str = "TENDER_PATRONI";
/// Names the program `etcd` when it is not on the path.
pub const ETCD_VARIABLE: &str = "TENDER_ETCD";

/// How long a key of Patroni's outlives its owner, in seconds: so long nobody takes the place of a dead primary.
/// Patroni from 3.2 on raises it to 20.
pub const TTL_S: u64 = 8;
/// How often Patroni looks, in seconds.
const LOOP_WAIT_S: u64 = 1;
/// How long Patroni repeats what fails, in seconds. Its rule is that one look and two such times fit into the time of a key.
const RETRY_TIMEOUT_S: u64 = 3;

/// How long the cluster may take to get into a state. The first start initialises a database and copies it.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long a member may take to say how it is.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Ports are taken from here: below those that the system gives to connections, so that a member that was down for
/// a while finds its port still free.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// The owner of the database that is for the test.
const OWNER: &str = "tender";
const PASSWORD: &str = "tests-only";

/// A running cluster. Dropping it ends all its processes; its files are deleted soon after.
#[derive(Debug)]
pub struct Patroni {
    nest: Nest,
    members: [Member; 2],
    coordinator: Option<Child>,
}

/// One server of PostgreSQL under Patroni.
#[derive(Debug)]
struct Member {
    name: &'static str,
    folder: PathBuf,
    database_port: u16,
    control_port: u16,
    supervisor: Option<Child>,
}

impl Patroni {
    /// Starts etcd, a primary and a synchronous standby, and makes an empty database on it.
    ///
    /// # Panics
    /// When it cannot be started; the message says what is missing, or holds the logs.
    #[must_use]
    pub async fn start() -> Self {
        let (supervisor, coordinator) = (
            program(PATRONI_VARIABLE, "patroni", "patroni"),
            program(ETCD_VARIABLE, "etcd", "etcd-server"),
        );
        let nest = Nest::new();
        let [client_port, peer_port, ports @ ..]: [u16; 6] = free_ports();
        let members = [
            Member::new("alpha", nest.make_folder("alpha"), ports[0], ports[1]),
            Member::new("beta", nest.make_folder("beta"), ports[2], ports[3]),
        ];
        let mut cluster = Self {
            nest,
            members,
            coordinator: None,
        };
        cluster
            .start_coordinator(&coordinator, client_port, peer_port)
            .await;
        for member in 0..cluster.members.len() {
            cluster.configure(member, client_port);
            cluster.start_member(member, &supervisor);
            match member {
                0 => cluster.wait("a primary", async |c| c.is_primary(0).await).await,
                _ => cluster.wait_for_standby(member).await,
            }
        }
        cluster.create_database();
        cluster
    }

    /// The connection URL of the database, naming both members.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts = self
            .members
            .each_ref()
            .map(|member| format!("127.0.0.1:{}", member.database_port));
        format!("postgres://{OWNER}:{PASSWORD}@{}/{OWNER}", hosts.join(","))
    }

    /// Which member is the primary now, if any is.
    #[must_use]
    pub async fn primary(&self) -> Option<usize> {
        for member in 0..self.members.len() {
            if self.is_primary(member).await {
                return Some(member);
            }
        }
        None
    }

    /// Kills a member as losing its power would: Patroni, the server and all its backends with SIGKILL.
    ///
    /// # Panics
    /// When the member was not running.
    pub fn kill(&mut self, member: usize) {
        let member = &mut self.members[member];
        let mut supervisor = member.supervisor.take().expect("the member is running");
        supervisor.kill().expect("Patroni can be killed");
        supervisor.wait().expect("Patroni has ended");
        self.nest.end(&member.folder);
        // Until somebody has waited for the dead server it counts as running to the next one that finds its lock files,
        // which it would not after a loss of power.
        for lock in [
            "data/postmaster.pid".to_owned(),
            format!(".s.PGSQL.{}.lock", member.database_port),
        ] {
            fs::remove_file(member.folder.join(lock)).expect("a killed server leaves its lock files");
        }
    }

    /// Starts a killed member again and waits until it follows as the synchronous standby.
    ///
    /// # Panics
    /// When it does not get there; the message holds the logs.
    pub async fn rejoin(&mut self, member: usize) {
        self.start_member(member, &program(PATRONI_VARIABLE, "patroni", "patroni"));
        self.wait_for_standby(member).await;
    }

    async fn is_primary(&self, member: usize) -> bool {
        says_ok(self.members[member].control_port, "/primary").await
    }

    async fn wait_for_standby(&self, member: usize) {
        let port = self.members[member].control_port;
        self.wait("a synchronous standby", async |_| {
            says_ok(port, "/synchronous").await
        })
        .await;
    }

    async fn start_coordinator(&mut self, program: &Path, client_port: u16, peer_port: u16) {
        let folder = self.nest.make_folder(COORDINATOR);
        let (client, peer) = (
            format!("http://127.0.0.1:{client_port}"),
            format!("http://127.0.0.1:{peer_port}"),
        );
        let mut command = self.nest.command(program, &folder);
        command
            .args(["--name", "only", "--data-dir", "data"])
            .args([
                "--listen-client-urls",
                &client,
                "--advertise-client-urls",
                &client,
            ])
            .args([
                "--listen-peer-urls",
                &peer,
                "--initial-advertise-peer-urls",
                &peer,
            ])
            .args(["--initial-cluster", &format!("only={peer}")]);
        self.coordinator = Some(spawn(&mut command, &folder));
        self.wait("etcd", async |_| says_ok(client_port, "/health").await)
            .await;
    }

    fn configure(&self, member: usize, coordinator_port: u16) {
        let member = &self.members[member];
        let settings = settings(member, coordinator_port);
        fs::write(member.folder.join("patroni.yml"), settings)
            .expect("the member's folder can be written to");
    }

    fn start_member(&mut self, member: usize, program: &Path) {
        let member = &mut self.members[member];
        let mut command = self.nest.command(program, &member.folder);
        member.supervisor = Some(spawn(command.arg("patroni.yml"), &member.folder));
    }

    fn create_database(&self) {
        let first = &self.members[0];
        for statement in [
            format!("CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD}'"),
            format!("CREATE DATABASE {OWNER} OWNER {OWNER}"),
        ] {
            let outcome = self
                .nest
                .command(&programs().join("psql"), &first.folder)
                .args(["--no-psqlrc", "--username=postgres", "--dbname=postgres"])
                .args([
                    "--port",
                    &first.database_port.to_string(),
                    "--command",
                    &statement,
                ])
                .arg("--host")
                .arg(&first.folder)
                .output()
                .expect("psql runs");
            assert!(
                outcome.status.success(),
                "{statement}: {}",
                String::from_utf8_lossy(&outcome.stderr)
            );
        }
    }

    async fn wait(&self, what: &str, is_so: impl AsyncFn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self).await {
            assert!(
                Instant::now() < deadline,
                "waited in vain for {what}:\n{}",
                self.logs()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// What all processes of the cluster wrote.
    #[must_use]
    pub fn logs(&self) -> String {
        let folders = [COORDINATOR, self.members[0].name, self.members[1].name];
        folders
            .map(|name| {
                let log = fs::read_to_string(self.nest.path().join(name).join(LOG)).unwrap_or_default();
                format!("--- {name}\n{log}")
            })
            .join("\n")
    }
}

impl Drop for Patroni {
    fn drop(&mut self) {
        let supervisors = self.members.iter_mut().map(|member| &mut member.supervisor);
        for child in supervisors
            .chain([&mut self.coordinator])
            .filter_map(Option::as_mut)
        {
            // It may have ended by itself, and a drop has nobody to tell.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Member {
    fn new(name: &'static str, folder: PathBuf, database_port: u16, control_port: u16) -> Self {
        Self {
            name,
            folder,
            database_port,
            control_port,
            supervisor: None,
        }
    }
}

/// The folder of etcd.
const COORDINATOR: &str = "etcd";
/// The name of the file that a process of the cluster writes to.
const LOG: &str = "log";

fn spawn(command: &mut Command, folder: &Path) -> Child {
    let log = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join(LOG))
        .expect("the log can be opened");
    let program = command.get_program().to_owned();
    command
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()))
}

/// Patroni's settings for a member. Not strict: with one standby only, a strict primary would stop taking commits
/// whenever the other one is down. Without strictness nothing acknowledged is lost either, because Patroni promotes
/// nobody but the standby that was synchronous.
fn settings(member: &Member, coordinator_port: u16) -> String {
    let Member {
        name,
        folder,
        database_port,
        control_port,
        ..
    } = member;
    let folder = folder.display();
    let programs = programs();
    let programs = programs.display();
    format!(
        "\
scope: tender
name: {name}
etcd3: {{host: '127.0.0.1:{coordinator_port}'}}
restapi: {{listen: '127.0.0.1:{control_port}', connect_address: '127.0.0.1:{control_port}'}}
bootstrap:
  dcs:
    ttl: {TTL_S}
    loop_wait: {LOOP_WAIT_S}
    retry_timeout: {RETRY_TIMEOUT_S}
    synchronous_mode: true
    postgresql:
      use_pg_rewind: true
      parameters: {{shared_buffers: 32MB, max_connections: 100}}
  initdb: [encoding: UTF8, locale: C]
  pg_hba:
    - local all all trust
    - host all all 127.0.0.1/32 scram-sha-256
    - host replication all 127.0.0.1/32 scram-sha-256
postgresql:
  listen: '127.0.0.1:{database_port}'
  connect_address: '127.0.0.1:{database_port}'
  data_dir: '{folder}/data'
  bin_dir: '{programs}'
  pgpass: '{folder}/pgpass'
  authentication:
    superuser: {{username: postgres, password: {PASSWORD}}}
    replication: {{username: replicator, password: {PASSWORD}}}
  parameters: {{unix_socket_directories: '{folder}'}}
"
    )
}

/// The program that a variable names, else the one on the path.
fn program(variable: &str, name: &str, package: &str) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    named
        .or_else(|| {
            let candidates = std::env::split_paths(&path).map(|folder| folder.join(name));
            candidates.into_iter().find(|candidate| candidate.is_file())
        })
        .unwrap_or_else(|| {
            panic!(
                "this test needs {name}: install the package `{package}`, or name the program in {variable}"
            )
        })
}

/// Ports of loopback that nobody listens on now.
fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    // Test processes that run at the same time begin to look at different places.
    let offset = std::process::id() as usize * 16 % PORTS.len();
    let mut free = PORTS
        .skip(offset)
        .chain(PORTS.take(offset))
        .filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    std::array::from_fn(|_| free.next().expect("free ports on loopback"))
}

/// Whether a port of loopback answers a GET with 200.
async fn says_ok(port: u16, path: &str) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream
            .write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())
            .await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(ANSWER_TIMEOUT, ask).await;
    answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.split(' ').nth(1) == Some("200")))
}

#[cfg(test)]
mod tests;
