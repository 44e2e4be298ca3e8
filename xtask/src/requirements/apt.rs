//! Installing Debian packages without a question and without a side effect: no service is started, and PostgreSQL
//! makes no cluster of its own.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::process;

/// Read by Debian's PostgreSQL packages when they are set up. The tests make their own clusters; the one that the
/// package would make and start by default is never used.
const NO_CLUSTER_FOLDER: &str = "/etc/postgresql-common/createcluster.d";

/// The setting's file, there only while packages are being installed.
const NO_CLUSTER_FILE: &str = "tender-tests.conf";

/// Installs the packages. The lists are read again first: the ones of a container image are empty or old.
pub fn install(packages: &[&str], directory: &Path) -> Result<()> {
    let apt = || {
        let mut command = process::command("apt-get", directory);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    process::run(apt().args(["update", "--quiet"]))?;
    let _no_cluster = NoCluster::begin(Path::new(NO_CLUSTER_FOLDER))?;
    process::run(
        apt()
            .args(["install", "--yes", "--quiet", "--no-install-recommends"])
            .args(packages),
    )
}

/// While this lives, PostgreSQL's packages make no cluster.
struct NoCluster<'a> {
    folder: &'a Path,
}

impl<'a> NoCluster<'a> {
    fn begin(folder: &'a Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let guard = Self { folder };
        fs::write(folder.join(NO_CLUSTER_FILE), "create_main_cluster = false\n")
            .with_context(|| format!("cannot write to {}", folder.display()))?;
        Ok(guard)
    }
}

impl Drop for NoCluster<'_> {
    fn drop(&mut self) {
        // The folder goes only when it is empty. What is left behind is harmless, and there is no one to tell.
        let _ = fs::remove_file(self.folder.join(NO_CLUSTER_FILE));
        let _ = fs::remove_dir(self.folder);
    }
}
