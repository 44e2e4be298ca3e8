//! A temporary folder with everything that runs in it: processes are known by the folder they run in, and end with it.
//!
//! That is how servers are found that detach from who started them. Nothing outlives the test process either, however
//! that ends: a shell that watches a pipe from it ends what still runs here and deletes the folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::postgres::{Account, account_for_root, command, give, watch};

/// Ends every process that runs below the folder, and deletes it, once its input closes. A process that was just being
/// started is seen by the second look.
const WATCHER: &str = r#"while read -r _; do :; done
for look in 1 2; do
  for process in /proc/[0-9]*; do
    case "$(readlink "$process/cwd")" in "$1"/*) kill -9 "${process#/proc/}" ;; esac
  done
done
rm -rf "$1""#;

/// The folder. It belongs to the account that PostgreSQL's programs run under, because they refuse to be root.
#[derive(Debug)]
pub struct Nest {
    folder: PathBuf,
    account: Option<Account>,
    watcher: Child,
}

impl Nest {
    /// An empty one.
    ///
    /// # Panics
    /// When there is no place for temporary files.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("tender-nest-")
            .tempdir()
            .expect("a temporary folder")
            .keep();
        let account = account_for_root(&folder);
        // As whoever we are, because files of ours may be in it, too.
        let watcher = watch(WATCHER, &[&folder], &folder, None);
        Self {
            folder,
            account,
            watcher,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Makes a folder in it.
    ///
    /// # Panics
    /// When it is there already.
    #[must_use]
    pub fn make_folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.join(name);
        fs::create_dir(&folder).expect("the nest can be written to");
        self.own(&folder);
        folder
    }

    /// Hands a file or folder in it, with everything below, to the account of its processes.
    ///
    /// # Panics
    /// When the place is not there.
    pub fn own(&self, place: &Path) {
        let Some(account) = self.account else { return };
        give(place, account).expect("root can give files away");
        if place.is_dir() {
            for entry in fs::read_dir(place).expect("the folder can be read") {
                self.own(&entry.expect("the folder can be read").path());
            }
        }
    }

    /// A command that runs in a folder of it, as its account, with nothing to read.
    #[must_use]
    pub fn command(&self, program: &Path, folder: &Path) -> Command {
        command(program, folder, self.account)
    }

    /// Ends every process that runs in a folder of it, or below, with SIGKILL.
    pub fn end(&self, folder: &Path) {
        loop {
            let processes = processes_in(folder);
            if processes.is_empty() {
                return;
            }
            // One that ended in between is no failure; the next look shows.
            let _ = Command::new("/bin/sh")
                .args(["-c", r#"kill -9 "$@""#, "kill"])
                .args(processes)
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }
}

impl Default for Nest {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Nest {
    fn drop(&mut self) {
        // The watcher runs in the nest's own folder, and is still needed.
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            self.end(&entry.path());
        }
        // Closing its input tells the watcher to delete the folder. On a disk that discards freed blocks this takes
        // seconds for the thousand files of a cluster, so nobody waits for it.
        drop(self.watcher.stdin.take());
    }
}

/// The ids of the processes that run in a folder or below it.
fn processes_in(folder: &Path) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("/proc can be read");
    processes
        .flatten()
        .filter(|process| {
            // What has just ended, or belongs to somebody else, has no folder that could be read.
            fs::read_link(process.path().join("cwd")).is_ok_and(|place| place.starts_with(folder))
        })
        .filter_map(|process| process.file_name().into_string().ok())
        .collect()
}

#[cfg(test)]
mod tests;
