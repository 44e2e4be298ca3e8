//! Installing Debian packages without a question and without a side effect: no service is started, neither now nor with
//! the machine, and PostgreSQL makes no cluster of its own.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process;

#[cfg(test)]
mod tests;

/// Read by Debian's PostgreSQL packages when they are set up. The tests make their own clusters; the one that the
/// package would make and start by default is never used.
const NO_CLUSTER_FOLDER: &str = "/etc/postgresql-common/createcluster.d";

/// The setting's file, there only while packages are being installed.
const NO_CLUSTER_FILE: &str = "tender-tests.conf";

/// Asked by the packages' scripts whether they may start a service; an exit with 101 says no.
const POLICY_FILE: &str = "/usr/sbin/policy-rc.d";
const POLICY: &str = "#!/bin/sh\nexit 101\n";

/// Services that packages set up to start with the machine. The tests start the programs by themselves.
const SERVICES: &[(&str, &str)] = &[("etcd-server", "etcd"), ("patroni", "patroni")];

/// Installs the packages. The lists are read again first: the ones of a container image are empty or old.
pub fn install(packages: &[&str], directory: &Path) -> Result<()> {
    let apt = || {
        let mut command = process::command("apt-get", directory);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    process::run(apt().args(["update", "--quiet"]))?;
    let _no_cluster = NoCluster::begin(Path::new(NO_CLUSTER_FOLDER))?;
    let _no_start = NoStart::begin(Path::new(POLICY_FILE))?;
    process::run(
        apt()
            .args(["install", "--yes", "--quiet", "--no-install-recommends"])
            .args(packages),
    )?;
    for service in services(packages) {
        process::run(process::command("update-rc.d", directory).args([service, "disable"]))?;
    }
    Ok(())
}

fn services<'a>(packages: &'a [&str]) -> impl Iterator<Item = &'static str> + 'a {
    SERVICES
        .iter()
        .filter(|(package, _)| packages.contains(package))
        .map(|(_, service)| *service)
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

/// While this lives, no package starts a service. A policy that is there already is the machine's own, and stays.
struct NoStart(Option<PathBuf>);

impl NoStart {
    fn begin(file: &Path) -> Result<Self> {
        let opened = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o755)
            .open(file);
        match opened {
            Ok(mut created) => {
                let guard = Self(Some(file.to_owned()));
                created
                    .write_all(POLICY.as_bytes())
                    .with_context(|| format!("cannot write to {}", file.display()))?;
                Ok(guard)
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(Self(None)),
            Err(error) => Err(error).with_context(|| format!("cannot create {}", file.display())),
        }
    }
}

impl Drop for NoStart {
    fn drop(&mut self) {
        if let Some(file) = &self.0 {
            // Nobody is left to tell; a policy that stays behind only keeps services from being started by packages.
            let _ = fs::remove_file(file);
        }
    }
}
