//! Standbys: streaming copies of a cluster, the death of a primary, and promotion.

use std::fs;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::sync::Arc;

use super::{Cluster, SUPERUSER};

impl Cluster {
    /// A running standby that streams from this cluster. It has a folder (and, if this one has, a port) of its own.
    ///
    /// # Panics
    /// When it cannot be made or started.
    #[must_use]
    pub fn standby(&self) -> Arc<Self> {
        let mut standby = Self::prepare(self.tcp);
        standby.copy(self);
        standby.start_on_a_free_port();
        Arc::new(standby)
    }

    /// Throws away the data of this cluster, which must have ended, and starts it as a standby of another one, at the
    /// address that it had.
    ///
    /// # Panics
    /// When that fails.
    pub fn follow(&self, primary: &Self) {
        fs::remove_dir_all(self.data()).expect("the data can be deleted");
        self.copy(primary);
        self.start();
    }

    /// Makes the data folder from a running primary.
    fn copy(&self, primary: &Self) {
        let source = format!(
            "host={} port={} user={SUPERUSER}",
            primary.folder.display(),
            primary.port
        );
        self.succeed(
            self.command("pg_basebackup")
                .args(["--checkpoint=fast", "--wal-method=stream", "--no-sync"])
                .args(["--write-recovery-conf", "--dbname", &source, "--pgdata"])
                .arg(self.data()),
        );
    }

    /// Acknowledges commits from now on only when a standby has them on its disk, and waits until one does.
    ///
    /// # Panics
    /// When no standby streams.
    pub async fn demand_standby(&self) {
        self.set("synchronous_standby_names", "*").await;
        let state = "SELECT count(*) > 0 FROM pg_stat_replication WHERE sync_state = 'sync'";
        self.until(state, "t").await;
    }

    /// Changes a setting of the running server.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn set(&self, name: &str, value: &str) {
        self.run(&format!("ALTER SYSTEM SET {name} = '{value}'")).await;
        self.run("SELECT pg_reload_conf()").await;
        self.until(&format!("SHOW {name}"), value).await;
    }

    /// Ends the server as when the machine loses power: nothing is told to clients or standbys. It comes back only with
    /// [`Cluster::follow`].
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&self) {
        let file = self.data().join("postmaster.pid");
        let text = fs::read_to_string(file).expect("the server has noted its process");
        let process = text.lines().next().expect("the first line is the process");
        // Its workers, too, which would go on answering for a moment. One that has just ended is no matter.
        let script = r#"kill -KILL "$1" $(cat "/proc/$1/task/$1/children") || :"#;
        self.succeed(Command::new("/bin/sh").args(["-c", script, "kill", process]));
        while UnixStream::connect(self.socket()).is_ok() {
            std::thread::yield_now();
        }
        // Where nobody collects dead processes, this one still looks alive to a new server at the same address.
        let mut lock = self.socket().into_os_string();
        lock.push(".lock");
        fs::remove_file(lock).expect("the lock of the socket can be removed");
    }

    /// Makes a standby the primary, and waits until it can be written to.
    ///
    /// # Panics
    /// When it cannot be promoted.
    pub fn promote(&self) {
        self.succeed(
            self.command("pg_ctl")
                .args(["-w", "-t", "120", "-D"])
                .arg(self.data())
                .arg("promote"),
        );
    }
}
